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
from config.plan.site import Plan
from controller.cli.plans import EARLIEST, LATEST, plan_of
from controller.cli.site import AsJson
from controller.cli.speech import Failure, language, put_json
from schedules.calendar import Calendar

CHINA = CalendarPlan("CN", (), ())
_SIGNS: dict[str, tuple[Text | str, str]] = {
    "workday": (". ", "dim"),
    "dayoff": ("- ", "red"),
    "holiday": (text("H "), "bold red"),
    "makeup": (text("W "), "bold cyan"),
    "own": ("* ", "bold magenta"),
}
"""Two columns of a terminal each, in every language."""
_UNKNOWN = "?"
_WORDS = {
    "workday": text("workday"),
    "dayoff": text("day off"),
    "holiday": text("holiday"),
    "makeup": text("make-up workday"),
    "own": text("a kind of the site's own"),
}


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
    if as_json:
        put_json(_data(plan, shown))
        return
    from controller.cli import tables

    tables.console().print("\n".join(lines(plan, shown, language())), highlight=False)


def _calendar(plan: Plan | None) -> Calendar:
    return Calendar(CHINA if plan is None else plan.calendar)


def _dates(year: int) -> list[date]:
    first = date(year, 1, 1)
    return [first + timedelta(days=number) for number in range((date(year + 1, 1, 1) - first).days)]


def _data(plan: Plan | None, year: int) -> dict[str, Any]:
    from controller.cli.preview_data import day_data

    kinds = _calendar(plan)
    return {
        "site": "" if plan is None else plan.site.name,
        "year": year,
        "announced": kinds.announced(year),
        "days": [{"date": day.isoformat(), **day_data(kinds.kind(day))} for day in _dates(year)],
    }


def lines(plan: Plan | None, year: int, language: str) -> Iterator[str]:
    """A year of a site, or of the country where there is none; in markup."""
    from controller.cli.preview_tables import safe, special_days, unannounced
    from controller.cli.preview_words import day_words

    kinds = _calendar(plan)
    title = text("the days of {year}", year=year)
    if plan is not None:
        title = text("{site}: the days of {year}", site=plan.site.label or plan.site.name, year=year)
    yield f"[bold]{safe(render(title, language))}[/]"
    if not kinds.announced(year):
        yield f"[yellow]{safe(render(unannounced(year), language))}[/]"
    words = [day_words(day, kinds.kind(day), language) for day in _dates(year)]
    yield ""
    yield "    " + "".join(f"{day:>2}" if day % 5 == 0 else "  " for day in range(1, 31))
    for month in range(1, 13):
        of_month = [day for day in words if day.date.month == month]
        yield f"{month:>2}  " + "".join(_sign(day.sort, language, known=day.announced) for day in of_month)
    yield ""
    legend = [
        f"{_sign(sort, language, short=True)} {safe(render(said, language))}" for sort, said in _WORDS.items()
    ]
    if not all(day.announced for day in words):
        legend.append(f"{_UNKNOWN} {safe(render(text('not announced'), language))}")
    yield "   ".join(legend)
    special = [day for day in words if day.special]
    if special:
        yield ""
        yield from special_days(special)


def _sign(sort: str, language: str, *, known: bool = True, short: bool = False) -> str:
    said, style = _SIGNS[sort]
    sign = render(said, language)
    if not known:
        sign = sign.rstrip() + _UNKNOWN
    return f"[{style}]{sign.rstrip() if short else sign}[/]"


def register(app: typer.Typer) -> None:
    """Add this group's commands."""
    app.command("calendar")(calendar)
