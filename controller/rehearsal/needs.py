"""What the building's people and machines needed and did not get. Looked at once a minute of site time."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Literal, TypeAlias

from config.plan.clock import Now
from config.plan.equipment import Equipment
from config.plan.hourly import Heater
from config.plan.reading import Quality, Reading, Value
from config.plan.site import Plan
from controller.consumption.records import Interval
from controller.decide.arbiter import arbitrate
from controller.decide.programmes import ProgrammeRequests
from controller.decide.step import Step
from schedules.context import Context
from schedules.hours import SiteHours

Kind: TypeAlias = Literal["dark", "empty-tank", "fumes", "cold-water"]

FUMES_MG_M3 = 2.0
"""What may leave a canteen's exhaust (GB 18483)."""
BRIGHT_LX = 100.0
"""Where it is measured: what a corridor needs of daylight and lamps together (GB 50034, its better grade)."""
EMPTY_PERCENT = 5.0
COLD_C = 80.0
"""Below it nobody makes tea."""
WARM_UP_MS = 45 * 60_000
"""A heater that has just got its permit is given this time."""
EVERY_MS = 60_000
SETTLING_MS = 5 * 60_000
"""At the start nothing has been commanded yet."""
_GOOD = Quality.GOOD
_HOUR_MS = 3_600_000
_LEVEL_SLACK = 0.5
"""Percent that a lamp may be below what its programme asks."""


@dataclass(slots=True)
class Unmet:
    """One need of one equipment."""

    kind: Kind
    equipment: Equipment
    minutes: int = 0
    times: int = 0
    longest: int = 0
    """Minutes."""
    first_ms: int | None = None
    by_hour: dict[int, int] = field(default_factory=dict)
    """Minutes, by the start of the hour."""
    running: int = 0
    """Looks in a row at which it was unmet."""

    def count(self, unmet: bool, wall_ms: int) -> None:
        if not unmet:
            self.running = 0
            return
        # One look may fall between a change of programme and its command: two in a row are a minute.
        self.running += 1
        if self.running == 1:
            return
        self.times += self.running == 2
        self.minutes += 1
        self.longest = max(self.longest, self.running - 1)
        if self.first_ms is None:
            self.first_ms = wall_ms
        hour_ms = wall_ms - wall_ms % _HOUR_MS
        self.by_hour[hour_ms] = self.by_hour.get(hour_ms, 0) + 1


_Check: TypeAlias = Callable[[Sequence[Reading], int], bool]


class Needs:
    """Of all equipment whose points say enough. What is needed `plan`'s own programmes and boilers say,
    whatever plan is rehearsed: so that two rehearsals are held against the same needs."""

    def __init__(self, plan: Plan, context: Context) -> None:
        self._programmes = ProgrammeRequests(plan.programmes, context)
        self._programmed = {point for programme in plan.programmes for point in programme.targets}
        self._needed: dict[int, Value | None] = {}
        """What the programmes ask for until one of them decides anew."""
        self._hours = SiteHours(context, plan.tariff)
        self._boilers = {
            boiler.heat.on.point: rule.spec.wanted
            for rule in plan.rules
            if isinstance(rule.spec, Heater)
            for boiler in rule.spec.boilers
        }
        """Permit → when hot water is wanted; None: when a condition says so, which is not known here."""
        self._next_ms = 0
        self._permitted_ms: dict[int, int] = {}
        self.unmet: list[Unmet] = []
        self._checks: list[tuple[Unmet, _Check]] = []
        for item in plan.equipment:
            roles = dict(item.roles)
            for kind, check in self._checks_of(item, roles):
                found = Unmet(kind, item)
                self.unmet.append(found)
                self._checks.append((found, check))

    def look(self, now: Now, _: Step, readings: Sequence[Reading]) -> None:
        if not self._next_ms:
            self._next_ms = now.wall_ms + SETTLING_MS
        if now.wall_ms < self._next_ms:
            return
        self._next_ms = now.wall_ms - now.wall_ms % EVERY_MS + EVERY_MS
        if self._programmes.update(now):
            self._needed.clear()
        wall_ms = now.wall_ms
        for found, check in self._checks:
            unmet = check(readings, wall_ms)
            if unmet or found.running:
                found.count(unmet, wall_ms)

    def intervals(self, rows: Sequence[Interval]) -> None:
        """Nothing: only readings count."""

    def _checks_of(self, item: Equipment, roles: dict[str, int]) -> list[tuple[Kind, _Check]]:
        if item.kind == "lamp-group" and {"level", "presence"} <= roles.keys():
            return [("dark", self._dark(roles["level"], roles["presence"], roles.get("lux")))]
        if item.kind == "tank" and "level" in roles:
            return [("empty-tank", _below(roles["level"], EMPTY_PERCENT))]
        if item.kind == "fume-purifier" and "fume" in roles:
            return [("fumes", _above(roles["fume"], FUMES_MG_M3))]
        if item.kind == "water-purifier" and {"temperature", "heater_permit"} <= roles.keys():
            return [("cold-water", self._cold(roles["temperature"], roles["heater_permit"]))]
        return []

    def _asked(self, point: int) -> Value | None:
        if point not in self._needed:
            self._needed[point] = arbitrate(self._programmes.requests(point)).value
        return self._needed[point]

    def _dark(self, level: int, presence: int, lux: int | None) -> _Check:
        def check(readings: Sequence[Reading], _: int) -> bool:
            value, quality = readings[presence][:2]
            if value is not True or quality is not _GOOD:
                return False
            light = None if lux is None else _good(readings[lux])
            if isinstance(light, (int, float)) and light >= BRIGHT_LX:
                return False
            need, have = self._asked(level), _good(readings[level])
            if not isinstance(need, (int, float)) or not isinstance(have, (int, float)):
                return False
            return have < need - _LEVEL_SLACK

        return check

    def _wanted(self, permit: int, wall_ms: int) -> bool:
        """Whether hot water is wanted; where nothing says when, always."""
        if permit in self._boilers:
            hours = self._boilers[permit]
            return hours is not None and self._hours.span(hours, wall_ms).within
        return permit not in self._programmed or self._asked(permit) is True

    def _cold(self, temperature: int, permit: int) -> _Check:
        def check(readings: Sequence[Reading], wall_ms: int) -> bool:
            if not self._wanted(permit, wall_ms):
                self._permitted_ms.pop(permit, None)
                return False
            since_ms = self._permitted_ms.setdefault(permit, wall_ms)
            value = _good(readings[temperature])
            return wall_ms - since_ms >= WARM_UP_MS and isinstance(value, (int, float)) and value < COLD_C

        return check


def _good(reading: Reading) -> Value | None:
    return reading[0] if reading[1] is _GOOD else None


def _below(point: int, least: float) -> _Check:
    def check(readings: Sequence[Reading], _: int) -> bool:
        value = _good(readings[point])
        return isinstance(value, (int, float)) and value < least

    return check


def _above(point: int, most: float) -> _Check:
    def check(readings: Sequence[Reading], _: int) -> bool:
        value = _good(readings[point])
        return isinstance(value, (int, float)) and value > most

    return check
