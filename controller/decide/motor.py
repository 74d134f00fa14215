"""Minimum run and rest times of one motor: what a decision becomes on its way to it. Pure.

A stop that was won at slot 5 passes at once. Every start, whatever its slot, waits for the rest time and for
the starts that an hour allows: a bouncing level switch must not start a motor again and again. Where nothing
is known of a motor's past, it counts as just stopped.
"""

from __future__ import annotations

from typing import NamedTuple

from config.language import Text, text
from config.plan.equipment import Equipment
from config.plan.slots import Slot

HOUR_MS = 3_600_000
LEAST_ON_S = 60.0
"""A motor that has rested for too long runs for so long at the least."""


class Past(NamedTuple):
    """What is known of a motor."""

    out: bool
    """What was let through last."""
    on: bool
    """It runs: as its feedback says, where there is one that can be read, else as was let through."""
    since_ms: int
    """Since when either has stood: the later of the two."""
    starts: tuple[int, ...] = ()
    """Times of its starts within the last hour."""
    forced: bool = False
    """It was started because it had rested for too long."""


class Passed(NamedTuple):
    """What a decision became."""

    value: bool
    held: Text | None
    """Why it is not what was wanted; None if it is."""
    until_ms: int | None
    """When it will be, if everything stays as it is."""
    wake_ms: int | None
    """When to ask again, though nothing has changed."""
    forced: bool = False
    """Started because it had rested for too long."""


def observed(past: Past, feedback: bool | None, now_ms: int) -> Past:
    """The past as it is after a reading of the feedback; None: no good one."""
    on = past.out if feedback is None else feedback
    if on is past.on:
        return past
    starts = (*past.starts, now_ms) if on else past.starts
    return Past(past.out, on, now_ms, starts, past.forced and on)


def passes(
    motor: Equipment, past: Past, wanted: bool, slot: int, now_ms: int, *, urgent: bool = False
) -> Passed:
    """What is let through of a decision that was won at `slot`. `urgent`: a person may break the minimum run
    time, never a rest time."""
    since_ms = min(past.since_ms, now_ms)
    if not past.out and not wanted:
        return _resting(motor, past, slot, since_ms, now_ms)
    if past.out and wanted:
        return Passed(True, None, None, None)
    if wanted and past.on and past.since_ms in past.starts:
        # Somebody else has started it since it was told anything: to tell it to run is no start.
        return Passed(True, None, None, None)
    if wanted:
        return _starting(motor, past, since_ms, now_ms)
    least_s = max(motor.min_on_s, LEAST_ON_S) if past.forced else motor.min_on_s
    stands_ms = since_ms + round(least_s * 1000)
    if slot <= Slot.INTERLOCK or urgent or now_ms >= stands_ms:
        rests_ms = None if motor.max_off_s is None else now_ms + round(motor.max_off_s * 1000)
        return Passed(False, None, None, rests_ms)
    why = text("it must not rest for longer") if past.forced else text("minimum run time")
    return Passed(True, why, stands_ms, stands_ms, past.forced)


def _starting(motor: Equipment, past: Past, since_ms: int, now_ms: int) -> Passed:
    rested_ms = since_ms + round(motor.min_off_s * 1000)
    if now_ms < rested_ms:
        return Passed(False, text("minimum rest time"), rested_ms, rested_ms)
    if motor.starts_per_hour is not None:
        most = max(1, int(motor.starts_per_hour))
        lately = [start for start in past.starts if start > now_ms - HOUR_MS]
        if len(lately) >= most:
            free_ms = sorted(lately)[-most] + HOUR_MS
            return Passed(False, text("{count} starts an hour", count=most), free_ms, free_ms)
    return Passed(True, None, None, None)


def _resting(motor: Equipment, past: Past, slot: int, since_ms: int, now_ms: int) -> Passed:
    """A motor that must not rest for too long (aeration) is started all the same, but past no interlock."""
    if motor.max_off_s is None or slot <= Slot.INTERLOCK:
        return Passed(False, None, None, None)
    due_ms = since_ms + round(motor.max_off_s * 1000)
    if now_ms < due_ms:
        return Passed(False, None, None, due_ms)
    started = _starting(motor, past, since_ms, now_ms)
    if not started.value:
        return started
    until_ms = now_ms + round(max(motor.min_on_s, LEAST_ON_S) * 1000)
    return Passed(True, text("it must not rest for longer"), until_ms, until_ms, forced=True)
