"""control.db: what the daemon must remember of itself, of people and of what became of each command."""

from __future__ import annotations

import sqlite3
from concurrent.futures import Future
from contextlib import closing
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import NamedTuple

from controller import damage
from controller.decide.records import Lock, Observe, Output, Override, Remembered
from controller.store import backup, boots, ledger, people, plans
from controller.store.connection import open_reader
from controller.store.errors import StoreBacklogFull
from controller.store.ledger import Entry, Head, Kind
from controller.store.migrations.control import CONTROL
from controller.store.opening import Opening, prepare
from controller.store.plans import Acceptance, PlanFiles
from controller.store.writer import Writer, WriterStatus

FILE = "control.db"
PLANS = "plans"


@dataclass(frozen=True, slots=True)
class Changes:
    """What one cycle, or one person's command, changes: all of it is committed, or nothing."""

    now_ms: int
    """Site time."""
    entries: tuple[Entry, ...] = ()
    overrides: tuple[Override, ...] = ()
    ended: tuple[tuple[str, int], ...] = ()
    """(point, slot) of overrides that are over."""
    locks: tuple[Lock, ...] = ()
    unlocked: tuple[str, ...] = ()
    observe: tuple[Observe, ...] = ()
    outputs: tuple[Output, ...] = ()
    dropped: tuple[str, ...] = ()
    """Points no longer commanded."""


class Began(NamedTuple):
    """What a start finds of the run before."""

    boot: int
    previous: boots.Boot | None
    clean: bool
    """The run before ended in order (or there was none)."""
    remembered: Remembered
    head: Head
    """The ledger's head after this start's own rows."""


class ControlStore:
    """The daemon's hold on control.db. All methods may be called from the event loop; none but `open`,
    `begin`, `accept` and `close` touches the disk in the calling thread."""

    def __init__(self, data: Path, opening: Opening, writer: Writer) -> None:
        self.path = data / FILE
        self.opening = opening
        self.files = PlanFiles(data / PLANS, data / backup.FOLDER)
        self._writer = writer
        self._boot: int | None = None
        self._lost = 0

    @classmethod
    def open(cls, data: Path, wall_ms: int) -> ControlStore:
        """Check and open data/control.db, making it if need be; a damaged one is set aside, and its newest
        sound backup put in its place (see `opening`). What takes its place has the gap in its ledger, and
        holds the site in observe mode, from its first moment on.

        Raises StoreTooNew, StoreUnavailable.
        """
        today = datetime.fromtimestamp(wall_ms / 1000, UTC).date()

        def tell(connection: sqlite3.Connection, found: Opening) -> None:
            _tell_loss(connection, found, wall_ms)

        opening = prepare(
            data / FILE, CONTROL, check=True, wall_ms=wall_ms, backups=backup.kept(data, today), tell=tell
        )
        return cls(data, opening, Writer(data / FILE))

    def begin(self, wall_ms: int, *, trusted: bool, version: str, plan: str) -> Began:
        """Note this start and, in the same commit, the gap that an unclean end has left in the ledger.

        Waits for the commit. Raises StoreError.
        """

        def job(connection: sqlite3.Connection) -> Began:
            previous = boots.last(connection)
            clean = previous is None or previous.ended_ms is not None
            boot = boots.begin(connection, wall_ms, trusted, version, plan)
            entries = [
                Entry(wall_ms, Kind.START, detail=f"boot {boot}, louguan {version}, plan {plan or '-'}")
            ]
            if previous is not None and not clean:
                entries.insert(0, _unclean(wall_ms, previous))
            return Began(
                boot, previous, clean, people.remembered(connection), ledger.append(connection, entries)
            )

        began = self._writer.submit(job, within_s=30.0).result()
        self._boot = began.boot
        return began

    def commit(self, changes: Changes, *, within_s: float | None = None) -> Future[Head]:
        """Queue `changes`; resolves with the ledger's head after the commit.

        A person's command waits for it, with `within_s` (machine seconds), before it acts. If the disk has
        failed for so long that nothing more can wait, the entries are lost and the next that is taken tells
        how many.
        """
        lost, self._lost = self._lost, 0
        entries = changes.entries
        if lost:
            entries = (Entry(changes.now_ms, Kind.GAP, detail=f"{lost} entries could not be kept"), *entries)
        boot = self._boot

        def job(connection: sqlite3.Connection) -> Head:
            _apply(connection, changes)
            if boot is not None:
                boots.seen(connection, boot, changes.now_ms)
            return ledger.append(connection, entries)

        future = self._writer.submit(job, within_s=within_s)
        if future.done() and isinstance(future.exception(), StoreBacklogFull):
            self._lost = lost + len(changes.entries)
        return future

    def accept(self, content: str, item: Acceptance) -> Future[None]:
        """Keep a plan's JSON and note that it is in force. The file is on the disk when this returns.

        Raises OSError when the file cannot be written; the future resolves after the note's commit.
        """
        self.files.save(item.hash, content)

        def job(connection: sqlite3.Connection) -> None:
            plans.accept(connection, item)
            entry = Entry(
                item.accepted_ms, Kind.PLAN, who=item.person, detail=f"{item.hash} {item.detail}".strip()
            )
            ledger.append(connection, (entry,))

        return self._writer.submit(job)

    def in_force(self) -> Acceptance | None:
        """The plan accepted last. Reads the disk."""
        with closing(self.reader()) as connection:
            return next(iter(plans.history(connection, 1)), None)

    def latest_seen_ms(self) -> int | None:
        """The site time that the latest run has noted last. Reads the disk."""
        with closing(self.reader()) as connection:
            return boots.latest_seen_ms(connection)

    def reader(self) -> sqlite3.Connection:
        """A read-only connection of the caller's own, for `ledger.read`, `plans.history` and the like."""
        return open_reader(self.path)

    def status(self) -> WriterStatus:
        return self._writer.status()

    def end(self, wall_ms: int, detail: str) -> None:
        """Note an orderly end; `close` follows."""
        boot = self._boot
        if boot is None:
            return

        def job(connection: sqlite3.Connection) -> None:
            boots.end(connection, boot, wall_ms, detail)
            ledger.append(connection, (Entry(wall_ms, Kind.STOP, detail=detail),))

        self._writer.submit(job)

    def close(self, timeout_s: float = 5.0) -> int:
        """Commit what waits, up to `timeout_s` (machine seconds), and close. Returns how many jobs were
        lost."""
        return self._writer.close(timeout_s)


