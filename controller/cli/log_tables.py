"""The log for people: tables."""

from __future__ import annotations

from typing import Any

from rich.markup import escape
from rich.table import Table

from config.language import Text, render, text, word
from controller.cli.log_verify import Report
from controller.cli.moments import moment
from controller.cli.tables import console, show

LACKS = {
    "missing": text("no interval"),
    "suspect": text("the counter jumped: not known"),
    "unknown": text("no count: not known yet"),
    "recovered": text("no count: in a later interval"),
    "partial": text("not from its start to its end"),
}


def meters(rows: list[dict[str, Any]], language: str) -> None:
    """The meters, one a line."""
    headings = (
        text("meter"),
        text("quantity"),
        text("unit"),
        text("smallest step"),
        text("fitted"),
        text("last interval"),
        text("consumption"),
        text("flags"),
    )
    made = any(row["of"] for row in rows)
    table = _table((*headings, text("made of")) if made else headings, language)
    for row in rows:
        last = row["last"] or {"end": None, "consumption": None, "flags": []}
        fitted = [moment(one["since"], None) for one in row["fittings"]]
        used = last["consumption"]
        table.add_row(
            escape(row["meter"]),
            word(row["quantity"], language),
            row["unit"],
            row["quantum"] or "",
            ", ".join(fitted),
            moment(last["end"], None),
            "—" if used is None else f"{used} {row['unit']}",
            " ".join(word(flag, language) for flag in last["flags"]),
            *([escape(row["of"])] if made else []),
        )
    show(table)


def gaps(rows: list[dict[str, Any]], language: str) -> None:
    """The stretches that lack something."""
    if not rows:
        _line(text("nothing is missing"), language)
        return
    table = _table((text("meter"), text("begins"), text("ends"), text("hours"), text("what")), language)
    for row in rows:
        lack = render(LACKS[row["lack"]], language)
        table.add_row(
            escape(row["meter"]),
            moment(row["start"], None),
            moment(row["end"], None),
            f"{row['hours']:g}",
            f"[red]{lack}[/]" if row["lost"] else lack,
        )
    show(table)


def verified(report: Report, problems: list[dict[str, Any]], language: str) -> None:
    """What was looked at, and each thing that is wrong."""
    if problems:
        table = _table((text("meter"), text("interval"), text("what is wrong")), language)
        for row in problems:
            table.add_row(escape(row["meter"]), moment(row["start"], None), escape(row["what"]))
        show(table)
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


def _table(headings: tuple[Text, ...], language: str) -> Table:
    table = Table(box=None, pad_edge=False)
    for heading in headings:
        table.add_column(render(heading, language), no_wrap=True)
    return table
