"""The shell of accept: locks, what the last daemon remembers, real clocks and lines. Raises Failure."""

from __future__ import annotations

import asyncio
import errno
import platform
import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from pathlib import Path
from typing import NamedTuple

from config.language import text
from config.language.details import detail
from config.plan.clock import Pace
from config.plan.site import Plan
from controller.accept.file import NotKept, ProgressFile
from controller.accept.ground import Ground
from controller.accept.guard import Guard
from controller.accept.keeper import Keeper
from controller.accept.records import Aspect, Run
from controller.accept.session import Asker, Consent, Session, Wish, speaks
from controller.board import Board
from controller.booted import boot_id
from controller.cli.speech import Failure, language, unwritable
from controller.clock import SiteClock
from controller.decide.records import Remembered, RuleMemory
from controller.options import NotStarted, Options
from controller.overlays import Overlay
from controller.site_lock import SiteLock
from controller.store import boots, people, recovery
from controller.store.boots import Stood
from controller.store.connection import open_reader, open_writer
from controller.store.control import FILE
from controller.store.errors import AlreadyRunning, StoreError
from controller.store.lock import DataLock
from controller.version import VERSION
from drivers.api import DriverError


class Held(NamedTuple):
    """A site that nobody else speaks to as long as this stands."""

    plan: Plan
    overlay: Overlay | None
    data: Path
    keeper: Keeper
    clock: SiteClock
    remembered: Remembered


@contextmanager
def held(site: Path, data: Path, overlay_file: Path | None) -> Iterator[Held]:
    """Take the site: no daemon may speak to its devices at the same time."""
    from controller import origin, privacy, starting
    from controller.cli.plans import plan_of

    options = Options(site=site, data=data, overlay=overlay_file, language=language())
    site_lock = SiteLock(site, Board(language()), lambda: 0)
    try:
        overlay = starting.prepare(options)
        with privacy.narrowed():
            lock = DataLock(data)
        with lock:
            if overlay is not None and overlay.time is not None:
                origin.mark(data)
            elif not site_lock.take():
                raise Failure(
                    text("another louguan runs on {site} with another data directory", site=str(site)),
                    hint=_HINT,
                )
            remembered, stood = _remembered(data)
            _, plan = plan_of(site)
            file = ProgressFile(data)
            keeper = Keeper(plan, file, file.load(plan.site.name))
            clock = _clock(overlay, stood)
            keeper.look_for_changes(clock.look().wall_ms)
            yield Held(plan, overlay, data, keeper, clock, remembered)
    except AlreadyRunning as error:
        raise Failure(error.text, hint=_HINT, kind="running") from error
    except StoreError as error:
        raise Failure(error.text) from error
    except NotStarted as reason:
        raise Failure(reason.what, hint=reason.hint) from reason
    except NotKept as error:
        raise unwritable(error.file, error.error) from error
    finally:
        site_lock.release()


_HINT = text(
    "acceptance speaks to the devices itself, and two masters on one line disturb each other: stop the "
    "daemon first (systemctl stop louguan, or ctrl-C where it runs)"
)

_UNKNOWN = text("its locks and observe modes would not be known: let the daemon start once and look at it")


def accept(held: Held, wish: Wish, asker: Asker, by: str, wrote: tuple[str, ...], *, run: bool) -> None:
    """Speak to the devices, where there is anything to do. KeyboardInterrupt comes through, after all was put
    back."""
    now, keeper = held.clock.look(), held.keeper
    keeper.begin(
        Run(
            now.wall_ms,
            None,
            by,
            VERSION,
            platform.python_version(),
            held.plan.hash,
            simulated=held.overlay is not None,
            trusted=now.trusted,
            leap_ms=now.leap_ms,
            wrote=wrote,
        )
    )
    try:
        if run and speaks(held.plan, keeper, wish):
            asyncio.run(_speak(held, wish, asker, by))
        else:
            _compare(held)
    finally:
        keeper.end(held.clock.look().wall_ms)


def _compare(held: Held) -> None:
    """Instruments that were entered, with what was read before."""
    checks = [(point, held.keeper.point(point).checks.get(Aspect.READ)) for point in held.plan.points]
    reads = [(point, check.seen.get("value")) for point, check in checks if check is not None]
    held.keeper.compare(reads, held.clock.now().wall_ms, failed=False)


async def _speak(held: Held, wish: Wish, asker: Asker, by: str) -> None:
    from controller.app import POLL_FLOOR_S, open_line

    pace = Pace(held.clock.speed, POLL_FLOOR_S)
    consent = Consent()
    plan = held.plan if held.overlay is None else held.overlay.over(held.plan)
    guard = Guard(held.plan, pace, held.remembered, by, Memory(held.data))
    try:
        async with Ground(plan, held.clock, held.clock.look, pace, guard, open_line, consent) as ground:
            await Session(ground, held.keeper, wish, asker, consent, by).run()
    except DriverError as error:
        raise Failure(text("a line cannot be opened: {reason}", reason=detail(str(error)))) from error


class Memory:
    """Keeps what acceptance did to motors, and trips that came meanwhile, for whoever decides next. Without
    a control.db there is nobody who remembers: each motor counts as just stopped."""

    def __init__(self, data: Path) -> None:
        self._path = data / FILE
        self._failed = False

    def __call__(self, changed: Sequence[RuleMemory]) -> None:
        """Raises OSError, once: what is put back because of it must not end by it too."""
        if self._failed or not self._path.exists():
            return
        try:
            with closing(open_writer(self._path, create=False)) as connection:
                connection.execute("BEGIN IMMEDIATE")
                for item in changed:
                    people.put_rule(connection, item)
                connection.execute("COMMIT")
        except sqlite3.Error as error:
            self._failed = True
            raise OSError(errno.EIO, str(error), str(self._path)) from error


def _clock(overlay: Overlay | None, stood: Stood) -> SiteClock:
    """As the daemon's: what that would doubt is not believed here."""
    if overlay is not None and overlay.time is not None:
        return SiteClock(overlay.time.speed, overlay.time.now_ms())
    return SiteClock(not_before_ms=stood.seen_ms, booted_ms=stood.booted_in(boot_id()))


def _remembered(data: Path) -> tuple[Remembered, Stood]:
    """What the daemon that ran last keeps, and where its clock stood."""
    path = data / FILE
    if not path.exists():
        if recovery.expected(data):
            raise Failure(text("{file} is missing", file=str(path)), hint=_UNKNOWN)
        return Remembered(), Stood()
    try:
        with closing(open_reader(path)) as connection:
            return people.remembered(connection), boots.latest(connection)
    except (sqlite3.Error, ValueError) as error:
        raise Failure(
            text("control.db cannot be read ({reason})", reason=detail(str(error))),
            hint=_UNKNOWN,
        ) from error
