"""Rules as people write them, one file a kind: its model, and how it becomes a record of the Plan."""
