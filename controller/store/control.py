"""control.db: what the daemon must remember of itself, of people and of what became of each command."""

from __future__ import annotations

import logging
import sqlite3
from collections.abc import Callable, Collection
from concurrent.futures import Future
from contextlib import closing
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from threading import Lock
from typing import TYPE_CHECKING, NamedTuple

from config.language import text
from config.language.details import reason
from config.plan.places import Booking
from controller.decide import records
from controller.decide.alarms.alarm import Alarm
from controller.decide.records import Ended, Observe, Output, Override, Remembered, RuleMemory
from controller.store import (
    alarms,
    backup,
    bookings,
    boots,
    ledger,
    outbox,
    people,
    plans,
    reasserts,
    recovery,
)
from controller.store.connection import open_reader
from controller.store.errors import StoreBacklogFull, StoreDamaged, StoreJobFailed
from controller.store.jobs import WriterStatus
from controller.store.ledger import Entry, Head, Kind
from controller.store.migrations.control import CONTROL
from controller.store.opening import Opening, begin_writing, lately_set_aside, prepare
from controller.store.outbox import Outgoing, Waiting
from controller.store.plans import Acceptance, PlanFiles
from controller.store.reasserts import Reasserted
from controller.store.writer import Writer
from controller.whole import sync

if TYPE_CHECKING:
    from controller.store import archive

_log = logging.getLogger("louguan")
FILE = "control.db"
MOST_SET_ASIDE = 3
"""Files set aside within a day after which a daemon does not end for one more."""
PLANS = "plans"


