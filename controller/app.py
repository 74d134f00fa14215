"""Composition root: the only place where real clocks, drivers and stores are made and put together."""

from __future__ import annotations

import asyncio
import faulthandler
import getpass
import logging
import os
import signal
import sys
import time
from contextlib import closing
from functools import partial

from config.language import choose, text
from config.language.details import reason
from config.plan.clock import Clock, Pace
from config.plan.lines import Line
from config.plan.notify import Channel
from config.plan.site import Plan
from controller import garbage, logs, origin, privacy, starting
from controller.accepted import choose_plan
from controller.background import keep_looking
from controller.beginnings import tell_beginnings
from controller.board import Board
from controller.booted import boot_id
from controller.clock import SiteClock
from controller.consumption.doubts import LONGEST_MS
from controller.consumption.log import ConsumptionLog
from controller.consumption.meters import meters_of
from controller.consumption.slots import Slots
from controller.cycle import Engine
from controller.daemon import Daemon
from controller.decide.records import Observe
from controller.edits import Edits
from controller.flash import Flash
from controller.housekeeping import Housekeeping
from controller.logs import SiteTime
from controller.notify.runner import Notifier, Told
from controller.operations.registry import register, register_applying
from controller.options import NotStarted, Options
from controller.overlays import Overlay, SimulatedTime
from controller.pulse import Pulse
from controller.retention import delete_old_intervals
from controller.room import Room
from controller.sealing import seal_old_rows
from controller.service_manager import ServiceManager
from controller.site_lock import SiteLock
from controller.socket.address import SocketError
from controller.socket.server import SocketServer
from controller.store.control import Began, ControlStore
from controller.store.errors import AlreadyRunning, StoreError
from controller.store.jumps import unexplained
from controller.store.lock import DataLock
from controller.store.logdb import LogStore
from controller.store.reserve import Reserve
from controller.stores import Stores
from controller.swap.applying import Applying
from controller.swap.following import Following
from controller.swap.lines import Lines
from controller.swap.numbering import Ask
from controller.swap.taking import Taking
from controller.swap.watched import LOOK_S, Watched
from controller.timer import CycleTimer
from controller.trending import trending_of
from controller.uploading import uploads_of
from controller.version import VERSION
from drivers.api import Driver, Heard, Inbox
from schedules.context import Context

_log = logging.getLogger("louguan")
TURN_S = 0.001
"""Machine seconds that a thread may reckon on while the loop wants to: a fifth of what is usual."""
BUILT_AFTER_S = 5.0
"""Machine seconds from the opening of the lines until what a start has built is taken to be whole."""
POLL_FLOOR_S = 2.0
"""Machine seconds between two polls at the least when time runs faster than the clock."""


def run_daemon(options: Options) -> int:
    """Run the daemon until it is told to stop; the exit code. Raises NotStarted."""
    garbage.build()
    sys.setswitchinterval(TURN_S)
    times = logs.begin(options.language)
    # Whoever ends us for standing still does it by SIGABRT: the log is to say where.
    faulthandler.enable()
    with closing(ServiceManager.of()) as manager:
        return _run_watched(options, times, manager)


def _run_watched(options: Options, times: SiteTime, manager: ServiceManager) -> int:
    overlay = starting.prepare(options)
    privacy.keep(options.data, starting.group_of(options))
    try:
        with DataLock(options.data, options.lock):
            if overlay is not None and overlay.time is not None:
                origin.mark(options.data)
            return _run_locked(options, overlay, times, manager)
    except AlreadyRunning as error:
        raise starting.already_running(error, options) from error
    except StoreError as error:
        raise NotStarted(error.text) from error


def _run_locked(options: Options, overlay: Overlay | None, times: SiteTime, manager: ServiceManager) -> int:
    machine_ms = time.time_ns() // 1_000_000
    reserve = Reserve(options.data)
    reserve.begin()
    control = ControlStore.open(options.data, machine_ms, reserve.release)
    try:
        log = LogStore.open(
            options.data,
            machine_ms,
            reserve.release,
            expected=control.has_run(),
            under_way=manager.starting,
        )
    except BaseException:
        control.close()
        raise
    try:
        with _event_loop() as runner:
            return runner.run(_serve(options, Stores(control, log, reserve), overlay, times, manager))
    finally:
        for store in (control, log):
            store.close()


