"""What was received, in one SQLite file. A row that `put` calls accepted is on the disk."""

from __future__ import annotations

import sqlite3
import threading
import time
from collections.abc import Callable, Sequence
from contextlib import closing
from decimal import Decimal
from pathlib import Path
from typing import NamedTuple, TypeVar

from config.language import text
from config.language.details import detail, reason
from controller.consumption.upload.heads import LedgerHead
from controller.receiver.migrations import RECEIVER
from controller.receiver.rows import Received
from controller.store.connection import Trouble, open_reader, open_writer, trouble
from controller.store.errors import StoreDamaged, StoreUnavailable
from controller.store.migrations import bring_forward

T = TypeVar("T")
FILE = "receiver.db"
_COLUMNS = (
    "end_ms", "quantity", "unit", "from_ms", "count_start", "count_end", "consumption", "quantum", "peak",
    "peak_unit", "covered_s", "flags",
)  # fmt: skip
"""What a repeat must have in common with the row that is here."""
_NUMBERS = frozenset({"count_start", "count_end", "consumption", "quantum", "peak"})
_INSERT = f"""INSERT INTO intervals (meter, start_ms, revision, {", ".join(_COLUMNS)}, stream, received_ms)
    VALUES ({", ".join("?" * (len(_COLUMNS) + 5))}) ON CONFLICT DO NOTHING"""  # noqa: S608 - our own names
_SELECT = f"""SELECT {", ".join(_COLUMNS)} FROM intervals
    WHERE meter = ? AND start_ms = ? AND revision = ?"""  # noqa: S608 - our own names


class Put(NamedTuple):
    """What became of rows, each by its sender's key."""

    accepted: tuple[str, ...]
    """Committed, now or before."""
    refused: tuple[tuple[str, str], ...]
    """Key and reason."""
    new: int
    """Of those accepted, committed now."""


class Store:
    """The writing side; one a file. `put` may be called from any thread, one waits for the other."""

    def __init__(
        self, data: Path, *, wall_ms: Callable[[], int] = lambda: time.time_ns() // 1_000_000
    ) -> None:
        """Open or make receiver.db in `data`. Raises StoreUnavailable, StoreTooNew, and StoreDamaged: what
        was acknowledged is never replaced by an empty file in silence."""
        self._wall_ms = wall_ms
        self._lock = threading.Lock()
        self.path = data / FILE
        try:
            data.mkdir(parents=True, exist_ok=True)
            self._connection = open_writer(self.path, create=True)
        except (sqlite3.Error, OSError) as error:
            raise _cannot_open(self.path, error) from error
        try:
            bring_forward(self._connection, self.path.stem, RECEIVER)
        except sqlite3.Error as error:
            self._connection.close()
            raise _cannot_open(self.path, error) from error
        except BaseException:
            self._connection.close()
            raise

    def put(self, site: str, rows: Sequence[Received]) -> Put:
        """Store the rows of one site in one commit; returns after it. A repeat is accepted; a row with the
        key of another and other content is refused.

        Raises StoreUnavailable: nothing of it is stored, the same rows may be put again.
        """
        return self._commit(lambda: self._put(site, rows))

    def write(self, statement: str, rows: Sequence[Sequence[object]]) -> None:
        """Run a statement for each of `rows` in one commit; returns after it. Raises StoreUnavailable."""
        self._commit(lambda: self._connection.executemany(statement, rows))

    def put_head(self, site: str, head: LedgerHead) -> None:
        """Keep a head of a site's ledger; one that is here stays as it came first. Raises
        StoreUnavailable."""
        row = (site, head.seq, head.hash, head.time_ms, self._wall_ms())
        self.write("INSERT INTO heads VALUES (?, ?, ?, ?, ?) ON CONFLICT DO NOTHING", [row])

    def now_ms(self) -> int:
        """When something is received."""
        return self._wall_ms()

    def _commit(self, work: Callable[[], T]) -> T:
        with self._lock:
            try:
                self._connection.execute("BEGIN IMMEDIATE")
                try:
                    done = work()
                    self._connection.execute("COMMIT")
                except BaseException:
                    if self._connection.in_transaction:
                        self._connection.execute("ROLLBACK")
                    raise
            except sqlite3.Error as error:
                raise StoreUnavailable(
                    text("cannot write {file}: {error}", file=str(self.path), error=detail(str(error)))
                ) from error
            return done

    def close(self) -> None:
        """Let go of the file, after whoever is writing."""
        with self._lock:
            self._connection.close()

    def _put(self, site: str, rows: Sequence[Received]) -> Put:
        meters: dict[str, int] = {}
        accepted: list[str] = []
        refused: list[tuple[str, str]] = []
        new, now_ms = 0, self._wall_ms()
        for row in rows:
            meter = meters.get(row.meter)
            if meter is None:
                meter = meters[row.meter] = self._meter(site, row.meter)
            name = (meter, row.start_ms, row.revision)
            content = _content(row)
            inserted = self._connection.execute(_INSERT, (*name, *content, row.stream, now_ms)).rowcount
            if inserted or _same(self._connection.execute(_SELECT, name).fetchone(), content):
                new += inserted
                accepted.append(row.key)
            else:
                refused.append((row.key, "another row with this meter, start and revision is here already"))
        return Put(tuple(accepted), tuple(refused), new)

    def _meter(self, site: str, meter: str) -> int:
        run = self._connection.execute
        run("INSERT INTO sites (name) VALUES (?) ON CONFLICT DO NOTHING", (site,))
        run(
            "INSERT INTO meters (site, name) SELECT id, ? FROM sites WHERE name = ? ON CONFLICT DO NOTHING",
            (meter, site),
        )
        found = run(
            "SELECT m.id FROM meters m JOIN sites s ON s.id = m.site WHERE s.name = ? AND m.name = ?",
            (site, meter),
        )
        return int(found.fetchone()[0])


