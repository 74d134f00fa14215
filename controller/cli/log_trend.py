"""log trends, trend: the course of points, as it was kept for a month. Reads the data directory; needs no
daemon."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from datetime import tzinfo
from pathlib import Path
from typing import Annotated, Any

import typer

from config.language import text
from config.language.details import detail
from controller.cli import log_source
from controller.cli.log_source import AsRows, DateFrom, DateTo, Format, Output, Whose, span, whose
from controller.cli.remote import DataDir, SiteOption
from controller.cli.site import AsStream
from controller.cli.speech import Failure, language, put_json, tell
from controller.consumption.exports import local_iso, universal
from controller.consumption.tables import Column, Kind, Record
from controller.store import trendread
from controller.store.errors import StoreError
from controller.store.trenddb import FILE

COLUMNS = (
    Column("site", Kind.TEXT),
    Column("point", Kind.TEXT),
    Column("unit", Kind.TEXT),
    Column("time", Kind.TEXT),
    Column("time_utc", Kind.TIME),
    Column("value", Kind.BINARY),
)
"""`time` is local, with its offset. Where `value` is empty, nothing is known from then on."""


def trends(site: SiteOption = None, data: DataDir = None, as_json: AsStream = False) -> None:
    """List the points whose course is kept, since when, and how many samples there are."""
    where = log_source.directory(data, site)
    with _opened(where) as connection:
        found = trendread.courses(connection)
    if not found:
        raise Failure(text("no course of a point is kept yet"), kind="no-match")
    zone = whose(where).zone
    rows = [_course(one, zone) for one in found]
    if as_json:
        for row in rows:
            put_json(row)
        return
    from controller.cli import log_tables

    log_tables.trends(rows, language())


def trend(
    point: Annotated[str, typer.Argument(help="A point, as `louguan log trends` names it.", metavar="POINT")],
    start: Annotated[str, DateFrom],
    end: Annotated[str, DateTo],
    kind: Format = None,
    output: Output = None,
    site: SiteOption = None,
    data: DataDir = None,
    as_json: AsRows = False,
) -> None:
    """Write the course of a point over a span of days: each sample that was kept, unknown left empty."""
    from controller.cli import log_export

    kind = log_export.kind_of(kind, output, as_json=as_json)
    where = log_source.directory(data, site)
    with _opened(where) as connection:
        owner = whose(where)
        from_ms, to_ms = span(start, end, owner.zone)
        key, number, unit = _chosen(connection, point, owner)
        records = (
            _record(owner, key, unit, time_ms, value)
            for time_ms, value in trendread.samples(connection, number, from_ms, to_ms)
        )
        count = log_export.write(records, COLUMNS, kind, output)
    if not count:
        words = text("nothing was kept of {point} from {start} to {end}", point=key, start=start, end=end)
        raise Failure(words, kind="no-match")
    if output is not None and as_json:
        put_json({"done": "log-trend", "file": str(output), "rows": count})
    elif output is not None:
        tell(text("{file}: {count} samples", file=str(output), count=count))


@contextmanager
def _opened(data: Path) -> Iterator[sqlite3.Connection]:
    """trends.db at one moment. Raises Failure."""
    try:
        with closing(trendread.open_file(data / FILE)) as connection:
            yield connection
    except StoreError as error:
        hint = text("A site that names trends keeps them, once its daemon runs.")
        raise Failure(error.text, hint=hint, kind="no-log") from error
    except (sqlite3.Error, ValueError) as error:
        words = text("{file} cannot be read: {reason}", file=str(data / FILE), reason=detail(str(error)))
        raise Failure(words, kind="unreadable") from error


def _chosen(connection: sqlite3.Connection, name: str, owner: Whose) -> tuple[str, int, str]:
    """Key, number and unit of a point, named by its device or its equipment. Raises Failure."""
    known = trendread.numbers(connection)
    named = None if owner.plan is None else owner.plan.point_named(name)
    key = name if name in known or named is None else named.key
    if key in known:
        return key, *known[key]
    raise Failure(
        text("no course of {name} is kept", name=name),
        hint=text("There are: {names}", names=", ".join(list(known)[:8]) or "—"),
        kind="unknown-name",
        where="point",
    )


def _record(owner: Whose, key: str, unit: str, time_ms: int, value: float | None) -> Record:
    when = universal(time_ms).astimezone(owner.zone).isoformat(timespec="milliseconds")
    return (owner.name, key, unit, when, universal(time_ms), value)


def _course(found: trendread.Course, zone: tzinfo) -> dict[str, Any]:
    return {
        "point": found.key,
        "unit": found.unit,
        "first": local_iso(found.first_ms, zone),
        "last": local_iso(found.last_ms, zone),
        "samples": found.samples,
    }


def register(app: typer.Typer) -> None:
    """Add these commands to their group."""
    app.command("trends")(trends)
    app.command("trend")(trend)
