"""What is known of a site's acceptance: what was tried of each point and device, and what was seen."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import NamedTuple

from config.language import Text
from config.plan.reading import Value


class Verdict(StrEnum):
    PASSED = "passed"
    FAILED = "failed"
    SKIPPED = "skipped"
    """Not tried, for a reason that is told."""
    OPEN = "open"
    """Nobody has tried it yet."""


class Aspect(StrEnum):
    """What is tried of a point or a device."""

    READ = "read"
    """It answered, with a usable value in its range."""
    PERIOD = "period"
    """It is polled as often as it is declared to be."""
    SET_UP = "set-up"
    """A set-up register holds what its device needs to know what to do when nobody talks to it."""
    WRITE = "write"
    """What was written reads back."""
    FEEDBACK = "feedback"
    """What is behind the output said that it followed."""
    RESTORED = "restored"
    """It was left as it was found."""
    MEASURED = "measured"
    """An instrument says the same."""
    LOST = "lost"
    """A device that was disconnected was told as lost in its time."""
    STALE = "stale"
    """Its points were no longer believed."""
    BACK = "back"
    """It was told as back, with good readings."""


OF_WRITING = frozenset({Aspect.WRITE, Aspect.FEEDBACK, Aspect.RESTORED})
"""What comes from one trial of an output."""
OF_LOSS = frozenset({Aspect.LOST, Aspect.STALE, Aspect.BACK})


class Check(NamedTuple):
    """What became of one trial."""

    verdict: Verdict
    why: Text | None
    """Of all that has not passed, and remarks on what has."""
    at_ms: int
    """Site time."""
    seen: Mapping[str, Value | None] = {}
    """Numbers and values that were seen, by name: value, wanted, found, seconds, allowed, raw."""


class Note(NamedTuple):
    """What a person had to say."""

    words: str
    by: str
    at_ms: int


class Measured(NamedTuple):
    """What an instrument showed, and by how much it may differ; in the point's unit."""

    value: Value
    tolerance: float
    by: str
    at_ms: int


@dataclass(slots=True)
class Record:
    """Of one point or device. Kept by name over runs and edits."""

    print: str
    """Of what it was when it was tried: another one means that it has to be tried again."""
    checks: dict[Aspect, Check] = field(default_factory=dict)
    notes: list[Note] = field(default_factory=list)
    measured: Measured | None = None
    changed_ms: int | None = None
    """When it was last found to be another than before, and its trials began anew."""

    def verdict(self, aspect: Aspect) -> Verdict:
        check = self.checks.get(aspect)
        return Verdict.OPEN if check is None else check.verdict


class Left(NamedTuple):
    """An output that is other than it was found, or may be. Noted on the disk before anything is written."""

    point: str
    """"device.point"."""
    found: Value
    """What it read."""
    slot_found: Value | None
    """BACnet: what stood in our slot; None: nothing did."""
    wrote: Value
    by: str
    at_ms: int
    print: str = ""
    """Of the point as it was then: another one is not written to. "": of a version that did not note it."""


class Run(NamedTuple):
    """One call of the command that spoke to devices or entered something."""

    began_ms: int
    ended_ms: int | None
    """None: it was killed."""
    by: str
    version: str
    python: str
    plan: str
    """The Plan's hash."""
    simulated: bool
    trusted: bool
    """Whether the clock was."""
    leap_ms: int
    wrote: tuple[str, ...] = ()
    """The targets that might be written."""


@dataclass(slots=True)
class Progress:
    """All of it, as it is kept in the data directory."""

    site: str
    points: dict[str, Record] = field(default_factory=dict)
    devices: dict[str, Record] = field(default_factory=dict)
    runs: list[Run] = field(default_factory=list)
    left: dict[str, Left] = field(default_factory=dict)
    """By point."""


def together(verdicts: Iterable[Verdict]) -> Verdict:
    """Of several trials: failed if any has, else open, else skipped, else passed."""
    found = set(verdicts)
    for worst in (Verdict.FAILED, Verdict.OPEN, Verdict.SKIPPED):
        if worst in found:
            return worst
    return Verdict.PASSED
