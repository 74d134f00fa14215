"""Sinks for people: tables."""

from __future__ import annotations

from typing import Any

from rich.markup import escape

from config.language import Text, render, text
from config.language.details import detail
from controller.cli.moments import moment
from controller.cli.tables import LEAST_LABEL, Column, console, headed, show, show_fitting


def sinks(rows: list[dict[str, Any]], now: str | None, language: str) -> None:
    """How each sink is doing."""
    if not rows:
        _line(text("the site has no sinks: nothing is uploaded"), language)
        return
    sink = Column(text("sink"), [row["sink"] for row in rows])
    label = Column(text("label"), [escape(row["label"]) for row in rows])
    kind = Column(text("kind"), [row["kind"] for row in rows])
    state = Column(text("connection"), [render(_state(row), language) for row in rows])
    complete = Column(text("complete up to"), [_complete(row, now, language) for row in rows])
    lag = Column(text("behind"), [_lag(row["lag_s"], language) for row in rows])
    waiting = Column(text("waiting"), [str(row["backlog_rows"]) for row in rows])
    holes = Column(text("holes"), [_count(row["holes"]) for row in rows])
    refused = Column(text("refused"), [str(row["aside_rows"]) for row in rows])
    rate = Column(text("rows/s"), [_count(row["rows_per_s"]) for row in rows])
    short = label._replace(least=LEAST_LABEL)
    show_fitting(
        [
            [sink, label, kind, state, complete, lag, waiting, holes, refused, rate],
            [sink, short, state, complete, lag, waiting, holes, refused, rate],
            [sink, state, complete, lag, waiting, holes, refused, rate],
            [sink, state, complete, lag, waiting, refused],
            [sink, state, complete, waiting, refused],
        ],
        language,
    )
    for row in rows:
        if row["last_error"]:
            why = render(detail(row["last_error"]), language)
            _line(text("{sink}: {reason}", sink=row["sink"], reason=why), language)


def aside(rows: list[dict[str, Any]], now: str | None, language: str) -> None:
    """What a sink refused."""
    if not rows:
        _line(text("nothing was refused"), language)
        return
    table = headed((text("row"), text("meter"), text("interval"), text("since"), text("reason")), language)
    for row in rows:
        revision = f" r{row['revision']}" if row["revision"] else ""
        table.add_row(
            str(row["row"]),
            row["meter"],
            moment(row["start"], now) + revision,
            moment(row["since"], now),
            escape(render(detail(row["reason"]), language)),
        )
    show(table)


def _line(what: Text, language: str) -> None:
    console().print(render(what, language), highlight=False, markup=False)


def _state(row: dict[str, Any]) -> Text:
    if row["not_in_simulation"]:
        return text("not in a simulation")
    if row["retired"]:
        return text("retired")
    if row["reachable"] is None:
        return text("not tried yet")
    return text("reachable") if row["reachable"] else text("not reachable")


def _complete(row: dict[str, Any], now: str | None, language: str) -> str:
    if row["retired"] or row["not_in_simulation"]:
        return ""
    return moment(row["complete_to"], now) or render(text("all"), language)


def _lag(seconds: float | None, language: str) -> str:
    """In the largest unit that leaves a number: how far behind is seen at a glance."""
    if seconds is None:
        return ""
    hours = max(seconds, 0) / 3600
    if hours >= 48:
        return render(text("{n} d", n=f"{hours / 24:.0f}"), language)
    if hours >= 2:
        return render(text("{n} h", n=f"{hours:.0f}"), language)
    return render(text("{n} min", n=f"{hours * 60:.0f}"), language)


def _count(number: float) -> str:
    """Empty for none: a column in which there is nothing is not shown."""
    return f"{number:g}" if number else ""