def _apply(connection: sqlite3.Connection, changes: Changes) -> None:
    for point, slot in changes.ended:
        people.drop_override(connection, point, slot)
    for override in changes.overrides:
        people.put_override(connection, override)
    for target in changes.unlocked:
        people.drop_lock(connection, target)
    for lock in changes.locks:
        people.put_lock(connection, lock)
    for observe in changes.observe:
        people.put_observe(connection, observe)
    for dropped in changes.dropped:
        people.drop_output(connection, dropped)
    for output in changes.outputs:
        people.put_output(connection, output)


def _tell_loss(connection: sqlite3.Connection, found: Opening, wall_ms: int) -> None:
    """Into what takes the damaged one's place: the gap, and observe mode until a person has looked."""
    assert found.set_aside is not None
    detail = f"damaged, set aside as {found.set_aside.name}: {found.damage}"
    if found.restored is not None:
        detail += f"; restored from {found.restored.name}, later events are missing"
    held = damage.hold_back(found.set_aside, wall_ms)
    observing = Entry(wall_ms, Kind.COMMAND, who=held.person, why=held.reason, detail="observe on site")
    ledger.append(connection, (Entry(wall_ms, Kind.GAP, detail=detail), observing))
    people.put_observe(connection, held)


def _unclean(wall_ms: int, previous: boots.Boot) -> Entry:
    seen = datetime.fromtimestamp(previous.seen_ms / 1000, UTC).isoformat(timespec="milliseconds")
    return Entry(
        wall_ms,
        Kind.GAP,
        detail=f"boot {previous.id} did not end in order; last seen {seen}; later events may be missing",
    )
