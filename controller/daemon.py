"""The running daemon: takes what came in, steps, carries out, records. Everything it uses is handed in."""

from __future__ import annotations

import asyncio
import logging
import time
from collections import deque
from collections.abc import Callable, Collection, Mapping, Sequence
from concurrent.futures import Future
from dataclasses import replace

from config.language import text
from config.language.details import detail
from config.plan.clock import Now
from config.plan.reading import Reading
from config.plan.site import Plan
from controller import damage, plan_loss, recorder, restored
from controller.board import Board
from controller.clock import SteppedClock
from controller.commands import PERSON_COMMIT_S, Accepted, Commands, applied, stored
from controller.consumption.log import Closed, ConsumptionLog
from controller.consumption.meters import Meter
from controller.cycle import Engine
from controller.decide.alarms.alarm import Alarm, Telling
from controller.decide.people import left_alone
from controller.decide.records import Observe, PersonCommand
from controller.decide.step import NOTHING_COUNTED, Counters, Decision, Step
from controller.decide.timekeeping import put_right_words
from controller.flash import Flash
from controller.logbook import Logbook
from controller.notify.runner import Notifier
from controller.notify.telling import outgoing
from controller.reasserts import Reasserts
from controller.sinks import channels_of
from controller.store.control import Changes
from controller.stores import Stores, StoreWatch
from controller.swap.parting import LastWrites
from controller.timer import Cycles, CycleTimer
from controller.trending import Trending
from controller.uploads import Uploads
from drivers.api import Driver, Fate, Inbox, Write, WriteReport
from schedules.context import Context

_log = logging.getLogger("louguan")

SEEN_EVERY_MS = 60_000
"""Site time at least this often stands in control.db: the lower bound for a clock that forgets."""
FAILED_CYCLES = 10
"""So many in a row and the daemon ends."""
BOUNDARY_LEAD_S = 4.0
"""Machine seconds before an interval's end at which every counter is read out of turn: counts at the boundary
are then fresh, and of all meters at nearly one moment."""
STOP_WRITES_S = 5.0
"""Machine seconds the last writes of a run may take; with the drivers' own end within the promised ten."""


