"""log replace-meter, undo-replacement, correct, annotate: what people enter into the log of the running
daemon."""

from __future__ import annotations

from typing import Annotated, Any

import typer

from config.language import text
from controller.cli.remote import DataDir, PersonName, SiteOption, ask, data_directory
from controller.cli.site import AsJson
from controller.cli.speech import put_answer

MeterName = Annotated[
    str, typer.Argument(help="A meter of the log, as `louguan log meters` names it.", metavar="METER")
]
Reason = Annotated[str, typer.Option("--reason", help="Why.", metavar="TEXT", show_default=False)]
_TIME = "Local time: 2026-03-05 09:12, or 09:12 for today"


def replace_meter(
    meter: MeterName,
    last: Annotated[
        str,
        typer.Option("--last", help="What the old meter showed at the end, in its unit.", metavar="COUNT"),
    ],
    first: Annotated[
        str, typer.Option("--first", help="What the new meter showed at first.", metavar="COUNT")
    ],
    reason: Reason,
    at: Annotated[str | None, typer.Option("--at", help=f"{_TIME} (default: now).", metavar="TIME")] = None,
    serial: Annotated[
        str | None, typer.Option("--serial", help="The new meter's serial number.", metavar="NUMBER")
    ] = None,
    person: PersonName = None,
    site: SiteOption = None,
    data: DataDir = None,
    as_json: AsJson = False,
) -> None:
    """A meter was replaced: its log goes on, and nothing of either meter is lost."""
    args = {"meter": meter, "last": last, "first": first, "at": at, "serial": serial, "reason": reason}
    found = ask(data_directory(data, site), "log-replace-meter", args, person)
    words = text("{meter}: replaced at {at}; {revised} intervals were corrected", **_parts(found))
    put_answer(found, words, as_json=as_json)


def undo_replacement(
    meter: MeterName,
    reason: Reason,
    at: Annotated[
        str | None,
        typer.Option(
            "--at",
            help="When it is registered, to be sure: 2026-03-05 09:12 (default: the latest).",
            metavar="TIME",
        ),
    ] = None,
    person: PersonName = None,
    site: SiteOption = None,
    data: DataDir = None,
    as_json: AsJson = False,
) -> None:
    """The latest replacement of a meter was none: its intervals say again what its counter says."""
    args = {"meter": meter, "at": at, "reason": reason}
    found = ask(data_directory(data, site), "log-undo-replacement", args, person)
    words = text(
        "{meter}: the replacement at {at} was taken back; {revised} intervals were corrected", **_parts(found)
    )
    put_answer(found, words, as_json=as_json)


def correct(
    meter: MeterName,
    at: Annotated[
        str, typer.Option("--at", help="When the interval began: 2026-03-05 09:15.", metavar="TIME")
    ],
    reason: Reason,
    consumption: Annotated[
        str | None, typer.Option("--consumption", help="What was used in it.", metavar="AMOUNT")
    ] = None,
    count_end: Annotated[
        str | None, typer.Option("--count-end", help="What the meter showed at its end.", metavar="COUNT")
    ] = None,
    person: PersonName = None,
    site: SiteOption = None,
    data: DataDir = None,
    as_json: AsJson = False,
) -> None:
    """Correct an interval: a further revision, flagged as estimated; the next one gets what is left."""
    args = {"meter": meter, "at": at, "consumption": consumption, "count_end": count_end, "reason": reason}
    found = ask(data_directory(data, site), "log-correct", args, person)
    words = text(
        "{meter}: {revised} intervals were corrected; the consumption counts from {since}",
        since=found["counts_from"],
        **_parts(found),
    )
    put_answer(found, words, as_json=as_json)


def annotate(
    meter: MeterName,
    start: Annotated[str, typer.Option("--from", help=f"{_TIME}.", metavar="TIME")],
    end: Annotated[str, typer.Option("--to", help=f"{_TIME}.", metavar="TIME")],
    note: Annotated[str, typer.Option("--text", help="The note.", metavar="TEXT")],
    person: PersonName = None,
    site: SiteOption = None,
    data: DataDir = None,
    as_json: AsJson = False,
) -> None:
    """Note something to a meter's time; an export shows it."""
    args = {"meter": meter, "from": start, "to": end, "text": note}
    found = ask(data_directory(data, site), "log-annotate", args, person)
    put_answer(found, text("{meter}: noted", meter=found["meter"]), as_json=as_json)


def _parts(found: dict[str, Any]) -> dict[str, Any]:
    return {key: found[key] for key in ("meter", "revised", "at")}


def register(app: typer.Typer) -> None:
    """Add these commands to their group."""
    app.command("replace-meter")(replace_meter)
    app.command("undo-replacement")(undo_replacement)
    app.command("correct")(correct)
    app.command("annotate")(annotate)
