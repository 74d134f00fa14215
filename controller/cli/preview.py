"""preview: what the programmes will do before they do it, and what an edit changes."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from config.language import text
from controller.cli.pages import write_page
from controller.cli.preview_source import bookings, checked_days, data_of, first_day, plans, today
from controller.cli.site import AsJson
from controller.cli.speech import Failure, language, put_json

OldSite = Annotated[
    Path | None,
    typer.Argument(
        help="The site directory, or a version's number from history; with a second one, the old one.",
        metavar="SITE",
        show_default=False,
    ),
]
NewSite = Annotated[
    Path | None,
    typer.Argument(
        help="The edited site: what changes when it comes in place of the first.",
        metavar="NEW",
        show_default=False,
    ),
]


def preview(
    site: OldSite = None,
    new: NewSite = None,
    days: Annotated[int, typer.Option("--days", help="How many days.", metavar="N")] = 14,
    start: Annotated[
        str | None,
        typer.Option("--from", help="First local day: 2026-03-01 (default: today).", metavar="DATE"),
    ] = None,
    only: Annotated[
        str | None,
        typer.Option(
            "--only", help="Only programmes and points whose name or label holds this.", metavar="NAME"
        ),
    ] = None,
    data: Annotated[
        Path | None,
        typer.Option(
            "--data", help="The old one is the plan in force in this data directory.", metavar="DIR"
        ),
    ] = None,
    events: Annotated[
        Path | None,
        typer.Option(
            "--events",
            help="The bookings of this table (CSV) instead of the daemon's.",
            metavar="FILE",
        ),
    ] = None,
    html: Annotated[
        Path | None, typer.Option("--html", help="Write a page for the browser to this file.", metavar="FILE")
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Show what the programmes will do on the days to come; of two sites, what the second one changes."""
    checked_days(days)
    asked_for = first_day(start)
    sites = [path for path in (site, new) if path is not None]
    if html is not None and as_json:
        raise Failure(text("--html does not go with --json"), code=2)
    before, plan = plans(sites, data)
    first = asked_for or today(plan)
    from controller.cli.preview_groups import groups
    from schedules.preview import foresee

    booked = bookings(sites, data, events, plan)
    foreseen = foresee(plan, first, days, booked)
    if before is not None:
        from controller.cli import preview_changes
        from controller.cli.preview_logged import logged_loads

        logged = logged_loads(plan, data_of(sites, data))
        old = foresee(before, first, days, booked)
        if only is not None and not (groups(old, only) or groups(foreseen, only)):
            raise _nobody(only)
        preview_changes.show(old, foreseen, only, logged, as_json=as_json, html=html)
        return
    chosen = groups(foreseen, only)
    if not chosen and only is not None:
        raise _nobody(only)
    if as_json:
        from controller.cli.preview_data import preview_data

        put_json(preview_data(foreseen, chosen))
        return
    if html is not None:
        from controller.cli.preview_page import page

        write_page(html, page(foreseen, chosen, language()))
        return
    from controller.cli import preview_tables

    preview_tables.preview(foreseen, chosen, language(), details=only is not None)


def _nobody(name: str) -> Failure:
    return Failure(text("no programme and no commanded point is called {name}", name=name), kind="no-match")


def register(app: typer.Typer) -> None:
    """Add this group's commands."""
    app.command("preview")(preview)
