"""How to speak: Modbus, BACnet, and the simulated other end of each wire."""
