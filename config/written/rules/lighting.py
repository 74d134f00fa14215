"""Lighting: how presence and daylight bound what a lamp's programme asks for."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Annotated, Literal, NamedTuple

from pydantic import BeforeValidator, WithJsonSchema

from config.language import text
from config.plan.devices import Source
from config.plan.reading import Value
from config.plan.rules import Daylight, Lamp, Levels, Lighting
from config.written.lower.target import Target
from config.written.model.base import RunOn, Scalar
from config.written.problems import Wrong, brief
from config.written.quantities import inside, lasting, normal
from config.written.rules.common import EquipmentNames, RuleWritten
from config.written.rules.making import Making
from config.written.rules.presence import Contacts, contacts
from config.written.words.parse import Said

_FOR = lasting("0 s", "24 h")
_LEVELS = ("at_least", "present", "absent", "when_dark", "when_bright")

_ORDER = (
    ("present", "at_least"),
    ("absent", "at_least"),
    ("present", "absent"),
    ("when_dark", "at_least"),
    ("when_bright", "at_least"),
)
"""The first is not less than the second."""


class Beyond(NamedTuple):
    """A threshold in lx, and for how long the light must be beyond it."""

    lux: float
    seconds: float


def _beyond(word: str, example: str) -> Callable[[object], Beyond]:
    form = re.compile(rf"{word}\s+(.+?)(?:\s+for\s+(.+))?")

    def read(value: object) -> Beyond:
        found = form.fullmatch(normal(value)) if isinstance(value, str) else None
        if found is None:
            raise Wrong(
                text('"{value}" is no threshold', value=brief(value)),
                text("something like {example}", example=example),
            )
        return Beyond(float(inside(found[1], "lx")), _FOR(found[2]) if found[2] else 0.0)

    return read


Dark = Annotated[
    Beyond,
    BeforeValidator(_beyond("below", "below 30 lx for 2 min")),
    WithJsonSchema({"type": "string", "pattern": r"^\s*below\s+\S"}),
]
Bright = Annotated[
    Beyond,
    BeforeValidator(_beyond("above", "above 60 lx for 10 min")),
    WithJsonSchema({"type": "string", "pattern": r"^\s*above\s+\S"}),
]


class LightingWritten(RuleWritten):
    """Lamps whose programme's level is raised while somebody is there or it is dark, and lowered while nobody
    is or daylight does."""

    kind: Literal["lighting"]
    lamps: EquipmentNames
    at_least: Scalar = None
    present: Scalar = None
    absent: Scalar = None
    run_on: RunOn = 0.0
    presence: Contacts | None = None
    lux: str | None = None
    dark: Dark | None = None
    bright: Bright | None = None
    when_dark: Scalar = None
    when_bright: Scalar = None


def lower(written: LightingWritten, making: Making) -> Lighting | None:
    """The record, or None with every problem told."""
    targets = _targets(written, making)
    levels = _levels(written, making, targets)
    daylight = _daylight(written, making)
    lamps = _lamps(written, making, targets)
    told = daylight is None and (written.dark is not None or written.bright is not None)
    if levels is None or told or not lamps or len(lamps) < len(targets):
        return None
    return Lighting(lamps, levels, written.run_on, daylight)


def _targets(written: LightingWritten, making: Making) -> list[Target]:
    found: dict[int, Target] = {}
    for index, item in enumerate([] if making.lacks("lamps") else written.lamps):
        path = ["lamps", index]
        for target in making.targets(path, item):
            if target.kind != "lamp-group":
                making.member(path, target, text("{name} is no lamp group", name=target.shown))
            elif target.point.id in found:
                making.member(path, target, text("{name} is named twice", name=target.shown))
            else:
                found[target.point.id] = target
    return list(found.values())


def _levels(written: LightingWritten, making: Making, targets: list[Target]) -> Levels | None:
    said = {key: getattr(written, key) for key in _LEVELS if getattr(written, key) is not None}
    if not said and making.lacks(*_LEVELS):
        return None
    if not said:
        making.problem([], text("it asks for nothing"), text("one of {words}", words=", ".join(_LEVELS)))
        return None
    made: dict[str, Value] = {}
    wrong: set[str] = set()
    for target in targets:
        for key, value in said.items():
            level = making.value([key], target, value)
            if level is None:
                wrong.add(key)
            else:
                made[key] = level
    made = {key: level for key, level in made.items() if key not in wrong}
    if not made:
        return None
    for key, other in _ORDER:
        if key in made and other in made and float(made[key]) < float(made[other]):
            making.problem([key], text("{key} is less than {other}", key=key, other=other))
            return None
    return None if wrong else Levels(*(made.get(key) for key in _LEVELS))


def _daylight(written: LightingWritten, making: Making) -> Daylight | None:
    dark, bright = written.dark, written.bright
    wanted = written.when_dark is not None or written.when_bright is not None
    if making.lacks("dark", "bright"):
        return None
    if dark is None or bright is None:
        if dark is not bright or wanted:
            making.problem(
                [],
                text("daylight needs two thresholds"),
                text("dark: below 30 lx for 2 min, and bright: above 60 lx for 10 min"),
            )
        return None
    if dark.lux >= bright.lux:
        making.problem(["bright"], text("it would be dark and bright at the same time"))
        return None
    if not wanted and written.present is None and not making.lacks("when_dark", "when_bright", "present"):
        making.problem(
            ["dark"], text("nothing depends on daylight"), hint=text("say when_dark or when_bright")
        )
        return None
    return Daylight(*dark, *bright)


def _lamps(written: LightingWritten, making: Making, targets: list[Target]) -> tuple[Lamp, ...]:
    """One for each target; fewer with problems told."""
    shared = None if written.presence is None else contacts(making, written.presence)
    lux = None if written.lux is None else _number(making, written.lux, making.place("lux"))
    if making.lacks("presence", "lux") or shared == () or (written.lux is not None and lux is None):
        return ()
    made = []
    for target in targets:
        name = target.shown.partition(".")[0]
        presence, light = shared or (), lux
        if shared is None and (written.present is not None or written.absent is not None):
            point = making.point(Said(f"{name}.presence", 0), target.at)
            if point is None:
                continue
            if point.kind != "bool":
                said = f"{name}.presence"
                making.site.findings.member(target.at, said, text("{point} is no contact", point=said))
                continue
            presence = (point.id,)
        if lux is None and written.dark is not None:
            light = _number(making, f"{name}.lux", target.at)
            if light is None:
                continue
        made.append(Lamp(name, target.point.id, presence, light))
    return tuple(made)


def _number(making: Making, name: str, at: Source) -> int | None:
    """The point of light in lx of that name."""
    point = making.point(Said(name, 0), at)
    if point is None or point.unit == "lx":
        return None if point is None else point.id
    making.site.findings.problem(at, text("{point} is not measured in lx", point=name))
    return None
