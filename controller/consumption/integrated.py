"""Power to intervals: what has no counter is added up over time, and has a running count of its own.

Between two good readings that are not further apart than the point may be old, power goes in a straight line
(the trapezoid); over anything longer, a restart, or a clock that was set back, nothing is counted. Readings
are taken to a millionth of their unit, times to the millisecond; from there on all is whole numbers, so that
what is below a quantum is carried on exactly. A trapezoid over the end of a slot is divided there, for which
the slot waits for its next reading.

A slot in which nothing was covered has counts at both ends, which are the same, and no consumption: nobody
knows what was used, and it is flagged suspect. So the consumptions of all rows add up to the difference of
the running count, each row going on from where the one before ended.
"""

from __future__ import annotations

from fractions import Fraction
from typing import NamedTuple

from config.plan.reading import Value
from controller.consumption.intervals import MOST_SLOTS
from controller.consumption.records import Flag, Interval, Mark, Terms
from controller.consumption.slots import Slots

MICRO = 1_000_000
HOUR_MS = 3_600_000
_MOST = 2**53
"""Power beyond this, in millionths, is no reading."""


class Power(NamedTuple):
    """One good reading of power or flow."""

    wall_ms: int
    site_ms: int
    """By the monotonic clock: for durations within one run."""
    micro: int
    """In millionths of its unit; not negative."""


def micro(value: Value | None) -> int | None:
    """A reading in millionths; what is negative uses nothing and is 0. None for what is no number."""
    if value is None or isinstance(value, (bool, str)):
        return None
    exact = value * MICRO
    return max(0, round(exact)) if abs(exact) < _MOST else None  # not a number compares false


