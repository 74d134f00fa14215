"""Devices: what a panel, meter or controller of one kind shows and does, on top of the physics."""
