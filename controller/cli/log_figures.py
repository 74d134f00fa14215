"""What the meters of a log used over a span of time, logged ones and made ones: for export and tree."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

from controller.cli.log_due import Due, due
from controller.cli.log_source import Whose
from controller.consumption.made import Made, made_meters, with_parts, work_out
from controller.consumption.periods import Periods, Span
from controller.consumption.rollups import Item, Rollup, Slicing, roll_up
from controller.store import history, sums
from controller.store.history import MeterEntry


class About(NamedTuple):
    """What there is to say of a meter, whatever it used."""

    name: str
    kind: str
    """logged, integrated, virtual, remainder."""
    label: str
    quantity: str
    unit: str
    """Of its counts now."""
    formula: str
    """Of what a made one is made."""


@dataclass(frozen=True, slots=True)
class Meters:
    """All meters of a log and of the site whose it is."""

    logged: Mapping[str, MeterEntry]
    made: Sequence[Made]
    about: Mapping[str, About]
    since_ms: int
    """Local midnight before the first interval."""
    until_ms: int
    """End of the newest interval."""
    due: Due


def meters(connection: sqlite3.Connection, data: Path, owner: Whose) -> Meters:
    """Those there are now, by name; made ones last."""
    entries = history.meters(connection)
    logged = {entry.name: entry for entry in entries}
    units = {name: (entry.quantity, _unit(entry)) for name, entry in logged.items()}
    made = made_meters(owner.metering, units)
    integrated = {item.name for item in owner.metering.integrated}
    about = {
        name: About(name, "integrated" if name in integrated else "logged", owner.label(name), *unit, "")
        for name, unit in units.items()
    }
    for item in made:
        kind = "remainder" if item.remainder else "virtual"
        about[item.name] = About(
            item.name, kind, owner.label(item.name), item.quantity, item.unit, item.formula
        )
    expected = due(connection, entries, data, owner)
    first_ms = min((since_ms for since_ms, _ in expected.meters.values()), default=None)
    since_ms = 0 if first_ms is None else Periods(owner.time_zone).day(first_ms)[0]
    until_ms = max((one.last.row.end_ms for one in entries if one.last is not None), default=0)
    return Meters(logged, made, about, since_ms, until_ms, expected)


def needed(all_meters: Meters, names: Iterable[str]) -> list[str]:
    """The logged meters of which these are made, or that they are."""
    listed = list(names)
    own = [name for name in listed if name in all_meters.logged]
    wanted = [item for item in all_meters.made if item.name in listed]
    of_those = [name for name in with_parts(wanted, all_meters.made) if name in all_meters.logged]
    return sorted({*own, *of_those})


def used(
    connection: sqlite3.Connection,
    all_meters: Meters,
    names: Sequence[str],
    span: Span,
    slicing: Callable[[Span], Slicing],
    *,
    by_day: bool,
    spreading: bool = False,
    wholes: Sequence[Span] = (),
) -> dict[str, list[Rollup]]:
    """What each of these used in [from, to), by slot; `slicing` by the time for which there should be
    intervals. `wholes`: of whole days, and each within one slot; all of [from, to) if there are any."""
    wanted = needed(all_meters, names)
    entries = [all_meters.logged[name] for name in wanted]
    added: dict[str, list[Item]] = {}
    if wholes and by_day and not spreading:
        made = [entry for entry in entries if not sums.days_are_due(connection, entry)]
        added = sums.added(connection, made, wholes)
    logged = {
        name: roll_up(
            added[name]
            if name in added
            else sums.items(connection, entry, *span, by_day=by_day, spreading=spreading),
            slicing(all_meters.due.meters.get(name, _NEVER)),
        )
        for name, entry in zip(wanted, entries, strict=True)
    }
    found = {**logged, **work_out(all_meters.made, logged)}
    return {name: found.get(name, []) for name in names}


_NEVER = (0, 0)


def _unit(entry: MeterEntry) -> str:
    return entry.fittings[-1].unit if entry.fittings else ""
