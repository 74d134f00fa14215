"""Which points a rule may ask something of, and whether it goes by the clock, whatever its kind. Pure."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import fields, is_dataclass

from config.plan.asks import Ask
from config.plan.conditions import Booked
from config.plan.hourly import TariffShift, TopUp
from config.plan.programmes import Hours, Programme
from config.plan.rules import RuleSpec


def aims(spec: RuleSpec) -> frozenset[int]:
    """The points of all that it may ask for."""
    return frozenset(_asked(spec))


def by_the_clock(part: object) -> bool:
    """Whether it looks at the time of day or at bookings."""
    if isinstance(part, Booked | Programme | Hours | TopUp | TariffShift):
        return True
    if is_dataclass(part):
        return any(by_the_clock(getattr(part, item.name)) for item in fields(part))
    return isinstance(part, tuple) and any(map(by_the_clock, part))


def _asked(part: object) -> Iterator[int]:
    """Every Ask, and every command that a part of the record names."""
    if isinstance(part, Ask):
        yield part.point
    elif is_dataclass(part):
        if isinstance(command := getattr(part, "command", None), int):
            yield command
        for item in fields(part):
            yield from _asked(getattr(part, item.name))
    elif isinstance(part, tuple):
        for one in part:
            yield from _asked(one)
