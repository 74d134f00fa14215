"""accept: a site tried point by point, and the record of it for the acceptance file."""

from __future__ import annotations

import getpass
import sys
from pathlib import Path
from typing import Annotated

import typer

from config.language import text
from controller.cli.pages import write_page
from controller.cli.processes import ended_in_order
from controller.cli.remote import data_of_site, elsewhere, has_run
from controller.cli.site import AsJson, SiteDir
from controller.cli.speech import Failure, language, put_json, tell

_BOTH = ("zh_CN", "en")


def accept(
    site: SiteDir,
    report: Annotated[
        Path | None,
        typer.Option("--report", help="Write the report to this file, as a page.", metavar="FILE"),
    ] = None,
    both: Annotated[
        bool, typer.Option("--both", help="The report in Chinese and in English, one after the other.")
    ] = False,
    data: Annotated[
        Path | None,
        typer.Option(
            "--data",
            help="Where what was tried is kept: the daemon's data directory (default: data/ in the site, or "
            "that of the installed service).",
            metavar="DIR",
        ),
    ] = None,
    overlay: Annotated[
        Path | None,
        typer.Option(
            "--overlay", help="Addresses of simulated devices, as simulate wrote them.", metavar="FILE"
        ),
    ] = None,
    write: Annotated[
        list[str] | None,
        typer.Option(
            "--write",
            help="Also try the outputs of this equipment, device or point, or of all equipment (all), one "
            "at a time by one small step, and put each back as it was found. Without it nothing is written.",
            metavar="TARGET",
        ),
    ] = None,
    allow: Annotated[
        list[str] | None,
        typer.Option(
            "--allow",
            help="What else may be done: switching (outputs are switched on, off and between states).",
            metavar="WORD",
        ),
    ] = None,
    lose: Annotated[
        list[str] | None,
        typer.Option(
            "--lose",
            help="Have this device disconnected, see that it is told as lost, and that it comes back.",
            metavar="DEVICE",
        ),
    ] = None,
    hand: Annotated[
        Path | None,
        typer.Option(
            "--hand",
            help="A pipe to simulate's input: devices are unplugged there instead of by a person.",
            metavar="PIPE",
        ),
    ] = None,
    again: Annotated[
        list[str] | None,
        typer.Option(
            "--again",
            help="Try again what was tried before: failed, all, or a point, device or equipment.",
            metavar="WHAT",
        ),
    ] = None,
    note: Annotated[
        list[str] | None,
        typer.Option("--note", help="Something to be said of a point.", metavar="POINT=WORDS"),
    ] = None,
    measured: Annotated[
        list[str] | None,
        typer.Option(
            "--measured",
            help="What an instrument shows at a point, to be compared: POINT=21.4±0.5.",
            metavar="POINT=VALUE",
        ),
    ] = None,
    leave: Annotated[
        bool, typer.Option("--leave", help="Leave outputs that a killed run changed as they are now.")
    ] = False,
    enter_only: Annotated[
        bool, typer.Option("--enter-only", help="Speak to no device: enter notes and write the report.")
    ] = False,
    by: Annotated[str | None, typer.Option("--by", help="Your name, for the record.", metavar="NAME")] = None,
    yes: Annotated[bool, typer.Option("--yes", help="Ask nobody: for benches.")] = False,
    as_json: AsJson = False,
) -> None:
    """Try a site point by point without a daemon and write the record of it: first by reading alone. What was
    tried is kept in the data directory, and the next run goes on from there."""
    from controller.accept.records import Measured, Note
    from controller.accept.report import failed
    from controller.accept.report import report as report_of
    from controller.cli.accept_person import Person
    from controller.cli.accept_run import accept as run
    from controller.cli.accept_run import held
    from controller.cli.accept_wish import measured as measured_of
    from controller.cli.accept_wish import noted, wish_of, without_output

    lose, hands = lose or [], sys.stdin.isatty() or hand is not None
    if lose and not hands:
        raise Failure(text("--lose needs somebody at a terminal, or --hand PIPE"), code=2)
    person = by or getpass.getuser()
    if data is None and overlay is not None:
        # What is tried on simulated devices has no place beside what the service knows.
        data = site / "data"
    with ended_in_order(), held(site, _data_of(site, data), overlay) as here:
        wish = wish_of(here.plan, write or [], allow or [], lose, again or [], forget=leave)
        nothing = without_output(write or [], wish)
        if nothing is not None:
            tell(nothing)
        notes = [noted(here.plan, one) for one in note or []]
        shown = [measured_of(here.plan, one) for one in measured or []]
        asker = Person(yes=yes, hand=hand, allow=wish.allow)
        now_ms = here.clock.look().wall_ms
        for point, words in notes:
            here.keeper.noted(point, Note(words, person, now_ms))
        for one in shown:
            here.keeper.measured(one.point, Measured(one.value, one.tolerance, person, now_ms))
        try:
            run(here, wish, asker, person, tuple(write or ()), run=not enter_only)
        finally:
            progress, made_ms = here.keeper.progress, here.clock.look().wall_ms
            if report is not None:
                languages = _BOTH if both else (language(),)
                from controller.cli.accept_page import page

                made = [(report_of(here.plan, progress, one, made_ms), one) for one in languages]
                write_page(report, page(made))
        found = report_of(here.plan, progress, language(), made_ms)
    if as_json:
        put_json(found)
    else:
        from controller.cli.accept_tables import show

        show(found, language())
    raise typer.Exit(1 if failed(found) else 0)


def _data_of(site: Path, data: Path | None) -> Path:
    """As of any command, but for one thing: what is locked is known in one place alone."""
    own, other = site / "data", elsewhere()
    if data is not None or other is None or other.resolve() == own.resolve():
        return data_of_site(site, data)
    if has_run(own) and has_run(other):
        raise Failure(
            text("a daemon has run with {own} and with {other}", own=str(own), other=str(other)),
            hint=text("what is locked is known in one of them alone: say which with --data DIR"),
            code=2,
        )
    return data_of_site(site, data)


def register(app: typer.Typer) -> None:
    """Add this group's command."""
    app.command("accept")(accept)
