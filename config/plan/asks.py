"""What rules of every kind are made of: values they ask for, thresholds, and their way with bad inputs."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from config.plan.reading import Value


@dataclass(frozen=True, slots=True)
class BadInput:
    """What a rule does while what it looks at cannot be decided."""

    does: Literal["trip", "hold", "release"]
    """trip: as if its condition were true. hold: what it asked for stands for `hold_s`, then release: it asks
    for nothing."""
    hold_s: float = 0.0


@dataclass(frozen=True, slots=True)
class Ask:
    """One value for one point."""

    point: int
    value: Value
    safe: bool = False
    """It is the equipment's declared safe value: within one slot it beats others."""


@dataclass(frozen=True, slots=True)
class Switched:
    """What a rule asks of one point while it is on, and while it is off."""

    on: Ask
    off: Ask | None
    """None: nothing."""
    floor: bool = False
    """`on` is the least that others may ask for, rather than the value."""
    after_s: float = 0.0
    """So much later than the rule comes on: the others lead."""


@dataclass(frozen=True, slots=True)
class Band:
    """Two thresholds of a number: on beyond the one, off beyond the other, and between them as before."""

    start: float
    """On below it if it is less than `stop`, else above it."""
    stop: float


@dataclass(frozen=True, slots=True)
class Selector:
    """Where people choose who commands a machine."""

    point: int
    auto: Value
    """What it reads when that is us."""