class IntegratedLog:
    """The open slot of one integrated meter; of the same shape as `MeterLog`. Fed in the order of arrival."""

    def __init__(self, terms: Terms, quantum: str, slots: Slots, mark: Mark | None) -> None:
        """Go on from `mark`, the last one that was committed; None for a meter that never had one.
        `terms.age_ms`: how far two readings may be apart. `quantum`: decimal text."""
        self._terms = terms
        self._slots = slots
        # An area is twice that of its trapezoid, in millionths times milliseconds, times `_factor`.
        exact = Fraction(quantum) * 2 * MICRO * HOUR_MS
        self._factor, self._quantum = exact.denominator, exact.numerator
        self._most = round(terms.max_rate * Fraction(quantum) * MICRO)
        """Most millionths that are believed."""
        self._noted = mark
        self.unnoted_ms = 0
        """How much time has been integrated since the mark was taken last."""
        self._slot_ms = None if mark is None else mark.slot_ms
        self._end_ms = 0 if mark is None else slots.next(mark.slot_ms)
        self._anchor_ms = None if mark is None else mark.anchor_ms
        self._anchor_count = 0 if mark is None else mark.anchor_count or 0
        self._count = self._anchor_count if mark is None else max(mark.last_count or 0, self._anchor_count)
        """The running count, in quanta."""
        self._remainder = 0 if mark is None else mark.remainder
        """What was used beyond it: areas, less than a quantum's."""
        self._covered_ms = 0 if mark is None else mark.covered_ms
        self._peak = None if mark is None else mark.peak
        self._flags = Flag(0) if mark is None else mark.flags & Flag.CLOCK
        self._read_ms = None if mark is None else mark.last_ms
        self._last: Power | None = None
        """The last reading of this run, from which the next one may be reached."""
        self._waiting = False

    @property
    def mark(self) -> Mark | None:
        """What to persist; None before the first reading."""
        if self._slot_ms is None:
            return None
        known = self._anchor_ms is not None
        return Mark(
            slot_ms=self._slot_ms,
            anchor_ms=self._anchor_ms,
            anchor_count=self._anchor_count if known else None,
            last_ms=self._read_ms,
            last_count=self._count if known else None,
            remainder=self._remainder,
            covered_ms=self._covered_ms,
            peak=self._peak,
            flags=self._flags,
        )

    def take_mark(self) -> Mark | None:
        """The mark, to be committed with the rows handed out before it; None if nothing has changed."""
        mark = self.mark
        if mark == self._noted:
            return None
        self._noted, self.unnoted_ms = mark, 0
        return mark

    @property
    def next_ms(self) -> int | None:
        """The next end of a slot that is not over yet; None before the first reading."""
        if self._slot_ms is None:
            return None
        return self._slots.next(self._end_ms) if self._waiting else self._end_ms

    @property
    def waiting(self) -> bool:
        """The open slot is over and waits for the reading after its end."""
        return self._waiting

    def good(self, item: Power) -> list[Interval]:
        """Take a good reading. Returns the slots that ended before it. One above what can be is no
        reading."""
        last = self._last
        if item.micro > self._most or (last is not None and item.site_ms < last.site_ms):
            return []
        if self._slot_ms is None:
            self._slot_ms = self._slots.floor(item.wall_ms)
            self._end_ms = self._slots.next(self._slot_ms)
        closed: list[Interval] = []
        if last is not None and item.site_ms - last.site_ms <= self._terms.age_ms:
            closed += self._reach(last, item)
        closed += self._close_before(item.wall_ms)
        if self._anchor_ms is None:
            self._anchor_ms = max(item.wall_ms, self._slot_ms)
        thousandths = (item.micro + 500) // 1000
        self._peak = thousandths if self._peak is None else max(self._peak, thousandths)
        self._last, self._read_ms = item, item.wall_ms
        return closed

    def advance(self, wall_ms: int) -> list[Interval]:
        """Time has come as far as `wall_ms`, all readings up to then taken. Returns the slots that ended and
        that no further reading can add to."""
        last = self._last
        self._waiting = (
            last is not None
            and last.wall_ms < self._end_ms <= wall_ms
            and wall_ms - last.wall_ms <= self._terms.age_ms
        )
        return [] if self._waiting else self._close_before(wall_ms + 1)

    def clock_untrusted(self) -> None:
        """The time of the open slot is not to be believed."""
        if self._slot_ms is not None:
            self._flags |= Flag.CLOCK

    def clock_set_back(self) -> None:
        """The clock was set back: nothing is counted from the last reading to the next. The open slot goes on
        until time has passed its end."""
        self._last = None
        self.clock_untrusted()

    # What was used

    def _reach(self, last: Power, item: Power) -> list[Interval]:
        """Count from one reading to the next, dividing at each end of a slot in between."""
        lasting_ms = item.site_ms - last.site_ms
        done_ms = area = 0
        closed: list[Interval] = []
        while self._end_ms < item.wall_ms:
            end_ms, flags = self._ends(item.wall_ms)
            # By the clock as it is now: where it was put right in between, the slot before has what is left.
            at_ms = min(max(lasting_ms - (item.wall_ms - end_ms), done_ms), lasting_ms)
            upto = _area(last.micro, item.micro, at_ms, lasting_ms)
            self._add(upto - area, at_ms - done_ms)
            done_ms, area = at_ms, upto
            closed.append(self._close(end_ms, flags))
        self._add((last.micro + item.micro) * lasting_ms - area, lasting_ms - done_ms)
        return closed

    def _add(self, area: int, lasting_ms: int) -> None:
        quanta, self._remainder = divmod(self._remainder + area * self._factor, self._quantum)
        self._count += quanta
        self._covered_ms += lasting_ms
        self.unnoted_ms += lasting_ms

    # Slots

    def _close_before(self, wall_ms: int) -> list[Interval]:
        """Close every slot that ends before `wall_ms`."""
        closed: list[Interval] = []
        while self._slot_ms is not None and self._end_ms < wall_ms:
            closed.append(self._close(*self._ends(wall_ms)))
        return closed

    def _ends(self, wall_ms: int) -> tuple[int, Flag]:
        """Where the open slot ends, which is before `wall_ms`: one with nothing in it may span a long gap."""
        assert self._slot_ms is not None
        if not self._covered_ms and wall_ms - self._slot_ms > MOST_SLOTS * self._slots.length_ms:
            return self._slots.floor(wall_ms - 1), Flag.SPAN
        return self._end_ms, Flag(0)

    def _close(self, end_ms: int, flags: Flag) -> Interval:
        assert self._slot_ms is not None
        known = self._anchor_ms is not None
        whole = self._anchor_ms == self._slot_ms
        measured = known and self._covered_ms > 0
        flags |= self._flags
        if known:
            flags |= Flag.ESTIMATED if measured else Flag.SUSPECT
        if not whole:
            flags |= Flag.PARTIAL
        starts = measured or whole
        row = Interval(
            meter=self._terms.meter,
            start_ms=self._slot_ms,
            end_ms=end_ms,
            from_ms=self._anchor_ms if starts else None,
            count_start=self._anchor_count if starts else None,
            count_end=self._count if known else None,
            consumption=self._count - self._anchor_count if measured else None,
            peak=self._peak,
            # Times are whole milliseconds: a slot covered from end to end may lack one.
            covered_s=min(self._covered_ms + 500, end_ms - self._slot_ms) // 1000,
            flags=flags,
        )
        if known:
            self._anchor_ms, self._anchor_count = end_ms, self._count
        self._slot_ms, self._end_ms = end_ms, self._slots.next(end_ms)
        self._covered_ms, self._peak, self._flags = 0, None, Flag(0)
        self._waiting = False
        return row


def _area(first: int, last: int, at: int, lasting: int) -> int:
    """Twice the area under a straight line up to `at`, of `lasting`; rounded down."""
    return at * (first * (2 * lasting - at) + last * at) // lasting if lasting else 0
