"""What points said last, and the short way for readings that came again as they were. Pure.

Of a run of them in one block only the last need be booked, for all before it say the same; until something
else bears on the log, they wait.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping

from controller.consumption.intervals import MeterLog
from controller.consumption.records import Interval

MOST = 64
"""Blocks that are known; which points are in one differs from read to read where many change."""


class _Block:
    """Points that are read together."""

    __slots__ = ("booked_ms", "points", "waiting")

    def __init__(self, points: tuple[int, ...], booked_ms: int) -> None:
        self.points = points
        self.booked_ms = booked_ms
        """The time of its readings that were booked last."""
        self.waiting: tuple[int, float] | None = None
        """Time and monotonic milliseconds of the last that are not."""


class Repeats:
    """Of one log. Whoever changes what is known of a point, or looks at a meter, calls `catch_up` before."""

    def __init__(self) -> None:
        self.quanta: dict[int, int | None] = {}
        """What counters said last; None: nothing that counts."""
        self.thousandths: dict[int, int | None] = {}
        """The same of the power beside them."""
        self.some = False
        """Something waits."""
        self._blocks: dict[int, _Block] = {}
        """By the identity of their points: a driver hands out the same tuple while nothing in it changes."""
        self._counters: Mapping[int, MeterLog] = {}
        self._powers: Mapping[int, list[MeterLog]] = {}
        self._age_ms = 0

    def lay_out(
        self, counters: Mapping[int, MeterLog], powers: Mapping[int, list[MeterLog]], several: Collection[int]
    ) -> None:
        """These are the meters. `several`: points that serve for more than one thing go the long way."""
        self._counters = {point: log for point, log in counters.items() if point not in several}
        self._powers = {point: logs for point, logs in powers.items() if point not in several}
        self._age_ms = min((log.age_ms for log in counters.values()), default=0)

    def renumber(self, same: Mapping[int, int]) -> None:
        """Points have other ids now."""
        self.quanta = {same[point]: count for point, count in self.quanta.items() if point in same}
        self.thousandths = {same[point]: count for point, count in self.thousandths.items() if point in same}

    def stands(self, point: int, wall_ms: int, site_ms: float, closed: list[Interval]) -> bool:
        """Book it in the short way. False: it goes the long way."""
        logs = self._powers.get(point)
        if logs is None:
            log, quanta = self._counters.get(point), self.quanta.get(point)
            return log is not None and (quanta is None or log.stood(wall_ms, site_ms, quanta))
        thousandths = self.thousandths.get(point)
        if thousandths is not None:
            for log in logs:
                closed += log.power(wall_ms, thousandths)
        return True

    def wait(self, points: tuple[int, ...], wall_ms: int, site_ms: float) -> bool:
        """They came again, in the slot that is open everywhere: let that wait, if it makes no difference.
        False: it is to be booked now."""
        block = self._blocks.get(id(points))
        if block is None or not block.booked_ms <= wall_ms <= block.booked_ms + self._age_ms:
            return False
        if block.waiting is not None and wall_ms < block.waiting[0]:
            return False
        block.waiting = wall_ms, site_ms
        self.some = True
        return True

    def booked(self, points: tuple[int, ...], wall_ms: int) -> None:
        """All of them were booked in the short way, and will be again until something is said of one."""
        if len(self._blocks) >= MOST and id(points) not in self._blocks:
            self._blocks = {}
        self._blocks[id(points)] = _Block(points, wall_ms)

    def catch_up(self) -> None:
        """Book what has waited. No slot ends by it."""
        if not self.some:
            return
        self.some = False
        for block in self._blocks.values():
            if block.waiting is not None:
                (wall_ms, site_ms), block.waiting = block.waiting, None
                block.booked_ms = wall_ms
                for point in block.points:
                    self.stands(point, wall_ms, site_ms, [])

    def settle(self) -> None:
        """The same, and nothing goes the short way unseen after it: something else than a reading bears on
        the logs."""
        self.catch_up()
        self._blocks = {}
