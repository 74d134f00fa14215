"""One rule on its way to its record: names to points, words to conditions, values to what points take."""

from __future__ import annotations

import zlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol

from config.language import Text, text
from config.plan.asks import Ask
from config.plan.conditions import All, AnyOf, Booked, Compare, Condition, Has, Lasting, Not
from config.plan.devices import Source
from config.plan.equipment import FEEDBACK, Equipment
from config.plan.places import Place
from config.plan.points import Point
from config.plan.reading import Value
from config.plan.tariff import Tariff
from config.written.check.values import check_value
from config.written.lower.target import Target
from config.written.named import Named
from config.written.nodes import Entry, Scalar
from config.written.problems import Findings, Wrong, guess, listing, nearest
from config.written.quantities import inside, lasting
from config.written.rules.common import ThenWritten
from config.written.words.parse import (
    Comparison,
    During,
    Misspoken,
    Negation,
    Reserved,
    Said,
    Several,
    Spoken,
    State,
    parse,
)

_POSITIONS: Mapping[str, bool] = {
    "active": True, "inactive": False, "on": True, "off": False, "running": True, "stopped": False,
    "open": True, "closed": False,
}  # fmt: skip
_RUNS = ("running", "stopped")
_lasting = lasting("0 s", "24 h")


class Names(Protocol):
    """Finds points that are only read."""

    def named(self, wanted: str, at: Source) -> Point | None:
        """The point "device.point" or "equipment.role"; None with the problem told."""


class Places(Protocol):
    """Finds places that can be booked."""

    def named(self, wanted: str, at: Source) -> Place | None:
        """The place of that name; None with the problem told."""


class Lost(Protocol):
    """What was written of equipment and cannot be used, told already."""

    def lost_equipment(self, name: str) -> bool:
        """There is one of that name, of which nothing is known."""

    def lost_tag(self, tag: str) -> bool:
        """Some equipment has the tag."""

    def lost_part(self, name: str, key: str) -> bool:
        """That key of the equipment."""


class Aims(Protocol):
    """Finds points that are commanded."""

    def pick(
        self, entry: Entry, path: list[object], item: Mapping[str, str], owner: Text, *, motors: bool = False
    ) -> list[Target]:
        """The points of one written target."""


@dataclass(slots=True)
class Site:
    """What rules are made from."""

    names: Names
    targets: Aims
    equipment: Mapping[str, Equipment]
    points: Mapping[int, Point]
    places: Places
    kinds_of_day: Sequence[str]
    tariff: Tariff | None
    """None: there is none, or it cannot be used."""
    tariff_written: bool
    """Somebody wrote one."""
    lost: Lost
    findings: Findings


