"""What was consumed: a meter's counts turned into intervals that add up to its counter. Pure: no clock, no
file; but for upload/, which sends them to other people."""
