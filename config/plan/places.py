"""Places that people book, and their bookings."""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

from config.plan.devices import Source


@dataclass(frozen=True, slots=True)
class Place:
    """A hall or room that can be booked. Bookings know it by its name, so that they outlive edits."""

    name: str
    label: str
    source: Source


class Booking(NamedTuple):
    """[start, end) in which a place is somebody's. People's data, never the site's: site time, UTC
    milliseconds."""

    place: str
    """A place's name, which the Plan may have no more."""
    start_ms: int
    end_ms: int
    label: str = ""
    """What for."""
    organiser: str = ""
    person: str = ""
    """Who entered it."""
    entered_ms: int = 0

    @property
    def key(self) -> tuple[str, int, int]:
        """There is never a second one of these three."""
        return self.place, self.start_ms, self.end_ms
