"""The cycle: one synchronous step from what happened to what is written, the same in rehearsals."""

from __future__ import annotations

import math
from collections.abc import Collection, Iterable, Sequence

from config.language import text
from config.language.details import detail
from config.plan.clock import Now
from controller.decide.alarms.classes import CLASH, DEVICE
from controller.decide.arbiter import Result, arbitrate
from controller.decide.booking import rebooked
from controller.decide.naming import device_named
from controller.decide.records import (
    Acknowledge,
    Book,
    Lock,
    Notice,
    Observe,
    Override,
    PersonCommand,
    Release,
    Reset,
    Shelve,
    Unlock,
    Unshelve,
)
from controller.decide.step import Counters, Decision, Step
from controller.decide.stop import stop_writes
from controller.decide.told import stands
from controller.parts import Parts
from controller.swap.same import Same
from drivers.api import Clash, DeviceState, Event, Fate, SetUp, SlotState, Write, WriteReport


class Engine(Parts):
    """One Plan in force. Not shared between threads; knows no clock, socket or file.

    What it decides follows from the image, the time and what it remembers: an engine made anew from these
    decides the same. Cost follows what changed; samples that only refresh a value are nearly free.
    """

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
        if self._known:
            step.changed, self._known = sorted({*step.changed, *self._known}), []
        stale = self._image.age(now.mono_ns)
        if stale:
            step.changed += stale
        if others:
            self._happened(others, now, step)
        if step.changed:
            self._read(now, step)
            self._rules.changed(step.changed)
        for command in commands:
            self._command(command, now, step)
        self._tell_observe(step)
        right = self._timekeeping.look(now, step)
        if right is not None:
            self._steady.put_right(right.by_ms)
            self._rules.put_right(right.by_ms)
            self._gate.put_right(right.by_ms)
            self._permits.put_right(right.by_ms)
            self._hands.put_right(right.by_ms)
            step.reshelved = self._alarms.put_right(right.by_ms)
            step.moved = self._people.put_right(right, now, self._longest_ms, step.memory)
        self._announcements.look(now, step)
        self._decide(now, step)
        self._beginnings.follow(step)
        self._settle(now, step)
        self._told.take(step.notices, self._stands)
        step.memory.alarms, step.tellings = self._alarms.look(now, [*noticed, *step.notices])
        step.unshelved = self._alarms.take_unshelved()
        step.counters = Counters(
            self._cycle,
            self._image.good,
            self._devices_online,
            self._outputs.sent,
            self._outputs.held,
            self._outputs.failing,
        )
        return step

    def _settle(self, now: Now, step: Step) -> None:
        steady_ms = self._steady.at(now)
        self._outputs.touch(self._hands.due(steady_ms))
        self._outputs.settle(now, steady_ms, self._image, self._barriers, step)
        step.hands += self._hands.take_records()
        step.notices += self._hands.take_notices()
        step.memory.rules += self._hands.take_changed()

    def wake_ms(self, now: Now) -> int | None:
        """Site time at which, without any event, something next may change; None = never. `now`: of the last
        step."""
        wakes = [source.wake_ms() for source in (self._programmes, self._people)]
        steady_ms = self._steady.at(now)
        steady = [source.wake_ms() for source in (self._rules, self._gate, self._permits, self._hands)]
        wakes += [now.wall_ms + wake - steady_ms for wake in steady if wake is not None]
        wakes += [self._announcements.wake_ms(), self._rules.wake_hour_ms(), self._alarms.wake_ms()]
        wakes += [self._site_ms(now, self._image.wake_ns()), self._site_ms(now, self._outputs.wake_ns())]
        return min((max(wake, now.wall_ms) for wake in wakes if wake is not None), default=None)

    def _site_ms(self, now: Now, mono_ns: int | None) -> int | None:
        """The site time at which a monotonic time will be reached."""
        if mono_ns is None:
            return None
        return now.wall_ms + math.ceil((mono_ns - now.mono_ns) * self._pace.speed / 1_000_000)

    def take_over(self, former: Engine, same: Same) -> None:
        """Go on from another Plan's engine, of which `same` is here too; before the first step. What was read
        is not unread, what was sent is not sent again and what was decided is told only where it is decided
        otherwise. `former` is left as it is."""
        self._known = self._image.take_over(former._image, same.points)
        self._outputs.take_over(former._outputs, same.outputs, same.known)
        for old, new in same.known.items():
            if (online := former._online.get(old)) is not None:
                self._set_online(new, online)
        self._clashes = {
            same.known[device]: at for device, at in former._clashes.items() if device in same.known
        }
        self._not_set_up = {same.points[point] for point in former._not_set_up if point in same.points}
        for old, new in same.outputs.items():
            self._results[new] = former._results[old]
            self._anew.add(new)
        self._cycle = former._cycle
        self._steady.follow(former._steady)
        self._timekeeping.follow(former._timekeeping)
        self._told.follow(former._told)
        self._alarms.follow(former._alarms)
        self._rules.follow(former._rules, same.points)
        self._gate.follow(former._gate, same)

    def stands_s(self, point: int, now: Now) -> float:
        """How long a motor that is stopped at `now` stands at the least, site seconds; 0 of other points."""
        return self._gate.stands_s(point, self._steady.at(now))

    def last_writes(self, points: Collection[int]) -> list[Write]:
        """What is written to outputs that leave the Plan, as their devices declare."""
        writes = stop_writes(self.plan, self._outputs, self._barriers)
        return [write for write in writes if write.point in points]

    def part(self, points: Collection[int]) -> list[Write]:
        """The same, to be sent; nothing follows it."""
        self._outputs.part(points)
        return self.last_writes(points)

    def stop_writes(self) -> list[Write]:
        """The last writes of a run, as each device declares. Steps that follow hand out none."""
        self._outputs.close()
        return list(stop_writes(self.plan, self._outputs, self._barriers))

    def _happened(self, events: Iterable[Event], now: Now, step: Step) -> None:
        for event in events:
            match event:
                case WriteReport():
                    self._outputs.report(event, now, step)
                case SlotState():
                    self._outputs.slots(event)
                case DeviceState():
                    self._device(event, now, step)
                case SetUp():
                    self._set_up(event, step)
                case Clash():
                    self._clash(event, step)

    def _device(self, event: DeviceState, now: Now, step: Step) -> None:
        before = self._online.get(event.device)
        if event.restarted or not event.online:
            self._gate.lost(event.device, now.mono_ns)
        if event.online and (event.restarted or before is False):
            self._gate.back(event.device)
        self._set_online(event.device, event.online)
        self._rules.silent(self.plan.devices[event.device].points, on=not event.online)
        device = self.plan.devices[event.device]
        first_heard = before is None and event.online
        if event.online is not before and (not first_heard or self._alarms.unsure(DEVICE, device.name)):
            said = detail(event.detail)
            words = text("{name} does not answer: {detail}", name=device_named(device), detail=said)
            step.notices.append(Notice(DEVICE, device.name, words, not event.online))
        self._outputs.device(event)

    def _stands(self, told: Notice) -> bool:
        return stands(told, self.plan, self._online, self._not_set_up, self._clashes)

    def _set_up(self, event: SetUp, step: Step) -> None:
        step.set_ups.append(event)
        failed = event.fate not in (Fate.READ_BACK, Fate.ACKNOWLEDGED)
        if not failed:
            self._outputs.set_up(event.device)
        if failed is not (event.point in self._not_set_up):
            (self._not_set_up.add if failed else self._not_set_up.discard)(event.point)
            point = self.plan.points[event.point]
            name = self.naming.point(point)
            words = text("{name}: set-up does not take: {detail}", name=name, detail=detail(event.detail))
            step.notices.append(Notice("set-up-failed", point.key, words, failed))

    def _clash(self, event: Clash, step: Step) -> None:
        before = self._clashes.pop(event.device, ())
        if event.at:
            self._clashes[event.device] = event.at
        if event.at != before:
            device, at = self.plan.devices[event.device], event.at or before
            words = text(
                "{name} is not alone with instance {instance} on its network: {others} answers with it, too; "
                "each BACnet device needs an instance of its own",
                name=device_named(device),
                instance=device.instance,
                others=", ".join(at),
            )
            step.notices.append(Notice(CLASH, device.name, words, bool(event.at)))

    def _set_online(self, device: int, online: bool) -> None:
        self._devices_online += online - self._online.get(device, False)
        self._online[device] = online

    def _read(self, now: Now, step: Step) -> None:
        points, readings = self.plan.points, self._image
        bearing, unheard = self._bearing, self._outputs.unheard
        for number in step.changed if unheard else filter(bearing.__contains__, step.changed):
            if number not in bearing and points[number].device not in unheard:
                continue
            point, reading = points[number], readings[number]
            if point.device not in self._online and reading.value is not None:
                self._device(DeviceState(point.device, True, "answers"), now, step)
            self._outputs.read(point, readings.before(number), reading)
            self._outputs.touch(self._barriers.selector(point, reading, step.notices))

    def _command(self, command: PersonCommand, now: Now, step: Step) -> None:
        match command:
            case Override():
                self._people.set(command, step.memory)
                if (point := self._keys.get(command.point)) is not None:
                    self._outputs.commanded(point)
                    self._outputs.try_anew(point, now)
            case Release():
                self._people.release(command, step.memory)
                if (point := self._keys.get(command.point)) is not None:
                    self._outputs.commanded(point)
            case Lock():
                self._outputs.touch(self._barriers.lock(command, step.memory))
            case Unlock():
                self._outputs.touch(self._barriers.unlock(command, step.memory))
            case Reset():
                self._rules.reset(command.rule)
            case Observe():
                self._outputs.touch(self._barriers.observe(command, step.memory))
            case Book():
                self._context = self._context._replace(bookings=rebooked(self.bookings, command))
                self._programmes.rebook(self._context)
                self._rules.rebook(self._context)
            case Acknowledge() | Shelve() | Unshelve():
                self._alarms.obey(command, now.wall_ms)

    def _tell_observe(self, step: Step) -> None:
        if self._barriers.site_observed is not self._told_observe:
            self._told_observe = not self._told_observe
            words = text("observe mode: nothing is sent to any device; it ends by: louguan observe off")
            step.notices.append(Notice("observe", "", words, self._told_observe))

    def _decide(self, now: Now, step: Step) -> None:
        steady_ms = self._steady.at(now)
        touched, self._anew = self._anew, set()
        for passage in (self._gate, self._permits):
            if step.changed:
                touched |= passage.changed(step.changed, steady_ms)
            touched |= passage.due(steady_ms)
        for source in self._sources:
            touched.update(source.update(now))
        yielding = self._rules.take_yielding()
        if yielding is not None:
            self._outputs.touch(self._barriers.give_way(yielding))
        if expired := self._people.take_ended():
            moved = {(item.point, item.slot) for item in step.moved}
            for ended in expired:
                step.memory.end(ended._replace(moved=ended[:2] in moved))
        step.notices += self._rules.take_notices()
        for point in sorted(touched) if touched else ():
            before = self._results.get(point)
            if before is None:
                continue
            after = arbitrate(request for source in self._sources for request in source.requests(point))
            after = self._gate.passed(point, after, steady_ms)
            after = self._permits.passed(point, after, steady_ms)
            self._results[point] = after
            if _outcome(before) != _outcome(after):
                self._outputs.want(point, after)
                step.decisions.append(
                    Decision(point, self.plan.points[point].key, before, after, now.wall_ms)
                )

        self._rules.queued(self._gate.queued)
        for part in (self._rules, self._gate, self._permits):
            step.memory.rules += part.take_changed()


def _outcome(result: Result) -> tuple[object, ...] | None:
    """What makes two results the same decision: value, slot and who, and what holds it back."""
    winner = result.winner
    held = None if result.held is None else result.held.reason
    return None if winner is None else (result.value, winner.slot, winner.source, held)