@dataclass(slots=True)
class Making:
    """A rule and its site. Everything that is wrong is told; what cannot be made is None."""

    named: Named[Any]
    site: Site
    owner: Text
    """The rule, for people."""
    aimed: set[int] = field(default_factory=set)
    """Every point that it was found to aim at."""
    astray: bool = False
    """It aims at something that was not found."""
    _timers: int = field(default=0)

    def place(self, *path: object) -> Source:
        """Where that part of it stands."""
        return self.named.entry.place(list(path))

    def lacks(self, *keys: str) -> bool:
        """Whether one of these keys was written and cannot be used."""
        return any(self.named.entry.lacks(key) for key in keys)

    def problem(
        self, path: Sequence[object], message: Text, expected: Text | None = None, hint: Text | None = None
    ) -> None:
        """Tell what is wrong there."""
        self.site.findings.problem(self.place(*path), message, expected, hint)

    def member(
        self,
        path: Sequence[object],
        target: Target,
        message: Text,
        expected: Text | None = None,
        hint: Text | None = None,
    ) -> None:
        """Tell what is wrong with one of the targets that stand there; for many of them at once."""
        self.site.findings.member(self.place(*path), target.shown, message, expected, hint)

    # What it asks for

    def asks(self, path: Sequence[object], written: Sequence[ThenWritten] | None) -> tuple[Ask, ...]:
        """Every point of every target with its value; one said twice is told."""
        made: dict[int, Ask] = {}
        for index, item in enumerate(written or ()):
            for target in self.targets([*path, index, *([] if item.tag else ["target"])], item.item()):
                value = self.value([*path, index, "value"], target, item.value)
                if value is None:
                    continue
                if target.point.id in made:
                    self.member([*path, index], target, text("{name} is asked for twice", name=target.shown))
                made[target.point.id] = self.ask(target, value)
        return tuple(made.values())

    def targets(self, path: Sequence[object], item: Mapping[str, str]) -> list[Target]:
        """The points of a written target, raw run commands among them."""
        found = self.site.targets.pick(self.named.entry, list(path), item, self.owner, motors=True)
        self.aimed.update(target.point.id for target in found)
        self.astray = self.astray or not found
        return found

    def equipment(self, path: Sequence[object], item: Mapping[str, str]) -> list[str]:
        """Names of the equipment meant by {"name": …} or {"tag": …}."""
        known = self.site.equipment
        if "name" in item:
            name = item["name"]
            if name in known:
                return [name]
            self.astray = True
            if self.site.lost.lost_equipment(name):
                return []
            self.problem(
                path,
                text('no equipment named "{name}"', name=name),
                None,
                self.site.findings.guess(name, known),
            )
            return []
        tag = item["tag"]
        found = [name for name, one in known.items() if tag in one.tags]
        tags = sorted({word for one in known.values() for word in one.tags})
        self.astray = self.astray or not found
        if not found and self.site.lost.lost_tag(tag):
            return []
        if not found:
            self.problem(
                [*path, "tag"],
                text('no equipment has the tag "{name}"', name=tag),
                None,
                self.site.findings.guess(tag, tags),
            )
        else:
            self.site.findings.expansion(
                self.place(*path, "tag"),
                text(
                    'tag "{tag}" of {owner} stands for {targets}',
                    tag=tag,
                    owner=self.owner,
                    targets=listing(found),
                ),
            )
        return found

    def value(self, path: Sequence[object], target: Target, written: object) -> Value | None:
        """A value that the target's point takes."""
        if self.named.entry.lacks(*path):
            return None
        try:
            return check_value(target.written, target.point.kind, written)
        except Wrong as error:
            self.member(
                path,
                target,
                text("{name}: {problem}", name=target.shown, problem=error.message),
                error.expected,
                error.hint,
            )
            return None

    def amount(self, path: Sequence[object], written: object, unit: str) -> float | None:
        """An amount with its unit, in `unit`."""
        try:
            return float(inside(written, unit))
        except Wrong as error:
            self.site.findings.wrong(self.place(*path), error)
            return None

    def ask(self, target: Target, value: Value) -> Ask:
        """That value for the target's point."""
        equipment = self.site.equipment.get(target.shown.partition(".")[0])
        safe = equipment is not None and equipment.safe is not None and equipment.safe == value
        return Ask(target.point.id, value, safe)

    # What it looks at

    def condition(self, *path: object) -> Condition | None:
        """The condition in words that stands there; None where it is lost, too."""
        if self.named.entry.lacks(*path):
            return None
        node = self.named.entry.at_path(path)
        assert isinstance(node, Scalar)
        written = str(node.value)
        # What stands in quotes begins one column later.
        inset = 1 if node.text and node.text != written and node.text[:1] in "\"'" else 0
        at = Source(self.named.entry.file, node.line, node.column + inset)
        try:
            return self._lower(parse(written), at)
        except Misspoken as error:
            self.site.findings.problem(_moved(at, error.column), error.message, error.expected, error.hint)
            return None

    def _lower(self, spoken: Spoken, at: Source) -> Condition | None:
        match spoken:
            case Comparison():
                return self._comparison(spoken, at)
            case State():
                return self._state(spoken, at)
            case Reserved():
                return self._booked(spoken, at)
            case Negation():
                item = self._lower(spoken.item, at)
                return None if item is None else Not(item)
            case During():
                return self._during(spoken, at)
            case Several():
                items = [self._lower(item, at) for item in spoken.items]
                known = tuple(item for item in items if item is not None)
                if len(known) < len(items):
                    return None
                return All(known) if spoken.every else AnyOf(known)

    def _comparison(self, spoken: Comparison, at: Source) -> Condition | None:
        point = self.point(spoken.name, at)
        if point is None:
            return None
        if point.kind != "number":
            self.site.findings.problem(
                _moved(at, spoken.name.column),
                text("{point} is no number", point=spoken.name.text),
                text("{name} is …", name=spoken.name.text),
            )
            return None
        number = self._read(spoken.amount, at, lambda written: float(inside(written, point.unit)))
        return None if number is None else Compare(point.id, "below" if spoken.below else "above", number)

    def _state(self, spoken: State, at: Source) -> Condition | None:
        point = self.point(spoken.name, at, run=nearest(spoken.word.text, _RUNS) is not None)
        if point is None:
            return None
        value = self._position(point, spoken.word, at)
        if value is None:
            return None
        has = Has(point.id, value)
        return Not(has) if spoken.denied else has

    def _booked(self, spoken: Reserved, at: Source) -> Condition | None:
        name = spoken.name.text
        if spoken.within is None and "." in name:
            # A point's state of that name, which a profile may have.
            return self._state(State(spoken.name, spoken.word, spoken.denied), at)
        seconds = 0.0 if spoken.within is None else self._read(spoken.within, at, _lasting)
        place = self.site.places.named(name, _moved(at, spoken.name.column))
        if place is None or seconds is None:
            return None
        booked = Booked(place.name, seconds)
        return Not(booked) if spoken.denied else booked

    def _position(self, point: Point, word: Said, at: Source) -> Value | None:
        known: dict[str, Value] = dict(_POSITIONS) if point.kind == "bool" else {}
        if point.kind == "enum":
            known = {name: number for number, name in point.states}
        if word.text in known:
            return known[word.text]
        message = (
            text('{point} has no state "{word}"', point=point.key, word=word.text)
            if known
            else text("{point} is a number: it is below or above something", point=point.key)
        )
        expected = text("one of {words}", words=listing(known)) if known else None
        self.site.findings.problem(_moved(at, word.column), message, expected, guess(word.text, known))
        return None

    def _during(self, spoken: During, at: Source) -> Condition | None:
        seconds = self._read(spoken.lasting, at, _lasting)
        number, self._timers = self._timers, self._timers + 1
        item = self._lower(spoken.item, at)
        if item is None or seconds is None:
            return None
        written = repr((number, spoken.item)).encode()
        return Lasting(item, seconds, f"{zlib.crc32(written):08x}")

    def _read(self, said: Said, at: Source, read: Callable[[str], float]) -> float | None:
        try:
            return read(said.text)
        except Wrong as error:
            self.site.findings.wrong(_moved(at, said.column), error)
            return None

    def point(self, said: Said, at: Source, *, run: bool = False) -> Point | None:
        """The point of that name. `run`: a bare equipment means what says that it runs."""
        name = said.text
        if run and name in self.site.equipment and "." not in name:
            name = f"{name}.{FEEDBACK}"
        return self.site.names.named(name, _moved(at, said.column))


def _moved(at: Source, columns: int) -> Source:
    return Source(at.file, at.line, at.column + columns)
