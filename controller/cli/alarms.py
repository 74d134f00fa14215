"""alarms: what stands, what there was, and acknowledging and shelving it."""

from __future__ import annotations

from typing import Annotated, Any

import typer

from config.language import text
from controller.cli.durations import seconds_of
from controller.cli.moments import moment
from controller.cli.remote import DataDir, PersonName, SiteOption, ask, data_directory
from controller.cli.site import AsJson
from controller.cli.speech import Failure, clean, language, put_answer, put_json

Numbers = Annotated[
    list[int] | None,
    typer.Argument(help="Alarms, by their numbers in the list.", metavar="ID", show_default=False),
]
Everything = Annotated[bool, typer.Option("--all", help="Also what is shelved or suppressed.")]
History = Annotated[bool, typer.Option("--history", help="What there was, the latest first.")]
Since = Annotated[
    str | None, typer.Option("--since", help="With --history: how far back, such as 24h.", metavar="TIME")
]
alarms_app = typer.Typer(
    help="Alarms: what stands, and what people do about it.", invoke_without_command=True
)


@alarms_app.callback()
def alarms(
    context: typer.Context,
    everything: Everything = False,
    history: History = False,
    since: Since = None,
    site: SiteOption = None,
    data: DataDir = None,
    as_json: AsJson = False,
) -> None:
    """List what is wrong, the most urgent first, with what has to be acknowledged or reset."""
    if context.invoked_subcommand is None:
        list_(everything, history, since, site, data, as_json)


@alarms_app.command("list")
def list_(
    everything: Everything = False,
    history: History = False,
    since: Since = None,
    site: SiteOption = None,
    data: DataDir = None,
    as_json: AsJson = False,
) -> None:
    """The same as alarms alone."""
    args: dict[str, Any] = {"all": everything, "history": history or since is not None}
    if since is not None:
        args["since_s"] = seconds_of(since)
    found = ask(data_directory(data, site), "alarms", args)
    if as_json:
        put_json(found)
        return
    from controller.cli import alarm_tables

    alarm_tables.alarms(clean(found), language(), past=args["history"])


@alarms_app.command()
def ack(
    numbers: Numbers = None,
    everything: Annotated[bool, typer.Option("--all", help="All that are not acknowledged.")] = False,
    comment: Annotated[str, typer.Option("--comment", help="A word about it.", metavar="TEXT")] = "",
    person: PersonName = None,
    site: SiteOption = None,
    data: DataDir = None,
    as_json: AsJson = False,
) -> None:
    """Acknowledge alarms: somebody has seen them, and sees to them."""
    if bool(numbers) is everything:
        raise Failure(text("say which: either numbers, or --all"), code=2)
    args = {"all": True} if everything else {"alarms": numbers}
    found = ask(data_directory(data, site), "alarm-ack", {**args, "comment": comment}, person)
    put_answer(found, text("acknowledged: {ids}", ids=_ids(found)), as_json=as_json)


@alarms_app.command()
def shelve(
    numbers: Numbers = None,
    lasting: Annotated[
        str, typer.Option("--for", help="How long: 2h, 90min, 1h30m.", metavar="TIME", show_default=False)
    ] = "",
    reason: Annotated[str, typer.Option("--reason", help="Why.", metavar="TEXT", show_default=False)] = "",
    person: PersonName = None,
    site: SiteOption = None,
    data: DataDir = None,
    as_json: AsJson = False,
) -> None:
    """Hear nothing of alarms for a time; what is still so after it is told again."""
    if not numbers or not lasting or not reason:
        raise Failure(text("say which, for how long and why: shelve 17 --for 2h --reason …"), code=2)
    args = {"alarms": numbers, "for_s": seconds_of(lasting), "reason": reason}
    found = ask(data_directory(data, site), "alarm-shelve", args, person)
    until = moment(found["until"], found["site_time"])
    put_answer(found, text("shelved until {until}: {ids}", until=until, ids=_ids(found)), as_json=as_json)


@alarms_app.command()
def unshelve(
    numbers: Numbers = None,
    person: PersonName = None,
    site: SiteOption = None,
    data: DataDir = None,
    as_json: AsJson = False,
) -> None:
    """Hear of shelved alarms again before their time is up."""
    if not numbers:
        raise Failure(text("say which, by their numbers"), code=2)
    found = ask(data_directory(data, site), "alarm-unshelve", {"alarms": numbers}, person)
    put_answer(found, text("no longer shelved: {ids}", ids=_ids(found)), as_json=as_json)


def _ids(found: dict[str, Any]) -> str:
    return ", ".join(map(str, found["ids"]))


def register(app: typer.Typer) -> None:
    """Add this group's commands."""
    app.add_typer(alarms_app, name="alarms")
