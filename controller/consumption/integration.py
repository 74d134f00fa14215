"""The integrated meters of a Plan, as the log of all meters uses them: by the point of their power."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

from config.plan.reading import Value
from controller.consumption.integrated import IntegratedLog, Power, micro
from controller.consumption.records import Interval

MARK_AFTER_MS = 50_000
"""When so much site time has been integrated since, it is written down where the integrated meters stand: a
kill loses no more than a minute of them."""
MARK_EVERY_NS = 5_000_000_000
"""Machine time before which it is not, however fast site time runs."""


class Integration:
    """Costs nothing where there are none."""

    def __init__(self) -> None:
        self.names: set[str] = set()
        self._logs: dict[int, list[IntegratedLog]] = {}
        self._said: dict[int, int | None] = {}
        """What their points said last, in millionths; None: nothing that counts."""
        self._late: list[IntegratedLog] = []
        """Those whose slot is over and waits for a reading."""
        self._due = False
        self._noted_ns = -MARK_EVERY_NS

    def add(self, name: str, point: int, log: IntegratedLog) -> None:
        """One more, before any reading."""
        self.names.add(name)
        self._logs.setdefault(point, []).append(log)

    def follow(self, former: Integration, same: Mapping[int, int]) -> None:
        """Go on from that one; `same`: its points → those here."""
        self._said = {same[point]: said for point, said in former._said.items() if point in same}
        self._due, self._noted_ns = former._due, former._noted_ns
        self.boundary()

    @property
    def points(self) -> Iterable[int]:
        """All that are read for one."""
        return self._logs

    def of(self, point: int) -> Iterable[IntegratedLog]:
        """What readings of that point go to."""
        return self._logs.get(point, ())

    def hear(self, point: int, value: Value | None) -> None:
        """A point was read anew; None: it has no good reading."""
        if point in self._logs:
            self._said[point] = micro(value)

    def said(self, point: int) -> int | None:
        """What it said last, in millionths, where that counts here."""
        return self._said.get(point)

    def book(self, point: int, item: Power) -> Iterator[tuple[IntegratedLog, list[Interval]]]:
        """Each meter that took the reading, and the slots that ended before it."""
        for log in self._logs[point]:
            closed = log.good(item)
            self._due |= log.unnoted_ms >= MARK_AFTER_MS
            yield log, closed

    def boundary(self) -> None:
        """All were told that time has passed the end of a slot: some wait for a reading after it."""
        self._late = [log for logs in self._logs.values() for log in logs if log.waiting]

    def catch_up(self, wall_ms: int) -> list[Interval]:
        """The slots that were late and have ended by now."""
        closed = [row for log in self._late for row in log.advance(wall_ms)]
        self._late = [log for log in self._late if log.waiting]
        return closed

    @property
    def late(self) -> int:
        """How many slots wait for a reading after their end."""
        return len(self._late)

    def to_note(self, mono_ns: int) -> bool:
        """Whether it is time to write down where they stand, all in one commit. True once."""
        if not self._due or mono_ns - self._noted_ns < MARK_EVERY_NS:
            return False
        self._due, self._noted_ns = False, mono_ns
        return True
