"""calendar: what kind of day every date of a year is, and who says so."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Annotated, Any
from zoneinfo import ZoneInfo

import typer

from config.language import Text, render, text
from config.plan.programmes import CalendarPlan
from controller.cli.plans import EARLIEST, LATEST, plan_of
from controller.cli.site import AsJson
from controller.cli.speech import Failure, language, put_json
from schedules.calendar import Calendar, Day

CHINA = CalendarPlan("CN", (), ())
_SIGNS: dict[str, tuple[Text | str, str]] = {
    "holiday": (text("H "), "bold red"),
    "makeup": (text("W "), "bold cyan"),
    "own": ("* ", "bold magenta"),
    "workday": (". ", "dim"),
    "dayoff": ("- ", "red"),
}
"""Two columns of a terminal each, in every language."""
_UNKNOWN = "?"
_MONTH_COLUMNS = 4


def calendar(
    site: Annotated[
        Path | None,
        typer.Argument(
            help="The site directory (default: here; without a site, the country's days alone).",
            metavar="SITE",
            show_default=False,
        ),
    ] = None,
    year: Annotated[
        int | None, typer.Option("--year", help="The year (default: this one).", metavar="YEAR")
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Show what kind of day every date of a year is, and whether that is announced."""
    if year is not None and not EARLIEST <= year <= LATEST:
        words = text("--year takes {least} to {most}, not {given}", least=EARLIEST, most=LATEST, given=year)
        raise Failure(words, code=2)
    if site is None and Path("site.yaml").exists():
        site = Path()
    plan = None if site is None else plan_of(site)[1]
    zone = UTC if plan is None else ZoneInfo(plan.site.time_zone)
    shown = datetime.now(UTC).astimezone(zone).year if year is None else year
    kinds = Calendar(CHINA if plan is None else plan.calendar)
    days = [(day, kinds.kind(day)) for day in _dates(shown)]
    if as_json:
        put_json(_data("" if plan is None else plan.site.name, shown, days, announced=kinds.announced(shown)))
        return
    from controller.cli import tables

    name = "" if plan is None else plan.site.label or plan.site.name
    tables.console().print(
        "\n".join(_lines(name, shown, days, language(), announced=kinds.announced(shown))), highlight=False
    )


def _dates(year: int) -> list[date]:
    first = date(year, 1, 1)
    return [first + timedelta(days=number) for number in range((date(year + 1, 1, 1) - first).days)]


def _data(site: str, year: int, days: list[tuple[date, Day]], *, announced: bool) -> dict[str, Any]:
    from controller.cli.preview_data import day_data

    return {
        "site": site,
        "year": year,
        "announced": announced,
        "days": [{"date": day.isoformat(), **day_data(found)} for day, found in days],
    }


def _lines(
    name: str, year: int, days: list[tuple[date, Day]], language: str, *, announced: bool
) -> Iterator[str]:
    from controller.cli.preview_tables import safe, special_days, unannounced
    from controller.cli.preview_words import day_words

    title = (
        text("{site}: the days of {year}", site=name, year=year)
        if name
        else text("the days of {year}", year=year)
    )
    yield f"[bold]{safe(render(title, language))}[/]"
    if not announced:
        yield f"[yellow]{safe(render(unannounced(year), language))}[/]"
    words = [day_words(day, found, language) for day, found in days]
    yield ""
    yield " " * _MONTH_COLUMNS + "".join(
        f"{number:>2}" if number % 5 == 0 else "  " for number in range(1, 32)
    )
    for month in range(1, 13):
        of_month = [item for item in words if item.date.month == month]
        marks = "".join(_mark(item.sort, language, announced=item.announced) for item in of_month)
        yield f"{month:>2}  {marks}"
    yield ""
    legend = (
        ("workday", text("workday")),
        ("dayoff", text("day off")),
        ("holiday", text("holiday")),
        ("makeup", text("make-up workday")),
        ("own", text("a kind of the site's own")),
    )
    said = [f"{_mark(sort, language)}{safe(render(what, language))}" for sort, what in legend]
    if not all(item.announced for item in words):
        said.append(f"{_UNKNOWN} {safe(render(text('not announced'), language))}")
    yield "  ".join(said)
    special = [item for item in words if item.special]
    if special:
        yield ""
        yield from special_days(special)


def _mark(sort: str, language: str, *, announced: bool = True) -> str:
    sign, style = _SIGNS[sort]
    shown = render(sign, language)
    return f"[{style}]{shown if announced else shown.rstrip() + _UNKNOWN}[/]"


def register(app: typer.Typer) -> None:
    """Add this group's commands."""
    app.command("calendar")(calendar)
