"""upload, sink: how the log's way to other people is doing, and what may be asked of it."""

from __future__ import annotations

from typing import Annotated, Any

import typer

from config.language import text
from controller.cli.remote import DataDir, PersonName, SiteOption, ask, data_directory
from controller.cli.site import AsJson
from controller.cli.speech import Failure, language, put_answer, put_json

SinkName = Annotated[
    str, typer.Argument(help="A sink of the site's files.", metavar="SINK", show_default=False)
]
upload_app = typer.Typer(
    help="The log's way to other people: how each sink is doing, and what it may be asked.",
    invoke_without_command=True,
)
sink_app = typer.Typer(help="Retire a sink, or take it in again.", no_args_is_help=True)


@upload_app.callback()
def upload(
    context: typer.Context, site: SiteOption = None, data: DataDir = None, as_json: AsJson = False
) -> None:
    """Show of each sink how far it has come, what waits, and what went wrong last."""
    if context.invoked_subcommand is not None:
        return
    found = ask(data_directory(data, site), "upload")
    if as_json:
        put_json(found)
        return
    from controller.cli import sink_tables

    sink_tables.sinks(found["sinks"], found["site_time"], language())


@upload_app.command()
def retry(
    sink: SinkName,
    row: Annotated[
        list[int] | None,
        typer.Option("--row", "--id", help="Only this row of the quarantine; may be given more than once."),
    ] = None,
    person: PersonName = None,
    site: SiteOption = None,
    data: DataDir = None,
    as_json: AsJson = False,
) -> None:
    """Try now, and send again what the other side refused."""
    args = {"sink": sink, "rows": row or None}
    found = ask(data_directory(data, site), "upload-retry", args, person)
    put_answer(found, text("{sink}: tried now; {rows} rows are sent again", **_parts(found)), as_json=as_json)


@upload_app.command()
def quarantine(
    sink: SinkName, site: SiteOption = None, data: DataDir = None, as_json: AsJson = False
) -> None:
    """List the rows that the other side refused, and why."""
    found = ask(data_directory(data, site), "upload-quarantine", {"sink": sink})
    if as_json:
        put_json(found)
        return
    from controller.cli import sink_tables

    sink_tables.aside(found["aside"], found["site_time"], language())


@upload_app.command()
def replay(
    sink: SinkName,
    start: Annotated[
        str, typer.Option("--from", help="Local date: 2026-03-05.", metavar="DATE", show_default=False)
    ],
    person: PersonName = None,
    site: SiteOption = None,
    data: DataDir = None,
    as_json: AsJson = False,
) -> None:
    """Send all intervals from a date on once more."""
    found = ask(data_directory(data, site), "upload-replay", {"sink": sink, "from": start}, person)
    put_answer(found, text("{sink}: {rows} rows are sent again", **_parts(found)), as_json=as_json)


@sink_app.command()
def retire(
    sink: SinkName,
    reason: Annotated[str, typer.Option("--reason", help="Why.", metavar="TEXT", show_default=False)],
    person: PersonName = None,
    site: SiteOption = None,
    data: DataDir = None,
    as_json: AsJson = False,
) -> None:
    """Nothing is sent to a sink, or kept for it, any more."""
    if not reason.strip():
        raise Failure(text("say why"), code=2)
    found = ask(data_directory(data, site), "sink-retire", {"sink": sink, "reason": reason}, person)
    put_answer(found, text("{sink} is retired", sink=found["sink"]), as_json=as_json)


@sink_app.command()
def restore(
    sink: SinkName,
    person: PersonName = None,
    site: SiteOption = None,
    data: DataDir = None,
    as_json: AsJson = False,
) -> None:
    """A retired sink gets the log again, what it has missed included."""
    found = ask(data_directory(data, site), "sink-restore", {"sink": sink}, person)
    put_answer(found, text("{sink} gets the log again", sink=found["sink"]), as_json=as_json)


def _parts(found: dict[str, Any]) -> dict[str, Any]:
    return {"sink": found["sink"], "rows": found["rows"]}


def register(app: typer.Typer) -> None:
    """Add this group's commands."""
    app.add_typer(upload_app, name="upload")
    app.add_typer(sink_app, name="sink")
