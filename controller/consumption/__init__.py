"""What was consumed: a meter's counts turned into intervals that add up to its counter. Pure: no clock, no
file."""
