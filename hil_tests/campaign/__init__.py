"""Random campaigns over processes: many seeds, on sites of this repository."""
