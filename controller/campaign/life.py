"""A daemon's life in one story: cycles, starts and ends, other Plans; and the judges who look on.

What is the daemon's own here is the engine, the log of consumption, the site clock, the way from one Plan to
the next and, where a story lies on the disk, its databases. Only its shell is missing: sockets, workers,
the event loop.
"""

from __future__ import annotations

import hashlib
import heapq
import traceback
from collections import deque
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date
from itertools import count

from config.language import text
from config.language.details import detail
from config.plan.clock import Now, Pace
from config.plan.site import Plan
from controller.campaign.doing import Doing
from controller.campaign.ground import Ground, Numbered
from controller.campaign.kept import Kept, differences
from controller.campaign.machine import Machine
from controller.campaign.seen import Breach, Judge, Seen
from controller.campaign.story import Story
from controller.campaign.troubles import Troubles
from controller.clock import SiteClock
from controller.consumption.log import Closed, ConsumptionLog
from controller.consumption.meters import Meter, meters_of
from controller.consumption.slots import Slots
from controller.cycle import Engine
from controller.decide.records import AlarmCommand, PersonCommand, Refused, Remembered
from controller.decide.step import Step
from controller.swap.rejections import Rejections
from controller.swap.same import same_parts
from controller.swap.succession import going_on, leaving, successor
from controller.swap.touched import touched_devices
from drivers.api import Event
from schedules.context import Context

CRASH = "crash"
MEMORY = "memory"


@dataclass(slots=True)
class Lived:
    """What came of a story."""

    breaches: list[Breach] = field(default_factory=list)
    cycles: int = 0
    deeds: int = 0
    """That could be done."""
    decisions: int = 0
    writes: int = 0
    intervals: int = 0
    tellings: int = 0
    starts: int = 0
    swaps: int = 0
    hours: float = 0.0
    digest: str = ""
    """Of all that was decided, sent, answered, logged and told: the same for the same story."""