class Daemon:
    """One Plan being run. All methods are called from the event loop."""

    def __init__(
        self,
        plan: Plan,
        context: Context,
        engine: Engine,
        consumption: ConsumptionLog,
        meters: Sequence[Meter],
        stores: Stores,
        inbox: Inbox,
        clock: SteppedClock,
        timer: CycleTimer,
        board: Board,
        *,
        simulated: bool = False,
    ) -> None:
        """`simulated`: of what is wrong in it nobody beyond this machine is told."""
        self.engine = engine
        self.meters = meters
        self.board = board
        self.clock = clock
        self.drivers: dict[int, Driver] = {}
        """By line id; the composition root puts those of its lines here."""
        self.cycles = Cycles()
        self.counters: Counters = NOTHING_COUNTED
        self.intervals_written = 0
        self.last_intervals: dict[str, tuple[int, int | None]] = {}
        """By meter: end and consumption (quanta) of its latest interval."""
        self.recent: deque[Decision] = deque(maxlen=60)
        self.started_ms = clock.now().wall_ms
        self.inbox = inbox
        self.differs = False
        """The site's files were edited after the plan in force was accepted."""
        self.consumption = consumption
        self._stores = stores
        self.timer = timer
        self.commands = Commands(clock.now)
        self._failed_cycles = 0
        self._simulated = simulated
        self._learn(plan, context)
        self._reasserts = Reasserts()
        self.parting = LastWrites((), {})
        """The last writes to what leaves the Plan."""
        self.after_step: Callable[[Step], None] = lambda _: None
        """Hears of every step; set by who swaps Plans."""
        self._seen_ms = self._asked_for_ms = 0
        self._stopping = False
        self.watch = StoreWatch(stores, consumption, board)
        self.lost = ""
        """What is wrong with control.db, once nothing can be written to it any more."""
        self.exit_code = 0
        self.logbook = Logbook(consumption, stores.log, clock.now)
        self.uploads: Uploads | None = None
        """Set by the composition root once the daemon runs."""
        self.trending: Trending | None = None
        """The same, where the site keeps the course of a point."""
        self.notifier: Notifier | None = None
        """Tells the channels of alarms; set by the composition root once the daemon runs."""
        self.published: Callable[[Telling], None] | None = None
        """Hears what is told of alarms; set where the socket's operations are registered."""
        self.flash: Flash | None = None
        """What is written to the disk; set by the composition root."""
        self.beat: Callable[[], None] = lambda: None
        """Called after each cycle that went through; the same."""

    def _learn(self, plan: Plan, context: Context) -> None:
        self.plan = plan
        self.context = context
        self.channels = channels_of(plan, simulated=self._simulated)
        """Who is told of alarms."""
        self._keys = {point.id: point.key for point in plan.points}
        self._bound: dict[int, list[tuple[str, str]]] = {}
        for item in plan.equipment:
            for role, point in item.roles:
                self._bound.setdefault(point, []).append((f"{item.name}.{role}", item.label or item.name))
        self._line_of = [plan.devices[point.device].line for point in plan.points]

    def follow(
        self, plan: Plan, context: Context, engine: Engine, meters: Sequence[Meter], same: Mapping[int, int]
    ) -> None:
        """Another Plan from the next cycle on; `same`: points of the one → those of the other."""
        self._learn(plan, context)
        self.engine, self.meters = engine, meters
        self.parting = LastWrites((), {})
        kept = [item._replace(point=same[item.point]) for item in self.recent if item.point in same]
        self.recent = deque(kept, maxlen=self.recent.maxlen)

    def part(self, points: Collection[int]) -> None:
        """These outputs leave the Plan: what their devices declare is written to them."""
        writes = self.engine.part(points)
        self.parting = LastWrites(writes, self._keys)
        now = self.clock.now()
        self._send(writes)
        self._record(Step(now.wall_ms, writes=writes), now, ())

    def now_ms(self) -> int:
        """Site time."""
        return self.clock.now().wall_ms

    def give_up_trends(self) -> int:
        """For a full disk: see `Trending.give_up_room`."""
        return 0 if self.trending is None else self.trending.give_up_room()

    @property
    def missed_cycles(self) -> int:
        """Seconds that had no cycle, because the one before or an answer took too long."""
        return self.timer.missed

    @property
    def stopping(self) -> bool:
        """Told to stop."""
        return self._stopping

    def nudge(self) -> None:
        """Cycle at once."""
        self.timer.nudge()

    def stop(self) -> None:
        """End after this cycle."""
        self._stopping = True
        self.timer.nudge()

    async def run(self) -> None:
        """Cycle until told to stop."""
        while not self._stopping:
            await self.timer.wait()
            if not self._stopping:
                self.guarded_cycle()

    def guarded_cycle(self) -> None:
        """A cycle that fails is told and the next one tried; ten in a row end the daemon."""
        try:
            self.cycle()
        except Exception:
            self._failed_cycles += 1
            if self._failed_cycles >= FAILED_CYCLES:
                raise
            if self._failed_cycles == 1:
                _log.exception("a cycle failed; the next one is tried")
        else:
            self._failed_cycles = 0
            self.beat()

    def cycle(self) -> None:
        """One cycle: nothing here waits."""
        began = time.perf_counter()
        now = self.clock.look()
        events, fates = self.parting.take(self.inbox.take(), now.wall_ms)
        accepted = self.commands.take()
        step = self.engine.step(now, events, [item.command for item in accepted], self.board.noticed())
        step.fates[:0] = fates
        applied(accepted)
        self._send(step.writes)
        self._record(step, now, accepted)
        self._count(now, step)
        if self.trending is not None:
            self.trending.step(now, step.changed, self.engine.readings)
        self._ask_counters(now)
        self.counters = step.counters
        self.recent.extend(step.decisions)
        self.board.stand(step.notices, now.wall_ms)
        for words in left_alone(step.decisions, self.plan, self.engine.naming):
            self.board.tell(words)
        if step.put_right_ms:
            self.board.tell(put_right_words(step.put_right_ms, now.wall_ms, self.context.local))
        self._watch_stores(now)
        self.after_step(step)
        self.cycles.took(time.perf_counter() - began)

    async def command(self, command: PersonCommand) -> None:
        """Carry out a person's command: checked, committed, then acted on in a cycle of its own, which has
        been when this returns. A caller that goes away takes nothing back.

        Raises Refused, StoreError.
        """
        await asyncio.shield(asyncio.create_task(self._obey(command), name="person's command"))

    async def _obey(self, command: PersonCommand) -> None:
        await (await self.accept(command))

    async def note(self, person: str, what: str, why: str) -> None:
        """Commit to the ledger what a person asked for that is no command to the plant. Raises StoreError."""
        changes = recorder.person_changes(person, what, why, self.clock.now().wall_ms)
        await asyncio.wrap_future(self._stores.control.commit(changes, within_s=PERSON_COMMIT_S))

    async def alarm_history(self, since_ms: int, most: int) -> list[Alarm]:
        """Those that came, or were so, at `since_ms` or after. Raises sqlite3.Error."""
        return await asyncio.to_thread(self._stores.control.alarm_history, since_ms, most)

    async def accept(self, command: PersonCommand) -> asyncio.Future[None]:
        """Check and commit a person's command; the future resolves when a cycle has acted on it."""
        now = self.clock.now()
        applied = await self.commands.accept(command, now, self._stores.control, lambda: self.engine)
        self.timer.nudge()
        if isinstance(command, Observe) and not command.target and not command.observing:
            over = [damage.notice("", on=False), plan_loss.notice(on=False), restored.notice("", on=False)]
            self.board.take(over, now.wall_ms)
        return applied

    def read_now(self, point: int) -> None:
        """Ask for a fresh reading."""
        driver = self.drivers.get(self._line_of[point])
        if driver is not None:
            driver.read_now(point)

    def reading(self, point: int) -> Reading:
        """The image's reading."""
        return self.engine.readings[point]

    def bound_to(self, point: int) -> Sequence[tuple[str, str]]:
        """(equipment.role, the equipment's label) of a point's equipment."""
        return self._bound.get(point, ())

    def may_set_up(self, device: int) -> bool:
        """Whether a device's set-up registers may be written now: not while it is locked or observed."""
        points = self.plan.devices[device].points
        written = [point for point in points if self.plan.points[point].command is not None]
        return all(self.engine.barrier(point) is None for point in written)

    def may_write(self, point: int) -> bool:
        """Whether a write that waited on its line may still go out: nothing forbids it meanwhile."""
        return self.engine.barrier(point) is None

    async def wind_up(self) -> list[str]:
        """The last writes, then the end of all lines. Returns the names of devices not reached."""
        # A lock that a person was told of holds for the last writes too.
        accepted = self.commands.take()
        noticed = self.board.noticed()
        if accepted or noticed:
            now = self.clock.now()
            step = self.engine.step(now, (), [item.command for item in accepted], noticed)
            self._record(step, now, accepted)
        applied(accepted)
        writes = self.engine.stop_writes()
        last = LastWrites(writes, self._keys)
        now = self.clock.now()
        self._send(writes)
        self._record(Step(now.wall_ms, writes=writes), now, ())
        deadline = time.monotonic() + STOP_WRITES_S
        while last and time.monotonic() < deadline:
            await asyncio.sleep(0.05)
            self._last_events(last)
        stops = [driver.stop() for driver in self.drivers.values()]
        for failure in await asyncio.gather(*stops, return_exceptions=True):
            if isinstance(failure, BaseException):
                self.board.tell(text("a line did not stop in order: {reason}", reason=detail(str(failure))))
        self._last_events(last)
        missed = last.missed()
        self.log_intervals(self.consumption.end())
        self._stores.control.commit(recorder.end(self._reasserts, self.clock.now().wall_ms))
        return sorted({self.plan.devices[self.plan.points[write.point].device].name for write in missed})

    def _last_events(self, writes: LastWrites) -> None:
        """What became of the last writes and of those before them, and counter readings. Nothing that the
        cycle would still decide counts any more."""
        now = self.clock.now()
        others, fates = writes.take(self.inbox.take(), now.wall_ms)
        step = self.engine.step(now, others)
        last = Step(now.wall_ms, fates=[*step.fates, *fates], memory=step.memory, tellings=step.tellings)
        self._record(last, now, ())
        self._count(now, step)

    def _send(self, writes: Sequence[Write]) -> None:
        for write in writes:
            driver = self.drivers.get(self._line_of[write.point])
            if driver is not None:
                driver.submit(write)
            else:  # after a swap its line may still be opening
                self.inbox.put(WriteReport(write.seq, write.point, Fate.NOT_SENT, None, "line is not open"))

    def _record(self, step: Step, now: Now, accepted: Sequence[Accepted]) -> None:
        for telling in step.tellings:
            self.board.announce(telling)
            if self.published is not None:
                self.published(telling)
        sent = outgoing(self.channels, self.plan.site.name, self.context.local, step.tellings)
        changes = recorder.changes(step, self._keys, stored(accepted), self._reasserts, sent)
        if changes is None and (self.commands.owing or not 0 <= now.wall_ms - self._seen_ms < SEEN_EVERY_MS):
            changes = Changes(now.wall_ms)
        if changes is not None:
            self._seen_ms = now.wall_ms
            changes = self.commands.as_asked(changes, self.engine, now)
            done = self._stores.control.commit(replace(changes, booted_ms=now.booted_ms))
            if sent and self.notifier is not None:
                done.add_done_callback(self.notifier.nudge_from_thread)

    def _count(self, now: Now, step: Step) -> None:
        closed = self.consumption.step(now, step.counts)
        self.board.take(self.consumption.take_notices(), now.wall_ms)
        self.log_intervals(closed)

    def log_intervals(self, closed: Closed) -> None:
        """Hand them to the log's writer."""
        if not closed.intervals and not closed.marks:
            return
        for row in closed.intervals:
            self.last_intervals[row.meter] = (row.end_ms, row.consumption)
        self._stores.log.write(closed).add_done_callback(self._written)

    def _written(self, future: Future[int]) -> None:
        """In the writer's thread: a plain integer, added by one thread alone."""
        failure = future.exception()
        if failure is None:
            self.intervals_written += future.result()
            if self.uploads is not None:
                self.uploads.nudge_from_thread()
        else:
            self.watch.unstored(failure)

    def _ask_counters(self, now: Now) -> None:
        ends_ms = self.consumption.next_ms
        if ends_ms is None or ends_ms == self._asked_for_ms:
            return
        if ends_ms - now.wall_ms <= BOUNDARY_LEAD_S * 1000 * self.clock.speed:
            self._asked_for_ms = ends_ms
            for meter in self.meters:
                self.read_now(meter.point)

    def _watch_stores(self, now: Now) -> None:
        lost = self.watch.look(now)
        if not lost or self.lost:
            return
        # What is sent from here on would be in no ledger: nothing is, on the way to the start that puts the
        # newest backup in place.
        self.lost = lost
        self.engine.step(now, (), (damage.hold_back("control.db", now.wall_ms),))
        restarts = self._stores.control.may_restart(now.wall_ms)
        self.board.take([damage.lost_notice(lost, restarts=restarts)], now.wall_ms)
        if restarts:
            self.exit_code = damage.EXIT_DAMAGED
            self.stop()
