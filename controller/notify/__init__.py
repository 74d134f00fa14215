"""Who is told of alarms beside the log: what is said, what waits to be said, and to whom."""
