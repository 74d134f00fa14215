"""Finding the running daemon and asking it."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any, cast

import typer

from config.language import Text, text
from config.language.details import reason
from controller.cli.speech import Failure, language

DataDir = Annotated[
    Path | None,
    typer.Option("--data", help="The daemon's data directory (default: data/ in the site).", metavar="DIR"),
]
SiteOption = Annotated[
    Path | None, typer.Option("--site", help="The site directory (default: here).", metavar="SITE")
]
PersonName = Annotated[
    str | None, typer.Option("--as", help="Your name for the record, beside the user's.", metavar="NAME")
]

INSTALLED = Path("/var/lib/louguan")


def data_directory(data: Path | None, site: Path | None, environment: Mapping[str, str] = os.environ) -> Path:
    """Where the daemon keeps its socket: --data, LOUGUAN_DATA, data/ of --site, of here, the service's."""
    if data is not None:
        return data
    if site is not None:
        return site / "data"
    return elsewhere(environment) or Path("data")


def data_of_site(site: Path, data: Path | None, environment: Mapping[str, str] = os.environ) -> Path:
    """Of a site that is named itself: --data, data/ in it if a daemon has run with it, LOUGUAN_DATA, data/ of
    here if a daemon runs on it, the service's; else data/ in the site, perhaps still to be made."""
    own = site / "data"
    if data is not None or has_run(own):
        return data or own
    return elsewhere(environment) or own


def has_run(data: Path) -> bool:
    """A daemon has, with these data. Raises Failure where that cannot be seen."""
    from controller.store.control import FILE

    try:
        return (data / FILE).exists()
    except OSError as error:
        raise Failure(text("cannot open {file}: {error}", file=str(data), error=reason(error))) from error


def elsewhere(environment: Mapping[str, str] = os.environ) -> Path | None:
    """LOUGUAN_DATA, data/ of here if a daemon runs on it, the service's; None: nowhere."""
    if named := environment.get("LOUGUAN_DATA"):
        return Path(named)
    here = Path("data")
    if (here / "louguan.sock").exists():
        return here
    return INSTALLED if INSTALLED.exists() else None


def ask(
    directory: Path, op: str, args: Mapping[str, Any] | None = None, person: str | None = None
) -> dict[str, Any]:
    """One question to the daemon of `directory`; its result. Raises Failure with its refusal."""
    return asyncio.run(_ask(directory, op, dict(args or {}), person or ""))


async def _ask(directory: Path, op: str, args: dict[str, Any], person: str) -> dict[str, Any]:
    from controller.socket.address import SocketError
    from controller.socket.client import Client, RemoteError
    from controller.socket.protocol import Code

    try:
        async with await Client.connect(
            directory / "louguan.sock", person=person, language=language()
        ) as client:
            return cast(dict[str, Any], await client.call(op, **args))
    except RemoteError as refusal:
        code = 2 if refusal.code == Code.BAD_REQUEST else 1
        raise Failure(refusal.message, code, kind=refusal.code, where=refusal.where) from refusal
    except SocketError as error:
        raise _out_of_reach(directory, error.text) from error


def _out_of_reach(directory: Path, why: Text) -> Failure:
    """No daemon runs here, or one does whose socket is gone."""
    from controller.socket.address import FILE
    from controller.store.lock import holder

    pid = holder(directory)
    if pid is None:
        hint = text("Start one with: louguan run SITE — or say where it is with --data DIR or --site SITE.")
        return Failure(why, hint=hint, kind="no-daemon")
    if (directory / FILE).exists():
        return Failure(
            why,
            kind="no-daemon",
            hint=text(
                "Process {pid} holds {data}: it starts, ends or is stuck; try again.",
                pid=pid or "?",
                data=str(directory),
            ),
        )
    return Failure(
        text(
            "louguan runs on {data} (process {pid}), but its socket is gone",
            data=str(directory),
            pid=pid or "?",
        ),
        kind="no-daemon",
        hint=text(
            "It is starting or ending, or somebody removed the socket; then it makes a new one within "
            "seconds. Try again."
        ),
    )
