"""Faults as people type them to simulate: "freeze main-1", "slow main-1 seconds=5", "freeze main-1 off"."""

from __future__ import annotations

import difflib
from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

from config.language import Text, text
from config.language.details import Forms
from config.plan.site import Plan
from drivers.simulators.faults import BACNET, KINDS, OF_VALUES

_OFF = ("off", "关")
_MOST_NAMED = 12
"""Points, where none is like what was typed."""
_ERRORS = Forms(
    text("{device} has no machine {machine}; it has {names}"),
    text("{device} has no machines"),
    text("say which machine; {device} has {names}"),
    text("say which tank; {device} has {names}"),
    text("{device} has no tank {tank}; it has {names}"),
    text("{device} has no tanks"),
    text("{device} has no counter {point}"),
    text("{device} has no counter"),
    text("{device} has no point {point}"),
    text("{name} takes no numbers, not {given}"),
    text("{name} takes {numbers}, not {given}"),
    text("{name}: {key} is {value}, which is no number"),
    text("{name} needs a point"),
)


class Wish(NamedTuple):
    """One fault to begin or to end."""

    fault: str
    target: str
    is_line: bool
    on: bool
    numbers: Mapping[str, float | str]

    def command(self) -> dict[str, Any]:
        """For the simulators' program."""
        aim = {"line" if self.is_line else "device": self.target}
        return {"fault": self.fault, **aim, "on": self.on, **self.numbers}


class NotAFault(Exception):
    """What was typed is none; `text` says what to type."""

    def __init__(self, words: Text) -> None:
        super().__init__(str(words))
        self.text = words


class Faults:
    """The faults there are at one site."""

    def __init__(self, plan: Plan) -> None:
        bacnet = {line.id for line in plan.lines if line.transport == "bacnet-ip"}
        self._devices = {device.name: device.line in bacnet for device in plan.devices}
        self._lines = {line.name: line.id in bacnet for line in plan.lines}
        """Name, and whether it speaks BACnet."""
        self._points = {
            device.name: [plan.points[number].name for number in device.points] for device in plan.devices
        }

    def example(self) -> str:
        """A device of this site, to be shown how it is done."""
        return next(iter(self._devices), "DEVICE")

    def read(self, line: str) -> Wish:
        """The fault that is meant. Raises NotAFault."""
        words = line.split()
        on = words[-1].lower() not in _OFF
        words = words if on else words[:-1]
        if len(words) < 2:
            raise NotAFault(text("type a fault and a device, like: freeze {device}", device=self.example()))
        fault, target = words[0].lower(), words[1]
        if target not in self._devices and target not in self._lines:
            unknown = text("no device or line named {name}", name=target)
            raise NotAFault(_near(unknown, target, [*self._devices, *self._lines]))
        known = self.known(target)
        if fault not in known:
            raise NotAFault(
                _near(text("{name} is no fault here; help lists them", name=fault), fault, list(known))
            )
        is_line = target not in self._devices
        numbers = dict(map(self._number, words[2:]))
        self._check_point(target, numbers.get("point"))
        return Wish(fault, target, is_line, on, numbers)

    def known(self, target: str) -> dict[str, str]:
        """The faults that a device or line can have, and what happens then."""
        if target in self._devices:
            if self._devices[target]:
                return {**BACNET} | {name: KINDS[name].says for name in OF_VALUES}
            return {name: kind.says for name, kind in KINDS.items() if kind.aim != "line"}
        of_line = {name: kind.says for name, kind in KINDS.items() if kind.aim != "device"}
        return {name: says for name, says in of_line.items() if not self._lines[target] or name in BACNET}

    def help(self) -> Iterator[Text]:
        """Every fault, in words."""
        some = self.example()
        yield text("{fault} {device} begins it, {fault} {device} off ends it:", fault="freeze", device=some)
        shown: set[str] = set()
        for target in (*self._devices, *self._lines):
            for name, says in self.known(target).items():
                if name not in shown:
                    shown.add(name)
                    numbers = KINDS[name].numbers if name in KINDS else {}
                    example = "".join(f" {key}={value}" for key, value in numbers.items() if value != "")
                    yield text("  {name}: {says}", name=name + example, says=text(says))

    def told(self, wish: Wish) -> Text:
        """What has happened."""
        says = text(self.known(wish.target)[wish.fault])
        if not wish.on:
            return text("{target}: {fault} is over", target=wish.target, fault=wish.fault)
        return text("{target}: {fault}: {says}", target=wish.target, fault=wish.fault, says=says)

    def _check_point(self, device: str, point: float | str | None) -> None:
        points = self._points.get(device, [])
        if isinstance(point, str) and point and device in self._points and point not in points:
            unknown = text("{device} has no point {point}", device=device, point=point)
            near = _near(unknown, point.rpartition(".")[2], points)
            if near is unknown:
                names = ", ".join(points[:_MOST_NAMED]) + (" …" if len(points) > _MOST_NAMED else "")
                near = text("{what}; it has {names}", what=unknown, names=names)
            raise NotAFault(near)

    def _number(self, written: str) -> tuple[str, float | str]:
        name, equals, value = written.partition("=")
        if not equals:
            raise NotAFault(text("{given} is not understood; write seconds=5", given=written))
        try:
            return name, float(value)
        except ValueError:
            return name, value


def refusal(error: object) -> Text | str:
    """Why the simulators did not do it."""
    return _ERRORS.read(str(error))


def _near(words: Text, name: str, known: list[str]) -> Text:
    near = difflib.get_close_matches(name, known, n=1)
    return text('{what}; did you mean "{near}"?', what=words, near=near[0]) if near else words
