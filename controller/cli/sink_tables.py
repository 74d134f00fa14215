"""Sinks for people: tables."""

from __future__ import annotations

from typing import Any

from rich.markup import escape
from rich.table import Table

from config.language import Text, render, text
from config.language.details import detail
from controller.cli.moments import moment
from controller.cli.tables import console, show


def sinks(rows: list[dict[str, Any]], now: str | None, language: str) -> None:
    """How each sink is doing."""
    if not rows:
        _line(text("the site has no sinks: nothing is uploaded"), language)
        return
    headings = (
        text("sink"),
        text("label"),
        text("kind"),
        text("connection"),
        text("complete up to"),
        text("waiting"),
        text("holes"),
        text("refused"),
        text("rows a second"),
    )
    table = _table(headings, language)
    for row in rows:
        table.add_row(
            row["sink"],
            escape(row["label"]),
            row["kind"],
            render(_state(row), language),
            moment(row["complete_to"], now) or render(text("all"), language),
            str(row["backlog_rows"]),
            str(row["holes"]),
            str(row["aside_rows"]),
            str(row["rows_per_s"]),
        )
    show(table)
    for row in rows:
        if row["last_error"]:
            why = render(detail(row["last_error"]), language)
            _line(text("{sink}: {reason}", sink=row["sink"], reason=why), language)


def aside(rows: list[dict[str, Any]], now: str | None, language: str) -> None:
    """What a sink refused."""
    if not rows:
        _line(text("nothing was refused"), language)
        return
    table = _table((text("row"), text("meter"), text("interval"), text("since"), text("reason")), language)
    for row in rows:
        revision = f" r{row['revision']}" if row["revision"] else ""
        table.add_row(
            str(row["id"]),
            row["meter"],
            moment(row["start"], now) + revision,
            moment(row["since"], now),
            escape(row["reason"]),
        )
    show(table)


def _line(what: Text, language: str) -> None:
    console().print(render(what, language), highlight=False, markup=False)


def _state(row: dict[str, Any]) -> Text:
    if row["retired"]:
        return text("retired")
    if row["reachable"] is None:
        return text("not tried yet")
    return text("reachable") if row["reachable"] else text("not reachable")


def _table(headings: tuple[Text, ...], language: str) -> Table:
    table = Table(box=None, pad_edge=False)
    for heading in headings:
        table.add_column(render(heading, language), no_wrap=True)
    return table
