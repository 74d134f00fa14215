"""Many people at one daemon: what each asks for, and whether the ledger tells all that became of it."""
