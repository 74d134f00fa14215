"""What happens in a story: site times with what is read, breaks, and is done by people, in words."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

import yaml

from tests.schedules.build import at

_LASTING = {"s": 1.0, "min": 60.0, "h": 3600.0}


class Reads(NamedTuple):
    """From now on a point reads that, as written. On a commanded point: somebody's hand."""

    point: str
    value: str


class Slot(NamedTuple):
    """Somebody else writes into a slot of a BACnet point, or gives it back."""

    point: str
    slot: int
    value: str | None


class Wire(NamedTuple):
    """Of a device or line: silent, answers; of a device also: restarts."""

    kind: str
    name: str
    does: str


class Run(NamedTuple):
    """Of the daemon: stops, starts, is killed, restarts."""

    does: str


class Person(NamedTuple):
    """A command, as `louguan` takes it."""

    name: str
    does: str
    target: str
    value: str = ""
    lasting_s: float = 0.0
    reason: str = ""


Deed = Reads | Slot | Wire | Run | Person
_FORMS: tuple[tuple[re.Pattern[str], Callable[[re.Match[str]], Deed]], ...] = (
    (
        re.compile(r"(device|line) (\S+) (silent|answers|restarts)"),
        lambda found: Wire(found[1], found[2], found[3]),
    ),
    (re.compile(r"daemon (stops|starts|is killed|restarts)"), lambda found: Run(found[1])),
    (
        re.compile(r"(\S+) sets (\S+) to (.+) for ([\d.]+) (s|min|h)"),
        lambda found: Person(found[1], "set", found[2], found[3], float(found[4]) * _LASTING[found[5]]),
    ),
    (re.compile(r"(\S+) (releases|unlocks) (\S+)"), lambda found: Person(found[1], found[2][:-1], found[3])),
    (
        re.compile(r"(\S+) (locks|resets) (\S+): (.+)"),
        lambda found: Person(found[1], found[2][:-1], found[3], reason=found[4]),
    ),
    (
        re.compile(r"(\S+) puts (\S+) (into|out of) observe mode"),
        lambda found: Person(found[1], "observe", found[2], found[3]),
    ),
    (
        re.compile(r"others write (\S+) into slot (\d+) of (\S+)"),
        lambda found: Slot(found[3], int(found[2]), found[1]),
    ),
    (re.compile(r"others give back slot (\d+) of (\S+)"), lambda found: Slot(found[2], int(found[1]), None)),
)


class Moment(NamedTuple):
    """What happens at one time."""

    wall_ms: int
    says: tuple[str, ...]
    """As written."""
    deeds: tuple[Deed, ...]


class Script(NamedTuple):
    """A story before it has happened."""

    title: dict[str, str]
    begins_ms: int
    ends_ms: int
    reads: dict[str, str]
    """What points read at first; others off, or 0."""
    follows: dict[str, tuple[str, float]]
    """Feedbacks: the point that each shows, and how many seconds later."""
    moments: tuple[Moment, ...]


def read(case: Path) -> Script:
    """The story of a case; ValueError names the words that are not known."""
    written = yaml.load((case / "story.yaml").read_text(encoding="utf-8"), yaml.CBaseLoader)
    day = written["day"]
    moments = []
    for clock, happens in written["story"].items():
        says: list[str] = []
        deeds: list[Deed] = []
        for item in happens if isinstance(happens, list) else [happens]:
            for words, deed in _deeds(item):
                says.append(words)
                deeds.append(deed)
        moments.append(Moment(at(f"{day} {clock}"), tuple(says), tuple(deeds)))
    follows = {}
    for point, words in written.get("follows", {}).items():
        whom, _, after = words.partition(" after ")
        follows[point] = (whom, float(after.removesuffix(" s")))
    return Script(
        written["title"],
        at(f"{day} {written['begins']}"),
        at(f"{day} {written['ends']}"),
        dict(written.get("reads", {})),
        follows,
        tuple(sorted(moments)),
    )


def _deeds(item: Any) -> list[tuple[str, Deed]]:
    if isinstance(item, dict):
        return [(f"{point}: {value}", Reads(point, value)) for point, value in item.items()]
    for form, make in _FORMS:
        if (found := form.fullmatch(item)) is not None:
            return [(item, make(found))]
    raise ValueError(f"what is meant by {item!r}?")
