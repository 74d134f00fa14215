"""A file of scenarios: YAML by the reader of the site's own files, every mistake with its line and column."""

from __future__ import annotations

import re
from collections.abc import Iterable
from datetime import datetime
from pathlib import Path
from typing import Any

from config.plan.devices import Source
from config.written import source
from config.written.nodes import Entry, Items, Node, Scalar, Table, plain
from config.written.problems import Findings, Wrong, nearest
from config.written.quantities import inside
from hil_tests.scenario.form import Deed, Expect, Line, Mistake, Scenario, Step, Unfit, Wait
from schedules.local import seconds_of_day

DEEDS = {
    "show": "a sensor shows this, whatever the plant says",
    "hide": "sensors show the plant again",
    "fault": "something goes wrong with a device or a line",
    "mend": "it is right again",
    "another": "another master commands a point",
    "set": "a person overrides a point",
    "release": "a person gives it back",
    "lock": "a person hangs a maintenance lock",
    "unlock": "and takes it off",
    "observe": "a person switches observe mode",
    "reset": "a person resets a rule",
    "book": "a person books a place",
    "edit": "a person edits a file of the site",
    "apply": "and takes it into force: taken, or refused",
    "daemon": "start, stop, kill",
    "upstream": "who takes the log: start, stop, kill",
    "count": "what is written is counted from here on",
}
_HEAD = {"title", "site", "from", "speed", "seed", "quick", "daemon", "search", "proves", "plant", "steps"}
_FLOOR_S = 4.0
"""Machine seconds that reading, deciding and writing may take: what is expected sooner fails by chance."""
_FINE = 5.0
"""Nothing shorter than a minute is told apart at a higher speed."""


def read(path: Path, shown: str = "") -> list[Scenario]:
    """The scenarios of a file, in order. Raises Unfit."""
    findings = Findings()
    file = shown or str(path)
    table = source.read(file, path.read_bytes(), findings)
    if table is None or findings.failed:
        raise Unfit(
            [Mistake(item.at, item.sentence("en").partition(": ")[2]) for item in findings.problems()]
        )
    root = Entry(file, "", Scalar(1, 1, "", ""), table)
    mistakes: list[Mistake] = []
    found = [_Reader(entry, mistakes).scenario() for entry in root.children()]
    if mistakes:
        raise Unfit(mistakes)
    return [scenario for scenario in found if scenario is not None]


