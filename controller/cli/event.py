"""event: who books which place when."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer

from config.language import text
from controller.cli.remote import DataDir, PersonName, SiteOption, ask, data_directory
from controller.cli.site import AsJson, AsStream
from controller.cli.speech import clean, language, put_answer, put_json, say, tell

event_app = typer.Typer(
    help="Bookings of places: programmes and rules follow them, and may begin before them.",
    no_args_is_help=True,
)
PlaceName = Annotated[
    str, typer.Argument(help="A place of the site, by name or label.", metavar="PLACE", show_default=False)
]
When = Annotated[
    list[str],
    typer.Argument(
        help="Local time: 2026-03-05 13:30-17:00, or 2026-03-05 09:00 - 2026-03-06 17:00.",
        metavar="WHEN",
        show_default=False,
    ),
]


@event_app.command()
def add(
    place: PlaceName,
    when: When,
    label: Annotated[str, typer.Option("--label", help="What for.", metavar="TEXT")] = "",
    organiser: Annotated[str, typer.Option("--organiser", help="Who has booked it.", metavar="NAME")] = "",
    person: PersonName = None,
    site: SiteOption = None,
    data: DataDir = None,
    as_json: AsJson = False,
) -> None:
    """Book a place."""
    args = {"place": place, "when": " ".join(when), "label": label, "organiser": organiser}
    found = ask(data_directory(data, site), "event-add", args, person)
    words = text("{place} is booked {times}", **_parts(found))
    put_answer(found, words, as_json=as_json)
    _warn(found["overlaps"])


@event_app.command()
def remove(
    place: PlaceName,
    when: When,
    person: PersonName = None,
    site: SiteOption = None,
    data: DataDir = None,
    as_json: AsJson = False,
) -> None:
    """Take a booking out; of WHEN the beginning will do."""
    args = {"place": place, "when": " ".join(when)}
    found = ask(data_directory(data, site), "event-remove", args, person)
    put_answer(found, text("{place} is not booked {times} any more", **_parts(found)), as_json=as_json)


@event_app.command("list")
def list_(
    place: Annotated[str, typer.Argument(help="Only this place.", metavar="PLACE")] = "",
    past: Annotated[bool, typer.Option("--past", help="Those that are over, too.")] = False,
    site: SiteOption = None,
    data: DataDir = None,
    as_json: AsStream = False,
) -> None:
    """List the bookings that are not over."""
    found = ask(data_directory(data, site), "event-list", {"place": place, "past": past})
    if as_json:
        for row in found["bookings"]:
            put_json(row)
        return
    from controller.cli import event_table

    if found["bookings"]:
        event_table.bookings(clean(found["bookings"]), language())
    else:
        tell(text("nothing is booked"))


@event_app.command("import")
def import_(
    file: Annotated[
        Path,
        typer.Argument(
            help="CSV: place,date,from,to,label,organiser or place,start,end,label,organiser.",
            metavar="FILE",
            show_default=False,
        ),
    ],
    person: PersonName = None,
    site: SiteOption = None,
    data: DataDir = None,
    as_json: AsJson = False,
) -> None:
    """Take in a table of bookings, whole or not at all; what is there already is not added again."""
    from controller.cli.event_source import of_table
    from controller.cli.in_force import plan_in_force

    directory = data_directory(data, site)
    rows = [
        [item.place, item.start_ms, item.end_ms, item.label, item.organiser]
        for item in of_table(file, plan_in_force(directory))
    ]
    found = ask(directory, "event-import", {"bookings": rows}, person)
    words = text(
        "{added} bookings added; {known} were there already, {over} are over",
        **{key: found[key] for key in ("added", "known", "over")},
    )
    put_answer(found, words, as_json=as_json)
    _warn(found["overlaps"])


def _warn(overlaps: list[dict[str, Any]]) -> None:
    """Of bookings that lie across each other: the place is in use while any of them lasts."""
    for row in clean(overlaps):
        tell(say(text("note: {place} is also booked {times}", **_parts(row))))


def _parts(row: dict[str, Any]) -> dict[str, str]:
    from controller.cli.event_table import times

    return {"place": row["place_label"], "times": times(row)}


def register(app: typer.Typer) -> None:
    """Add this group's commands."""
    app.add_typer(event_app, name="event")
