"""What one step of the cycle hands out."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import NamedTuple

from config.language import Text
from config.plan.reading import Value
from controller.decide.alarms.alarm import Alarm, Telling
from controller.decide.arbiter import Result
from controller.decide.hands import HandRecord
from controller.decide.records import Changed, Notice, Override
from drivers.api import Fate, Sample, SetUp, Unchanged, Write


class Decision(NamedTuple):
    """A point's winner, value or slot changed."""

    point: int
    key: str
    before: Result
    after: Result
    wall_ms: int


class WouldWrite(NamedTuple):
    """Observe mode: what would have been sent."""

    point: int
    key: str
    slot: int
    value: Value


class FateRecord(NamedTuple):
    """What became of a write, with what it was."""

    write: Write
    key: str
    fate: Fate
    found: Value | None
    """What was read back, where something was."""
    detail: str
    tries: int
    """0 for one that took; else how often in a row it has not taken."""
    wall_ms: int


class Unfit(NamedTuple):
    """An override that the Plan in force does not allow; it is ended."""

    override: Override
    why: Text


class Counters(NamedTuple):
    """For status."""

    cycle: int
    points_good: int
    devices_online: int
    commands_sent: int
    """Writes since the start."""
    commands_held: int
    """Points that have what is wanted of them, as far as is known."""
    commands_failed: int
    """Points that do not, after every quick repeat."""


NOTHING_COUNTED = Counters(0, 0, 0, 0, 0, 0)


@dataclass(slots=True)
class Step:
    """Filled by the parts of the cycle in one step; the shell carries it out and stores it."""

    wall_ms: int
    changed: list[int] = field(default_factory=list)
    """Points whose value or quality changed."""
    counts: list[Sample | Unchanged] = field(default_factory=list)
    """Every reading of a counter, of the power or flow beside it, and of what is integrated, unchanged ones
    too, in order."""
    writes: list[Write] = field(default_factory=list)
    would: list[WouldWrite] = field(default_factory=list)
    decisions: list[Decision] = field(default_factory=list)
    fates: list[FateRecord] = field(default_factory=list)
    set_ups: list[SetUp] = field(default_factory=list)
    """Set-up registers that drivers found otherwise and wrote, or could not."""
    hands: list[HandRecord] = field(default_factory=list)
    """Hands that were inferred, or are over."""
    unfit: list[Unfit] = field(default_factory=list)
    """Overrides ended by a Plan that does not allow them; they are among `memory.ended`."""
    notices: list[Notice] = field(default_factory=list)
    tellings: list[Telling] = field(default_factory=list)
    """What came of these and of earlier ones, for everybody who listens."""
    put_right_ms: int = 0
    """By how much site time was put right since the step before, beyond what is not worth a word."""
    moved: list[Override] = field(default_factory=list)
    """Overrides that have another end because of it."""
    reshelved: list[Alarm] = field(default_factory=list)
    """Alarms that are shelved until another time because of it."""
    unshelved: list[Alarm] = field(default_factory=list)
    """Alarms whose shelving ran out, as they were."""
    memory: Changed = field(default_factory=Changed)
    counters: Counters = NOTHING_COUNTED
