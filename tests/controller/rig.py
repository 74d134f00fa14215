"""An engine on a virtual clock, with devices that answer as a test says."""

from __future__ import annotations

from collections.abc import Iterable

from config.plan.clock import Pace
from config.plan.reading import Quality, Reading, Value
from config.plan.site import Plan
from controller.clock import VirtualClock
from controller.cycle import Engine
from controller.decide.records import Override, PersonCommand, Remembered
from controller.decide.step import Step
from controller.swap.same import Same, same_parts
from drivers.api import Clash, DeviceState, Event, Fate, Sample, SetUp, SlotState, Write, WriteReport
from schedules.context import Context
from tests.schedules.build import at


def _renumbered(event: Event, same: Same) -> Event | None:
    assert isinstance(event, WriteReport)
    point = same.points.get(event.point)
    return None if point is None else event._replace(point=point)


THURSDAY = at("2026-03-05 07:00")


class Rig:
    """One engine. `step` gives it what has been put in since the last."""

    def __init__(
        self,
        plan: Plan,
        wall_ms: int = THURSDAY,
        remembered: Remembered | None = None,
        speed: float = 1.0,
        machine: str = "",
    ) -> None:
        self.plan = plan
        self.clock = VirtualClock(wall_ms, speed)
        self.context = Context.of(plan)
        self.engine = Engine(plan, self.context, Pace(speed), remembered or Remembered(), machine=machine)
        self.machine = machine
        self._events: list[Event] = []
        self._commands: list[PersonCommand] = []

    def restart(self) -> None:
        """A new engine with what the old one remembers; time goes on."""
        remembered, put_right_ms = self.engine.remembered(), self.clock.now().put_right_ms
        self.engine = Engine(
            self.plan, self.context, Pace(self.clock.speed), remembered, put_right_ms, self.machine
        )
        self._events, self._commands = [], []

    def swap(self, plan: Plan) -> None:
        """Another Plan from the next step on, as the daemon takes it; what is under way goes on."""
        former, same = self.engine, same_parts(self.plan, plan)
        self.plan, self.context = plan, Context.of(plan)
        remembered, put_right_ms = former.remembered(), self.clock.now().put_right_ms
        self.engine = Engine(plan, self.context, Pace(self.clock.speed), remembered, put_right_ms)
        self.engine.take_over(former, same)
        self._events = [told for event in self._events if (told := _renumbered(event, same)) is not None]

    def id(self, key: str) -> int:
        point = self.plan.point_named(key)
        assert point is not None
        return point.id

    def read(self, key: str, value: Value | None, quality: Quality = Quality.GOOD) -> None:
        """A sample, taken now."""
        now = self.clock.now()
        reason = "" if quality is Quality.GOOD else "test"
        self._events.append(Sample(self.id(key), Reading(value, quality, reason, now.wall_ms, now.mono_ns)))

    def device(self, name: str, online: bool, restarted: bool = False) -> None:
        number = next(device.id for device in self.plan.devices if device.name == name)
        self._events.append(DeviceState(number, online, "test", restarted))

    def clash(self, name: str, *at: str) -> None:
        number = next(device.id for device in self.plan.devices if device.name == name)
        self._events.append(Clash(number, at))

    def array(self, key: str, **slots: Value) -> None:
        """A BACnet priority array: s8=…, s15=…."""
        found = tuple((int(name[1:]), value) for name, value in slots.items())
        self._events.append(SlotState(self.id(key), found))

    def answer(self, write: Write, fate: Fate = Fate.READ_BACK) -> None:
        self._events.append(WriteReport(write.seq, write.point, fate, write.value, fate.value))

    def set_up(self, key: str, value: Value, fate: Fate) -> None:
        point = self.plan.points[self.id(key)]
        self._events.append(SetUp(point.device, point.id, value, fate, "test"))

    def do(self, *commands: PersonCommand) -> None:
        """Hand person's commands to the next step, judged first."""
        for command in commands:
            self.engine.accept(command, self.clock.now())
        self._commands.extend(commands)

    def override(self, key: str, value: Value, hours: float, person: str = "Li") -> None:
        now = self.clock.now().wall_ms
        bound = self.plan.points[self.id(key)].key
        self.do(Override(bound, value, person, "", now, now + round(hours * 3.6e6)))

    def step(self, after_s: float = 0.0) -> Step:
        """Let time pass, then one step."""
        now = self.clock.advance(after_s)
        events, self._events = self._events, []
        commands, self._commands = self._commands, []
        return self.engine.step(now, events, commands)

    def wake_ms(self) -> int | None:
        """When something next happens by itself, as of a step now."""
        self.step()
        return self.engine.wake_ms(self.clock.now())

    def writes(self, after_s: float = 0.0, answer: Fate | None = None) -> list[str]:
        """One step's writes, as sorted words; answered for the next step if so asked."""
        step = self.step(after_s)
        if answer is not None:
            for write in step.writes:
                self.answer(write, answer)
        return sorted(self.words(step.writes))

    def words(self, writes: Iterable[Write]) -> list[str]:
        """ "lamp.level=80@15", "lamp.level=null@8", "lamp.level=80@8 null 15"."""
        said = []
        for write in writes:
            value = "null" if write.value is None else write.value
            nulled = "".join(f" null {slot}" for slot in write.null_slots)
            said.append(f"{self.plan.points[write.point].key}={value}@{write.slot}{nulled}")
        return said

    def decided(self, key: str) -> tuple[Value | None, int | None]:
        """(value, slot) of the decision."""
        result = self.engine.decisions[self.id(key)]
        return result.value, None if result.winner is None else result.winner.slot
