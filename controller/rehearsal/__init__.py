"""A site run ahead of time: the daemon's own step and log on a virtual clock, against a plant that is handed
in."""
