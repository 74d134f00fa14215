"""How much an alarm matters, in the words of ISA-18.2 and in the numbers of BACnet."""

from __future__ import annotations

from typing import Literal, TypeAlias, get_args

Priority: TypeAlias = Literal["critical", "high", "medium", "low"]
PRIORITIES: tuple[Priority, ...] = get_args(Priority)
"""The most urgent first."""
BACNET: dict[Priority, range] = {
    "critical": range(64),
    "high": range(64, 128),
    "medium": range(128, 192),
    "low": range(192, 256),
}
"""Event priorities of ASHRAE 135, annex M: life safety, critical equipment, urgent, normal."""
WANT_ACK: frozenset[Priority] = frozenset({"critical", "high"})
"""These stand until somebody has acknowledged them, though they may be over."""
