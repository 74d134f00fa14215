"""People's bookings as they are entered and taken out. Pure."""

from __future__ import annotations

from config.language import text
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
