"""Consumption by hour, day, month and tariff period, worked out from what was logged whenever it is asked
for. Pure.

What is added up belongs to the slot in which it starts. So the sum over all slots is the sum over all
intervals, to the last digit. What was recovered after a gap is booked where it was recovered, and flagged;
`spreading` shows it where it was probably used.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from decimal import Decimal
from typing import NamedTuple, TypeAlias

from config.plan.bill import price
from config.plan.tariff import Tariff
from controller.consumption.audit import Fitting, Logged
from controller.consumption.audit_days import KeptDay
from controller.consumption.gaps import Lack
from controller.consumption.periods import Partition, Span


class Item(NamedTuple):
    """What is added up: an interval, a kept day, a share of what was recovered."""

    start_ms: int
    unit: str
    consumption: Decimal | None
    """In `unit`; None = not known."""
    from_ms: int | None
    """Since when that counts."""
    known_s: int
    """Seconds of which the consumption is known, or shared out."""
    unknown_s: int
    """Seconds of which nobody knows it."""
    later_s: int
    """Seconds of which a later interval has it."""
    peak: int | None
    """In thousandths of its unit."""
    covered_s: int
    flags: int


class Slot(NamedTuple):
    """What items are added up to."""

    start_ms: int
    end_ms: int
    period: str
    """Of the tariff; "" = all of [start, end)."""
    due_s: int
    """Seconds of it for which there should be intervals by now."""


Slicing: TypeAlias = Callable[[int], Slot]
"""The slot to which something belongs that starts then."""


class Rollup(NamedTuple):
    """What one meter used in one slot, in one unit."""

    start_ms: int
    end_ms: int
    period: str
    unit: str
    consumption: Decimal | None
    """All that is known to have been used; None when nothing is."""
    from_ms: int | None
    """Since when that counts: before `start_ms` where it includes what was recovered from before."""
    known_s: int
    unknown_s: int
    later_s: int
    missing_s: int
    """Seconds without an interval since the meter's log began."""
    peak: int | None
    """In thousandths of its unit."""
    covered_s: int
    flags: int
    lacking: tuple[str, ...] = ()
    """Of a made meter: those of its parts of which not all is known."""
    due_s: int = 0
    """Seconds for which there should be intervals: less than of another where its log began later."""

    @property
    def has_earlier(self) -> bool:
        """It includes what was used before its start."""
        return self.from_ms is not None and self.from_ms < self.start_ms


def over(asked: Span, until_ms: int, since_ms: int = 0) -> Slicing:
    """All of it one slot; intervals are due from `since_ms` up to `until_ms`."""
    whole = Slot(*asked, "", _both(asked, since_ms, until_ms) // 1000)
    return lambda _: whole


def by(partition: Partition, until_ms: int, since_ms: int = 0) -> Slicing:
    """Slots of a partition; intervals are due from `since_ms` up to `until_ms`."""

    def slot(at_ms: int) -> Slot:
        start_ms, end_ms = partition(at_ms)
        return Slot(start_ms, end_ms, "", _both((start_ms, end_ms), since_ms, until_ms) // 1000)

    return slot


def by_period(
    spans: Iterable[tuple[int, int, str]], asked: Span, until_ms: int, since_ms: int = 0
) -> Slicing:
    """A slot for each period of the tariff, all over the time that is asked for. `spans`: (start_ms, end_ms,
    period), in order and without a gap; intervals are due from `since_ms` up to `until_ms`."""
    listed = list(spans)
    starts = [start_ms for start_ms, _, _ in listed]
    due: dict[str, int] = {}
    for start_ms, end_ms, period in listed:
        due[period] = due.get(period, 0) + _both((start_ms, end_ms), since_ms, until_ms)

    def slot(at_ms: int) -> Slot:
        period = listed[max(0, bisect_right(starts, at_ms) - 1)][2]
        return Slot(*asked, period, due[period] // 1000)

    return slot


def _both(span: Span, since_ms: int, until_ms: int) -> int:
    """How much of the span lies between these."""
    return max(0, min(span[1], until_ms) - max(span[0], since_ms))


def item_of(item: Logged, lack: Lack | None, fitting: Fitting) -> Item:
    """An interval."""
    row = item.row
    seconds = (row.end_ms - row.start_ms) // 1000
    later = lack is Lack.RECOVERED
    known = row.consumption is not None
    return Item(
        row.start_ms,
        fitting.unit,
        fitting.exact(row.consumption),
        row.from_ms if known else None,
        seconds if known else 0,
        0 if known or later else seconds,
        seconds if later else 0,
        row.peak,
        row.covered_s,
        int(row.flags),
    )


def item_of_day(day: KeptDay, fitting: Fitting) -> Item:
    """A kept day."""
    return Item(
        day.start_ms,
        fitting.unit,
        fitting.exact(day.consumption),
        day.from_ms,
        day.logged_s - day.unknown_s - day.later_s,
        day.unknown_s,
        day.later_s,
        day.peak,
        day.covered_s,
        day.flags,
    )


@dataclass(slots=True)
class _Sum:
    consumption: Decimal | None = None
    from_ms: int | None = None
    known_s: int = 0
    unknown_s: int = 0
    later_s: int = 0
    peak: int | None = None
    covered_s: int = 0
    flags: int = 0

    def add(self, item: Item) -> None:
        if item.consumption is not None:
            self.consumption = item.consumption + (self.consumption or 0)
        if item.from_ms is not None:
            self.from_ms = item.from_ms if self.from_ms is None else min(self.from_ms, item.from_ms)
        if item.peak is not None:
            self.peak = item.peak if self.peak is None else max(self.peak, item.peak)
        self.known_s += item.known_s
        self.unknown_s += item.unknown_s
        self.later_s += item.later_s
        self.covered_s += item.covered_s
        self.flags |= item.flags


def roll_up(items: Iterable[Item], slicing: Slicing) -> list[Rollup]:
    """What the items of one meter add up to, by slot. A slot in which the unit changed comes once a unit."""
    found: dict[Slot, dict[str, _Sum]] = {}
    for item in items:
        found.setdefault(slicing(item.start_ms), {}).setdefault(item.unit, _Sum()).add(item)
    made: list[Rollup] = []
    for slot in sorted(found):
        sums = found[slot]
        logged_s = sum(one.known_s + one.unknown_s + one.later_s for one in sums.values())
        missing_s = max(0, slot.due_s - logged_s)
        made += [_rolled_up(slot, unit, one, missing_s) for unit, one in sums.items()]
    return made


def _rolled_up(slot: Slot, unit: str, one: _Sum, missing_s: int) -> Rollup:
    return Rollup(
        slot.start_ms,
        slot.end_ms,
        slot.period,
        unit,
        one.consumption,
        one.from_ms,
        one.known_s,
        one.unknown_s,
        one.later_s,
        missing_s,
        one.peak,
        one.covered_s,
        one.flags,
        due_s=slot.due_s,
    )


def cost(of: Rollup, tariff: Tariff) -> Decimal | None:
    """What it costs in yuan, unrounded; None when the consumption or the price is not known."""
    each = price(tariff, of.period)
    return None if each is None or of.consumption is None else of.consumption * each
