"""Bookings of places, as programmes and rules look at them. Pure."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable, Iterator, Sequence
from datetime import UTC, datetime
from typing import NamedTuple

from config.plan.places import Booking
from schedules.local import LocalTime

_MOST_NAMED = 3
"""So many bookings of a block are named to people."""


class Block(NamedTuple):
    """[start, end) without a gap: bookings of one place that overlap or touch once each is widened."""

    start_ms: int
    end_ms: int
    bookings: tuple[Booking, ...]


class Bookings:
    """All bookings of a site. Never changed: another booking makes another of these."""

    def __init__(self, items: Iterable[Booking] = ()) -> None:
        self._of: dict[str, list[Booking]] = {}
        for item in sorted(items, key=lambda item: (item.place, item.start_ms, item.end_ms)):
            self._of.setdefault(item.place, []).append(item)
        self._blocks: dict[tuple[str, float, float], tuple[list[int], list[Block]]] = {}

    def __iter__(self) -> Iterator[Booking]:
        for items in self._of.values():
            yield from items

    def of(self, place: str) -> Sequence[Booking]:
        """Those of a place, in the order of time."""
        return self._of.get(place, ())

    def within(
        self, place: str, before_s: float, after_s: float, start_ms: int, end_ms: int
    ) -> Iterator[Block]:
        """The blocks of [start, end), each booking widened by so much before and after it."""
        starts, blocks = self._widened(place, before_s, after_s)
        number = max(bisect_right(starts, start_ms) - 1, 0)
        while number < len(blocks) and blocks[number].start_ms < end_ms:
            if blocks[number].end_ms > start_ms:
                yield blocks[number]
            number += 1

    def booked(self, place: str, before_s: float, wall_ms: int) -> tuple[bool, int | None]:
        """Whether a place is booked or will be within `before_s`; and when that is next otherwise, None =
        never."""
        starts, blocks = self._widened(place, before_s, 0.0)
        number = bisect_right(starts, wall_ms) - 1
        if number >= 0 and wall_ms < blocks[number].end_ms:
            return True, blocks[number].end_ms
        return False, starts[number + 1] if number + 1 < len(starts) else None

    def _widened(self, place: str, before_s: float, after_s: float) -> tuple[list[int], list[Block]]:
        key = (place, before_s, after_s)
        if (found := self._blocks.get(key)) is None:
            blocks = _blocks(self.of(place), round(before_s * 1000), round(after_s * 1000))
            found = self._blocks[key] = ([block.start_ms for block in blocks], blocks)
        return found


NO_BOOKINGS = Bookings()


def _blocks(items: Sequence[Booking], before_ms: int, after_ms: int) -> list[Block]:
    blocks: list[Block] = []
    for item in items:
        start_ms, end_ms = item.start_ms - before_ms, item.end_ms + after_ms
        if blocks and start_ms <= blocks[-1].end_ms:
            last = blocks[-1]
            blocks[-1] = Block(last.start_ms, max(last.end_ms, end_ms), (*last.bookings, item))
        else:
            blocks.append(Block(start_ms, end_ms, (item,)))
    return blocks


def booking_words(item: Booking, local: LocalTime) -> str:
    """ "13:30-17:00 (Li, training)"; of one that ends on another day both dates."""
    start, end = (datetime.fromtimestamp(ms / 1000, UTC).astimezone(local.zone) for ms in item[1:3])
    form = "%H:%M" if start.date() == end.date() else "%Y-%m-%d %H:%M"
    about = ", ".join(word for word in (item.organiser or item.person, item.label) if word)
    return f"{start:{form}}-{end:{form}}" + (f" ({about})" if about else "")


def block_words(block: Block, local: LocalTime) -> str:
    """Its bookings; of many the first."""
    named = [booking_words(item, local) for item in block.bookings[:_MOST_NAMED]]
    return ", ".join(named) + (" …" if len(block.bookings) > _MOST_NAMED else "")
