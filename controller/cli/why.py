"""why: who decides about a point, why, what keeps it from that, and what comes next."""

from __future__ import annotations

from typing import Annotated

import typer

from controller.cli.people import PointName
from controller.cli.remote import DataDir, SiteOption, ask, data_directory
from controller.cli.site import AsJson
from controller.cli.speech import clean, language, put_json


def why(
    point: PointName,
    at: Annotated[
        str | None,
        typer.Option(
            "--at",
            help='At another time, local: "2026-03-05 09:12", or 09:12 for today; the past from the ledger, '
            "the future as the programmes foresee it.",
            metavar="TIME",
            show_default=False,
        ),
    ] = None,
    site: SiteOption = None,
    data: DataDir = None,
    as_json: AsJson = False,
) -> None:
    """Explain why a point is as it is: who asks, what holds it back, what comes next."""
    directory = data_directory(data, site)
    if at is None:
        found = ask(directory, "why", {"point": point})
    else:
        from controller.cli.why_then import answer

        found = answer(directory, point, at, language())
    if as_json:
        put_json(found)
        return
    from controller.cli import why_table

    why_table.show(clean(found), language())


def register(app: typer.Typer) -> None:
    """Add this group's commands."""
    app.command("why")(why)
