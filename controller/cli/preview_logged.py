"""What equipment has drawn by the daemon's own log: by its meter, or by the course of its power."""

from __future__ import annotations

import sqlite3
from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import closing
from pathlib import Path

from config.plan.reading import Value
from config.plan.site import Plan
from controller.consumption.loads import Commanded, Used, mean_loads, used_at
from controller.consumption.meters import Meter, meters_of
from controller.consumption.records import Flag
from controller.store import history, trendread
from controller.store.connection import open_reader
from controller.store.errors import StoreError
from controller.store.history import MeterEntry
from controller.store.ledger import Kind
from controller.store.logdb import FILE as LOG_FILE
from controller.store.migrations.log import LOG
from controller.store.trenddb import FILE as TREND_FILE
from controller.store.values import load
from schedules.energy import Logged

_MEASURES = ("power", "energy")
DAYS = 28
"""So far back it is looked."""
_DAY_MS = 86_400_000
_LATEST_MS = 1 << 42
_UNKNOWN = frozenset(
    (
        *(Kind.WOULD_WRITE, Kind.HAND, Kind.MISMATCH, Kind.REJECTED, Kind.NO_ANSWER, Kind.NOT_SENT),
        *(Kind.LOST, Kind.START, Kind.STOP, Kind.GAP),
    )
)
"""After one of these nobody knows what is in force, until it is decided anew."""


def logged_loads(plan: Plan, data: Path) -> Mapping[str, Logged]:
    """By the key of each point that commands something with a meter or a kept power of its own; none where
    there is no log. Reads the disk."""
    found: dict[str, Logged] = {}
    try:
        with closing(open_reader(data / "control.db")) as ledger:
            for key, by, used in _measured(plan, data):
                commanded = list(_commanded(ledger, key, used[0].start_ms, used[-1].end_ms))
                if kw := mean_loads(commanded, used):
                    found[key] = Logged(by, kw)
    except (sqlite3.Error, StoreError, ValueError):
        return {}  # it cannot be read, or is of another version: ratings do
    return found


def _measured(plan: Plan, data: Path) -> Iterator[tuple[str, str, list[Used]]]:
    """(key of the point that commands an equipment, what measures it, what was used); only where something
    was. What measures several of them says nothing of one."""
    meters = {meter.point: meter for meter in meters_of(plan)}
    powers = {meter.power_point: meter for meter in meters.values() if meter.power_point is not None}
    bound = [(item.primary, role, point) for item in plan.equipment for role, point in item.roles]
    shared = Counter(point for _, role, point in bound if role in _MEASURES)
    own: dict[int, dict[str, int]] = {}
    for primary, role, point in bound:
        if primary is not None and role in _MEASURES and shared[point] == 1:
            own.setdefault(primary, {})[role] = point
    for primary, roles in own.items():
        meter = meters.get(roles.get("energy", -1)) or powers.get(roles.get("power", -1))
        power, key = roles.get("power"), plan.points[primary].key
        if meter is not None and meter.unit == "kWh" and (used := _by_meter(data, meter)):
            yield key, meter.name, used
        elif power is not None and plan.points[power].unit == "kW" and (used := _by_trend(data, plan, power)):
            yield key, plan.points[power].key, used


def _by_meter(data: Path, meter: Meter) -> list[Used]:
    if not (data / LOG_FILE).exists():
        return []
    with closing(history.open_file(data / LOG_FILE, LOG)) as log:
        entry = next((one for one in history.meters(log) if one.name == meter.name), None)
        if entry is None or entry.last is None:
            return []
        since_ms = entry.last.row.end_ms - DAYS * _DAY_MS
        return list(_intervals(log, entry, since_ms))


def _intervals(log: sqlite3.Connection, entry: MeterEntry, since_ms: int) -> Iterator[Used]:
    """Those whose consumption is of just their time, and of all of it."""
    for item in history.newest(history.logged(log, entry, since_ms)):
        row = history.upload_row(entry, item)
        whole = not row.flags & Flag.PARTIAL and row.from_ms in (None, row.start_ms)
        kwh = row.exact(row.consumption)
        if kwh is not None and whole:
            yield Used(row.start_ms, row.end_ms, float(kwh))


def _by_trend(data: Path, plan: Plan, power: int) -> list[Used]:
    if not (data / TREND_FILE).exists():
        return []
    with closing(trendread.open_file(data / TREND_FILE)) as trends:
        number, _ = trendread.numbers(trends).get(plan.points[power].key, (None, ""))
        if number is None:
            return []
        samples = list(trendread.samples(trends, number, 0, _LATEST_MS))
    since_ms = samples[-1][0] - DAYS * _DAY_MS if samples else 0
    # A sample stands at every boundary of the log: what is farther apart was not seen.
    longest_ms = 2 * plan.site.interval_s * 1000
    return list(used_at((one for one in samples if one[0] >= since_ms), longest_ms))


def _commanded(ledger: sqlite3.Connection, point: str, from_ms: int, to_ms: int) -> Iterator[Commanded]:
    """What was commanded, and neither refused nor changed by anybody, as the ledger has it."""
    (first,) = ledger.execute(
        "SELECT coalesce(max(seq), 0) FROM ledger WHERE point = ? AND kind = ? AND time_ms <= ?",
        (point, Kind.DECIDED, from_ms),
    ).fetchone()
    began_ms = 0
    value: Value | None = None
    for time_ms, kind, written in ledger.execute(
        "SELECT time_ms, kind, value FROM ledger WHERE point IN (?, '') AND seq >= ? ORDER BY seq",
        (point, first),
    ):
        if kind != Kind.DECIDED and kind not in _UNKNOWN:
            continue
        if value is not None and began_ms < time_ms:
            yield Commanded(began_ms, time_ms, value)
        began_ms, value = time_ms, load(written) if kind == Kind.DECIDED else None
    if value is not None and began_ms < to_ms:
        yield Commanded(began_ms, to_ms, value)
