"""The cycle: one synchronous step from what happened to what is written, the same in rehearsals."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence

from config.language import Text, text
from config.language.details import detail
from config.plan.clock import Now, Pace
from config.plan.reading import Reading
from config.plan.site import Plan
from controller.decide.acceptance import accept
from controller.decide.alarms.alarm import Alarm
from controller.decide.alarms.classes import DEVICE
from controller.decide.alarms.register import Alarms
from controller.decide.anew import Beginnings, judge
from controller.decide.announcements import Announcements
from controller.decide.arbiter import NOTHING, Result, arbitrate
from controller.decide.barriers import Barrier, Barriers
from controller.decide.cover import Cover
from controller.decide.explain import Explanation, Seen, explain
from controller.decide.gate import Gate
from controller.decide.naming import Naming, device_named
from controller.decide.outputs import Outputs
from controller.decide.people import PeopleRequests
from controller.decide.programmes import ProgrammeRequests
from controller.decide.records import (
    Acknowledge,
    AlarmCommand,
    Lock,
    Notice,
    Observe,
    Override,
    PersonCommand,
    Refused,
    Release,
    Remembered,
    Reset,
    Shelve,
    Unlock,
    Unshelve,
)
from controller.decide.requests import RequestSource
from controller.decide.rules.source import RuleRequests
from controller.decide.steady import SteadyTime
from controller.decide.step import Counters, Decision, Step
from controller.decide.stop import stop_writes
from controller.decide.timekeeping import Timekeeping
from controller.image import Image
from drivers.api import DeviceState, Event, Fate, SetUp, SlotState, Write, WriteReport
from schedules.context import Context
from schedules.programme import HORIZON_DAYS


class Engine:
    """One Plan in force. Not shared between threads; knows no clock, socket or file.

    What it decides follows from the image, the time and what it remembers: an engine made anew from these
    decides the same. Cost follows what changed; samples that only refresh a value are nearly free.
    """

    def __init__(
        self, plan: Plan, context: Context, pace: Pace, remembered: Remembered, put_right_ms: int = 0
    ) -> None:
        """`put_right_ms`: by how much the clock had been put right (`Now`) when that was remembered."""
        self.plan = plan
        self.naming = Naming(plan)
        self._pace = pace
        self._image = Image(plan, pace)
        self._outputs = Outputs(plan, pace, remembered.outputs)
        commanded = {plan.points[point].key: point for point in self._outputs.standing}
        self._keys = commanded
        self._programmes = ProgrammeRequests(plan.programmes, context)
        judged = judge(plan, remembered.overrides)
        self._people = PeopleRequests(commanded, judged.standing)
        self._beginnings = Beginnings(plan, remembered, judged.unfit)
        self._steady = SteadyTime(pace.speed)
        self._rules = RuleRequests(plan.rules, self._image, remembered.rules, self._steady)
        self._gate = Gate(plan, self._image, remembered.rules)
        self._sources: tuple[RequestSource, ...] = (self._programmes, self._people, self._rules)
        self._barriers = Barriers(plan, remembered.locks, remembered.observe)
        self._alarms = Alarms(plan, remembered.alarms, remembered.last_alarm, pace.speed)
        self._results: dict[int, Result] = dict.fromkeys(commanded.values(), NOTHING)
        self._online: dict[int, bool] = {}
        self._devices_online = 0
        self._not_set_up: set[int] = set()
        self._cycle = 0
        self._told_observe = False
        self._timekeeping = Timekeeping(context.local, put_right_ms)
        self._announcements = Announcements(context)
        self._longest_ms = round(plan.site.override_max_s * 1000)

    @property
    def readings(self) -> Sequence[Reading]:
        """The image, by point id; stands until the next step."""
        return self._image

    @property
    def decisions(self) -> Mapping[int, Result]:
        """The decision on every point that can be commanded."""
        return self._results

    def barrier(self, point: int) -> Barrier | None:
        """What forbids every write to `point` now."""
        return self._barriers.on(self.plan.points[point])

    def held_back(self, point: int) -> Text | None:
        """Why a command on `point` is noted but not sent now; None if it is sent."""
        barrier = self.barrier(point)
        if barrier is not None:
            return barrier.text
        if self._outputs.reachable(self.plan.points[point].device):
            return None
        return text("the device does not answer; it is sent when it is back")

    def barrier_of(self, target: str) -> Barrier | None:
        """What forbids every write to an equipment or device, or to a part of it; None if nothing does."""
        return self._barriers.on_any(target)

    def cover(self, target: str) -> Cover:
        """What a lock on an equipment or device bears on, and what it leaves open."""
        return self._barriers.cover(target)

    def refused(self, point: int) -> bool:
        """Whether what was last commanded on `point` did not take."""
        standing = self._outputs.standing.get(point)
        return standing is not None and standing.refused

    def explain(self, point: int, now: Now) -> Explanation:
        """Why `point` is as it is, what keeps it from what is asked, and what comes next."""
        horizon_ms = now.wall_ms + HORIZON_DAYS * 86_400_000
        change_ms = self._programmes.next_change(point, now.wall_ms, horizon_ms) if now.trusted else None
        bound = self.plan.points[point]
        return explain(
            Seen(
                self.plan,
                bound,
                self._results.get(point),
                self.barrier(point),
                self._outputs.standing.get(point),
                self._outputs.reachable(bound.device),
                self._image,
                self._rules.bearing_on(point, lambda name: self.cover(name).points),
                now.trusted,
                now.wall_ms,
                tuple(self._programmes.requests(point)),
                lambda wall_ms: self._programmes.requests_at(point, wall_ms),
                None if change_ms == horizon_ms else change_ms,
            )
        )

    def scheduled(self, point: int) -> bool:
        """Whether a programme asks for a value of `point` now."""
        return any(request.value is not None for request in self._programmes.requests(point))

    def observed(self) -> tuple[bool, list[str]]:
        """Whether the whole site is in observe mode, and which devices and equipment are by themselves."""
        return self._barriers.site_observed, self._barriers.parts_observed()

    def online(self, device: int) -> bool | None:
        """Whether a device answers; None = not heard of in this run."""
        return self._online.get(device)

    def remembered(self) -> Remembered:
        """All that must outlive this engine; each step tells what changed in it."""
        return Remembered(
            self._people.standing(),
            self._barriers.locks(),
            self._barriers.observed(),
            self._outputs.records(),
            (*self._rules.standing(), *self._gate.standing()),
            self._alarms.remembered(),
            self._alarms.last_id,
        )

    def alarms(self) -> list[Alarm]:
        """All that are not normal, the oldest first."""
        return self._alarms.standing()

    def alarms_after(self, command: AlarmCommand, now: Now) -> tuple[Alarm, ...]:
        """What an accepted command makes of those it bears on."""
        return self._alarms.after(command, now.wall_ms)

    def accept(self, command: PersonCommand, now: Now) -> None:
        """Raises Refused, with the reason, when a person's command cannot be carried out.

        The shell asks this, commits the command, and hands it to the next step.
        """
        observed = [item.target for item in self._barriers.observed()]
        accept(self.plan, command, now.wall_ms, observed)
        match command:
            case Reset():
                self._rules.check_reset(command.rule, now)
            case Acknowledge() | Shelve() | Unshelve():
                self._alarms.check(command, now.wall_ms)

    def until_next(self, key: str, now: Now) -> int:
        """The end of an override that lasts until the programmes of `key` next decide otherwise, at most as
        long as the site allows. Raises Refused."""
        if not now.trusted:
            raise Refused(text("the clock cannot be trusted: say how long instead"))
        longest = now.wall_ms + self._longest_ms
        point = self._keys.get(key)
        ends = None if point is None else self._programmes.next_change(point, now.wall_ms, longest)
        if ends is None:
            raise Refused(text("no programme commands {name}: say how long instead", name=key))
        return ends

    def step(
        self,
        now: Now,
        events: Iterable[Event] = (),
        commands: Iterable[PersonCommand] = (),
        noticed: Sequence[Notice] = (),
    ) -> Step:
        """One cycle. `events` in the order they came; `commands` accepted and committed before; `noticed` by
        others than this engine since the last."""
        step = Step(now.wall_ms)
        self._cycle += 1
        self._beginnings.tell(step)
        others: list[Event] = []
        step.changed = self._image.take(events, step.counts, others)
        stale = self._image.age(now.mono_ns)
        if stale:
            step.changed += stale
        if others:
            self._happened(others, now, step)
        if step.changed:
            self._read(step)
            self._rules.changed(step.changed)
        for command in commands:
            self._command(command, now, step)
        self._tell_observe(step)
        right = self._timekeeping.look(now, step)
        if right is not None:
            self._steady.put_right(right.by_ms)
            self._rules.put_right(right.by_ms)
            self._gate.put_right(right.by_ms)
            self._alarms.put_right(right.by_ms)
            step.moved = self._people.put_right(right, now, self._longest_ms, step.memory)
        self._announcements.look(now, step)
        self._decide(now, step)
        self._beginnings.follow(step)
        self._outputs.settle(now, self._image, self._barriers, step)
        step.memory.alarms, step.tellings = self._alarms.look(now, [*noticed, *step.notices])
        step.counters = Counters(
            self._cycle,
            self._image.good,
            self._devices_online,
            self._outputs.sent,
            self._outputs.held,
            self._outputs.failing,
        )
        step.wake_ms = self._wake_ms(now)
        return step

    def stop_writes(self) -> list[Write]:
        """The last writes of a run, as each device declares. Steps that follow hand out none."""
        self._outputs.close()
        return list(stop_writes(self.plan, self._outputs, self._barriers))

    def _happened(self, events: Iterable[Event], now: Now, step: Step) -> None:
        for event in events:
            match event:
                case WriteReport():
                    self._outputs.report(event, now, step)
                case DeviceState():
                    self._device(event, step)
                case SlotState():
                    self._outputs.slots(event)
                case SetUp():
                    self._set_up(event, step)

    def _device(self, event: DeviceState, step: Step) -> None:
        before = self._online.get(event.device)
        self._set_online(event.device, event.online)
        device = self.plan.devices[event.device]
        first_heard = before is None and event.online
        if event.online is not before and (not first_heard or self._alarms.unsure(DEVICE, device.name)):
            said = detail(event.detail)
            words = text("{name} does not answer: {detail}", name=device_named(device), detail=said)
            step.notices.append(Notice(DEVICE, device.name, words, not event.online))
        self._outputs.device(event)

    def _set_up(self, event: SetUp, step: Step) -> None:
        step.set_ups.append(event)
        failed = event.fate not in (Fate.READ_BACK, Fate.ACKNOWLEDGED)
        if failed is not (event.point in self._not_set_up):
            (self._not_set_up.add if failed else self._not_set_up.discard)(event.point)
            point = self.plan.points[event.point]
            name = self.naming.point(point)
            words = text("{name}: set-up does not take: {detail}", name=name, detail=detail(event.detail))
            step.notices.append(Notice("set-up-failed", point.key, words, failed))

    def _set_online(self, device: int, online: bool) -> None:
        self._devices_online += online - self._online.get(device, False)
        self._online[device] = online

    def _read(self, step: Step) -> None:
        points, readings = self.plan.points, self._image
        for number in step.changed:
            point, reading = points[number], readings[number]
            if point.device not in self._online and reading.value is not None:
                self._device(DeviceState(point.device, True, "answers"), step)
            self._outputs.read(point, reading)
            if self._barriers.is_selector(number):
                self._outputs.touch(self._barriers.selector(point, reading, step.notices))

    def _command(self, command: PersonCommand, now: Now, step: Step) -> None:
        match command:
            case Override():
                self._people.set(command, step.memory)
                if (point := self._keys.get(command.point)) is not None:
                    self._outputs.try_anew(point, now)
            case Release():
                self._people.release(command, step.memory)
            case Lock():
                self._outputs.touch(self._barriers.lock(command, step.memory))
            case Unlock():
                self._outputs.touch(self._barriers.unlock(command, step.memory))
            case Reset():
                self._rules.reset(command.rule)
            case Observe():
                self._outputs.touch(self._barriers.observe(command, step.memory))
            case Acknowledge() | Shelve() | Unshelve():
                self._alarms.obey(command, now.wall_ms)

    def _tell_observe(self, step: Step) -> None:
        if self._barriers.site_observed is not self._told_observe:
            self._told_observe = not self._told_observe
            words = text("observe mode: nothing is sent to any device; it ends by: louguan observe off")
            step.notices.append(Notice("observe", "", words, self._told_observe))

    def _decide(self, now: Now, step: Step) -> None:
        steady_ms = self._steady.at(now)
        touched = self._gate.changed(step.changed, steady_ms) | self._gate.due(steady_ms)
        for source in self._sources:
            touched.update(source.update(now))
        yielding = self._rules.take_yielding()
        if yielding is not None:
            self._outputs.touch(self._barriers.give_way(yielding))
        step.memory.ended += self._people.take_ended()
        step.notices += self._rules.take_notices()
        for point in sorted(touched):
            before = self._results.get(point)
            if before is None:
                continue
            after = arbitrate(request for source in self._sources for request in source.requests(point))
            after = self._gate.passed(point, after, steady_ms)
            self._results[point] = after
            if _outcome(before) != _outcome(after):
                self._outputs.want(point, after)
                step.decisions.append(
                    Decision(point, self.plan.points[point].key, before, after, now.wall_ms)
                )

        step.memory.rules += [*self._rules.take_changed(), *self._gate.take_changed()]

    def _wake_ms(self, now: Now) -> int | None:
        wakes = [source.wake_ms() for source in (self._programmes, self._people)]
        steady_ms = self._steady.at(now)
        steady = (self._rules.wake_ms(), self._gate.wake_ms())
        wakes += [now.wall_ms + wake - steady_ms for wake in steady if wake is not None]
        wakes += [self._announcements.wake_ms(), self._alarms.wake_ms()]
        wakes += [self._site_ms(now, self._image.wake_ns()), self._site_ms(now, self._outputs.wake_ns())]
        return min((max(wake, now.wall_ms) for wake in wakes if wake is not None), default=None)

    def _site_ms(self, now: Now, mono_ns: int | None) -> int | None:
        """The site time at which a monotonic time will be reached."""
        if mono_ns is None:
            return None
        return now.wall_ms + math.ceil((mono_ns - now.mono_ns) * self._pace.speed / 1_000_000)


def _outcome(result: Result) -> tuple[object, ...] | None:
    """What makes two results the same decision: value, slot and who, and what holds it back."""
    winner = result.winner
    held = None if result.held is None else result.held.reason
    return None if winner is None else (result.value, winner.slot, winner.source, held)
