"""Counts to intervals, so that nothing is lost, doubled or invented.

A slot's consumption is the count at its end less the count at its start. The count at a boundary is the last
good reading before it, if that is young enough, and serves both slots. Where a boundary count is missing, the
slots on both sides are partial: the one that ends there has no consumption, and the next slot whose end is
known carries everything since the last count that was booked (the anchor), flagged as recovered. So the
consumptions of all rows add up to the difference of the counter, to the last quantum.

A reading that the meter cannot have counted up to is set aside. If the meter goes on from where it was, the
reading was wrong and counts for nothing. If it goes on from there, for as long as a boundary count may be old
or until a slot ends whose count is not known otherwise, the counter was reset: the anchor starts anew and the
slot's consumption is unknown.
"""

from __future__ import annotations

from controller.consumption.beside import Beside
from controller.consumption.booking import booked
from controller.consumption.corrections import Replacement, replaced_mark
from controller.consumption.judging import MOST_ROLLED, WALL_SLACK_MS, Aside, may_have_risen, rolled
from controller.consumption.plausible import Anchor
from controller.consumption.records import Count, Doubt, Flag, Interval, Mark, Terms
from controller.consumption.slots import Slots

MOST_SLOTS = 4000
"""Missed slots written one by one (41 days of 15 min); a longer gap becomes one row that spans it."""


