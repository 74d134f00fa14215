"""The daemon: cycle, decisions, stores, socket and commands."""