class Life:
    """One story, lived once."""

    def __init__(
        self,
        story: Story,
        plans: Sequence[Plan],
        make_ground: Callable[[Plan, Machine, Story], Ground],
        kept: Kept,
        judges: Sequence[Judge],
    ) -> None:
        """`plans`: the site, first as the ground has it, then as it is after edits of its files."""
        base = plans[0]
        self.story = story
        self.plans = plans
        self.machine = Machine(Context.of(base).local.midnight(date.fromisoformat(story.first)))
        self.ground = make_ground(base, self.machine, story)
        self.numbered = Numbered(self.ground, base)
        self.troubles = Troubles()
        self.lived = Lived()
        self.versions: list[Plan] = []
        """Those that were in force before, the latest last."""
        self.plan = base
        self.engine: Engine | None = None
        self._kept = kept
        self._judges = judges
        self._context = Context.of(base)
        self._doing = Doing(self, base)
        self._clock: SiteClock
        self._log: ConsumptionLog
        self._counting: Sequence[Meter] = ()
        self._meters: Sequence[Meter] = ()
        self._commands: list[PersonCommand] = []
        self._next: tuple[Plan, bool, bool] | None = None
        self._watch: Rejections | None = None
        self._up_s: float | None = 0.0
        """When the daemon starts, while it does not run."""
        self._run_since_s = 0.0
        self._known: Remembered | None = None
        """What the run before knew at its end."""
        self._numbers = count()
        self._ends: list[tuple[float, int, Callable[[], None]]] = []
        self._history = hashlib.sha256()

    # The course of things

    @property
    def gone_s(self) -> int:
        """True seconds since the beginning."""
        return self.machine.gone_s

    def live(self) -> Lived:
        """All of it, or up to the first breach."""
        story, lived = self.story, self.lived
        deeds = deque(story.deeds)
        last_s = round(story.hours * 3600)
        while self.gone_s <= last_s and not lived.breaches:
            try:
                while self._ends and self._ends[0][0] <= self.gone_s:
                    heapq.heappop(self._ends)[2]()
                while deeds and deeds[0].at_s <= self.gone_s:
                    lived.deeds += self._doing.do(deeds.popleft())
                self._cycle()
            except Exception as error:  # noqa: BLE001 - whatever it is, it is what a campaign looks for
                self._crashed(error)
            lived.cycles += 1
            self.machine.true.advance(story.cycle_s)
        if not lived.breaches:
            if self.engine is not None:
                self._end(in_order=False)
            self._note(Breach(MEMORY, "", words) for words in self._kept.problems())
        lived.hours = self.gone_s / 3600
        lived.digest = self._history.hexdigest()
        return lived

    def later(self, after_s: float, done: Callable[[], None]) -> None:
        """Something ends, or comes, by itself."""
        heapq.heappush(self._ends, (self.gone_s + after_s, next(self._numbers), done))

    def say(self, command: PersonCommand) -> bool:
        """A person commands. Whether it was accepted."""
        if self.engine is None:
            return False
        now = self._clock.now()
        try:
            self.engine.accept(command, now)
        except Refused:
            return False
        alarms = self.engine.alarms_after(command, now) if isinstance(command, AlarmCommand) else ()
        self._kept.command(command, now.wall_ms, alarms)
        self._commands.append(command)
        return True

    def now(self) -> Now:
        """As the running daemon has it."""
        return self._clock.now()

    def take(self, plan: Plan, *, plain: bool = False, back: bool = False) -> bool:
        """Another Plan with the end of this cycle. `plain`: it asks for nothing else."""
        if self.engine is None or plan.hash == self.plan.hash:
            return False
        self._next = plan, plain, back
        return True

    def stop(self, how: str, for_s: float) -> bool:
        """The daemon ends: "stop" in order, "kill" at once."""
        if self.engine is None:
            return False
        if self._commands:
            commands, self._commands = self._commands, []
            self._step(self._clock.look(), (), commands)
        if how == "stop":
            self._stop_in_order()
        self._end(in_order=how == "stop")
        self._up_s = self.gone_s + for_s
        return True

    # One cycle

    def _cycle(self) -> None:
        if self._up_s is not None:
            if self.gone_s < self._up_s:
                self.ground.advance()  # nobody hears it
                return
            self._start()
        now = self._clock.look()
        ends_ms = self._log.next_ms
        if ends_ms is not None and ends_ms <= now.wall_ms:
            for meter in self._meters:
                if meter.poll_s > self.story.cycle_s:
                    self.numbered.read_now(meter.point)
        commands, self._commands = self._commands, []
        self._step(now, self.numbered.advance(), commands)
        if self._next is not None and not self.lived.breaches:
            self._swap(now, *self._next)
            self._next = None

    def _step(
        self,
        now: Now,
        events: Iterable[Event],
        commands: Sequence[PersonCommand] = (),
        *,
        began: bool = False,
        swapped: bool = False,
        plain: bool = False,
    ) -> Step:
        engine = self.engine
        assert engine is not None
        step = engine.step(now, events, commands)
        for write in step.writes:
            self.numbered.submit(write)
        closed = self._log.step(now, step.counts)
        self._kept.cycle(now, step, self.plan, commands)
        self._kept.log(closed)
        self._judge(now, step, closed, commands, began=began, swapped=swapped, plain=plain)
        if self._watch is not None:
            self._heed(step)
        return step

    def _heed(self, step: Step) -> None:
        """Whether devices reject what an edit has made of them."""
        assert self._watch is not None
        if self._watch.over(step.wall_ms):
            self._watch = None
        elif step.fates and self._watch.take(step.fates) and self.versions:
            self._watch = None
            self.take(self.versions[-1], back=True)

    def _judge(
        self,
        now: Now,
        step: Step,
        closed: Closed,
        commands: Sequence[PersonCommand] = (),
        *,
        began: bool = False,
        swapped: bool = False,
        plain: bool = False,
        last: bool = False,
    ) -> None:
        assert self.engine is not None
        seen = Seen(
            plan=self.plan,
            now=now,
            gone_s=self.gone_s,
            run_s=self.gone_s - self._run_since_s,
            cycle_s=self.story.cycle_s,
            step=step,
            readings=self.engine.readings,
            decisions=self.engine.decisions,
            commands=commands,
            intervals=closed.intervals,
            meters=self._meters,
            engine=self.engine,
            troubles=self.troubles,
            had=lambda point: self.ground.had(self.numbered.point(point)),
            boot=self.machine.boot,
            began=began,
            swapped=swapped,
            plain=plain,
            last=last,
        )
        self._count(step, closed)
        for judge in self._judges:
            self._note(judge.look(seen))

    # Starts and ends

    def _start(self) -> None:
        self._up_s = None
        self._run_since_s = self.gone_s
        self._clock = self.machine.clock(self._kept.stood())
        plan = self.plan
        self._meters = self._counting = meters_of(plan)
        begun = self._kept.begin(plan, self._meters, self._clock.now(), self.machine.boot)
        slots = Slots(plan.site.time_zone, plan.site.interval_s)
        if self._known is not None:
            self._note(Breach(MEMORY, "", words) for words in differences(self._known, begun.remembered))
        self.engine = Engine(plan, self._context, Pace(), begun.remembered, machine=self.machine.boot)
        self._log = ConsumptionLog(self._meters, slots, Pace(), begun.marks, begun.jumps)
        self.numbered.follow(plan)
        self.ground.reopen()
        self.lived.starts += 1
        # As the daemon does: one cycle before any line is open.
        self._step(self._clock.look(), (), began=True)

    def _stop_in_order(self) -> None:
        assert self.engine is not None
        now = self._clock.now()
        writes = self.engine.stop_writes()
        for write in writes:
            self.numbered.submit(write)
        last = Step(now.wall_ms, writes=writes)
        self._kept.cycle(now, last, self.plan, ())
        self._judge(now, last, Closed(), last=True)
        step = self.engine.step(now, self.numbered.advance())
        answered = Step(
            now.wall_ms,
            counts=step.counts,
            fates=step.fates,
            memory=step.memory,
            tellings=step.tellings,
        )
        self._kept.cycle(now, answered, self.plan, ())
        closed = self._log.step(now, step.counts)
        self._kept.log(closed)
        self._kept.log(self._log.end())
        self._judge(now, answered, closed, last=True)

    def _end(self, *, in_order: bool) -> None:
        assert self.engine is not None
        self._known = self.engine.remembered()
        self._kept.end(self._clock.now().wall_ms, in_order=in_order)
        self.engine = self._watch = self._next = None
        self._commands = []

    def _swap(self, now: Now, plan: Plan, plain: bool, back: bool) -> None:
        former, engine_before = self.plan, self.engine
        assert engine_before is not None
        same = same_parts(former, plan)
        gone = leaving(engine_before, plan, same)
        if gone:
            writes = engine_before.part(gone)
            for write in writes:
                self.numbered.submit(write)
            parting = Step(now.wall_ms, writes=writes)
            self._kept.cycle(now, parting, former, ())
            self._judge(now, parting, Closed(), last=True)
        context = Context.of(plan)
        engine = successor(engine_before, plan, context, same, Pace(), now.put_right_ms)
        meters = meters_of(plan)
        self._counting = going_on(self._counting, meters)
        self._kept.log(self._log.take(self._counting, {}, same.points))
        self.engine, self.plan, self._context, self._meters = engine, plan, context, meters
        self.versions.append(former)
        self.numbered.follow(plan)
        kept = set(same.devices.values())
        self.numbered.reopen(plan, (device.id for device in plan.devices if device.id not in kept))
        self._watch = None
        if not back:
            touched = touched_devices(former, plan, same)
            self._watch = Rejections(touched, plan.site.rollback, now.wall_ms)
        self.lived.swaps += 1
        self._step(now, (), swapped=True, plain=plain)
        known = {meter.name for meter in self._counting}
        marks = self._kept.register(meters, plan, now)
        new = {name: mark for name, mark in marks.items() if name not in known}
        self._kept.log(self._log.take(meters, new, {point.id: point.id for point in plan.points}))
        self._counting = meters

    # What is noted

    def _note(self, breaches: Iterable[Breach]) -> None:
        self.lived.breaches += [breach._replace(at_s=self.gone_s) for breach in breaches]

    def _crashed(self, error: Exception) -> None:
        where = traceback.extract_tb(error.__traceback__)[-1]
        place = f"{where.filename.rpartition('/')[2]}:{where.lineno}"
        words = text(
            "it fails: {error} ({place})", error=detail(f"{type(error).__name__}: {error}"), place=place
        )
        self._note([Breach(CRASH, place, words)])

    def _count(self, step: Step, closed: Closed) -> None:
        lived = self.lived
        lived.decisions += len(step.decisions)
        lived.writes += len(step.writes)
        lived.intervals += len(closed.intervals)
        lived.tellings += len(step.tellings)
        if step.decisions or step.writes or step.fates or step.tellings or closed.intervals:
            lines = (
                str(self.gone_s),
                *(f"{item.key}={item.after.value}@{item.after.winner and item.after.winner.slot}"
                  for item in step.decisions),
                *(f"{write.seq} {write.point} {write.value} {write.slot} {write.null_slots}"
                  for write in step.writes),
                *(f"{fate.key} {fate.fate.value} {fate.found}" for fate in step.fates),
                *(f"{one.alarm.id} {one.transition.value} {one.number}" for one in step.tellings),
                *(f"{row.meter} {row.start_ms} {row.count_end} {row.consumption} {int(row.flags)}"
                  for row in closed.intervals),
            )  # fmt: skip
            self._history.update("\n".join(lines).encode())
