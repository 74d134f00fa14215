"""Whether a counter counts, by the power or flow that is read beside it. Pure."""

from __future__ import annotations

from controller.consumption.records import Interval, Terms

LEAST_QUANTA = 10
"""So much must have been used at the least, by the power, where a counter is said to stand still: below that
it may just be about to tick."""


class Beside:
    """The open slot of one counter that has power beside it."""

    def __init__(self, terms: Terms) -> None:
        self._terms = terms
        self._last: tuple[int, int] | None = None
        """Time and thousandths of the last good reading; None: nothing that tells what came after."""
        self._area = 0
        """Thousandths × milliseconds that were used at the least: of two readings the lower one counts, so
        that a single wrong one makes nothing."""
        self.stands = 0
        """Quanta that were used at the least in the last interval in which nothing was counted; 0 = it
        counts, as far as is known."""

    def take(self, wall_ms: int, thousandths: int, slot_ms: int, *, unbroken: bool = False) -> None:
        """A good reading in the slot that began at `slot_ms`. `unbroken`: there were more like it since the
        last, none too far from the next."""
        if self._last is not None:
            last_ms, before = self._last
            if unbroken or wall_ms - last_ms <= self._terms.age_ms:
                if last_ms < slot_ms:
                    last_ms = slot_ms
                if before > thousandths:
                    before = thousandths
                if before > 0 and wall_ms > last_ms:
                    self._area += before * (wall_ms - last_ms)
        self._last = wall_ms, thousandths

    def take_after(self, stood_ms: int, stood: int, wall_ms: int, thousandths: int, slot_ms: int) -> None:
        """An unbroken run of `stood` that ended at `stood_ms`, and a reading after it."""
        last = self._last
        area = 0
        if last is not None:
            last_ms, before = last
            if last_ms < slot_ms:
                last_ms = slot_ms
            if before > stood:
                before = stood
            if before > 0 and stood_ms > last_ms:
                area = before * (stood_ms - last_ms)
        if wall_ms - stood_ms <= self._terms.age_ms:
            last_ms, before = stood_ms, stood
            if last_ms < slot_ms:
                last_ms = slot_ms
            if before > thousandths:
                before = thousandths
            if before > 0 and wall_ms > last_ms:
                area += before * (wall_ms - last_ms)
        self._area += area
        self._last = wall_ms, thousandths

    def forget(self) -> None:
        """What is read next may be of another time, or follows what was not read."""
        self._last = None

    def ended(self, row: Interval) -> None:
        """The slot is over."""
        area, self._area = self._area, 0
        if row.consumption:
            self.stands = 0
        elif row.consumption == 0:
            used = int(area * self._terms.per_hour / 3_600_000)
            self.stands = used if used >= LEAST_QUANTA else self.stands
