"""louguan as a service of a Debian box: installed, upgraded, rolled back, taken away. Standard library only:
the system's own Python runs it before anything is installed."""