def _event_loop() -> asyncio.Runner:
    """uvloop where it is there: fewer cycles a wake-up."""
    try:
        import uvloop
    except ImportError:
        return asyncio.Runner()
    return asyncio.Runner(loop_factory=uvloop.new_event_loop)


async def _serve(
    options: Options, stores: Stores, overlay: Overlay | None, times: SiteTime, manager: ServiceManager
) -> int:
    language = choose(options.language)
    simulated = None if overlay is None else overlay.time
    in_force = choose_plan(
        stores.control,
        options,
        language,
        person=options.person or getpass.getuser(),
        now_ms=time.time_ns() // 1_000_000 if simulated is None else simulated.now_ms(),
    )
    plan = in_force.plan if overlay is None else overlay.over(in_force.plan)
    clock = _clock(simulated, stores.control, options)
    times.follow(clock, plan.site.time_zone)
    pace = Pace(clock.speed, POLL_FLOOR_S)
    now = clock.now()
    began = stores.control.begin(
        now.wall_ms,
        trusted=now.trusted,
        version=VERSION,
        plan=plan.hash,
        machine=boot_id(),
        booted_ms=now.booted_ms,
    )
    daemon = _compose(plan, pace, clock, stores, began, language, simulated=simulated is not None)
    daemon.differs = in_force.differs
    daemon.trending = trending_of(plan, options.data, pace, daemon.board, expected=began.boot > 1)
    if options.observe:
        await daemon.accept(Observe("", True, "start", "--observe", now.wall_ms))
    # One cycle before any line is open: what holds writes back holds before there can be any.
    daemon.cycle()
    tell_beginnings(daemon, began, stores, clock, options.site, in_force.loss)
    server = _socket(options, language, daemon)
    try:
        await server.start()
    except SocketError as error:
        raise NotStarted(error.text) from error
    house = Housekeeping(
        options.data,
        stores.control.path,
        plan.site.time_zone,
        clock,
        daemon.board,
        found_damaged=daemon.watch.control_is_damaged,
        seal=partial(seal_old_rows, stores.control, options.data, clock, options.ledger_days),
        retain=partial(delete_old_intervals, stores.control, stores.log, clock, daemon.board),
    )
    site_lock = SiteLock(options.site, daemon.board, daemon.now_ms)
    if simulated is None:
        house.start()
        await site_lock.look()
    flash = Flash(options.data, plan.site.time_zone, plan.site.flash_budget_mb, daemon.board, daemon.now_ms)
    daemon.flash = flash
    room = Room(stores, clock, daemon.board, plan.site.full_disk, daemon.give_up_trends)
    stores.log.relief = room.relieve
    if stores.reserve is not None:
        stores.reserve.released = stores.log.relieve
    edits = _edits(options, daemon, language)
    looks = [server.look, edits.look, daemon.watch.look_for_room, room.look, flash.look]
    looking = asyncio.create_task(
        keep_looking([*looks, site_lock.look] if simulated is None else looks), name="looks"
    )
    uploads = uploads_of(daemon, stores, began.boot, simulated=simulated is not None)
    daemon.uploads = uploads
    uploads.start()
    lines = Lines(
        partial(open_line, clock, pace),
        daemon.drivers,
        daemon.inbox,
        daemon.board,
        daemon.now_ms,
        may_set_up=daemon.may_set_up,
        may_write=daemon.may_write,
        complete=daemon.nudge,
    )
    following = Following(
        daemon,
        stores,
        options.data,
        pace,
        began.boot,
        simulated=simulated is not None,
        uploads=uploads,
        room=room,
        flash=flash,
    )
    taking = Taking(daemon, stores, lines, pace, _same if overlay is None else overlay.still_over, following)
    applying = Applying(daemon, stores.control, taking)
    applying.in_force = edits.compare
    register_applying(server, daemon, applying, taking)
    watched = Watched(options.site, daemon, applying, language)
    watching = asyncio.create_task(keep_looking([watched.look], every_s=LOOK_S), name="watched files")
    notifier = daemon.notifier = Notifier(
        daemon.channels,
        stores.control,
        daemon.board,
        daemon.now_ms,
        partial(_told_by, plan.site.name),
    )
    notifier.start()
    daemon.beat = Pulse(manager, daemon, stores, lines, language).beat
    in_order = False
    try:
        await _run(daemon, lines, options)
        in_order = True
    finally:
        manager.stopping()
        for task in (looking, watching):
            task.cancel()
        await asyncio.gather(looking, watching, return_exceptions=True)
        await server.stop()
        await applying.give_up()
        await uploads.stop()
        await notifier.stop()
        missed = await daemon.wind_up()
        for name in missed:
            _log.warning(text("{name} was not reached at the end", name=name))
        await house.stop()
        if daemon.trending is not None:
            await asyncio.to_thread(daemon.trending.close)
        site_lock.release()
        flash.close()
        if daemon.lost:
            _note_loss(stores.control, daemon.lost)
        elif in_order:  # else the next start marks the gap
            stores.control.end(clock.now().wall_ms, "in order")
    return daemon.exit_code


