"""The logs of all meters of a Plan, by name, and what readings of a point go to."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from config.plan.clock import Pace
from controller.consumption.integrated import IntegratedLog
from controller.consumption.integration import Integration
from controller.consumption.intervals import MeterLog
from controller.consumption.meters import Meter
from controller.consumption.records import Mark, Terms
from controller.consumption.slots import Slots


class Logs:
    """Made anew with each Plan."""

    def __init__(
        self,
        meters: Iterable[Meter],
        slots: Slots,
        pace: Pace,
        marks: Mapping[str, Mark],
        former: Logs | None = None,
    ) -> None:
        """Each goes on from its mark; one that was among the `former`, made in the same way, as it is."""
        self.of: dict[str, MeterLog | IntegratedLog] = {}
        self.terms: dict[str, Terms] = {}
        self.counting: dict[str, MeterLog] = {}
        """Those of counters."""
        self.counters: dict[int, tuple[Meter, MeterLog]] = {}
        """By the counter's point."""
        self.powers: dict[int, list[MeterLog]] = {}
        """By the point of the power beside it."""
        self.integration = Integration()
        before = {} if former is None else former.of
        for meter in meters:
            terms = self.terms[meter.name] = meter.terms(pace)
            log = before.get(meter.name)
            if log is None or former is None or not _same(former, meter, terms):
                mark = marks.get(meter.name, None if log is None else log.mark)
                log = made(meter, terms, slots, mark)
            self._add(meter, log)
        self.points = frozenset((*self.counters, *self.powers, *self.integration.points))
        """All that are read for one."""
        self.only_integrated = self.points - self.counters.keys() - self.powers.keys()
        self.several = self.counters.keys() & self.powers.keys() | set(self.integration.points)
        """Points that serve, or may serve, for more than one thing."""

    def _add(self, meter: Meter, log: MeterLog | IntegratedLog) -> None:
        self.of[meter.name] = log
        if isinstance(log, IntegratedLog):
            self.integration.add(meter.name, meter.point, log)
            return
        self.counting[meter.name] = log
        self.counters[meter.point] = (meter, log)
        if meter.power_point is not None:
            self.powers.setdefault(meter.power_point, []).append(log)

    def at(self, point: int) -> list[MeterLog | IntegratedLog]:
        """What readings of that point go to."""
        counter = self.counters.get(point)
        own = () if counter is None else (counter[1],)
        return [*self.powers.get(point, ()), *own, *self.integration.of(point)]

    def clock_untrusted(self) -> None:
        """The time of their open slots is not to be believed."""
        for log in self.of.values():
            log.clock_untrusted()

    def earliest_ms(self) -> int | None:
        """When the first of the open slots ends."""
        return min((end for log in self.of.values() if (end := log.next_ms) is not None), default=None)


def made(meter: Meter, terms: Terms, slots: Slots, mark: Mark | None) -> MeterLog | IntegratedLog:
    """One that goes on from `mark`."""
    if meter.integrated:
        return IntegratedLog(terms, meter.quantum, slots, mark)
    return MeterLog(terms, slots, mark)


def _same(former: Logs, meter: Meter, terms: Terms) -> bool:
    """Whether the meter's log was made in the same way."""
    integrated = isinstance(former.of[meter.name], IntegratedLog)
    return former.terms[meter.name] == terms and integrated is meter.integrated
