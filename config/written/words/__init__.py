"""Conditions in words: `grey-tank.level below 15 % for 10 s and not pump-1.fault is active`."""
