"""Scenarios against real sockets and pseudo-terminals: simulators, or hardware with a bench file."""
