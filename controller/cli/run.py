"""run: the words of the daemon, and the daemon itself."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from controller.cli.apart import hand_over
from controller.cli.plans import pace
from controller.cli.remote import DataDir
from controller.cli.site import SiteDir
from controller.cli.speech import language
from controller.cli.started import started
from controller.options import Options


def run(
    site: SiteDir,
    data: DataDir = None,
    overlay: Annotated[
        Path | None,
        typer.Option(
            "--overlay", help="Addresses of simulated devices, as simulate wrote them.", metavar="FILE"
        ),
    ] = None,
    speed: Annotated[
        float, typer.Option(help="Site seconds a second; only with simulated devices.", metavar="N")
    ] = 1.0,
    accept: Annotated[
        bool, typer.Option("--accept", help="Take the site's files as they are now, if they are right.")
    ] = False,
    observe: Annotated[
        bool, typer.Option("--observe", help="Decide and record what would be written, send nothing.")
    ] = False,
    trust_clock: Annotated[
        bool,
        typer.Option(
            "--trust-clock",
            help="Believe this machine's clock at the start: in a container, which cannot tell, or where "
            "the last stored time is wrong.",
        ),
    ] = False,
    socket_group: Annotated[
        str | None,
        typer.Option("--socket-group", help="Group that may use the local socket too.", metavar="GROUP"),
    ] = None,
    ledger_days: Annotated[
        int,
        typer.Option(
            "--ledger-days",
            help="Days the ledger's rows stay in control.db; older ones are sealed into files.",
            metavar="N",
            min=7,
            max=36_500,
        ),
    ] = 400,
    compiled: Annotated[Path | None, typer.Option("--compiled", hidden=True)] = None,
    lock: Annotated[int | None, typer.Option("--lock", hidden=True)] = None,
    end_with_input: Annotated[bool, typer.Option("--end-with-input", hidden=True)] = False,
) -> None:
    """Run the daemon for a site until it is told to stop (ctrl-C, SIGTERM)."""
    pace(speed, 0.1)
    options = Options(
        site=site,
        data=data or site / "data",
        overlay=overlay,
        speed=speed,
        accept=accept,
        observe=observe,
        trust_clock=trust_clock,
        socket_group=socket_group,
        ledger_days=ledger_days,
        language=language(),
        compiled=compiled,
        lock=lock,
        end_with_input=end_with_input,
    )
    hand_over(options)
    raise typer.Exit(started(options))


def register(app: typer.Typer) -> None:
    """Add this group's command."""
    app.command("run")(run)
