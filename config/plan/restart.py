"""Restarts: how starts go one by one after the power came back."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Restart:
    """When starts are staggered, and in which order."""

    after_s: float
    """Nothing starts before."""
    stagger_s: float
    """From one start to the next at the least."""
    order: tuple[int, ...]
    """All commands whose starts go one by one, the first first."""
    devices: int
    """So many that come back …"""
    within_s: float
    """… within this time begin it, and a whole line of at least two."""
