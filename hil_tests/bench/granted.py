"""What a bench grants, with its points looked up and its limits read. Units are those of the points."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from config.language import render
from config.plan.points import Point
from config.plan.site import Plan
from config.written.problems import Wrong
from config.written.quantities import inside
from controller.decide.records import Refused
from controller.operations.finding import find_point
from controller.operations.wishes import value_of
from controller.socket.protocol import RequestError
from hil_tests.bench.file import BadBench, BenchFile


@dataclass(frozen=True, slots=True)
class Relay:
    """An output that may be switched and reads back what it is."""

    point: Point


@dataclass(frozen=True, slots=True)
class Load:
    """An output with something behind it that draws power."""

    switch: Point
    power: Point
    draws: float
    """At least, when it is on."""


@dataclass(frozen=True, slots=True)
class Dimmer:
    """An output that may be set between two levels."""

    point: Point
    low: float
    high: float


@dataclass(frozen=True, slots=True)
class Meter:
    """A counter and the power that it counts."""

    energy: Point
    power: Point
    most: float
    """Power that is never behind it."""


@dataclass(frozen=True, slots=True)
class Tank:
    """A level that an output moves while it is on, and that nothing may take past `low` or `high`."""

    level: Point
    moved_by: Point
    rises: bool
    low: float
    high: float
    longest_s: float
    """The output is never on for longer, machine seconds."""

    def moved(self, began: float, level: float) -> float:
        """How far it has gone its way."""
        return level - began if self.rises else began - level

    def room(self, level: float) -> float:
        """How far it may still go."""
        return self.high - level if self.rises else level - self.low


class Granted:
    """All of it. Raises BadBench for points that the site does not have, and what they cannot be."""

    def __init__(self, file: BenchFile, plan: Plan) -> None:
        self._plan = plan
        self._mistakes: list[str] = []
        self._file = file
        words = file.grants
        self.relay = self._relay(words["relay"]) if "relay" in words else None
        self.load = self._load(words["load"]) if "load" in words else None
        self.dimmer = self._dimmer(words["dimmer"]) if "dimmer" in words else None
        self.meter = self._meter(words["meter"]) if "meter" in words else None
        self.tank = self._tank(words["tank"]) if "tank" in words else None
        if self._mistakes:
            raise BadBench(self._mistakes)

    @property
    def points(self) -> tuple[Point, ...]:
        """Every point that tests may touch or look at."""
        found: dict[int, Point] = {}
        for grant in (self.relay, self.load, self.dimmer, self.meter, self.tank):
            for name in () if grant is None else type(grant).__slots__:
                value = getattr(grant, name)
                if isinstance(value, Point):
                    found[value.id] = value
        return tuple(found.values())

    def _relay(self, words: Mapping[str, str]) -> Relay:
        return Relay(self._point("relay", words["point"], commanded="bool"))

    def _load(self, words: Mapping[str, str]) -> Load:
        power = self._point("load", words["power"])
        switch = self._point("load", words["switch"], commanded="bool")
        return Load(switch, power, self._number("load", power, words["draws"]))

    def _dimmer(self, words: Mapping[str, str]) -> Dimmer:
        point = self._point("dimmer", words["point"], commanded="number")
        low, high = (self._number("dimmer", point, words[key]) for key in ("low", "high"))
        if low >= high:
            self._wrong("dimmer", f"low ({low:g}) is not below high ({high:g})")
        return Dimmer(point, low, high)

    def _meter(self, words: Mapping[str, str]) -> Meter:
        energy, power = self._point("meter", words["energy"]), self._point("meter", words["power"])
        if energy.counter is None:
            self._wrong("meter", f"{energy.key} is no counter")
        return Meter(energy, power, self._number("meter", power, words["most"]))

    def _tank(self, words: Mapping[str, str]) -> Tank:
        level = self._point("tank", words["level"])
        low, high = (self._number("tank", level, words[key]) for key in ("low", "high"))
        if low >= high:
            self._wrong("tank", f"low ({low:g}) is not below high ({high:g})")
        if words["moves"] not in ("up", "down"):
            self._wrong("tank", f"moves is {words['moves']}; expected up or down")
        try:
            longest_s = float(inside(words["longest"], "s"))
        except Wrong as error:
            self._wrong("tank", f"longest: {render(error.message, 'en')}")
            longest_s = 0.0
        moved_by = self._point("tank", words["moved_by"], commanded="bool")
        return Tank(level, moved_by, words["moves"] == "up", low, high, longest_s)

    def _wrong(self, grant: str, says: str) -> None:
        self._mistakes.append(f"{self._file.places[grant]}: {grant}: {says}")

    def _point(self, grant: str, name: str, commanded: str = "") -> Point:
        try:
            point = find_point(self._plan, name)
        except RequestError as error:
            self._wrong(grant, render(error.text, "en"))
            return self._plan.points[0]
        if commanded and (point.command is None or point.kind != commanded):
            self._wrong(grant, f"{point.key} cannot be commanded as a {commanded}")
        return point

    def _number(self, grant: str, point: Point, written: str) -> float:
        try:
            return float(value_of(point, written))
        except (Refused, ValueError) as error:
            said = render(error.text, "en") if isinstance(error, Refused) else str(error)
            self._wrong(grant, said)
            return 0.0
