"""Bookings for people."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from rich.markup import escape

from config.language import render, text
from controller.cli.tables import LEAST_LABEL, Column, show_fitting


def times(row: dict[str, Any]) -> str:
    """ "2026-03-05 13:30-17:00"; of one that ends on another day both dates."""
    start, end = datetime.fromisoformat(row["from"]), datetime.fromisoformat(row["to"])
    last = "%H:%M" if start.date() == end.date() else "%Y-%m-%d %H:%M"
    return f"{start:%Y-%m-%d %H:%M}-{end:{last}}"


def bookings(rows: list[dict[str, Any]], language: str) -> None:
    """One a line."""
    gone = render(text("not in the plan"), language)
    place = Column(text("place"), [escape(row["place"]) for row in rows])
    called = Column(
        text("label"),
        [escape(row["place_label"]) if row["known"] else f"[yellow]{gone}[/]" for row in rows],
    )
    when = Column(text("booked"), [times(row) for row in rows])
    what = Column(text("what for"), [escape(row["label"]) for row in rows])
    short = what._replace(least=LEAST_LABEL)
    organiser = Column(text("organiser"), [escape(row["organiser"]) for row in rows])
    person = Column(text("entered by"), [escape(row["person"]) for row in rows])
    show_fitting(
        [
            [place, called, when, what, organiser, person],
            [place, called, when, short, organiser, person],
            [place, called, when, short, organiser],
            [place, called, when, short],
            [called, when],
        ],
        language,
    )