class Kept(NamedTuple):
    """A head of a site's ledger that was kept."""

    site: str
    seq: int
    hash: str
    time_ms: int
    """By the site's clock."""
    received_ms: int
    disputed: bool
    """Another one was told for the same row: the ledger was written anew, or put back from a backup."""


def heads(data: Path, site: str | None = None, most: int = 10_000) -> list[Kept]:
    """The newest `most` heads of `site` (None: of all sites), oldest first. Reads beside a receiver that
    runs. Raises StoreUnavailable, StoreDamaged."""
    path = data / FILE
    try:
        with closing(_opened(path)) as connection:
            found = connection.execute(
                "SELECT site, seq, hash, time_ms, received_ms, count(*) OVER (PARTITION BY site, seq) > 1 "
                "FROM heads WHERE site = coalesce(?, site) ORDER BY received_ms DESC, seq DESC LIMIT ?",
                (site, most),
            ).fetchall()
    except sqlite3.Error as error:
        raise _cannot_open(path, error) from error
    return [
        Kept(name, seq, digest, time_ms, received_ms, bool(disputed))
        for name, seq, digest, time_ms, received_ms, disputed in reversed(found)
    ]


class Gap(NamedTuple):
    """Time of which nothing came, between two rows of a meter."""

    from_ms: int
    to_ms: int


class MeterGaps(NamedTuple):
    """How complete one meter's rows are."""

    site: str
    meter: str
    first_ms: int
    last_ms: int
    """End of its last row."""
    rows: int
    """Intervals, whatever their revisions."""
    unknown: int
    """Intervals whose latest revision tells no consumption."""
    behind_ms: int
    """How much earlier its last row ends than the site's last one."""
    gaps: tuple[Gap, ...]
    more: bool
    """There are more gaps than are listed."""


def gaps(data: Path, site: str | None = None, most: int = 1000) -> list[MeterGaps]:
    """How complete what came is: every meter of `site` (None: of all sites), with at most `most` gaps each.

    Reads beside a receiver that runs. Raises StoreUnavailable, StoreDamaged.
    """
    path = data / FILE
    try:
        with closing(_opened(path)) as connection:
            connection.execute("BEGIN")
            return [_completeness(connection, row, most) for row in connection.execute(_METERS, (site,))]
    except sqlite3.Error as error:
        raise _cannot_open(path, error) from error


_METERS = """
    WITH latest AS (
        SELECT meter, start_ms, max(end_ms) AS end_ms, max(revision) AS revision
        FROM intervals GROUP BY meter, start_ms
    )
    SELECT m.id, s.name AS site, m.name AS meter, count(*) AS rows, min(l.start_ms) AS first_ms,
        max(l.end_ms) AS last_ms, sum(i.consumption IS NULL) AS unknown,
        max(max(l.end_ms)) OVER (PARTITION BY s.id) AS site_ms
    FROM latest l
    JOIN intervals i ON i.meter = l.meter AND i.start_ms = l.start_ms AND i.revision = l.revision
    JOIN meters m ON m.id = l.meter JOIN sites s ON s.id = m.site
    WHERE s.name = coalesce(?, s.name)
    GROUP BY m.id ORDER BY s.name, m.name
"""
_GAPS = """
    WITH spans AS (
        SELECT start_ms, max(end_ms) OVER (
            ORDER BY start_ms, revision ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING
        ) AS before_ms
        FROM intervals WHERE meter = ?
    )
    SELECT before_ms, start_ms FROM spans WHERE before_ms < start_ms ORDER BY start_ms LIMIT ?
"""


def _completeness(connection: sqlite3.Connection, row: sqlite3.Row, most: int) -> MeterGaps:
    found = [Gap(*pair) for pair in connection.execute(_GAPS, (row["id"], most + 1))]
    return MeterGaps(
        row["site"],
        row["meter"],
        row["first_ms"],
        row["last_ms"],
        row["rows"],
        row["unknown"],
        row["site_ms"] - row["last_ms"],
        tuple(found[:most]),
        len(found) > most,
    )


def _content(row: Received) -> tuple[object, ...]:
    values = row._asdict()
    values["flags"] = " ".join(row.flags)
    return tuple(values[name] for name in _COLUMNS)


def _same(here: Sequence[object], came: Sequence[object]) -> bool:
    """Whether two contents say the same: 7.1 is 7.10."""
    return all(
        one == other
        or (
            name in _NUMBERS
            and one is not None
            and other is not None
            and Decimal(str(one)) == Decimal(str(other))
        )
        for name, one, other in zip(_COLUMNS, here, came, strict=True)
    )


def _opened(path: Path) -> sqlite3.Connection:
    """For reading. Raises StoreUnavailable where nothing was ever received, sqlite3.Error."""
    if not path.exists():
        raise StoreUnavailable(text("nothing was received here yet: there is no {file}", file=str(path)))
    return open_reader(path)


def _cannot_open(path: Path, error: sqlite3.Error | OSError) -> StoreUnavailable | StoreDamaged:
    kind: type[StoreUnavailable | StoreDamaged] = StoreUnavailable
    if isinstance(error, sqlite3.DatabaseError) and trouble(error) is Trouble.DAMAGE:
        kind = StoreDamaged
    return kind(text("cannot open {file}: {why}", file=str(path), why=reason(error)))