class MeterLog:
    """The open slot of one meter. Fed in the order of arrival; not shared between threads."""

    def __init__(self, terms: Terms, slots: Slots, mark: Mark | None) -> None:
        """Go on from `mark`, the last one that was committed; None for a meter that never had one."""
        self._terms = terms
        self._slots = slots
        self._mark = mark
        """Replaced when a slot, an anchor, a rollover or a flag changes; the last reading is kept beside."""
        self._noted = mark
        self._end_ms = 0 if mark is None else slots.next(mark.slot_ms)
        self._last_ms = None if mark is None else mark.last_ms
        self._last_count = None if mark is None else mark.last_count
        self._last_site_ms: float | None = None
        """Site time of the last reading by the monotonic clock; None when it is of an earlier run."""
        self._changed_site_ms: float | None = None
        """Since when the counter has stood at its last count; None when that is of an earlier run."""
        self._changed_ms = None if mark is None else mark.changed_ms
        """The same by the wall clock; None when that is not known."""
        self._eligible = False
        """The last reading may serve as a boundary count: it is of this run and no clock step lies
        between."""
        self._cover_ms = 0
        """Up to where covered time has been added up."""
        self._covered_ms = 0
        self._peak: int | None = None
        self._aside: Aside | None = None
        self._doubts: list[Doubt] = []
        self._beside = Beside(terms) if terms.per_hour else None

    @property
    def mark(self) -> Mark | None:
        """What to persist; None before the first reading."""
        mark = self._mark
        if mark is None:
            return None
        return mark._replace(last_ms=self._last_ms, last_count=self._last_count, changed_ms=self._changed_ms)

    @property
    def changed(self) -> bool:
        """The mark says something that the one taken last did not: more than the last reading."""
        return self._mark is not self._noted

    def take_mark(self) -> Mark | None:
        """The mark, to be committed with the rows handed out before it; None if it has not changed."""
        if not self.changed:
            return None
        self._noted = self._mark
        return self.mark

    @property
    def next_ms(self) -> int | None:
        """When the open slot ends; None before the first reading."""
        return None if self._mark is None else self._end_ms

    def good(self, item: Count) -> list[Interval]:
        """Take a good reading. Returns the slots that ended before it."""
        closed = self._close_before(item.wall_ms) if self._end_ms < item.wall_ms else []
        if self._mark is None:
            slot_ms = self._slots.floor(item.wall_ms)
            self._mark = Mark(slot_ms, item.wall_ms, item.quanta, None, None)
            self._end_ms = self._slots.next(slot_ms)
        elif self._mark.anchor_ms is None:
            self._mark = self._mark._replace(anchor_ms=item.wall_ms, anchor_count=item.quanta, rolled=0)
        if item.quanta != self._last_count:
            if self._last_count is not None and not self._accept(item, self._last_count):
                return closed
            self._changed_site_ms, self._changed_ms = item.site_ms, item.wall_ms
        self._aside = None
        self._cover(item.wall_ms, self._mark.slot_ms)
        self._take(item)
        return closed

    def stood(self, wall_ms: int, site_ms: float, quanta: int, *, unbroken: bool = False) -> bool:
        """The short way of `good` for a reading like the last one, in the slot of that one. `unbroken`: there
        were more of them since, none too far from the next. False: take the long way."""
        last_ms = self._last_ms
        if quanta != self._last_count or last_ms is None or not last_ms <= wall_ms <= self._end_ms:
            return False
        mark = self._mark
        if mark is None or mark.anchor_ms is None or self._aside is not None or not self._eligible:
            return False  # it is not calm
        if unbroken or wall_ms - last_ms <= self._terms.age_ms:
            self._add_cover(wall_ms, mark.slot_ms)
        elif wall_ms > self._cover_ms:
            self._cover_ms = wall_ms
        self._last_ms, self._last_site_ms = wall_ms, site_ms
        return True

    def rose(self, wall_ms: int, site_ms: float, quanta: int, stood_ms: int | None = None) -> bool:
        """The short way of `good` for a count above the last one, in the slot of that one and no faster than
        the meter can. `stood_ms`: up to then the last one came again, in an unbroken run. False: nothing is
        booked, take the long way."""
        last, last_ms, since_ms, mark = self._last_count, self._last_ms, self._changed_site_ms, self._mark
        if last is None or last_ms is None or since_ms is None or mark is None or not last < quanta:
            return False
        if not self._eligible or self._aside is not None or mark.anchor_ms is None:
            return False  # it is not calm
        before_ms = last_ms if stood_ms is None else stood_ms
        may_have = may_have_risen(self._terms, quanta - last, site_ms - since_ms)
        if not (may_have and last_ms <= before_ms <= wall_ms <= self._end_ms):
            return False
        self._changed_site_ms, self._changed_ms = site_ms, wall_ms
        if wall_ms - before_ms <= self._terms.age_ms:
            self._add_cover(wall_ms, mark.slot_ms)
        else:
            if stood_ms is not None:
                self._add_cover(stood_ms, mark.slot_ms)
            self._cover_ms = max(self._cover_ms, wall_ms)
        self._last_ms, self._last_count, self._last_site_ms = wall_ms, quanta, site_ms
        return True

    @property
    def age_ms(self) -> int:
        """Two readings further apart than that have a gap between them."""
        return self._terms.age_ms

    @property
    def calm(self) -> bool:
        """What is read next is judged by the reading before alone, and counts from an anchor."""
        return (
            self._eligible
            and self._aside is None
            and self._mark is not None
            and self._mark.anchor_ms is not None
        )

    @property
    def doubted(self) -> bool:
        """There is something to take with `take_doubts`."""
        return bool(self._doubts)

    def take_doubts(self) -> list[Doubt]:
        """Readings that were doubted since the last call, in order."""
        taken, self._doubts = self._doubts, []
        return taken

    def power(self, wall_ms: int, thousandths: int) -> list[Interval]:
        """Take a good reading of the power or flow beside the counter. Returns the slots that ended before
        it."""
        closed = self._close_before(wall_ms) if self._end_ms < wall_ms else []
        if self._peak is None or thousandths > self._peak:
            self._peak = thousandths
        if self._beside is not None and self._mark is not None:
            self._beside.take(wall_ms, thousandths, self._mark.slot_ms)
        return closed

    def power_stood(self, wall_ms: int, thousandths: int) -> None:
        """The short way of `power` for an unbroken run of readings like the last one, of which this is the
        last; all in the open slot."""
        if self._peak is None or thousandths > self._peak:
            self._peak = thousandths
        if self._beside is not None and self._mark is not None:
            self._beside.take(wall_ms, thousandths, self._mark.slot_ms, unbroken=True)

    def power_moved(self, stood_ms: int, stood: int, wall_ms: int, thousandths: int) -> None:
        """The short way of `power_stood` and, in the same open slot, `power` after it."""
        if self._peak is None or stood > self._peak or thousandths > self._peak:
            self._peak = max(stood, thousandths)
        if self._beside is not None and self._mark is not None:
            self._beside.take_after(stood_ms, stood, wall_ms, thousandths, self._mark.slot_ms)

    def power_lost(self) -> None:
        """The power or flow beside the counter is not known for now."""
        if self._beside is not None:
            self._beside.forget()

    @property
    def stands(self) -> int:
        """Quanta that were used at the least, by the power beside it, in the last interval in which the
        counter stood still; 0 = it counts."""
        return 0 if self._beside is None else self._beside.stands

    def advance(self, wall_ms: int) -> list[Interval]:
        """Time has come as far as `wall_ms`, all readings up to then taken. Returns the slots that ended."""
        return self._close_before(wall_ms + 1)

    def clock_untrusted(self) -> None:
        """The time of the open slot is not to be believed."""
        if self._mark is not None and Flag.CLOCK not in self._mark.flags:
            self._mark = self._mark._replace(flags=self._mark.flags | Flag.CLOCK)

    def clock_set_back(self) -> None:
        """The clock was set back: a reading stamped before says nothing about a boundary after. The open slot
        goes on until time has passed its end, so that no slot is written twice."""
        self._eligible = False
        self._changed_ms = None
        self._aside = None
        self.power_lost()
        self.clock_untrusted()

    def check_replaced(self, made: Replacement, anchor: Anchor) -> None:
        """Raises CannotCorrect where `replaced` would."""
        replaced_mark(self.mark, made, anchor)

    def replaced(self, made: Replacement, site_ms: float, anchor: Anchor) -> None:
        """The meter was replaced in the open slot, or since the last known count before it: `anchor`.
        `site_ms`: site time of the replacement by the monotonic clock. Raises CannotCorrect."""
        self._mark = replaced_mark(self.mark, made, anchor)
        self._aside = None
        if self._last_ms is None or made.at_ms >= self._last_ms:
            self._last_ms, self._last_count, self._last_site_ms = made.at_ms, made.first, site_ms
            self._changed_site_ms, self._changed_ms = site_ms, made.at_ms

    def taken_back(self, mark: Mark) -> None:
        """A replacement that was entered was none: the log goes on from `mark`, made of what it was."""
        if (mark.last_ms, mark.last_count) != (self._last_ms, self._last_count):
            self._last_ms, self._last_count, self._last_site_ms = mark.last_ms, mark.last_count, None
            self._changed_site_ms, self._changed_ms = None, mark.changed_ms
            self._eligible = False
        self._mark = mark
        self._aside = None

    # What the next count means

    def _accept(self, item: Count, last: int) -> bool:
        """Tell a rollover, a reset and a wrong reading from ordinary counting. False for what is set
        aside."""
        assert self._mark is not None
        if self._aside is not None and self._aside.goes_on(self._terms, item):
            return self._set_aside(item, last)
        if item.quanta < last:
            turn = rolled(self._terms, last, item.quanta, self._elapsed(self._mark, item))
            if 0 < turn < MOST_ROLLED - self._mark.rolled:
                self._mark = self._mark._replace(rolled=self._mark.rolled + turn)
                return True
        elif may_have_risen(self._terms, item.quanta - last, self._since_change(self._mark, item)):
            return True
        return self._set_aside(item, last)

    def _set_aside(self, item: Count, last: int) -> bool:
        """True when what was set aside has gone on for long enough: then it is the meter's count."""
        aside = self._aside
        if aside is None or not aside.goes_on(self._terms, item):
            self._aside = Aside(item.site_ms, item, item)
            self._doubts.append(Doubt(self._terms.meter, last, item.quanta, reset=False, at_ms=item.wall_ms))
            return False
        aside.begin = aside.begin or item
        if item.site_ms - aside.since_site_ms >= self._terms.age_ms:
            self._begin_anew(aside.begin, last)
            return True
        aside.last = item
        return False

    def _begin_anew(self, begin: Count, last: int) -> None:
        """The meter was reset, or replaced, and counts from `begin` on."""
        assert self._mark is not None
        self._mark = self._mark._replace(
            anchor_ms=begin.wall_ms,
            anchor_count=begin.quanta,
            rolled=0,
            flags=self._mark.flags | Flag.SUSPECT,
        )
        self._doubts.append(Doubt(self._terms.meter, last, begin.quanta, reset=True, at_ms=begin.wall_ms))

    def _take(self, item: Count) -> None:
        self._last_ms, self._last_count, self._last_site_ms = item.wall_ms, item.quanta, item.site_ms
        self._eligible = True

    def _since_change(self, mark: Mark, item: Count) -> float | None:
        """Site milliseconds since the count last changed; None when no clock can tell."""
        if self._changed_site_ms is not None:
            return item.site_ms - self._changed_site_ms
        since_ms = self._last_ms if self._changed_ms is None else self._changed_ms
        if since_ms is None or Flag.CLOCK in mark.flags or item.wall_ms < since_ms:
            return None
        return item.wall_ms - since_ms + WALL_SLACK_MS

    def _elapsed(self, mark: Mark, item: Count) -> float | None:
        """Site milliseconds since the last reading; None when no clock can tell."""
        if self._last_site_ms is not None:
            return item.site_ms - self._last_site_ms
        if self._last_ms is None or Flag.CLOCK in mark.flags or item.wall_ms < self._last_ms:
            return None
        return item.wall_ms - self._last_ms

    # Slots

    def _close_before(self, wall_ms: int) -> list[Interval]:
        """Close every slot that ends before `wall_ms`."""
        closed: list[Interval] = []
        while (mark := self._mark) is not None and self._end_ms < wall_ms:
            end_ms, flags = self._end_ms, Flag(0)
            if wall_ms - mark.slot_ms > MOST_SLOTS * self._slots.length_ms and not self._known(end_ms):
                end_ms, flags = self._slots.floor(wall_ms - 1), Flag.SPAN
            closed.append(self._close(end_ms, flags))
        return closed

    def _known(self, end_ms: int) -> bool:
        """Whether the last reading serves as the count at that boundary."""
        return (
            self._eligible and self._last_ms is not None and 0 <= end_ms - self._last_ms <= self._terms.age_ms
        )

    def _decide_aside(self, end_ms: int) -> None:
        """A slot ends: what was set aside in it decides, unless the count before it is young enough."""
        aside = self._aside
        if aside is None or aside.begin is None or self._known(end_ms):
            return
        assert self._last_count is not None
        self._begin_anew(aside.begin, self._last_count)
        self._take(aside.last)
        self._changed_site_ms, self._changed_ms = aside.last.site_ms, aside.last.wall_ms
        self._cover_ms = max(self._cover_ms, aside.last.wall_ms)
        self._aside = None

    def _close(self, end_ms: int, flags: Flag) -> Interval:
        self._decide_aside(end_ms)
        mark = self._mark
        assert mark is not None
        known = self._known(end_ms)
        if known:
            self._add_cover(end_ms, mark.slot_ms)
        flags |= mark.flags
        start_known = mark.anchor_ms == mark.slot_ms
        if not (known and start_known):
            flags |= Flag.PARTIAL
        row = Interval(
            meter=self._terms.meter,
            start_ms=mark.slot_ms,
            end_ms=end_ms,
            from_ms=mark.slot_ms if start_known else None,
            count_start=mark.anchor_count if start_known else None,
            count_end=self._last_count if known else None,
            consumption=None,
            peak=self._peak,
            covered_s=min(self._covered_ms, end_ms - mark.slot_ms) // 1000,
            flags=flags,
        )
        if known and Flag.SUSPECT not in flags:
            assert self._last_count is not None
            row = booked(mark, row, self._last_count)
        if known:
            mark = mark._replace(anchor_ms=end_ms, anchor_count=self._last_count, rolled=0)
        carried = Flag(0) if known or Flag.SUSPECT in flags else mark.flags & Flag.REPLACED
        self._mark = mark._replace(slot_ms=end_ms, flags=carried)
        self._end_ms = self._slots.next(end_ms)
        self._covered_ms = 0
        self._peak = None
        if self._aside is not None:
            self._aside.begin = None
        if self._beside is not None:
            self._beside.ended(row)
        return row

    # Covered time

    def _cover(self, wall_ms: int, slot_ms: int) -> None:
        """Count the time since the reading before as covered, unless it is too long."""
        if not self._eligible or self._last_ms is None:
            self._cover_ms = wall_ms
            return
        if 0 <= wall_ms - self._last_ms <= self._terms.age_ms:
            self._add_cover(wall_ms, slot_ms)
        elif wall_ms > self._cover_ms:
            self._cover_ms = wall_ms

    def _add_cover(self, to_ms: int, slot_ms: int) -> None:
        if to_ms > self._cover_ms:
            from_ms = self._cover_ms
            if from_ms < slot_ms:
                from_ms = slot_ms
            self._cover_ms = to_ms
            if to_ms > from_ms:
                self._covered_ms += to_ms - from_ms
