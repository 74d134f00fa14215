"""The other end of each wire: profiles served over real sockets and pseudo-terminals, faults, and plant
physics."""
