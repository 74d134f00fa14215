"""Modbus devices: their registers, what they answer, and the three transports they answer on."""