def _told_by(site: str, channel: Channel) -> Told:
    """In a thread: what is imported here most sites do without."""
    from controller.notify.channels import told_by

    return told_by(channel, site)


def _note_loss(control: ControlStore, damage: str) -> None:
    try:
        control.suspect(damage)
    except OSError as error:
        # The next start looks for itself.
        _log.error(text("it cannot be noted that control.db is damaged: {why}", why=reason(error)))


def _compose(
    plan: Plan, pace: Pace, clock: SiteClock, stores: Stores, began: Began, language: str, *, simulated: bool
) -> Daemon:
    context = Context.of(plan)
    meters = meters_of(plan)
    marks = stores.log.register(meters, clock.now().wall_ms, plan.site.time_zone)
    slots = Slots(plan.site.time_zone, plan.site.interval_s)
    since_ms = clock.now().wall_ms - LONGEST_MS
    jumps = stores.log.ask(lambda connection: unexplained(connection, since_ms))
    return Daemon(
        plan=plan,
        context=context,
        engine=Engine(plan, context, pace, began.remembered, machine=boot_id()),
        consumption=ConsumptionLog(meters, slots, pace, marks, jumps),
        meters=meters,
        stores=stores,
        inbox=Inbox(),
        clock=clock,
        timer=CycleTimer(time.time),
        board=Board(language),
        simulated=simulated,
    )


def _clock(simulated: SimulatedTime | None, control: ControlStore, options: Options) -> SiteClock:
    if simulated is not None:
        return SiteClock(simulated.speed, simulated.now_ms())
    stood = control.stood()
    if options.trust_clock:
        return SiteClock(not_before_ms=stood.seen_ms, synchronised=lambda: True)
    return SiteClock(not_before_ms=stood.seen_ms, booted_ms=stood.booted_in(boot_id()))


async def _run(daemon: Daemon, lines: Lines, options: Options) -> None:
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, daemon.stop)
    if options.end_with_input:
        loop.add_reader(sys.stdin.fileno(), _input_ended, daemon, loop)
    lines.open(daemon.plan)
    asyncio.get_running_loop().call_later(BUILT_AFTER_S, garbage.stands)
    try:
        await daemon.run()
    finally:
        for number in (signal.SIGTERM, signal.SIGINT):
            loop.remove_signal_handler(number)


def _input_ended(daemon: Daemon, loop: asyncio.AbstractEventLoop) -> None:
    if not os.read(sys.stdin.fileno(), 4096):
        loop.remove_reader(sys.stdin.fileno())
        daemon.stop()


async def open_line(
    clock: Clock,
    pace: Pace,
    plan: Plan,
    line: Line,
    inbox: Inbox,
    set_up: Ask,
    write: Ask,
    heard: Heard | None = None,
) -> Driver:
    """The driver of a line, by its protocol. `heard`: of Modbus lines alone."""
    if line.transport == "bacnet-ip":
        from drivers.bacnet import open_line as open_bacnet

        return open_bacnet(plan, line, inbox, clock, pace, may_set_up=set_up, may_write=write)
    from drivers.modbus import open_line as open_modbus

    return open_modbus(plan, line, inbox, clock, pace, may_set_up=set_up, may_write=write, heard=heard)


def _socket(options: Options, language: str, daemon: Daemon) -> SocketServer:
    gid = starting.group_of(options)
    mode = 0o600 if gid is None else 0o660
    server = SocketServer(options.data / "louguan.sock", VERSION, language=language, mode=mode, gid=gid)
    register(server, daemon)
    return server


def _edits(options: Options, daemon: Daemon, language: str) -> Edits:
    def differ(edited: bool) -> None:
        daemon.differs = edited
        daemon.nudge()

    return Edits(options.site, lambda: daemon.plan, language, daemon.board, daemon.now_ms, differ)


def _same(plan: Plan) -> Plan:
    """Without simulators devices are where the Plan says."""
    return plan