class _Reader:
    """Reads one scenario; lives for one call."""

    def __init__(self, entry: Entry, mistakes: list[Mistake]) -> None:
        self._entry = entry
        self._mistakes = mistakes
        self._speed = 1.0

    def _wrong(self, at: Source | Node, says: str) -> None:
        place = at if isinstance(at, Source) else Source(self._entry.file, at.line, at.column)
        self._mistakes.append(Mistake(place, says))

    def scenario(self) -> Scenario | None:
        entry = self._entry
        if not isinstance(entry.node, Table):
            self._wrong(entry.at, f"{entry.name} is no scenario; expected title, site, from and steps")
            return None
        self._known(entry.node, _HEAD)
        missing = [key for key in ("title", "site", "from", "steps") if key not in entry.node.entries]
        if missing:
            self._wrong(entry.at, f"{entry.name} has no {', '.join(missing)}")
            return None
        self._speed = float(self._of("speed", (int, float), 1))
        if not 0.1 <= self._speed <= 600:
            self._wrong(entry.place(["speed"]), "expected a speed from 0.1 to 600")
        return Scenario(
            at=entry.at,
            name=entry.name,
            title=str(self._of("title", (str,), "")),
            site=str(self._of("site", (str,), "")),
            start=self._start(),
            speed=self._speed,
            seed=int(self._of("seed", (int,), 1)),
            quick=bool(self._of("quick", (bool,), False)),
            daemon=bool(self._of("daemon", (bool,), True)),
            search=bool(self._of("search", (bool,), False)),
            proves=tuple(self._words(self._node("proves"))),
            plant=plain(self._node("plant") or Table(0, 0, {})),
            steps=tuple(self._steps()),
        )

    def _node(self, key: str) -> Node | None:
        child = self._entry.child(key)
        return None if child is None else child.node

    def _of(self, key: str, kinds: tuple[type, ...], default: Any) -> Any:
        node = self._node(key)
        if node is None:
            return default
        if not isinstance(node, Scalar) or type(node.value) not in kinds:
            self._wrong(node, f"{key} is no {' or '.join(kind.__name__ for kind in kinds)}")
            return default
        return node.value

    def _known(self, table: Table, known: Iterable[str]) -> None:
        for name, (key, _) in table.entries.items():
            if name not in known:
                near = nearest(name, known)
                meant = f'did you mean "{near}"?' if near else f"expected one of {', '.join(sorted(known))}"
                self._wrong(key, f'"{name}" is not known here; {meant}')

    def _start(self) -> str:
        written = str(self._of("from", (str,), "2026-01-01 00:00:00"))
        try:
            found = datetime.fromisoformat(written)
        except ValueError:
            found = None
        if found is None or found.tzinfo is not None or not re.search(r"\d:\d\d", written):
            self._wrong(self._entry.place(["from"]), f'"{written}" is no time; expected 2026-03-05 07:24:00')
        return written

    # Steps

    def _steps(self) -> Iterable[Step]:
        node = self._node("steps")
        if not isinstance(node, Items) or not node.items:
            self._wrong(self._entry.place(["steps"]), "expected a list of steps")
            return
        for item in node.items:
            step = self._step(item)
            if step is not None:
                yield step

    def _step(self, node: Node) -> Step | None:
        if not isinstance(node, Table):
            self._wrong(node, 'a step is "within" and "expect", a "wait", or something that is done')
            return None
        at = Source(self._entry.file, node.line, node.column)
        keys = node.entries.keys()
        if "expect" in keys or "within" in keys:
            self._known(node, ("within", "expect"))
            return self._expect(at, node)
        if keys & {"wait", "until"}:
            self._known(node, ("wait", "until", "meanwhile"))
            return self._wait(at, node)
        self._known(node, DEEDS)
        if len(keys) != 1:
            self._wrong(node, "one thing is done in a step")
            return None
        ((verb, (_, what)),) = node.entries.items()
        return Deed(at, verb, plain(what))

    def _expect(self, at: Source, node: Table) -> Expect | None:
        if {"within", "expect"} - node.entries.keys():
            self._wrong(at, 'expected both "within" and "expect"')
            return None
        within = node.entries["within"][1]
        within_s = self._seconds(within)
        if within_s is not None and within_s < _FLOOR_S * self._speed:
            says = f"at speed {self._speed:g} nothing can be told sooner than {_FLOOR_S * self._speed:g} s"
            self._wrong(within, says)
        sentences = self._sentences(node.entries["expect"][1])
        return Expect(at, sentences, within_s or 0.0)

    def _wait(self, at: Source, node: Table) -> Wait | None:
        if {"wait", "until"} <= node.entries.keys():
            self._wrong(at, 'expected either "wait" or "until"')
            return None
        sentences: tuple[Line, ...] = ()
        if "meanwhile" in node.entries:
            sentences = self._sentences(node.entries["meanwhile"][1])
        if "wait" in node.entries:
            length = node.entries["wait"][1]
            seconds = self._seconds(length)
            if seconds is not None and sentences and seconds < 60 and self._speed > _FINE:
                self._wrong(
                    length, f"what lasts less than a minute is looked at with speed {_FINE:g} at most"
                )
            return Wait(at, sentences, seconds, None)
        until = node.entries["until"][1]
        words = until.text if isinstance(until, Scalar) else ""
        seconds_of = seconds_of_day(words[:5])
        if seconds_of is None or not re.fullmatch(r"\d\d:\d\d(:[0-5]\d)?", words):
            self._wrong(until, f'"{words}" is no time of day; expected "08:00" or "08:00:30"')
            return None
        return Wait(at, sentences, None, seconds_of + int(words[6:8] or 0))

    def _sentences(self, node: Node) -> tuple[Line, ...]:
        items = node.items if isinstance(node, Items) else (node,)
        found = []
        for item in items:
            if isinstance(item, Scalar) and isinstance(item.value, str):
                found.append(Line(Source(self._entry.file, item.line, item.column), item.value))
            else:
                self._wrong(item, "expected a sentence such as: street-1 is 100 %")
        return tuple(found)

    def _words(self, node: Node | None) -> list[str]:
        if node is None:
            return []
        return [line.words for line in self._sentences(node)]

    def _seconds(self, node: Node) -> float | None:
        try:
            return float(inside(str(node.value if isinstance(node, Scalar) else ""), "s"))
        except Wrong as error:
            hint = "" if error.hint is None else f"; {error.hint}"
            self._wrong(node, f"{error.message}{hint}")
            return None
