"""People's bookings as they are entered and taken out. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import islice

from config.language import text
from config.plan.places import Booking
from controller.decide.records import Book, Refused
from schedules.bookings import Bookings

KEPT_MS = 400 * 86_400_000
"""Bookings that have been over for so long are forgotten when others are entered or taken out."""


def check_bookings(standing: Bookings, command: Book) -> None:
    """Raises Refused for a booking that is there already, or one to be taken out that is not."""
    known = {item.key for item in standing}
    for item in command.added:
        if item.key in known:
            raise Refused(text("{place} is booked for this very time already", place=item.place))
        known.add(item.key)
    for item in command.removed:
        if item.key not in known:
            raise Refused(text("there is no such booking of {place}", place=item.place))


def rebooked(standing: Bookings, command: Book) -> Bookings:
    """With what the command says."""
    items = {item.key: item for item in standing if item.end_ms > command.forget_ms}
    for item in command.removed:
        items.pop(item.key, None)
    items.update((item.key, item) for item in command.added)
    return Bookings(items.values())


def overlapping(standing: Bookings, items: Sequence[Booking]) -> list[Booking]:
    """What of the same place lies across one of `items`: those that stand, and others of `items`."""
    given = {item.key for item in items}
    across: dict[tuple[str, int, int], Booking] = {}
    for place in dict.fromkeys(item.place for item in items):
        known = {item.key: item for item in (*standing.of(place), *items) if item.place == place}
        ordered = sorted(known.values(), key=lambda item: item.start_ms)
        for number, one in enumerate(ordered):
            for other in islice(ordered, number + 1, None):
                if other.start_ms >= one.end_ms:
                    break
                across.update(
                    {found.key: found for found, by in ((one, other), (other, one)) if by.key in given}
                )
    return sorted(across.values(), key=lambda item: (item.key in given, item.start_ms))
