"""Any order of readings, restarts, edits, commands, device faults and clock steps, with rules of many kinds.

After each step an engine made anew from the image, the time and what is remembered must decide the same and
remember the same; and whatever happened, what rules protect is protected.
"""

from __future__ import annotations

from collections import deque

from hypothesis import Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

from config.plan.clock import Pace
from config.plan.points import Point
from config.plan.reading import NEVER, Quality, Reading, Value
from controller.clock import VirtualClock
from controller.cycle import Engine
from controller.decide.arbiter import Result
from controller.decide.records import (
    Lock,
    Override,
    PersonCommand,
    Refused,
    Release,
    Remembered,
    Reset,
    Unlock,
)
from controller.decide.rules.interlock import TRIPPED
from drivers.api import DeviceState, Event, Fate, Sample, WriteReport
from schedules.context import Context
from tests.controller.plant_house import plant
from tests.many import many
from tests.schedules.build import at

PLANS = (plant(), plant(edited=True))
CONTEXTS = tuple(Context.of(made) for made in PLANS)
FEEDBACK = {
    "do-1.ch1": "di-1.di1",
    "do-1.ch2": "di-1.di3",
    "do-1.ch3": "di-1.di5",
    "do-1.ch4": "water.lift1_run",
    "do-1.ch5": "water.lift2_run",
}
MOTORS = {
    "do-1.ch1": "hood",
    "do-1.ch2": "purifier",
    "do-1.ch3": "pump-1",
    "do-1.ch4": "p1",
    "do-1.ch5": "p2",
    "do-1.ch6": "blower",
}
CONTACTS = (
    "safety.di1",
    "di-1.di2",
    "di-1.di4",
    "di-1.di6",
    "di-1.di7",
    "di-1.di8",
    "water.reuse_low_switch",
)
NUMBERS = ("water.reuse_level", "water.eq_level", "panel.hood_temperature")
COMMANDED = ("do-1.ch1", "do-1.ch3", "do-1.ch6", "do-1.ch7", "water.makeup_permit")
OTHERS = ("do-1.ch2", "do-1.ch4", "do-1.ch5", "panel.ex1_mode", "panel.ex1_min_speed", "water.plant_mode")
READ = {*CONTACTS, *NUMBERS, *COMMANDED, *OTHERS, *FEEDBACK.values(), "water.lift1_auto"}
"""Everything that a rule looks at or commands."""
RESTS_S = {"do-1.ch3": 180.0, "do-1.ch6": 60.0}
STARTS_PER_HOUR = 6
MOST_WAKES = 20
"""So often at the most is stepped within one span of time."""


def usual(point: Point) -> Value:
    """What a point reads before anything happens."""
    if point.key == "water.lift1_auto":
        return True
    if point.kind == "enum":
        return point.states[0][0]
    return 50.0 if point.kind == "number" else False


