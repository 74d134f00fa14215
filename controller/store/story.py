"""What the ledger tells of a point at a past moment: newest row first, from control.db and then from the
sealed files."""

from __future__ import annotations

import sqlite3
import zlib
from collections.abc import Collection
from pathlib import Path
from typing import NamedTuple

from controller.store import archive, ledger
from controller.store.ledger import Entry, Kind

_RUNS = (Kind.START, Kind.STOP, Kind.GAP)
_BARS = ("lock ", "unlock ", "observe ")
_FILES = "ledger-*.jsonl.gz"


class Bar(NamedTuple):
    """A lock, or observe mode on or off, as a person asked for it."""

    kind: str
    """"lock" or "observe"."""
    target: str
    """Of observe mode: "site" for all of it."""
    person: str
    """Who asked for it; "" if that is in no row that was read."""
    reason: str
    since_ms: int | None


class Story(NamedTuple):
    """What had been written of a point by then. None where there is nothing."""

    decided: Entry | None
    """The last decision."""
    asked: Entry | None
    """What a person asked for that led to it, if a person did."""
    done: tuple[Entry, ...]
    """What was sent and became of it since the last decision, oldest first."""
    run: Entry | None
    """The last start, stop or gap."""
    bars: tuple[Bar, ...]
    """Locks, and observe mode said by a person, that stood then."""
    after: Entry | None
    """The next decision."""
    damaged: tuple[str, ...] = ()
    """Sealed files that could not be read to their end."""


def story(
    connection: sqlite3.Connection, data: Path, point: str, targets: Collection[str], at_ms: int
) -> Story:
    """Of `point` ("device.point") at `at_ms`. `targets`: whose locks bear on it, "site" among them. Sealed
    files are read back to the decision. Raises sqlite3.Error, ValueError for what can be no row."""
    teller = _Teller(targets, at_ms)
    for row in connection.execute(
        f"SELECT {ledger.COLUMNS}, hash FROM ledger WHERE point IN (?, '') ORDER BY seq DESC",  # noqa: S608
        (point,),
    ):
        teller.take(ledger.row_of(row).entry)
    (first,) = connection.execute("SELECT coalesce(min(seq), 9e18) FROM ledger").fetchone()
    damaged = []
    for path in sorted((data / archive.FOLDER).glob(_FILES), key=_number, reverse=True):
        if teller.decided is not None:
            break
        found: list[Entry] = []
        try:
            # A file may be there already though its rows have not left control.db yet.
            found.extend(
                ledger.row_of((*row[:-1], bytes.fromhex(row[-1]))).entry
                for row in archive.rows(path)
                if row[3] in (point, "") and row[0] < first
            )
        except (OSError, EOFError, zlib.error, ValueError, IndexError, TypeError):
            damaged.append(path.name)
        for entry in reversed(found):
            teller.take(entry)
        first = min(first, _number(path))
    for target, person, reason, since_ms in connection.execute(
        "SELECT target, person, reason, since_ms FROM locks WHERE since_ms <= ?", (at_ms,)
    ):
        teller.stands(Bar("lock", target, person, reason, since_ms))
    return teller.story(tuple(damaged))


class _Teller:
    """Takes rows from the newest on."""

    def __init__(self, targets: Collection[str], at_ms: int) -> None:
        self.decided: Entry | None = None
        self._targets = targets
        self._at_ms = at_ms
        self._asked: Entry | None = None
        self._after: Entry | None = None
        self._run: Entry | None = None
        self._done: list[Entry] = []
        self._bars: dict[tuple[str, str], Bar | None] = {}
        self._unlocked: set[str] = set()
        """Targets whose next row after that moment takes a lock away."""

    def take(self, entry: Entry) -> None:
        if not entry.point:
            self._of_the_site(entry)
        elif entry.time_ms > self._at_ms:
            if entry.kind == Kind.DECIDED:
                self._after = entry
        elif entry.kind == Kind.DECIDED:
            self.decided = self.decided or entry
        elif self.decided is None:
            self._done.append(entry)
        elif entry.kind == Kind.COMMAND and self._asked is None and self._led(entry, self.decided):
            self._asked = entry

    def stands(self, bar: Bar) -> None:
        """It stands to this day."""
        if bar.target in self._targets:
            self._bars.setdefault((bar.kind, bar.target), bar)

    def story(self, damaged: tuple[str, ...]) -> Story:
        for target in self._unlocked:
            self._bars.setdefault(("lock", target), Bar("lock", target, "", "", None))
        bars = tuple(bar for _, bar in sorted(self._bars.items()) if bar is not None)
        return Story(
            self.decided,
            self._asked,
            tuple(reversed(self._done)),
            self._run,
            bars,
            self._after,
            damaged,
        )

    @staticmethod
    def _led(command: Entry, decided: Entry) -> bool:
        """A command is committed before the decision that it leads to, which has its name."""
        return command.who == decided.who and command.slot == decided.slot

    def _of_the_site(self, entry: Entry) -> None:
        past = entry.time_ms <= self._at_ms
        if entry.kind in _RUNS and past:
            self._run = self._run or entry
        if entry.kind != Kind.COMMAND or not entry.detail.startswith(_BARS):
            return
        done, _, rest = entry.detail.partition(" ")
        kind = done.removeprefix("un")
        state, _, name = rest.partition(" ") if kind == "observe" else (done, "", rest)
        if name not in self._targets:
            return
        if past:
            bar = Bar(kind, name, entry.who, entry.why, entry.time_ms) if state in ("on", "lock") else None
            self._bars.setdefault((kind, name), bar)
        elif done == "unlock":
            self._unlocked.add(name)
        elif done == "lock":
            self._unlocked.discard(name)


def _number(path: Path) -> int:
    """Of the first row in a sealed file."""
    digits = path.name.split("-")[1]
    return int(digits) if digits.isdigit() else 0
