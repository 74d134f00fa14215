"""A log.db as a daemon fills it: meters that count, through the consumption log and its store; and the floor
beside it, the same columns by bare sqlite3."""

from __future__ import annotations

import sqlite3
import time
from collections.abc import Sequence
from contextlib import closing
from pathlib import Path
from typing import NamedTuple

from config.plan.clock import Pace
from config.plan.reading import Quality, Reading
from controller.clock import VirtualClock
from controller.consumption.log import Closed, ConsumptionLog
from controller.consumption.meters import Meter
from controller.consumption.slots import Slots
from controller.store import dense, history
from controller.store.logdb import LogStore
from controller.store.migrations import bring_forward
from controller.store.migrations.log import LOG

ZONE = "Asia/Shanghai"
LENGTH_S = 900
LEAD_S = 2
"""Seconds before the end of an interval at which every meter is read."""
_AT_ONCE = 4
"""Intervals whose rows may wait for the writer."""


class Filled(NamedTuple):
    """What it took; machine seconds."""

    rows: int
    wall_s: float
    step_s: float
    """Of this, the consumption log's."""
    written_bytes: int
    """What went to the disk for it, the WAL and its checkpoints included."""


def meters(count: int) -> tuple[Meter, ...]:
    """Each with a power beside its counter."""
    return tuple(
        Meter(
            f"meter-{number:04}", 2 * number, f"meter-{number:04}.energy", "electricity", "kWh", "0.01",
            100_000_000, 500.0, 2 * number + 1, 10.0,
        )
        for number in range(count)
    )  # fmt: skip


def fill(store: LogStore, made: Sequence[Meter], end_ms: int, slots: int) -> Filled:
    """Log so many intervals of each meter, up to `end_ms`. Each is read once an interval: what polls cost is
    told by `bench.step`. They are stored as covered, as they are where polls are frequent."""
    clock = VirtualClock(end_ms - (slots * LENGTH_S + LEAD_S) * 1000)
    log = ConsumptionLog(made, Slots(ZONE, LENGTH_S), Pace(), store.register(made, clock.now().wall_ms))
    counts = [number * 7919 % 50_000_000 for number in range(len(made))]
    waiting = []
    rows, step_s, began, before = 0, 0.0, time.perf_counter(), _written()
    for slot in range(slots + 1):
        now = clock.now()
        samples = []
        for number, meter in enumerate(made):
            counts[number] += 300 + (slot * 31 + number * 17) % 900
            for point, value in (
                (meter.point, counts[number] / 100),
                (meter.point + 1, counts[number] % 977 / 10),
            ):
                samples.append((point, Reading(value, Quality.GOOD, "", now.wall_ms, now.mono_ns)))
        asked = time.perf_counter()
        log.step(now, samples)
        closed = log.step(clock.advance(LEAD_S + 1), ())
        step_s += time.perf_counter() - asked
        if slot:
            covered = tuple(row._replace(covered_s=LENGTH_S) for row in closed.intervals)
            rows += len(covered)
            waiting.append(store.write(Closed(covered, closed.marks)))
        if len(waiting) > _AT_ONCE:
            waiting.pop(0).result()
        clock.advance(LENGTH_S - LEAD_S - 1)
    for future in waiting:
        future.result()
    return Filled(rows, time.perf_counter() - began, step_s, _written() - before)


def _written() -> int:
    """Bytes that this process has had written to the disk. Linux only."""
    figures = dict(
        line.split(": ") for line in Path("/proc/self/io").read_text(encoding="ascii").splitlines()
    )
    return int(figures["write_bytes"])


def taken(path: Path) -> list[list[tuple[object, ...]]]:
    """Rows of a log.db as they are stored, an interval of all meters each."""
    with closing(history.open_file(path, LOG)) as connection:
        slots = [number for (number,) in connection.execute("SELECT id FROM slots ORDER BY id LIMIT 200")]
        query = "SELECT * FROM logged WHERE key BETWEEN ? AND ?"
        return [
            [
                tuple(row)
                for row in connection.execute(query, (dense.key(slot, 1), dense.key(slot + 1, 1) - 1))
            ]
            for slot in slots
        ]


def bare(path: Path, slots: Sequence[Sequence[tuple[object, ...]]]) -> tuple[float, float]:
    """Rows a second, and bytes written a row, when sqlite3 alone writes the same rows, one commit an
    interval, kept as safely."""
    with closing(sqlite3.connect(path, isolation_level=None)) as connection:
        connection.execute("PRAGMA journal_mode=WAL")
        connection.execute("PRAGMA synchronous=FULL")
        bring_forward(connection, "log", LOG)
        began, before = time.perf_counter(), _written()
        for rows in slots:
            connection.execute("BEGIN IMMEDIATE")
            connection.executemany("INSERT INTO logged VALUES (?, ?, ?, ?, ?, ?, ?)", rows)
            connection.execute("COMMIT")
        count = sum(map(len, slots))
        return count / (time.perf_counter() - began), (_written() - before) / count
