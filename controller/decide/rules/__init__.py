"""Rules, one file a kind: pure functions of readings, time and what the rule remembers."""
