"""When programmes switch, and when it is seen at the device: how late a running daemon is."""

from __future__ import annotations

import json
import math
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from itertools import pairwise
from pathlib import Path
from typing import Any, NamedTuple

from config.plan.clock import Pace
from config.plan.reading import Value
from config.plan.rules import Level, Lighting, Link, MakeUp
from config.plan.site import Plan
from controller.store.ledger import Row
from schedules.preview import foresee

_DECIDED_S = 2.0
"""Machine seconds after which a cycle of the daemon has been."""


class Switch(NamedTuple):
    """A programme's value for a point becomes another one."""

    at_ms: int
    key: str
    value: Value
    polls_s: float
    """Machine seconds that two polls of the point take."""


@dataclass(frozen=True, slots=True)
class Seen:
    """A switch at its device."""

    switch: Switch
    late_s: float
    """Machine seconds after its time, or after the decision that stood instead; infinity: never."""
    instead: Value | None
    """What stood instead of the programme's value, by a rule."""

    @property
    def in_time(self) -> bool:
        return self.late_s <= self.switch.polls_s

    def __str__(self) -> str:
        other = "" if self.instead is None else f" (by a rule {self.instead})"
        late = f"{self.late_s:.2f} s of {self.switch.polls_s:.2f} s"
        return f"{self.switch.key} = {self.switch.value}{other}: {late}"


def switches(plan: Plan, first: date, days: int, pace: Pace) -> list[Switch]:
    """What the programmes ask for anew, in order of time."""
    found = []
    for timeline in foresee(plan, first, days).timelines:
        for before, span in pairwise(timeline.spans):
            for number in timeline.points if span.value is not None and span.value != before.value else ():
                assert span.value is not None
                point = plan.points[number]
                found.append(Switch(span.start_ms, point.key, span.value, 2 * pace.poll_s(point.poll_s)))
    return sorted(found)


class SiteTime:
    """The time of simulators that run as a program of their own, by their overlay file."""

    def __init__(self, overlay: Path) -> None:
        clock = json.loads(overlay.read_text(encoding="utf-8"))["clock"]
        self._start_ms, self._mono_ns, self.speed = clock["start_ms"], clock["mono_ns"], clock["speed"]

    def now_ms(self) -> float:
        return float(self._start_ms + (time.monotonic_ns() - self._mono_ns) * self.speed / 1e6)


class Course:
    """What the devices had, and when that was first seen. Times are site time."""

    def __init__(self) -> None:
        self._of: dict[str, list[tuple[float, Value]]] = {}

    def look(self, now_ms: float, values: Mapping[str, Any]) -> None:
        """`values` were read at `now_ms`."""
        for key, value in values.items():
            known = self._of.setdefault(key, [])
            if not known or known[-1][1] != value:
                known.append((now_ms, value))

    def seen_ms(self, key: str, value: Value, since_ms: float) -> float:
        """When the device was first seen to have the value from then on; infinity: never."""
        had = self.at(key, since_ms)
        if had is not None and _same(had, value):
            return since_ms
        later = (at_ms for at_ms, found in self._of[key] if at_ms >= since_ms and _same(found, value))
        return next(later, math.inf)

    def at(self, key: str, at_ms: float) -> Value | None:
        """What it had then; None: nobody had looked yet."""
        return next((value for seen_ms, value in reversed(self._of[key]) if seen_ms <= at_ms), None)


def judge(switch: Switch, course: Course, decided: Sequence[Row], speed: float) -> Seen:
    """`decided` are the ledger's decisions on the point. Where what stands when the daemon has decided is
    another's, or a bound, that is what the device has to have, from that decision on."""
    by_ms = switch.at_ms + _DECIDED_S * speed * 1000
    last = next((row.entry for row in reversed(decided) if row.entry.time_ms <= by_ms), None)
    if last is None or last.value is None or _same(last.value, switch.value):
        return Seen(switch, _late_s(course, switch.key, switch.value, switch.at_ms, speed), None)
    since_ms = max(switch.at_ms, last.time_ms)
    return Seen(switch, _late_s(course, switch.key, last.value, since_ms, speed), last.value)


def _late_s(course: Course, key: str, value: Value, since_ms: int, speed: float) -> float:
    return (course.seen_ms(key, value, since_ms) - since_ms) / 1000 / speed


def bounded(plan: Plan) -> set[str]:
    """The points of which rules have a say, or a flame, by key."""
    found = {
        point
        for one in plan.equipment
        if one.kind == "stove"
        for role, point in one.roles
        if role == "permit"
    }
    for rule in plan.rules:
        if isinstance(rule.spec, Lighting):
            found.update(lamp.command for lamp in rule.spec.lamps)
        elif isinstance(rule.spec, Link | Level | MakeUp):
            found.update(one.on.point for one in rule.spec.then)
    return {plan.points[point].key for point in found}


def _same(found: Value, wanted: Value) -> bool:
    if isinstance(found, str) or isinstance(wanted, str):
        return found == wanted
    return math.isclose(found, wanted, rel_tol=1e-6, abs_tol=0.05)
