"""apply, history, rollback: which version of the site's files the running daemon goes by."""

from __future__ import annotations

import contextlib
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from config.language import text
from controller.cli.remote import DataDir, PersonName, SiteOption, ask, data_directory, data_of_site
from controller.cli.site import AsJson
from controller.cli.speech import Failure, clean, language, put_answer, put_json

if TYPE_CHECKING:
    from config.plan.site import Plan
    from controller.compile import Compiled

Comment = Annotated[str, typer.Option("--comment", help="What it is for, for the record.", metavar="TEXT")]


def apply(
    site: Annotated[
        Path, typer.Argument(help="The edited site directory (default: here).", metavar="SITE")
    ] = Path(),
    check_only: Annotated[
        bool, typer.Option("--check-only", help="Only show what would change; change nothing.")
    ] = False,
    comment: Comment = "",
    person: PersonName = None,
    data: DataDir = None,
    as_json: AsJson = False,
) -> None:
    """Bring edited files into force under the running daemon: whole, or not at all."""
    from controller.accepted import differs
    from controller.compile import compile_site

    compiled = compile_site(site, language())
    if compiled.plan is None:
        _refuse(compiled, as_json)
    else:
        from config.plan import codec

        plan = codec.load(compiled.plan)
        if differs(plan, site):
            raise Failure(text("the files change while they are read: nothing is applied; try again"))
        where = data_of_site(site, data)
        content, plan_hash = _as_there(where, compiled.plan, plan)
        found = _hand_over(where, content, plan_hash, check_only, comment, person)
        if as_json:
            put_json(found)
            return
        from controller.cli import apply_tables

        apply_tables.applied(clean(found), language(), only_checked=check_only)


def history(site: SiteOption = None, data: DataDir = None, as_json: AsJson = False) -> None:
    """List the versions of the site's files that were in force: since when, by whom, and how each ended."""
    from controller.cli import apply_tables
    from controller.cli.in_force import kept_in, versions_in
    from controller.cli.log_source import whose
    from controller.swap.versions import told

    directory = data_directory(data, site)
    known = versions_in(directory)
    rows = told(known, kept_in(directory, known))
    if as_json:
        put_json({"versions": rows})
    else:
        apply_tables.history(clean(rows), whose(directory).zone, language())


def rollback(
    number: Annotated[
        int | None,
        typer.Argument(
            help="A version's number, from history; the version before this one if left out.",
            metavar="N",
            show_default=False,
        ),
    ] = None,
    comment: Comment = "",
    person: PersonName = None,
    site: SiteOption = None,
    data: DataDir = None,
    as_json: AsJson = False,
) -> None:
    """Bring an earlier version into force again. The files themselves are left as they are."""
    args: dict[str, Any] = {"comment": comment} if number is None else {"comment": comment, "number": number}
    found = ask(data_directory(data, site), "rollback", args, person)
    words = text("version {number} is in force again", number=found["number"])
    put_answer(found, words, as_json=as_json)


def _refuse(compiled: Compiled, as_json: bool) -> None:
    """Say every mistake."""
    if not as_json:
        raise Failure(
            text("mistakes in the site's files: {count}; nothing is changed", count=len(compiled.problems)),
            hint=compiled.report,
        )
    put_json({"ok": False, "errors": [problem._asdict() for problem in compiled.problems]})
    raise typer.Exit(1)


def _as_there(directory: Path, content: str, plan: Plan) -> tuple[str, str]:
    """What is handed over, and its hash: the plan, in a demo with what that has added."""
    from controller.cli.in_force import plan_in_force
    from controller.cli.plans import as_in_demo
    from controller.origin import is_simulated

    made = None
    if is_simulated(directory):
        with contextlib.suppress(Failure):  # none is in force yet
            made = as_in_demo(plan, plan_in_force(directory))
    return (content, plan.hash) if made is None else (made[0], made[1].hash)


def _hand_over(
    directory: Path, content: str, plan_hash: str, check: bool, comment: str, person: str | None
) -> dict[str, Any]:
    from controller.swap.offer import parts

    for number, part in enumerate(parts(content)):
        ask(directory, "plan-part", {"hash": plan_hash, "number": number, "part": part})
    return ask(directory, "apply", {"hash": plan_hash, "comment": comment, "check": check}, person)


def register(app: typer.Typer) -> None:
    """Add this group's commands."""
    app.command("apply")(apply)
    app.command("history")(history)
    app.command("rollback")(rollback)
