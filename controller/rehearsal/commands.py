"""What was sent to each commanded point, and what did not take; values beyond their range."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from config.plan.clock import Now
from config.plan.reading import Reading, Value
from config.plan.site import Plan
from controller.consumption.records import Interval
from controller.decide.records import Notice
from controller.decide.step import Step
from drivers.api import Fate

_TOOK = (Fate.READ_BACK, Fate.ACKNOWLEDGED)


@dataclass(slots=True)
class Commanded:
    """One point."""

    key: str
    value: Value | None
    """What was sent last."""
    switched: int = 0
    """How often another value was sent; the first counts none."""


class Commands:
    """Counts them."""

    def __init__(self, plan: Plan) -> None:
        self._plan = plan
        self.sent: dict[int, Commanded] = {}
        self.writes = 0
        self.reasserts = 0
        """Of those, what only said again what the device had."""
        self.refused: Counter[tuple[str, str, str]] = Counter()
        """(point, fate, detail) of writes that did not take."""
        self.beyond: Counter[str] = Counter()
        """Points, by how often they came to read beyond their range."""
        self.would: Counter[str] = Counter()
        """In observe mode: what would have been sent, by point."""
        self.notices: list[tuple[int, Notice]] = []
        """What people would have been told, with the site time."""

    def look(self, now: Now, step: Step, readings: Sequence[Reading]) -> None:
        for write in step.writes:
            self.writes += 1
            self.reasserts += write.reassert
            one = self.sent.get(write.point)
            if one is None:
                self.sent[write.point] = Commanded(self._plan.points[write.point].key, write.value)
            elif one.value != write.value:
                one.value, one.switched = write.value, one.switched + 1
        for fate in step.fates:
            if fate.fate not in _TOOK:
                self.refused[fate.key, fate.fate.value, fate.detail] += 1
        for would in step.would:
            self.would[would.key] += 1
        for notice in step.notices:
            self.notices.append((now.wall_ms, notice))
        if step.counters.points_good == len(self._plan.points):
            return
        for point in step.changed:
            if readings[point][2] == "out of range":
                self.beyond[self._plan.points[point].key] += 1

    def intervals(self, rows: Sequence[Interval]) -> None:
        """Nothing: only writes and readings count."""
