"""log: what the consumption log holds, taken away, looked through and verified. Reads the data directory;
needs no daemon."""

from __future__ import annotations

from datetime import tzinfo
from pathlib import Path
from typing import Annotated, Any

import typer

from config.language import text
from controller.cli import log_enter, log_source, log_tree, log_trend
from controller.cli.log_source import AsRows, DateFrom, DateTo, Format, Meters, Output, opened, span, whose
from controller.cli.remote import DataDir, SiteOption
from controller.cli.site import AsJson, AsStream
from controller.cli.speech import Failure, language, put_json, say, tell
from controller.consumption import exports
from controller.consumption.exports import local_iso
from controller.consumption.upload.rowjson import exact_text, flag_words
from controller.store import history

log_app = typer.Typer(
    help="What was logged of each meter: listed, taken away, looked through for gaps, verified.",
    no_args_is_help=True,
)


@log_app.command()
def meters(site: SiteOption = None, data: DataDir = None, as_json: AsStream = False) -> None:
    """List the meters of the log, what they count in or are made of, what was fitted when, and their last
    interval."""
    where = log_source.directory(data, site)
    with opened(where) as connection:
        entries = history.meters(connection)
    owner = whose(where)
    rows = [_meter(entry, owner.zone) for entry in entries]
    rows = log_tree.with_made(rows, owner, entries)
    if not rows:
        raise Failure(text("there is no meter in the log yet"), kind="no-match")
    if as_json:
        for row in rows:
            put_json(row)
        return
    from controller.cli import log_tables

    log_tables.meters(rows, language())


@log_app.command()
def export(
    start: Annotated[str, DateFrom],
    end: Annotated[str, DateTo],
    meter: Annotated[list[str] | None, Meters] = None,
    kind: Format = None,
    output: Output = None,
    by: Annotated[
        str | None,
        typer.Option("--by", help="Sums by hour, day, month or tariff period.", metavar="PERIOD"),
    ] = None,
    spread: Annotated[
        bool,
        typer.Option(
            "--spread", help="With --by: share what was recovered after a gap over the time it is of."
        ),
    ] = False,
    site: SiteOption = None,
    data: DataDir = None,
    as_json: AsRows = False,
) -> None:
    """Write the intervals of a span of days, exact, unknown left empty, each as corrected last; with --by
    their sums, and those of virtual meters and of what submeters leave."""
    from controller.cli import log_export, log_sums

    kind = log_export.kind_of(kind, output, as_json=as_json)
    log_sums.check(by, spreading=spread)
    where = log_source.directory(data, site)
    with opened(where) as connection:
        owner = whose(where)
        from_ms, to_ms = span(start, end, owner.zone)
        if by is not None:
            asked = log_sums.Asked(by, spread, (from_ms, to_ms), meter)
            count = log_export.write(
                log_sums.records(connection, where, owner, asked), log_sums.COLUMNS, kind, output
            )
        else:
            rows = log_export.intervals(connection, owner, meter, (from_ms, to_ms))
            count = log_export.write(rows, exports.COLUMNS, kind, output)
    if not count:
        raise Failure(text("nothing was logged from {start} to {end}", start=start, end=end), kind="no-match")
    if output is not None and as_json:
        put_json({"done": "log-export", "file": str(output), "rows": count})
    elif output is not None:
        parts = {"file": str(output), "count": count}
        tell(
            text("{file}: {count} intervals", **parts)
            if by is None
            else text("{file}: {count} sums", **parts)
        )


@log_app.command()
def gaps(
    start: Annotated[str | None, DateFrom] = None,
    end: Annotated[str | None, DateTo] = None,
    meter: Annotated[list[str] | None, Meters] = None,
    site: SiteOption = None,
    data: DataDir = None,
    as_json: AsJson = False,
) -> None:
    """List where intervals are missing up to now, or what was used is not known; exit code 1 where nobody
    knows it."""
    from controller.cli import log_gaps

    where = log_source.directory(data, site)
    with opened(where) as connection:
        owner = whose(where)
        rows_found = log_gaps.found(connection, where, owner, meter, span(start, end, owner.zone))
    if as_json:
        put_json({"gaps": rows_found})
    else:
        from controller.cli import log_tables

        log_tables.gaps(rows_found, language())
    if any(row["lost"] for row in rows_found):
        raise typer.Exit(1)


@log_app.command()
def verify(
    head: Annotated[
        list[str] | None,
        typer.Option(
            "--head",
            help="A head of the ledger that somebody else has kept, which must lie on its chain; may be "
            "given more than once.",
            metavar="SEQ:HASH",
            show_default=False,
        ),
    ] = None,
    heads: Annotated[
        Path | None,
        typer.Option(
            "--heads",
            help="A file of such heads, one a line, as louguan receive --heads prints them.",
            metavar="FILE",
            show_default=False,
        ),
    ] = None,
    site: SiteOption = None,
    data: DataDir = None,
    as_json: AsJson = False,
) -> None:
    """Work out anew whether every meter's intervals add up to its counters and the days to their intervals,
    whether the feed has each once, and whether the ledger's chain holds; exit code 1 if anything is wrong."""
    from controller.cli import log_verify

    where = log_source.directory(data, site)
    known = log_verify.heads_of(head or (), heads)
    with opened(where) as connection:
        report = log_verify.verified(connection, where, known)
    zone = whose(where).zone
    problems = [
        {
            "meter": problem.meter,
            "start": None if problem.start_ms is None else local_iso(problem.start_ms, zone),
            "what": say(problem.what),
        }
        for problem in report.problems
    ]
    if as_json:
        put_json(
            {
                "sound": not problems,
                "meters": report.meters,
                "intervals": report.intervals,
                "days": report.days,
                "past_days": report.past_days,
                "ledger_rows": report.ledger_rows,
                "heads": report.heads,
                "problems": problems,
            }
        )
    else:
        from controller.cli import log_tables

        log_tables.verified(report, problems, language())
    if problems:
        raise typer.Exit(1)


def _meter(entry: history.MeterEntry, zone: tzinfo) -> dict[str, Any]:
    now = entry.fittings[-1] if entry.fittings else None
    last = None
    if entry.last is not None and now is not None:
        last = {
            "start": local_iso(entry.last.row.start_ms, zone),
            "end": local_iso(entry.last.row.end_ms, zone),
            "consumption": exact_text(history.last_consumption(entry)),
            "flags": flag_words(int(entry.last.row.flags)),
        }
    return {
        "meter": entry.name,
        "point": entry.point,
        "quantity": entry.quantity,
        "unit": "" if now is None else now.unit,
        "quantum": "" if now is None else now.quantum,
        "fittings": [
            {
                "serial": one.serial,
                "first_count": exact_text(one.exact(one.first_count)),
                "last_count": exact_text(one.exact(one.last_count)),
                "unit": one.unit,
                "quantum": one.quantum,
                "modulus": one.modulus,
                "since": local_iso(one.since_ms, zone),
            }
            for one in entry.fittings
        ],
        "last": last,
    }


def register(app: typer.Typer) -> None:
    """Add this group's commands."""
    log_enter.register(log_app)
    log_tree.register(log_app)
    log_trend.register(log_app)
    app.add_typer(log_app, name="log")
