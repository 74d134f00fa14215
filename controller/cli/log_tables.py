"""The log for people: tables."""

from __future__ import annotations

from typing import Any

from rich.markup import escape

from config.language import Text, render, text, word
from controller.cli.log_verify import Report
from controller.cli.moments import moment
from controller.cli.tables import Column, console, fits, headed, show, show_fitting

LACKS = {
    "missing": text("no interval"),
    "suspect": text("the counter jumped: not known"),
    "unread": text("no power was read: not known"),
    "unknown": text("no count: not known yet"),
    "recovered": text("no count: in a later interval"),
    "partial": text("not from its start to its end"),
}


def meters(rows: list[dict[str, Any]], language: str) -> None:
    """The meters, one a line; of what one is made below it where there is no room beside."""
    last = [row["last"] or {"end": None, "consumption": None, "flags": []} for row in rows]
    name = Column(text("meter"), [escape(row["meter"]) for row in rows])
    quantity = Column(text("quantity"), [word(row["quantity"], language) for row in rows])
    unit = Column(text("unit"), [row["unit"] for row in rows])
    step = Column(text("smallest step"), [row["quantum"] or "" for row in rows])
    fitted = [[moment(one["since"], None) for one in row["fittings"]] for row in rows]
    since = Column(text("fitted"), [", ".join(times) for times in fitted])
    end = Column(text("last interval"), [moment(one["end"], None) for one in last])
    used = Column(
        text("consumption"),
        [
            "—" if one["consumption"] is None else f"{one['consumption']} {row['unit']}"
            for one, row in zip(last, rows, strict=True)
        ],
    )
    flags = Column(text("flags"), [" ".join(word(flag, language) for flag in one["flags"]) for one in last])
    made = Column(text("made of"), [escape(row["of"]) for row in rows])
    full = [name, quantity, unit, step, since, end, used, flags]
    if any(made.cells) and fits([*full, made], language):
        show_fitting([[*full, made]], language)
        return
    choices = [
        full,
        [name, quantity, unit, step, end, used, flags],
        [name, unit, step, end, used, flags],
        [name, end, used, flags],
        [name, end, used],
    ]
    show_fitting(choices, language, [f"= {row['of']}" if row["of"] else "" for row in rows])


def gaps(rows: list[dict[str, Any]], language: str) -> None:
    """The stretches that lack something; where names leave no room, each name above its stretches."""
    if not rows:
        _line(text("nothing is missing"), language)
        return
    lacks = [render(LACKS[row["lack"]], language) for row in rows]
    name = Column(text("meter"), [escape(row["meter"]) for row in rows])
    columns = [
        Column(text("begins"), [moment(row["start"], None) for row in rows]),
        Column(text("ends"), [moment(row["end"], None) for row in rows]),
        Column(text("hours"), [f"{row['hours']:g}" for row in rows]),
        Column(
            text("what"),
            [f"[red]{lack}[/]" if row["lost"] else lack for row, lack in zip(rows, lacks, strict=True)],
        ),
    ]
    if fits([name, *columns], language):
        show_fitting([[name, *columns]], language)
        return
    table = headed(tuple(column.heading for column in columns), language)
    for cells in zip(*(column.cells for column in columns), strict=True):
        table.add_row(f"  {cells[0]}", *cells[1:])
    before = ["", *(row["meter"] for row in rows)]
    show(
        table,
        above=["" if row["meter"] == one else row["meter"] for row, one in zip(rows, before, strict=False)],
    )


def trends(rows: list[dict[str, Any]], language: str) -> None:
    """The points whose course is kept, one a line."""
    table = headed((text("point"), text("unit"), text("since"), text("last"), text("samples")), language)
    table.columns[-1].justify = "right"
    for row in rows:
        table.add_row(
            escape(row["point"]),
            row["unit"],
            moment(row["first"], None),
            moment(row["last"], None),
            str(row["samples"]),
        )
    show(table)


def verified(report: Report, problems: list[dict[str, Any]], language: str) -> None:
    """What was looked at, and each thing that is wrong."""
    if problems:
        table = headed((text("meter"), text("interval"), text("what is wrong")), language)
        for row in problems:
            table.add_row(escape(row["meter"]), moment(row["start"], None), escape(row["what"]))
        show(table)
    if report.heads and not problems:
        _line(text("{count} heads kept elsewhere lie on the ledger's chain", count=report.heads), language)
    _line(
        text(
            "{meters} meters, {intervals} intervals, {days} days and {rows} rows of the ledger were "
            "verified: {result}",
            meters=report.meters,
            intervals=report.intervals,
            days=report.days - report.past_days,
            rows=report.ledger_rows,
            result=text("{count} things are wrong", count=len(problems))
            if problems
            else text("all of it holds together"),
        ),
        language,
    )
    if report.past_days:
        words = text(
            "{count} days of which intervals were deleted for their age stand alone", count=report.past_days
        )
        _line(words, language)


def _line(what: Text, language: str) -> None:
    console().print(render(what, language), highlight=False, markup=False)
