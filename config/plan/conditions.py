"""Conditions: what rules ask of the process image. Three-valued: with a reading that is not good a comparison
is neither true nor false."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, TypeAlias

from config.plan.reading import Value


@dataclass(frozen=True, slots=True)
class Compare:
    """A number below or above another."""

    point: int
    op: Literal["below", "above"]
    value: float
    """In the point's unit."""


@dataclass(frozen=True, slots=True)
class Has:
    """A switch, contact or enum in a position. A contact that is active is so whatever way it is wired."""

    point: int
    value: Value


@dataclass(frozen=True, slots=True)
class Booked:
    """A place is booked, or will be before long. Open while nobody knows what time it is."""

    place: str
    """By name, as bookings know it."""
    within_s: float
    """True so long before a booking already."""


@dataclass(frozen=True, slots=True)
class Not:
    """True where `item` is false."""

    item: Condition


@dataclass(frozen=True, slots=True)
class All:
    """True where all are; false where one is, whatever the others say."""

    items: tuple[Condition, ...]


@dataclass(frozen=True, slots=True)
class AnyOf:
    """True where one is, whatever the others say; false where all are."""

    items: tuple[Condition, ...]


@dataclass(frozen=True, slots=True)
class Lasting:
    """True once `item` has been true without a break for `seconds` of site time."""

    item: Condition
    seconds: float
    key: str
    """Of what was written: by it the rule's memory knows since when, and after an edit no longer does."""


Condition: TypeAlias = Compare | Has | Booked | Not | All | AnyOf | Lasting


def points_of(*conditions: Condition | None) -> frozenset[int]:
    """Every point that these look at."""
    return frozenset().union(*(_points(item) for item in conditions if item is not None))


def _points(condition: Condition) -> frozenset[int]:
    match condition:
        case Compare() | Has():
            return frozenset((condition.point,))
        case Booked():
            return frozenset()
        case Not() | Lasting():
            return points_of(condition.item)
        case All() | AnyOf():
            return points_of(*condition.items)
