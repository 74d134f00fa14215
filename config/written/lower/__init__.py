"""From checked models to the records of the Plan."""
