"""Taking another Plan under the running daemon: judged, committed, exchanged between two cycles."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, Sequence
from functools import partial
from typing import NamedTuple

from config.language import text
from config.language.details import detail
from config.plan import codec
from config.plan.clock import Pace
from config.plan.site import Plan
from controller import garbage
from controller.background import in_thread
from controller.commands import PERSON_COMMIT_S
from controller.consumption.meters import Meter, meters_of
from controller.consumption.records import Mark
from controller.cycle import Engine
from controller.daemon import Daemon
from controller.decide.records import Notice, Refused
from controller.options import NotStarted
from controller.store.errors import StoreError
from controller.store.plans import Acceptance
from controller.stores import Stores
from controller.swap.lines import Lines
from controller.swap.same import Same, same_parts
from controller.swap.succession import counted, going_on, leaving, successor
from controller.swap.touched import needs_restart, touched_devices
from drivers.api import Write
from schedules.context import Context

_log = logging.getLogger("louguan")
PARTING_S = 2.0
"""Machine seconds that the last writes to what leaves the Plan are waited for."""
AGAIN_S = 5.0
"""Machine seconds until it is tried again to register meters."""
NEEDS_RESTART = {
    "name": text("the site's name is another"),
    "time_zone": text("the time zone is another"),
    "interval_s": text("the interval of the log is another"),
}


class Prepared(NamedTuple):
    """A Plan that may come into force."""

    content: str
    """Its JSON."""
    plan: Plan
    """As it is run: with the addresses of simulated devices, where there are any."""
    context: Context
    former: Plan
    """In place of which it would come."""
    same: Same


class Foreseen(NamedTuple):
    """What it would do in its first cycle."""

    writes: tuple[Write, ...]
    last: tuple[Write, ...]
    """To what leaves the Plan; by the points of the Plan in force."""


class Taking:
    """All methods are called from the event loop."""

    def __init__(
        self,
        daemon: Daemon,
        stores: Stores,
        lines: Lines,
        pace: Pace,
        over: Callable[[Plan], Plan],
        follow: Callable[[Plan], Awaitable[None]],
    ) -> None:
        """`over` puts an overlay's addresses over a Plan; raises NotStarted. `follow(former)` brings what
        else there is (sinks, channels, trends) from that Plan to the daemon's of now."""
        self._daemon = daemon
        self._stores = stores
        self._lines = lines
        self._pace = pace
        self._over = over
        self._follow = follow
        self._turn = asyncio.Lock()
        self._after: asyncio.Task[None] | None = None
        self._counting: Sequence[Meter] = daemon.meters
        """The meters that are logged: of those of the Plan all but what is still to be registered."""
        self._registered = frozenset(map(_registered, daemon.meters))
        self._ending = False
        self.taken: Callable[[Acceptance, frozenset[str]], None] = lambda _item, _touched: None
        """Hears of each Plan that has come into force, and of the devices that it touches."""

    async def prepare(self, content: str) -> Prepared:
        """Judge a Plan's JSON. Raises Refused."""
        await self._daemon.timer.calm()  # one call takes its text apart, and lets nobody in between
        try:
            return await in_thread(partial(self._prepared, content, self._daemon.plan))
        except NotStarted as error:
            raise Refused(text("{reason}", reason=error.what)) from error
        except ValueError as error:
            raise Refused(text("this is no plan: {reason}", reason=detail(str(error)))) from error

    async def foresee(self, prepared: Prepared) -> Foreseen:
        """What would be written at once. Nothing is changed by it."""
        await self._daemon.timer.calm()
        while prepared.former is not self._daemon.plan:  # another one was quicker
            prepared = await self.prepare(prepared.content)
        engine = self._engine(prepared)
        writes = engine.step(self._daemon.clock.now()).writes
        last = self._daemon.engine.last_writes(self._leaving(prepared))
        return Foreseen(tuple(writes), tuple(last))

    async def take(self, prepared: Prepared, item: Acceptance) -> None:
        """Bring it into force: committed first, in force when this returns. A caller that goes away takes
        nothing back. Raises Refused, StoreError."""
        await asyncio.shield(asyncio.create_task(self._take(prepared, item), name="take a plan"))

    async def settled(self) -> None:
        """All that follows a swap is done: lines, meters, sinks."""
        await self._lines.settled()
        if self._after is not None:
            await asyncio.wait({self._after})

    async def give_up(self) -> None:
        """The run ends: nothing more is taken, and what is being taken is waited for."""
        self._ending = True
        async with self._turn:
            pass
        await self._lines.give_up()
        if self._after is not None:
            self._after.cancel()
            await asyncio.gather(self._after, return_exceptions=True)

    def _prepared(self, content: str, former: Plan) -> Prepared:
        """In a thread."""
        plan = self._over(codec.load(content))
        return Prepared(content, plan, Context.of(plan), former, same_parts(former, plan))

    async def _take(self, prepared: Prepared, item: Acceptance) -> None:
        async with self._turn:
            await self._lines.settled()
            await self._end_catching_up()
            former = self._daemon.plan
            if prepared.former is not former:  # another one was quicker
                prepared = await self.prepare(prepared.content)
            self._check(prepared, item)
            foreseen = await self.foresee(prepared)
            touched = touched_devices(former, prepared.plan, prepared.same)
            touched |= {self._device(prepared.plan, write) for write in foreseen.writes}
            accept = partial(self._stores.control.accept, prepared.content, item, within_s=PERSON_COMMIT_S)
            try:
                await asyncio.wrap_future(await in_thread(accept))
            except OSError as error:
                raise Refused(
                    text("the accepted plan cannot be kept: {reason}", reason=detail(str(error)))
                ) from error
            await self._part(self._leaving(prepared))
            await self._daemon.timer.calm()
            try:
                self._exchange(prepared)
            except Exception:
                # What runs now is of neither Plan; the next start has the one that is committed, whole.
                _log.exception("a swap failed half-way; louguan ends, to be started anew")
                self._daemon.exit_code = 1
                self._daemon.stop()
                raise
            self._after = asyncio.create_task(self._catch_up(former), name="after a swap")
            self.taken(item, touched)

    def _check(self, prepared: Prepared, item: Acceptance) -> None:
        """Raises Refused."""
        daemon, plan = self._daemon, prepared.plan
        if plan.hash != item.hash:
            raise Refused(text("this is another plan than was shown: nothing is changed"))
        if plan.hash == daemon.plan.hash and not item.back_to:
            raise Refused(text("this plan is in force already"))
        if why := needs_restart(daemon.plan, plan):
            raise Refused(
                text("this needs a restart ({why}): louguan run SITE --accept", why=NEEDS_RESTART[why])
            )
        if self._ending or daemon.stopping:
            raise Refused(text("louguan ends: nothing new is taken"))
        if daemon.lost:
            raise Refused(text("control.db is damaged: nothing new can be taken"))

    def _engine(self, prepared: Prepared) -> Engine:
        put_right_ms = self._daemon.clock.now().put_right_ms
        return successor(
            self._daemon.engine, prepared.plan, prepared.context, prepared.same, self._pace, put_right_ms
        )

    def _leaving(self, prepared: Prepared) -> set[int]:
        """Outputs that nobody can command any more."""
        return leaving(self._daemon.engine, prepared.plan, prepared.same)

    async def _part(self, points: set[int]) -> None:
        """The last writes to outputs that leave the Plan go out while their lines are still theirs."""
        if not points:
            return
        self._daemon.part(points)
        loop = asyncio.get_running_loop()
        until_s = loop.time() + PARTING_S
        while self._daemon.parting and loop.time() < until_s and not self._ending:
            await asyncio.sleep(0.05)
            self._daemon.nudge()
        missed = sorted({self._device(self._daemon.plan, write) for write in self._daemon.parting.missed()})
        for name in missed:
            self._daemon.board.tell(text("{name} was not reached before it left the plan", name=name))

    def _exchange(self, prepared: Prepared) -> None:
        """Between two cycles, and at once: nothing here waits."""
        daemon, plan, same = self._daemon, prepared.plan, prepared.same
        daemon.guarded_cycle()  # what the lines have said is said of the Plan that it is of
        engine = self._engine(prepared)
        meters = meters_of(plan)
        self._counting = going_on(self._counting, meters)
        daemon.log_intervals(daemon.consumption.take(self._counting, {}, same.points))
        daemon.follow(plan, prepared.context, engine, meters, same.points)
        self._lines.follow(plan, same)
        if daemon.trending is not None and not daemon.trending.follow(plan):
            daemon.trending = None
        daemon.guarded_cycle()
        _log.info(text("plan {hash} is in force", hash=plan.hash[:12]))

    async def _catch_up(self, former: Plan) -> None:
        """What takes the disk or another side, and may take its time."""
        if not self._registered.issuperset(map(_registered, self._daemon.meters)):
            await self._register()
        await self._follow(former)
        await self._daemon.timer.calm()
        garbage.exchanged()

    async def _end_catching_up(self) -> None:
        """Of the swap before: what a failing disk keeps it from is done after this one."""
        if self._after is not None:
            await asyncio.wait({self._after}, timeout=AGAIN_S)
            self._after.cancel()
            await asyncio.gather(self._after, return_exceptions=True)

    async def _register(self) -> None:
        """The log learns of meters that are new, or other than before. Tried until it can be."""
        daemon = self._daemon
        while (marks := await self._marks()) is None:  # noqa: ASYNC110 - a disk tells nobody
            await asyncio.sleep(AGAIN_S)
        known = {meter.name for meter in self._counting}
        new = {name: mark for name, mark in marks.items() if name not in known}
        unmoved = {point.id: point.id for point in daemon.plan.points}
        daemon.log_intervals(daemon.consumption.take(daemon.meters, new, unmoved))
        self._counting = daemon.meters
        self._registered = frozenset(map(_registered, daemon.meters))

    async def _marks(self) -> dict[str, Mark] | None:
        """Where the logs of the daemon's meters stand; None where that cannot be asked now, which is told."""
        daemon, wall_ms = self._daemon, self._daemon.now_ms()
        zone, notice = daemon.plan.site.time_zone, Notice("meters", "log.db", text(""), on=False)
        marks: dict[str, Mark] | None = None
        try:
            marks = await in_thread(partial(self._stores.log.register, daemon.meters, wall_ms, zone))
        except StoreError as error:
            words = text("new meters cannot be logged yet: {reason}", reason=error.text)
            notice = notice._replace(text=words, on=True)
        daemon.board.take([notice], wall_ms)
        return marks

    @staticmethod
    def _device(plan: Plan, write: Write) -> str:
        return plan.devices[plan.points[write.point].device].name


def _registered(meter: Meter) -> tuple[object, ...]:
    """What log.db knows of it."""
    return (*counted(meter), meter.key, meter.modulus)
