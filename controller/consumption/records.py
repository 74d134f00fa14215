"""What goes into a meter's log, and what comes out."""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntFlag
from typing import NamedTuple


class Flag(IntFlag):
    """What is to be known of an interval. 0 = both boundary counts known, nothing remarkable."""

    PARTIAL = 1
    """The count at one end, or both, is not known."""
    RECOVERED = 2
    """The consumption includes that of earlier slots, since `from_ms`."""
    ROLLOVER = 4
    """The counter went through its modulus."""
    SUSPECT = 8
    """The counter jumped as its meter cannot count (reset, replaced, wrong reading), or an integrated meter's
    power was not read: consumption unknown, and in no other interval."""
    CLOCK = 16
    """The clock was untrusted, or was set back, at some time in it."""
    SPAN = 32
    """One row for a gap of more slots than are written singly."""
    ESTIMATED = 64
    """A person said its consumption, or a count at one of its ends: a correction. Or it was worked out from
    power: an integrated meter's."""
    REPLACED = 128
    """The meter was replaced since `from_ms`: the consumption is that of both."""


class Interval(NamedTuple):
    """A meter's consumption over one slot. Counts and consumption in the meter's quantum."""

    meter: str
    start_ms: int
    end_ms: int
    from_ms: int | None
    """Time from which `consumption` counts: `start_ms`, or earlier when recovered, or later at the first
    count."""
    count_start: int | None
    """The count at `from_ms`."""
    count_end: int | None
    consumption: int | None
    """None = unknown; never negative."""
    peak: int | None
    """Highest good power (or flow) reading, in thousandths of its unit."""
    covered_s: int
    """Seconds of the slot for which good readings stand."""
    flags: Flag


class Mark(NamedTuple):
    """Where a meter's log stands: all that must outlive the daemon, kept in the same commit as the
    intervals."""

    slot_ms: int
    """Start of the open slot = end of the last interval."""
    anchor_ms: int | None
    """Time of the last count booked; equals `slot_ms` when the open slot's start is known."""
    anchor_count: int | None
    last_ms: int | None
    """Time of the last good reading when the mark was made."""
    last_count: int | None
    rolled: int = 0
    """Quanta that rollovers between the anchor and the last reading stand for: the modulus then, each time.
    A modulus that is declared otherwise since changes nothing of what was counted before. A replaced meter
    adds its last count less the first of the new one."""
    changed_ms: int | None = None
    """Time at which the last count was first read; None = not known."""
    remainder: int = 0
    """Of an integrated meter: what was used beyond the last count, in its own smallest parts of a quantum."""
    covered_ms: int = 0
    """Of an integrated meter: for how long the open slot has been integrated so far."""
    peak: int | None = None
    """Of an integrated meter: the open slot's so far."""
    flags: Flag = Flag(0)
    """Of the open slot so far: SUSPECT, CLOCK; REPLACED since the anchor."""


class Count(NamedTuple):
    """One good reading of a counter."""

    wall_ms: int
    site_ms: float
    """Site milliseconds by the monotonic clock (machine time × speed): for durations within one run."""
    quanta: int
    """0 <= quanta < modulus."""


class Doubt(NamedTuple):
    """A reading that its meter cannot have counted up to."""

    meter: str
    before: int
    """The count before it, in quanta."""
    read: int
    reset: bool
    """It was confirmed by what was read since: the counter was reset, or replaced. Else it is set aside."""
    at_ms: int
    """When it was read."""


class Jump(NamedTuple):
    """A meter's counter was reset, or replaced, and nobody has said yet what was used meanwhile."""

    meter: str
    start_ms: int
    end_ms: int
    """Of its interval, or of a moment in one that has not ended."""


@dataclass(frozen=True, slots=True)
class Terms:
    """What is fixed for one meter."""

    meter: str
    modulus: int | None
    max_rate: float
    """Most quanta an hour; 0 = not known: no jump upwards is doubted, no decrease taken for a rollover."""
    age_ms: int
    """How old a reading may be at a boundary, site milliseconds."""
    per_hour: float = 0.0
    """Quanta in an hour that a thousandth of the power beside it stands for; 0 = not known."""
