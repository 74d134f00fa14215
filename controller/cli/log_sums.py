"""log export --by: what was used by hour, day, month or tariff period, as a table."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterator, Sequence
from datetime import tzinfo
from decimal import Decimal
from pathlib import Path
from typing import NamedTuple

from config.language import text
from config.plan.tariff import Tariff
from controller.cli import log_figures
from controller.cli.log_figures import About, Meters
from controller.cli.log_source import Whose, picked
from controller.cli.speech import Failure, tell
from controller.consumption.exports import local_iso, universal
from controller.consumption.periods import Partition, Periods, Span
from controller.consumption.rollups import Rollup, Slicing, by, by_period, cost
from controller.consumption.tables import WHOSE, Column, Kind, Record
from controller.consumption.upload.rowjson import flag_words
from controller.store import sums

CHOICES = ("hour", "day", "month", "tariff")
COLUMNS = (
    *WHOSE,
    Column("kind", Kind.TEXT),
    Column("start", Kind.TEXT),
    Column("end", Kind.TEXT),
    Column("start_utc", Kind.TIME),
    Column("end_utc", Kind.TIME),
    Column("period", Kind.TEXT),
    Column("consumption", Kind.EXACT),
    Column("cost", Kind.EXACT),
    Column("counts_from_utc", Kind.TIME),
    Column("known_s", Kind.WHOLE),
    Column("unknown_s", Kind.WHOLE),
    Column("later_s", Kind.WHOLE),
    Column("missing_s", Kind.WHOLE),
    Column("peak", Kind.EXACT),
    Column("covered_s", Kind.WHOLE),
    Column("flags", Kind.TEXT),
    Column("lacking", Kind.TEXT),
)
"""`period` and `cost` are those of the tariff; `lacking` are parts of which not all is known."""


class Asked(NamedTuple):
    """How it is to be added up."""

    by: str
    spreading: bool
    span: Span
    names: list[str] | None


def check(by_what: str | None, *, spreading: bool) -> None:
    """Raises Failure for what cannot be asked."""
    if by_what is not None and by_what not in CHOICES:
        raise Failure(text("--by takes hour, day, month or tariff, not {given}", given=by_what), code=2)
    if by_what is None and spreading:
        raise Failure(text("--spread goes with --by: intervals are shown as they were booked"), code=2)


def records(connection: sqlite3.Connection, data: Path, owner: Whose, asked: Asked) -> Iterator[Record]:
    """The table, by meter and time; by hour a day after the other. Raises Failure."""
    meters = log_figures.meters(connection, data, owner)
    names = picked(list(meters.about), asked.names)
    tariff = _tariff(owner, asked, meters) if asked.by == "tariff" else None
    if tariff is not None:
        names = _of_electricity(meters, names, asked.names)
    for span, slicing in _parts(owner, asked, meters):
        found = log_figures.used(
            connection,
            meters,
            names,
            span,
            slicing,
            by_day=asked.by in ("day", "month"),
            spreading=asked.spreading,
            wholes=_months(connection, owner, asked) if asked.by == "month" else (),
        )
        for name in names:
            for one in found[name]:
                paid = None if tariff is None else cost(one, tariff)
                yield _record(owner.name, meters.about[name], one, owner.zone, paid)


def _parts(owner: Whose, asked: Asked, meters: Meters) -> Iterator[tuple[Span, Callable[[Span], Slicing]]]:
    """What is looked at in one go: little enough that all of its slots fit into the memory."""
    periods = Periods(owner.time_zone)
    from_ms, to_ms = asked.span
    partition: Partition = {"hour": periods.hour, "month": periods.month}.get(asked.by, periods.day)

    def slicing(due: Span) -> Slicing:
        return by(partition, due[1], due[0])

    if asked.by == "hour":
        day = periods.day(max(from_ms, meters.since_ms))
        while day[0] < min(to_ms, meters.until_ms):
            yield day, slicing
            day = periods.day(day[1])
    elif asked.by == "tariff":
        spans = _spans(owner, max(from_ms, meters.since_ms), min(to_ms, meters.due.until_ms))
        if spans:
            yield asked.span, lambda due: by_period(spans, asked.span, due[1], due[0])
    else:
        yield asked.span, slicing


def _months(connection: sqlite3.Connection, owner: Whose, asked: Asked) -> list[Span]:
    """Those of which days are kept, as far as something of them is asked for."""
    first_ms, last_ms = sums.kept_span(connection)
    from_ms, to_ms = max(asked.span[0], first_ms), min(asked.span[1], last_ms)
    periods, found = Periods(owner.time_zone), list[Span]()
    while from_ms < to_ms:
        end_ms = periods.month(from_ms)[1]
        found.append((from_ms, min(end_ms, asked.span[1])))
        from_ms = end_ms
    return found


def _tariff(owner: Whose, asked: Asked, meters: Meters) -> Tariff:
    tariff = None if owner.plan is None else owner.plan.tariff
    if tariff is None:
        raise Failure(text("the accepted plan has no tariff"), kind="no-tariff")
    since = universal(max(asked.span[0], meters.since_ms)).astimezone(owner.zone).date().isoformat()
    if since < tariff.since:
        tell(text("the tariff holds from {since}: all before is taken as flat", since=tariff.since))
    return tariff


def _spans(owner: Whose, from_ms: int, to_ms: int) -> Sequence[tuple[int, int, str]]:
    from schedules.context import Context
    from schedules.tariff import TariffHours

    assert owner.plan is not None
    assert owner.plan.tariff is not None
    hours = TariffHours(owner.plan.tariff, Context.of(owner.plan))
    return list(hours.spans(from_ms, to_ms))


def _of_electricity(meters: Meters, names: Sequence[str], given: list[str] | None) -> list[str]:
    others = [name for name in names if meters.about[name].quantity != "electricity"]
    if given and others:
        raise Failure(text("a tariff is for electricity; {name} is no meter of that", name=others[0]))
    return [name for name in names if name not in others]


def _record(site: str, about: About, one: Rollup, zone: tzinfo, paid: Decimal | None) -> Record:
    return (
        site,
        about.name,
        about.quantity,
        one.unit,
        about.kind,
        local_iso(one.start_ms, zone),
        local_iso(one.end_ms, zone),
        universal(one.start_ms),
        universal(one.end_ms),
        one.period,
        one.consumption,
        paid,
        None if one.from_ms is None else universal(one.from_ms),
        one.known_s,
        one.unknown_s,
        one.later_s,
        one.missing_s,
        None if one.peak is None else Decimal(one.peak).scaleb(-3),
        one.covered_s,
        " ".join(flag_words(one.flags)),
        " ".join(one.lacking),
    )
