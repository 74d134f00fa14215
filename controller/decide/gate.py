"""The gate of minimum times: after arbitration, before anything is written. One for all motors of a Plan.

It is shown as slot 6 in explanations and written to no device: what is held back keeps the slot of who won.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence

from config.language import text
from config.plan.equipment import RUN, Equipment
from config.plan.reading import Quality, Reading
from config.plan.site import Plan
from config.plan.slots import Slot
from controller.decide.arbiter import Result
from controller.decide.motor import HOUR_MS, Past, observed, passes
from controller.decide.records import RuleMemory
from controller.decide.requests import Op, Request
from controller.decide.wakes import Wakes

FEEDBACK = "run_fb"
PREFIX = "equipment "
"""Before the equipment's name, in what is remembered: no rule has a name with a blank."""


class Gate:
    """What every motor was let do, and since when. Memory is kept by the equipment's name."""

    def __init__(self, plan: Plan, readings: Sequence[Reading], remembered: Iterable[RuleMemory]) -> None:
        """`readings`: the image itself."""
        self._readings = readings
        self._motors: dict[int, Equipment] = {}
        self._feedback: dict[int, int] = {}
        """Run command → the point that says that it runs."""
        self._fed: dict[int, list[int]] = {}
        """The other way round."""
        self._states: set[int] = set()
        """Commands that show what they were told: no pulses."""
        self._never_read: set[int] = set()
        """Commands that have not been read in this run."""
        self._seen_on: set[int] = set()
        """Commands that have read on since the motor was let run."""
        known = {item.rule: item for item in remembered}
        self._past: dict[int, Past | None] = {}
        self._wakes = Wakes()
        self._changed: dict[str, RuleMemory] = {}
        for equipment in plan.equipment:
            roles = dict(equipment.roles)
            if (command := roles.get(RUN)) is None:
                continue
            self._motors[command] = equipment
            of = plan.points[command].command
            if of is not None and of.pulse_s is None:
                self._never_read.add(command)
                self._states.add(command)
            self._past[command] = _read(known.get(PREFIX + equipment.name))
            if (feedback := roles.get(FEEDBACK)) is not None:
                self._feedback[command] = feedback
                self._fed.setdefault(feedback, []).append(command)
        names = {PREFIX + motor.name for motor in self._motors.values()}
        for gone in known.keys() - names:
            if gone.startswith(PREFIX):
                self._changed[gone] = RuleMemory(gone, {})

    def changed(self, points: Iterable[int], now_ms: int) -> set[int]:
        """These points read otherwise than before. Returns the motors' commands to be decided anew."""
        touched: set[int] = set()
        for point in points:
            for command in self._fed.get(point, ()):
                self._observe(command, now_ms)
                touched.add(command)
            if point in self._states and self._has_fallen(point, now_ms):
                touched.add(point)
        return touched

    def due(self, now_ms: int) -> set[int]:
        """The commands whose time has come."""
        return self._wakes.take(now_ms)

    def passed(self, command: int, result: Result, now_ms: int) -> Result:
        """What is let through of a decision on any point."""
        motor = self._motors.get(command)
        if motor is None or result.winner is None or not isinstance(result.value, bool):
            return result
        past = self._known(command, now_ms)
        # A cap or floor is part of what won: it does not lend its slot.
        found = passes(motor, past, result.value, result.winner.slot, now_ms)
        if found.value is not past.out:
            self._keep(command, past._replace(out=found.value, since_ms=now_ms, forced=found.forced))
            self._note(command, found.value and self._readings[command].value is True)
            if command not in self._feedback:
                self._observe(command, now_ms)
        if found.wake_ms is not None:
            self._wakes.ask(command, found.wake_ms)
        if found.held is None:
            return result
        why = text("{name}: {reason}", name=motor.label or motor.name, reason=found.held)
        held = Request(
            Op.VALUE,
            found.value,
            Slot.MINIMUM_TIMES,
            str(motor.source),
            why,
            past.since_ms,
            found.until_ms,
            (),
        )
        return result._replace(value=found.value, held=held)

    def wake_ms(self) -> int | None:
        return self._wakes.next_ms()

    def put_right(self, by_ms: int) -> None:
        """Times that are remembered move with the clock."""
        self._wakes.put_right(by_ms)
        for command, past in self._past.items():
            if past is not None and by_ms:
                starts = tuple(start + by_ms for start in past.starts)
                self._keep(command, past._replace(since_ms=past.since_ms + by_ms, starts=starts))

    def standing(self) -> tuple[RuleMemory, ...]:
        """What is remembered of every motor."""
        return tuple(self._memory(command, past) for command, past in self._past.items() if past is not None)

    def take_changed(self) -> Collection[RuleMemory]:
        """What has changed of it since the last call."""
        taken, self._changed = self._changed, {}
        return taken.values()

    def _known(self, command: int, now_ms: int) -> Past:
        past = self._past[command]
        if past is None:
            # Nothing is known of it: just stopped, or, where its feedback says that it runs, just started.
            on = self._runs(command) is True
            past = Past(on, on, now_ms)
            self._keep(command, past)
        return past

    def _observe(self, command: int, now_ms: int) -> None:
        past = self._known(command, now_ms)
        seen = observed(past, self._runs(command), now_ms)
        if seen is not past:
            recent = tuple(start for start in seen.starts if start > now_ms - HOUR_MS)
            self._keep(command, seen._replace(starts=recent))

    def _has_fallen(self, command: int, now_ms: int) -> bool:
        """Whether a command that is let run reads off though nobody told it: its relay lost its power, or
        somebody switched it. To tell it again is a start, and waits as every start does."""
        reading = self._readings[command]
        if reading.quality is not Quality.GOOD:
            return False
        first, past = command in self._never_read, self._known(command, now_ms)
        self._never_read.discard(command)
        fell = past.out and reading.value is False and (first or command in self._seen_on)
        if fell:
            self._keep(command, past._replace(out=False, since_ms=now_ms, forced=False))
            if command not in self._feedback:
                self._observe(command, now_ms)
        self._note(command, past.out and reading.value is True)
        return fell

    def _note(self, command: int, on: bool) -> None:
        (self._seen_on.add if on else self._seen_on.discard)(command)

    def _runs(self, command: int) -> bool | None:
        feedback = self._feedback.get(command)
        if feedback is None:
            return None
        reading = self._readings[feedback]
        return reading.value is True if reading.quality is Quality.GOOD else None

    def _keep(self, command: int, past: Past) -> None:
        self._past[command] = past
        memory = self._memory(command, past)
        self._changed[memory.rule] = memory

    def _memory(self, command: int, past: Past) -> RuleMemory:
        starts = {f"start{number}_ms": start for number, start in enumerate(past.starts)}
        kept = {"out": past.out, "on": past.on, "since_ms": past.since_ms, "forced": past.forced, **starts}
        return RuleMemory(PREFIX + self._motors[command].name, kept)


def _read(item: RuleMemory | None) -> Past | None:
    if item is None:
        return None
    kept = item.memory
    starts = [int(value) for key, value in kept.items() if key.startswith("start")]
    return Past(
        bool(kept["out"]),
        bool(kept["on"]),
        int(kept["since_ms"]),
        tuple(sorted(starts)),
        bool(kept["forced"]),
    )
