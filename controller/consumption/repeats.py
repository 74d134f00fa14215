"""What points said last, and the short way for readings that came again as they were. Pure.

Of an unbroken run of them in one block only the last need be booked, for all before it say the same. It waits
until its point is read by itself, a slot ends, or something else bears on the logs.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping

from controller.consumption.intervals import MeterLog
from controller.consumption.records import Interval


class _Block:
    """Points that are read together."""

    __slots__ = ("alone", "came_ms", "own", "points", "rest", "site_ms", "waits")

    def __init__(
        self, points: tuple[int, ...], own: Collection[int], rest: Collection[int], wall_ms: int
    ) -> None:
        self.points = points
        self.own = own
        """Those that wait: each is in one block at the most."""
        self.rest = rest
        """Those that never do."""
        self.came_ms = wall_ms
        """Time of the last reading, booked or not."""
        self.site_ms = 0.0
        """By the monotonic clock, of one that waits."""
        self.waits = False
        """It is not booked, but of those that are `alone`."""
        self.alone: set[int] = set()
        """Points that were read by themselves since."""


class Repeats:
    """Of one log. `leave` comes before anything is said of a point, `catch_up` before a slot ends or a meter
    is looked at, `settle` before whatever else bears on the logs."""

    def __init__(self) -> None:
        self.quanta: dict[int, int | None] = {}
        """What counters said last; None: nothing that counts."""
        self.thousandths: dict[int, int | None] = {}
        """The same of the power beside them."""
        self._some = False
        """Something waits."""
        self._blocks: dict[int, _Block] = {}
        """By the identity of their points: a driver hands out the same tuple while nothing in it changes."""
        self._block_of: dict[int, _Block] = {}
        self.counters: Mapping[int, MeterLog] = {}
        """Those whose point serves for nothing else."""
        self.powers: Mapping[int, list[MeterLog]] = {}
        """The same of the power beside counters."""
        self._age_ms = 0

    def lay_out(
        self, counters: Mapping[int, MeterLog], powers: Mapping[int, list[MeterLog]], several: Collection[int]
    ) -> None:
        """These are the meters. `several`: points that serve for more than one thing go the long way."""
        self.counters = {point: log for point, log in counters.items() if point not in several}
        self.powers = {point: logs for point, logs in powers.items() if point not in several}
        self._age_ms = min((log.age_ms for log in counters.values()), default=0)

    def renumber(self, same: Mapping[int, int]) -> None:
        """Points have other ids now."""
        self.quanta = {same[point]: count for point, count in self.quanta.items() if point in same}
        self.thousandths = {same[point]: count for point, count in self.thousandths.items() if point in same}

    def stands(self, point: int, wall_ms: int, site_ms: float, closed: list[Interval]) -> bool:
        """Book it in the short way. False: it goes the long way."""
        logs = self.powers.get(point)
        if logs is None:
            log, quanta = self.counters.get(point), self.quanta.get(point)
            return log is not None and (quanta is None or log.stood(wall_ms, site_ms, quanta))
        thousandths = self.thousandths.get(point)
        if thousandths is not None:
            for log in logs:
                closed += log.power(wall_ms, thousandths)
        return True

    def wait(self, points: tuple[int, ...], wall_ms: int, site_ms: float) -> Collection[int] | None:
        """They came again, in the slot that is open everywhere: let that wait, if it makes no difference.
        Returns what is to be booked now: the rest of them, or None for all."""
        block = self._blocks.get(id(points))
        if block is None or not block.came_ms <= wall_ms <= block.came_ms + self._age_ms:
            return None
        block.came_ms, block.site_ms = wall_ms, site_ms
        block.waits = self._some = True
        if block.alone:
            block.alone.clear()
        return block.rest

    def booked(self, points: tuple[int, ...], wall_ms: int, rest: Collection[int] = ()) -> None:
        """All of them but the `rest` were booked in the short way, and will be again until something is said
        of one."""
        own = [point for point in points if point in self.counters or point in self.powers]
        for point in own:
            if (former := self._block_of.get(point)) is not None:
                self._forget(former)
        if own or rest:
            block = self._blocks[id(points)] = _Block(points, own, rest, wall_ms)
            self._block_of.update(dict.fromkeys(own, block))

    def forget(self, points: tuple[int, ...]) -> None:
        """They were not all booked in the short way."""
        if (block := self._blocks.get(id(points))) is not None:
            self._forget(block)

    def leave(self, point: int, wall_ms: int) -> None:
        """It is read at that time, by itself or with others than before: book what waits of it."""
        block = self._block_of.get(point)
        if block is None:
            return
        if wall_ms < block.came_ms:
            self.settle()  # the run is broken: it was read at two times, in this order
        elif block.waits and point not in block.alone:
            block.alone.add(point)
            self._stood(point, block)

    def stood_ms(self, point: int, wall_ms: int) -> int | None:
        """Up to when a counter that is read now has stood, if just that waits; None: `leave` it."""
        block = self._block_of.get(point)
        if block is None or not block.waits or wall_ms < block.came_ms or point in block.alone:
            return None
        return None if self.quanta.get(point) is None else block.came_ms

    def rose(self, point: int, quanta: int) -> None:
        """What waits of it is booked, with a count after it."""
        self._block_of[point].alone.add(point)
        self.quanta[point] = quanta

    def power(self, point: int, logs: list[MeterLog], wall_ms: int, thousandths: int | None) -> None:
        """A power that serves for nothing else is read at that time, in the slot that is open everywhere:
        book what waits of it, and this."""
        block = self._block_of.get(point)
        stood = None
        if block is not None and block.waits and wall_ms >= block.came_ms and point not in block.alone:
            block.alone.add(point)
            stood = self.thousandths.get(point)
        elif block is not None:
            self.leave(point, wall_ms)
        self.thousandths[point] = thousandths
        for log in logs:
            if stood is not None and block is not None and thousandths is not None:
                log.power_moved(block.came_ms, stood, wall_ms, thousandths)
                continue
            if stood is not None and block is not None:
                log.power_stood(block.came_ms, stood)
            if thousandths is None:
                log.power_lost()
            else:
                log.power(wall_ms, thousandths)

    def catch_up(self) -> None:
        """Book what has waited. No slot ends by it."""
        if self._some:
            self._some = False
            for block in self._blocks.values():
                self._catch_up(block)

    def settle(self) -> None:
        """The same, and nothing goes the short way unseen after it: something else than a reading bears on
        the logs."""
        self.catch_up()
        self._blocks, self._block_of = {}, {}

    def _forget(self, block: _Block) -> None:
        self._catch_up(block)
        self._blocks.pop(id(block.points), None)
        for point in block.own:
            self._block_of.pop(point, None)

    def _catch_up(self, block: _Block) -> None:
        if block.waits:
            block.waits = False
            for point in block.own:
                if point not in block.alone:
                    self._stood(point, block)

    def _stood(self, point: int, block: _Block) -> None:
        """It came again and again since it was booked last, up to now."""
        logs = self.powers.get(point)
        if logs is None:
            if (quanta := self.quanta.get(point)) is not None:
                self.counters[point].stood(block.came_ms, block.site_ms, quanta, unbroken=True)
        elif (thousandths := self.thousandths.get(point)) is not None:
            for log in logs:
                log.power_stood(block.came_ms, thousandths)
