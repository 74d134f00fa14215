"""Somebody who takes the log: the receiver as a process with TLS and a token, and how to tell what it has."""

from __future__ import annotations

import shutil
import sqlite3
from contextlib import closing
from decimal import Decimal
from pathlib import Path
from typing import NamedTuple

from controller.consumption.records import Flag
from controller.consumption.upload.port import Row
from controller.consumption.upload.ranges import Ranges
from controller.receiver.store import FILE
from controller.store import feed
from controller.store.connection import open_reader
from hil_tests.stand import HOUSE
from tests.certificates import Authority
from tests.controller.receiver.process import ReceiverProcess

TOKEN = "a-token-of-the-tests-0001"
SINK = "district"

Key = tuple[str, int, int]
"""meter, start_ms, revision."""
Content = tuple[object, ...]


class Upstream:
    """One receiver in `folder`, which knows one site; killed and started at will, always at the same port."""

    def __init__(self, folder: Path, site: str = "house") -> None:
        folder.mkdir(exist_ok=True)
        authority = Authority(folder)
        server = authority.issue("server")
        self.token, tokens = folder / "token", folder / "tokens"
        self.token.write_text(TOKEN)
        tokens.write_text(f"{site} {TOKEN}\n")
        tokens.chmod(0o600)
        self.ca = authority.ca
        words = ("--tokens", str(tokens), "--cert", str(server.cert), "--key", str(server.key))
        self.process = ReceiverProcess(folder / "received", *words)

    def declared(self, more: str = "") -> str:
        """The sink as a site's file has it."""
        url = f"{self.process.url}/v1/intervals"
        return (
            f'sinks:\n  {SINK}: {{kind: https, url: "{url}", timeout: 5 s, token: {{file: {self.token}}}, '
            f"tls: {{ca: {self.ca}}}{more}}}\n"
        )

    def rows(self) -> dict[Key, Content]:
        """What a reader of its store finds; the key is unique there."""
        with closing(open_reader(self.process.data / FILE)) as connection:
            found = connection.execute(
                "SELECT m.name, start_ms, revision, end_ms, quantity, unit, from_ms, count_start, count_end, "
                "consumption, peak, covered_s, flags FROM intervals JOIN meters m ON m.id = meter"
            ).fetchall()
        return {
            (one[0], one[1], one[2]): (
                *one[3:7],
                *(None if number is None else Decimal(number) for number in one[7:11]),
                one[11],
                frozenset(word for word in one[12].split() if word),
            )
            for one in found
        }

    def live_lateness_s(self, after_ms: int) -> list[tuple[float, int]]:
        """(machine time of arrival in s, end of the interval) of all live rows received since."""
        with closing(open_reader(self.process.data / FILE)) as connection:
            found = connection.execute(
                "SELECT received_ms, end_ms FROM intervals WHERE stream = 'live' AND received_ms >= ?",
                (after_ms,),
            ).fetchall()
        return [(received_ms / 1000, end_ms) for received_ms, end_ms in found]


def site_with(
    upstream: Upstream, folder: Path, of: Path = HOUSE, more: str = "", interval: str = "5 min"
) -> Path:
    """A copy of a site in `folder`, with a sink."""
    site = folder / "site"
    shutil.copytree(of, site)
    declare(site, upstream, of, more, interval)
    return site


def declare(
    site: Path, upstream: Upstream, of: Path = HOUSE, more: str = "", interval: str = "5 min"
) -> None:
    """Write the sink, in place of another one."""
    text = (of / "site.yaml").read_text(encoding="utf-8").replace("5 min", interval)
    (site / "site.yaml").write_text(text + upstream.declared(more), encoding="utf-8")


class Logged(NamedTuple):
    """What log.db says."""

    rows: dict[Key, Content]
    """All of the feed."""
    settled: set[Key]
    """What the sink has, as far as is known here."""
    aside: int
    intervals: int
    """Rows of the table of intervals."""


def logged(data: Path) -> Logged:
    """Read log.db, beside a daemon or after one was killed."""
    with closing(open_reader(data / "log.db")) as connection:
        connection.execute("BEGIN")
        found = feed.rows(connection, 1, 2**40, 2**40)
        state = feed.state(connection, SINK)
        (intervals,) = connection.execute("SELECT count(*) FROM intervals").fetchone()
    settled = Ranges(state.settled)
    rows = [row for _, row in found]
    return Logged(
        {(row.meter, row.start_ms, row.revision): _content(row) for row in rows},
        {(row.meter, row.start_ms, row.revision) for row in rows if row.id in settled},
        len(state.aside),
        intervals,
    )


def _content(row: Row) -> Content:
    """As `Upstream.rows` has it."""
    return (
        row.end_ms, row.quantity, row.unit, row.from_ms,
        *(row.exact(number) for number in (row.count_start, row.count_end, row.consumption)),
        None if row.peak is None else Decimal(row.peak) / 1000,
        row.covered_s,
        frozenset(str(flag.name).lower() for flag in Flag if flag & row.flags),
    )  # fmt: skip


def whole(path: Path) -> None:
    """Fails unless SQLite finds nothing wrong in all of a file."""
    with closing(sqlite3.connect(path)) as connection:
        assert connection.execute("PRAGMA integrity_check").fetchall() == [("ok",)], path
