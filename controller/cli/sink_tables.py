"""Sinks for people: tables."""

from __future__ import annotations

from typing import Any

from rich.console import Console
from rich.table import Table

from config.language import Text, render, text


def sinks(rows: list[dict[str, Any]], language: str) -> None:
    """How each sink is doing."""
    if not rows:
        print_line(text("the site has no sinks: nothing is uploaded"), language)
        return
    headings = (
        text("sink"),
        text("kind"),
        text("state"),
        text("complete up to"),
        text("waiting"),
        text("holes"),
        text("refused"),
        text("rows a second"),
        text("last error"),
    )
    table = _table(headings, language)
    for row in rows:
        table.add_row(
            f"{row['sink']}  {row['label']}" if row["label"] != row["sink"] else row["sink"],
            row["kind"],
            render(_state(row), language),
            row["delivered_to"] or render(text("all"), language),
            str(row["backlog_rows"]),
            str(row["holes"]),
            str(row["aside_rows"]),
            str(row["rows_per_s"]),
            row["last_error"],
        )
    Console().print(table)


def aside(rows: list[dict[str, Any]], language: str) -> None:
    """What a sink refused."""
    if not rows:
        print_line(text("nothing was refused"), language)
        return
    table = _table((text("row"), text("meter"), text("interval"), text("reason"), text("since")), language)
    for row in rows:
        revision = f" r{row['revision']}" if row["revision"] else ""
        table.add_row(str(row["id"]), row["meter"], f"{row['start']}{revision}", row["reason"], row["since"])
    Console().print(table)


def print_line(what: Text, language: str) -> None:
    Console().print(render(what, language))


def _state(row: dict[str, Any]) -> Text:
    if row["retired"]:
        return text("retired")
    if row["reachable"] is None:
        return text("not tried yet")
    return text("reachable") if row["reachable"] else text("not reachable")


def _table(headings: tuple[Text, ...], language: str) -> Table:
    table = Table(box=None, pad_edge=False)
    for heading in headings:
        table.add_column(render(heading, language), overflow="fold")
    return table
