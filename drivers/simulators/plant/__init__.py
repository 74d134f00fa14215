"""Physics behind the simulated devices: plain maths in site time, no socket, no clock of its own."""