@dataclass(frozen=True, slots=True)
class Changes:
    """What one cycle, or one person's command, changes: all of it is committed, or nothing."""

    now_ms: int
    """Site time."""
    entries: tuple[Entry, ...] = ()
    overrides: tuple[Override, ...] = ()
    ended: tuple[Ended, ...] = ()
    locks: tuple[records.Lock, ...] = ()
    unlocked: tuple[str, ...] = ()
    observe: tuple[Observe, ...] = ()
    outputs: tuple[Output, ...] = ()
    dropped: tuple[str, ...] = ()
    """Points no longer commanded."""
    rules: tuple[RuleMemory, ...] = ()
    booked: tuple[Booking, ...] = ()
    unbooked: tuple[Booking, ...] = ()
    forget_bookings_ms: int = 0
    """Bookings that had ended by then leave."""
    alarms: tuple[Alarm, ...] = ()
    """As they are now."""
    outgoing: tuple[Outgoing, ...] = ()
    """What is to be told of them."""
    reasserted: tuple[Reasserted, ...] = ()
    """The account of each of these points as it stands now."""
    accounted: tuple[str, ...] = ()
    """Points whose account was closed, by a row among `entries`."""
    booted_ms: int | None = None
    """When the machine has booted (`Now`); None: as was noted before."""


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
        self._losing = Lock()
        self.refusal = ""
        """Why rows of a cycle were refused last; "" if none were in this run."""
        self.head: Head | None = None
        """The ledger's, as committed last in this run. May be read from any thread."""

    @classmethod
    def open(cls, data: Path, wall_ms: int, make_room: Callable[[], bool] = lambda: False) -> ControlStore:
        """Check and open data/control.db, making it if need be; a damaged one is set aside, and its newest
        sound backup put in its place (see `opening`). What takes its place has the gap in its ledger, and
        holds the site in observe mode, from its first moment on. `make_room`: see `Writer`.

        Raises StoreTooNew, StoreUnavailable.
        """
        today = datetime.fromtimestamp(wall_ms / 1000, UTC).date()

        def tell(connection: sqlite3.Connection, found: Opening) -> None:
            recovery.tell_loss(connection, found, wall_ms)

        opening = prepare(
            data / FILE,
            CONTROL,
            check=True,
            wall_ms=wall_ms,
            backups=backup.kept(data, today),
            tell=tell,
            suspect=recovery.suspected(data),
            expected=recovery.expected(data),
            probe=recovery.probe,
        )
        (data / recovery.SUSPECT).unlink(missing_ok=True)
        return cls(data, opening, begin_writing(data / FILE, make_room))

    def has_run(self) -> bool:
        """Whether a daemon has run on it before, as far as it remembers."""
        with closing(open_reader(self.path)) as connection:
            return boots.last(connection) is not None

    def begin(
        self,
        wall_ms: int,
        *,
        trusted: bool,
        version: str,
        plan: str,
        machine: str = "",
        booted_ms: int | None = None,
    ) -> Began:
        """Note this start and, in the same commit, the gap that an unclean end has left in the ledger.
        `machine`: which boot of it this is, "" where nobody knows; `booted_ms`: see `Now`.

        Waits for the commit. Raises StoreError.
        """

        def job(connection: sqlite3.Connection) -> Began:
            previous = boots.last(connection)
            clean = previous is None or previous.ended_ms is not None
            stood = boots.Stood(wall_ms, machine, booted_ms)
            boot = boots.begin(connection, stood, trusted, version, plan)
            entries = [
                Entry(wall_ms, Kind.START, detail=f"boot {boot}, louguan {version}, plan {plan or '-'}")
            ]
            if previous is not None and not clean:
                entries.insert(0, recovery.unclean(wall_ms, previous))
            entries[:0] = reasserts.take(connection, wall_ms)
            return Began(
                boot,
                previous,
                clean,
                people.remembered(connection)._replace(bookings=bookings.read(connection)),
                ledger.append(connection, entries),
            )

        try:
            began = self._writer.submit(job, within_s=30.0).result()
        except (StoreDamaged, StoreJobFailed) as error:
            # A sound file refuses nothing of this: the start after this one sets it aside.
            self.suspect(str(error))
            raise
        self._boot = began.boot
        self.head = began.head
        return began

    def commit(self, changes: Changes, *, within_s: float | None = None) -> Future[Head]:
        """Queue `changes`; resolves with the ledger's head after the commit.

        A person's command waits for it, with `within_s` (machine seconds), before it acts. If the disk has
        failed for so long that nothing more can wait, or the database refuses them, the entries are lost and
        the next that is taken tells how many.
        """
        with self._losing:
            lost, self._lost = self._lost, 0
        entries = changes.entries
        if lost:
            entries = (Entry(changes.now_ms, Kind.GAP, detail=f"{lost} entries could not be kept"), *entries)
        boot = self._boot

        def job(connection: sqlite3.Connection) -> Head:
            _apply(connection, changes)
            if boot is not None:
                boots.seen(connection, boot, changes.now_ms, changes.booted_ms)
            return ledger.append(connection, entries)

        def ended(done: Future[Head]) -> None:
            failure = None if done.cancelled() else done.exception()
            if isinstance(failure, StoreJobFailed):
                self.refusal = str(failure)
            if isinstance(failure, StoreBacklogFull | StoreJobFailed):
                with self._losing:
                    self._lost += lost + len(changes.entries)

        future = self._writer.submit(job, within_s=within_s)
        future.add_done_callback(self._committed)
        if within_s is None:  # else the person who waits for it hears of it
            future.add_done_callback(ended)
        return future

    def _committed(self, done: Future[Head]) -> None:
        """In the writer's thread, so in the order of the rows."""
        if not done.cancelled() and done.exception() is None:
            self.head = done.result()

    def accept(self, content: str, item: Acceptance, *, within_s: float | None = None) -> Future[Head]:
        """Keep a plan's JSON and note that it is in force. The file is on the disk when this returns.
        `within_s`: see `commit`.

        Raises OSError when the file cannot be written; the future resolves after the note's commit, with the
        ledger's head.
        """
        self.files.save(item.hash, content)

        def job(connection: sqlite3.Connection) -> Head:
            plans.accept(connection, item)
            detail = f"{item.hash} {item.detail}".strip()
            entry = Entry(item.accepted_ms, Kind.PLAN, who=item.person, why=item.comment, detail=detail)
            # Before anybody hears that it is done: the file of the next one is there before its row.
            self._forget_plans(plans.worth_keeping(connection))
            return ledger.append(connection, (entry,))

        future = self._writer.submit(job, within_s=within_s)
        future.add_done_callback(self._committed)
        return future

    def _forget_plans(self, wanted: Collection[str]) -> None:
        try:
            self.files.keep_only(wanted)
        except OSError as error:
            _log.warning(text("old plans cannot be deleted: {reason}", reason=reason(error)))

    def may_restart(self, wall_ms: int) -> bool:
        """Whether a daemon that finds this file damaged may end, to be started anew: not if that was done a
        few times lately already, which says that it helps nothing. Looks at the data directory."""
        return lately_set_aside(self.path, wall_ms) < MOST_SET_ASIDE

    def suspect(self, damage: str) -> None:
        """Let the next start set the file aside, whatever it looks like then. Raises OSError."""
        note = self.path.with_name(recovery.SUSPECT)
        note.write_text(damage, encoding="utf-8")
        sync(note)
        sync(note.parent)

    def in_force(self) -> Acceptance | None:
        """The plan accepted last. Reads the disk."""
        with closing(self.reader()) as connection:
            return next(iter(plans.history(connection, 1)), None)

    def versions(self) -> list[plans.Version]:
        """The plans accepted last, newest first. Reads the disk."""
        with closing(self.reader()) as connection:
            return plans.versions(connection, plans.MOST_LOOKED_AT)

    def stood(self) -> boots.Stood:
        """Where the clock of the latest run stood. Reads the disk."""
        with closing(self.reader()) as connection:
            return boots.latest(connection)

    def rows(self) -> int:
        """How many rows of the ledger are here. Reads the disk."""
        with closing(self.reader()) as connection:
            return ledger.head(connection).seq - ledger.anchor(connection).seq

    def take_out(self, sealed: archive.Sealed, wall_ms: int) -> Future[None]:
        """Delete the rows of the ledger that are in a sealed file now; it fails if they are others."""
        from controller.store.archive import take_out  # imported already by whoever sealed them

        return self._writer.submit(lambda connection: take_out(connection, sealed, wall_ms))

    def reader(self) -> sqlite3.Connection:
        """A read-only connection of the caller's own, for `ledger.read`, `plans.history` and the like."""
        return open_reader(self.path)

    def delivered(self, item: Waiting) -> Future[None]:
        """What waited in the outbox was told."""
        return self._writer.submit(lambda connection: outbox.delivered(connection, item))

    def keep_channels(self, names: Collection[str]) -> None:
        """Nothing waits for other channels any more."""
        self._writer.submit(lambda connection: outbox.keep_only(connection, names))

    def alarm_history(self, since_ms: int, most: int) -> list[Alarm]:
        """The latest `most` that came, or were so, at `since_ms` or after, the latest first. Reads the disk.
        Raises sqlite3.Error."""
        with closing(self.reader()) as connection:
            return alarms.history(connection, since_ms, most)

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
    for ended in changes.ended:
        people.drop_override(connection, ended)
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
    for rule in changes.rules:
        people.put_rule(connection, rule)
    bookings.change(connection, changes.booked, changes.unbooked, changes.forget_bookings_ms)
    for alarm in changes.alarms:
        alarms.put(connection, alarm)
    for item in changes.outgoing:
        outbox.put(connection, item)
    for point in changes.accounted:
        reasserts.drop(connection, point)
    for account in changes.reasserted:
        reasserts.put(connection, account)
