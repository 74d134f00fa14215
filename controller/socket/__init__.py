"""The local protocol between the daemon and its commands: one JSON object a line over a unix socket."""
