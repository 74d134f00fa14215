"""The sixteen command slots (BACnet 135, clause 19) and who uses them here."""

from __future__ import annotations

from enum import IntEnum


class Slot(IntEnum):
    """Slots louguan writes. 1 to 4 (life safety) and 16 (field logic) are never written."""

    INTERLOCK = 5
    MINIMUM_TIMES = 6
    PROCESS_SAFETY = 7
    PEOPLE = 8
    DEMAND_CAP = 9
    PROCESS = 10
    PRESENCE = 11
    OPTIMUM_STOP = 12
    OPTIMUM_START = 13
    PROGRAMME = 15


WRITABLE = range(5, 16)
"""Slots a request may name."""