class Plant(RuleBasedStateMachine):
    """A daemon's life, in an order nobody planned."""

    def __init__(self) -> None:
        super().__init__()
        self.clock = VirtualClock(at("2026-03-05 07:10"))
        self.edition = 0
        self.values: dict[str, Value | None] = {
            point.key: usual(point) for point in PLANS[0].points if point.key in READ
        }
        self.dead: set[int] = set()
        self.stuck: set[str] = set()
        self.refusing = False
        self.events: list[Event] = []
        self.starts: dict[str, deque[int]] = {key: deque() for key in RESTS_S}
        self.stopped_ns: dict[str, int] = {}
        self.ran: dict[str, Value | None] = {}
        self.engine = self._engine(Remembered())
        self._pass(1.0)

    # What happens

    @rule(seconds=st.sampled_from([1.0, 3.0, 25.0, 130.0, 700.0, 2500.0]))
    def time_passes(self, seconds: float) -> None:
        self._pass(seconds)

    @rule(key=st.sampled_from(CONTACTS), active=st.sampled_from([True, False, None]))
    def a_contact_changes(self, key: str, active: bool | None) -> None:
        self.values[key] = active
        self._pass(1.0)

    @rule(key=st.sampled_from(NUMBERS), number=st.sampled_from([5.0, 22.0, 31.0, 45.0, 62.0, 90.0, None]))
    def a_number_changes(self, key: str, number: float | None) -> None:
        self.values[key] = number
        self._pass(1.0)

    @rule(key=st.sampled_from(sorted(FEEDBACK)), stuck=st.booleans())
    def a_motor_no_longer_follows(self, key: str, stuck: bool) -> None:
        (self.stuck.add if stuck else self.stuck.discard)(key)

    @rule(auto=st.sampled_from([True, False, None]))
    def the_selector_turns(self, auto: bool | None) -> None:
        self.values["water.lift1_auto"] = auto
        self._pass(1.0)

    @rule(device=st.integers(0, len(PLANS[0].devices) - 1), dead=st.booleans(), restarted=st.booleans())
    def a_device_dies_or_returns(self, device: int, dead: bool, restarted: bool) -> None:
        if dead is not (device in self.dead):
            (self.dead.add if dead else self.dead.discard)(device)
            self.events.append(DeviceState(device, not dead, "test", restarted and not dead))
        self._pass(1.0)

    @rule(refusing=st.booleans())
    def devices_refuse(self, refusing: bool) -> None:
        self.refusing = refusing

    @rule(key=st.sampled_from(COMMANDED), on=st.booleans(), minutes=st.sampled_from([2, 45]))
    def a_person_sets(self, key: str, on: bool, minutes: int) -> None:
        now_ms = self.clock.now().wall_ms
        self._command(Override(key, on, "Li", "", now_ms, now_ms + minutes * 60_000))

    @rule(key=st.sampled_from(COMMANDED))
    def a_person_releases(self, key: str) -> None:
        self._command(Release(key, "Li"))

    @rule(name=st.sampled_from(["hood", "pump-1", "p2", "blower"]), on=st.booleans())
    def a_person_locks(self, name: str, on: bool) -> None:
        self._command(Lock(name, "Wang", "work", 0) if on else Unlock(name, "Wang"))

    @rule(name=st.sampled_from([made.name for made in PLANS[0].rules]))
    def a_person_resets(self, name: str) -> None:
        self._command(Reset(name, "Wang", ""))

    @rule(hours=st.sampled_from([-30, -1, 2, 75]))
    def the_wall_clock_steps(self, hours: int) -> None:
        self.clock.set_wall(self.clock.now().wall_ms + hours * 3_600_000)
        self._pass(1.0)

    @rule(trusted=st.booleans())
    def trust_in_the_clock_changes(self, trusted: bool) -> None:
        self.clock.trusted = trusted
        self._pass(1.0)

    @rule()
    def the_daemon_restarts(self) -> None:
        self._begin_anew()

    @rule()
    def an_edit_comes_into_force(self) -> None:
        self.edition = 1 - self.edition
        self._begin_anew()

    # What holds all the time

    @invariant()
    def an_engine_made_anew_decides_and_remembers_the_same(self) -> None:
        remembered = self.engine.remembered()
        anew = self._engine(remembered)
        # But for two things: how long the end of a trip has been true counts only as far as this run saw it,
        # and of a motor that does not stand as it was told a start knows no more than that it does not.
        anew._rules._began_ms = self.engine._rules._began_ms
        now = self.clock.now()
        anew.step(now, [Sample(point, reading) for point, reading in enumerate(self.engine.readings)])
        open_ones = {key for key in MOTORS if self._stands_otherwise(key)}
        for point, result in self.engine.decisions.items():
            if PLANS[self.edition].points[point].key not in open_ones:
                assert _said(anew.decisions[point]) == _said(result), PLANS[self.edition].points[point].key
            assert anew.barrier(point) == self.engine.barrier(point)
        left_out = {f"equipment {MOTORS[key]}" for key in open_ones}
        ours, others = dict(remembered.rules), dict(anew.remembered().rules)
        assert {name: others.get(name) for name in {*ours, *others} - left_out} == {
            name: ours.get(name) for name in {*ours, *others} - left_out
        }

    @invariant()
    def a_pump_that_tripped_dry_is_off(self) -> None:
        memory = dict(self.engine.remembered().rules)
        if TRIPPED in memory.get("dry-run", {}):
            assert self.engine.decisions[self._id("do-1.ch3")].value is False

    # How it is done

    def _engine(self, remembered: Remembered) -> Engine:
        plan, context = PLANS[self.edition], CONTEXTS[self.edition]
        return Engine(plan, context, Pace(), remembered, self.clock.now().put_right_ms)

    def _id(self, key: str) -> int:
        found = PLANS[self.edition].point_named(key)
        assert found is not None
        return found.id

    def _stands_otherwise(self, key: str) -> bool:
        point = self._id(key)
        return self.engine.readings[point].value is not self.engine.decisions[point].value

    def _begin_anew(self) -> None:
        self.engine = self._engine(self.engine.remembered())
        self.events = [DeviceState(device, False, "test") for device in sorted(self.dead)]
        self._pass(1.0)

    def _command(self, command: PersonCommand) -> None:
        try:
            self.engine.accept(command, self.clock.now())
        except Refused:
            return
        self._pass(1.0, [command])

    def _pass(self, seconds: float, commands: list[PersonCommand] | None = None) -> None:
        """Time passes; there is a step whenever the engine asked for one, as every second of the daemon's."""
        left = seconds
        for _ in range(MOST_WAKES):
            wake_ms = self._step(commands or [])
            commands = []
            if left <= 0.0:
                return
            after_s = left if wake_ms is None else max(1.0, (wake_ms - self.clock.now().wall_ms) / 1000)
            self.clock.advance(min(left, after_s))
            left -= min(left, after_s)
        self.clock.advance(left)
        self._step([])

    def _step(self, commands: list[PersonCommand]) -> int | None:
        now = self.clock.now()
        self._poll()
        events, self.events = self.events, []
        step = self.engine.step(now, events, commands)
        for write in step.writes:
            assert self.engine.barrier(write.point) is None
            key = PLANS[self.edition].points[write.point].key
            device = PLANS[self.edition].points[write.point].device
            fate = Fate.REJECTED if self.refusing else Fate.READ_BACK
            if device in self.dead:
                fate = Fate.NO_ANSWER
            elif fate is Fate.READ_BACK:
                self.values[key] = write.value
            self.events.append(WriteReport(write.seq, write.point, fate, write.value, ""))
        self._watch_motors(now.mono_ns)
        return self.engine.wake_ms(now)

    def _poll(self) -> None:
        now = self.clock.now()
        for command, feedback in FEEDBACK.items():
            if command not in self.stuck:
                self.values[feedback] = self.values[command]
        for key, value in self.values.items():
            point = PLANS[self.edition].points[self._id(key)]
            if point.device in self.dead:
                if self.engine.readings[point.id] is not NEVER:
                    continue
                value = None
            quality = Quality.BAD if value is None else Quality.GOOD
            self.events.append(Sample(point.id, Reading(value, quality, "", now.wall_ms, now.mono_ns)))

    def _watch_motors(self, mono_ns: int) -> None:
        """Rest times and starts per hour hold for what is let through, whatever asked for it."""
        for key, rest_s in RESTS_S.items():
            value, before = self.engine.decisions[self._id(key)].value, self.ran.get(key)
            self.ran[key] = value
            if value is True and before is not True:
                assert mono_ns - self.stopped_ns.get(key, -(10**15)) >= rest_s * 1e9, key
                starts = self.starts[key]
                starts.append(mono_ns)
                while starts[0] <= mono_ns - 3_600_000_000_000:
                    starts.popleft()
                assert len(starts) <= STARTS_PER_HOUR, key
            elif value is False and before is True:
                self.stopped_ns[key] = mono_ns


def _said(result: Result) -> tuple[object, ...]:
    winner = result.winner
    held = None if result.held is None else (result.held.value, result.held.reason, result.held.since_ms)
    return result.value, winner and (winner.slot, winner.source, winner.reason), held


Plant.TestCase.settings = settings(
    max_examples=many(40),
    stateful_step_count=25,
    phases=[Phase.explicit, Phase.reuse, Phase.generate, Phase.shrink],
)
TestPlant = Plant.TestCase
