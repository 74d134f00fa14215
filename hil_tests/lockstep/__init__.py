"""Real drivers and real simulators over real sockets, on a clock that moves when every line is quiet."""
