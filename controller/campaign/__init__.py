"""Random campaigns: a daemon's life on a virtual clock, with all that may happen to it, before judges."""
