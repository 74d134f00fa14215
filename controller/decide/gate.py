"""The gate of minimum times: after arbitration, before anything is written. One for all motors of a Plan.

It is shown as slot 6 in explanations and written to no device: what is held back keeps the slot of who won.
After the power came back it lets starts through one by one (`restarting.py`).
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence

from config.language import Text, text
from config.plan.equipment import FEEDBACK, RUN, Equipment
from config.plan.points import BacnetObject
from config.plan.reading import Quality, Reading, Value
from config.plan.site import Plan
from config.plan.slots import Slot
from controller.decide.arbiter import Result
from controller.decide.motor import HOUR_MS, Passed, Past, observed, passes
from controller.decide.readback import Readback
from controller.decide.records import RuleMemory
from controller.decide.requests import Op, Request
from controller.decide.restarting import NAME, Restarting
from controller.decide.wakes import Wakes
from controller.swap.same import Same

PREFIX = "equipment "
"""Before the equipment's name, in what is remembered: no rule has a name with a blank."""


class Gate:
    """What every motor was let do, and since when. Memory is kept by the equipment's name."""

    def __init__(
        self,
        plan: Plan,
        readings: Sequence[Reading],
        remembered: Iterable[RuleMemory],
        machine: str = "",
    ) -> None:
        """`readings`: the image itself. `machine`: another one after each boot of the machine."""
        self._readings = readings
        self._points = plan.points
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
        self._restarting = Restarting(plan, known[NAME].memory if NAME in known else {}, machine)
        self._staggered = frozenset(() if plan.restart is None else plan.restart.order)
        self._queued = set(self._restarting.waiting)
        self._readback = Readback(plan.points, readings)
        self._returned: set[int] = set()
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
        self._minded = self._staggered | self._states | self._fed.keys()
        """Points of which it is said when they change."""
        names = {PREFIX + motor.name for motor in self._motors.values()}
        for gone in known.keys() - names:
            if gone.startswith(PREFIX):
                self._changed[gone] = RuleMemory(gone, {})

    @property
    def queued(self) -> frozenset[int]:
        """Commands whose start nothing keeps but that it is not their turn yet."""
        return frozenset(self._queued)

    def follow(self, former: Gate, same: Same) -> None:
        """Go on from another Plan's gate: what has been read since the start of the daemon stays read."""
        points = same.points
        read = {new for old, new in points.items() if old in former._states - former._never_read}
        self._never_read -= read
        self._seen_on = {points[point] for point in former._seen_on if point in points} & self._states
        self._readback.follow(former._readback, same.known)

    def lost(self, device: int, mono_ns: int) -> None:
        """A device was lost, or has restarted."""
        self._readback.lost(device, mono_ns)

    def back(self, device: int) -> None:
        """It has come back, or restarted."""
        self._returned.add(device)

    def changed(self, points: Iterable[int], now_ms: int) -> set[int]:
        """These points read otherwise than before. Returns the commands to be decided anew."""
        touched: set[int] = set()
        for point in filter(self._minded.__contains__, points):
            if point in self._staggered and self._restarting.active:
                touched.add(point)
            for command in self._fed.get(point, ()):
                self._observe(command, now_ms)
                touched.add(command)
            if point in self._states and self._has_fallen(point, now_ms):
                touched.add(point)
        return touched

    def due(self, now_ms: int) -> set[int]:
        """The commands whose time has come."""
        touched = self._wakes.take(now_ms)
        if self._restarting.idle and not self._returned:
            return touched
        touched.update(self._restarting.look(self._returned, now_ms))
        self._returned.clear()
        turn = self._restarting.choose(now_ms, lambda command: self._may_start(command, now_ms))
        if turn is not None:
            touched.add(turn)
        return touched

    def passed(self, command: int, result: Result, now_ms: int) -> Result:
        """What is let through of a decision on any point."""
        motor = self._motors.get(command)
        self._queued.discard(command)
        if motor is None:
            return self._lit(command, result, now_ms) if self._restarting.staggers(command) else result
        if result.winner is None or not isinstance(result.value, bool):
            self._restarting.leave(command)
            return result
        past = self._known(command, now_ms)
        if past.out and self._doubtful(command):
            stands = self._readback.stands(command)
            if stands is None and result.value and not isinstance(self._points[command].source, BacnetObject):
                # What it does is not known: neither started nor stopped before it is.
                until_ms = self._restarting.wait(command, now_ms)
                return self._held(command, result, None, self._restarting.reason, now_ms, until_ms)
            if stands is False and self._runs(command) is not True:
                past = past._replace(out=False, on=False, since_ms=now_ms, forced=False)
                self._keep(command, past)
            elif stands:
                self._restarting.stays(command)
        # A cap or floor is part of what won: it does not lend its slot.
        winner = result.winner
        found = passes(motor, past, result.value, winner.slot, now_ms, urgent=winner.urgent)
        if self._restarting.staggers(command):
            found = self._in_turn(command, past, result.value, found, now_ms)
        if found.value is not past.out:
            self._keep(command, past._replace(out=found.value, since_ms=now_ms, forced=found.forced))
            self._note(command, found.value and self._readings[command].value is True)
            if self._runs(command) is None:
                # Nothing tells whether it starts: it counts as started.
                self._observe(command, now_ms)
            past = self._known(command, now_ms)
        if found.wake_ms is not None:
            self._wakes.ask(command, found.wake_ms)
        if found.held is None:
            return result
        return self._held(command, result, found.value, found.held, past.since_ms, found.until_ms)

    def stands_s(self, command: int, now_ms: int) -> float:
        """How long a motor that is stopped now stands at the least; 0 of what is none."""
        motor = self._motors.get(command)
        if motor is None:
            return 0.0
        past = Past(False, False, now_ms, self._known(command, now_ms).starts)
        ends_ms = now_ms
        while (until_ms := passes(motor, past, True, Slot.PEOPLE, ends_ms).until_ms) is not None:
            ends_ms = until_ms
        return (ends_ms - now_ms) / 1000

    def not_before(self, command: int, now_ms: int) -> tuple[bool, Text, int] | None:
        """Whether a motor that stands could not be started at `now`, or one that runs not be stopped: which
        of them, why, and until when. None: it could, or nothing is known of it."""
        motor, past = self._motors.get(command), self._past.get(command)
        if motor is None or past is None:
            return None
        found: tuple[bool, Text, int] | None = None
        passed = passes(motor, past, not past.out, Slot.PEOPLE, now_ms)
        while passed.held is not None and passed.until_ms is not None:
            found = not past.out, passed.held, passed.until_ms
            passed = passes(motor, past, not past.out, Slot.PEOPLE, passed.until_ms)
        return found

    def wake_ms(self) -> int | None:
        wakes = (self._wakes.next_ms(), self._restarting.wake_ms())
        return min((wake for wake in wakes if wake is not None), default=None)

    def put_right(self, by_ms: int) -> None:
        """Times that are remembered move with the clock."""
        if by_ms:
            self._restarting.put_right(by_ms)
        self._wakes.put_right(by_ms)
        for command, past in self._past.items():
            if past is not None and by_ms:
                starts = tuple(start + by_ms for start in past.starts)
                self._keep(command, past._replace(since_ms=past.since_ms + by_ms, starts=starts))

    def standing(self) -> tuple[RuleMemory, ...]:
        """What is remembered of every motor, and of a restart."""
        restart = self._restarting.remembered()
        motors = [self._memory(command, past) for command, past in self._past.items() if past is not None]
        return (*motors, restart) if restart.memory else tuple(motors)

    def take_changed(self) -> Collection[RuleMemory]:
        """What has changed of it since the last call."""
        if self._restarting.changed:
            self._restarting.changed = False
            self._changed[NAME] = self._restarting.remembered()
        taken, self._changed = self._changed, {}
        return taken.values()

    def _doubtful(self, command: int) -> bool:
        """Whether it may have been stopped by what began the restart. Pulses cannot be read: what they did
        stands."""
        point = self._points[command]
        pulses = point.command is not None and point.command.pulse_s is not None
        return not pulses and self._restarting.doubts(command, point.device)

    def _in_turn(self, command: int, past: Past, wanted: bool, found: Passed, now_ms: int) -> Passed:
        """What is let through while starts go one by one."""
        if (found.value and past.out) or not (found.value or wanted):
            self._restarting.leave(command)
        elif not found.value:
            # Something else keeps it still: those kept until the same time must not start together then.
            self._restarting.wait(command, now_ms)
        elif self._restarting.turn == command:
            self._restarting.go(command, now_ms)
        else:
            until_ms = self._restarting.wait(command, now_ms)
            self._queued.add(command)
            return Passed(False, self._restarting.reason, until_ms, None)
        return found

    def _lit(self, command: int, result: Result, now_ms: int) -> Result:
        """The same of lamps and other loads that have no minimum times."""
        value = result.value
        starts = result.winner is not None and value is not None and not isinstance(value, str) and value > 0
        if not starts or self._restarting.went(command):
            self._restarting.leave(command)
            return result
        stands = self._readback.stands(command)
        if stands:
            self._restarting.stays(command)
            return result
        if self._restarting.turn == command:
            self._restarting.go(command, now_ms)
            return result
        until_ms = self._restarting.wait(command, now_ms)
        bacnet = isinstance(self._points[command].source, BacnetObject)
        if stands is None and bacnet:
            return result
        off: Value | None = None if stands is None else self._readback.off(command)
        return self._held(command, result, off, self._restarting.reason, now_ms, until_ms)

    def _held(
        self,
        command: int,
        result: Result,
        value: Value | None,
        reason: Text,
        since_ms: int,
        until_ms: int | None,
    ) -> Result:
        motor = self._motors.get(command)
        source = "" if motor is None else str(motor.source)
        name = self._points[command].label if motor is None else motor.label or motor.name
        why = text("{name}: {reason}", name=name, reason=reason)
        shown = False if value is None else value
        held = Request(Op.VALUE, shown, Slot.MINIMUM_TIMES, source, why, since_ms, until_ms, ())
        return result._replace(value=value, held=held)

    def _may_start(self, command: int, now_ms: int) -> bool:
        """Whether nothing else keeps it."""
        stands = self._readback.stands(command)
        motor = self._motors.get(command)
        if motor is None:
            return stands is not None
        past = self._known(command, now_ms)
        return not past.out and passes(motor, past, True, Slot.PROGRAMME, now_ms).value

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
            if self._runs(command) is None:
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
