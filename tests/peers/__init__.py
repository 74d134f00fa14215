"""Tests against independent programs: `make peers` installs them, `tests.peers.programs` runs them."""
