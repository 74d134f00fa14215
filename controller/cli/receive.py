"""receive: the reference receiver of uploads, in this process; and how complete what it received is."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer

from config.language import text
from controller.cli.site import AsJson
from controller.cli.speech import Failure, put, put_json, say, tell


def receive(
    data: Annotated[
        Path, typer.Option("--data", help="Where what is received is kept.", metavar="DIR")
    ] = Path("received"),
    bind: Annotated[str, typer.Option("--bind", help="Address to listen at.", metavar="HOST")] = "127.0.0.1",
    port: Annotated[
        int,
        typer.Option("--port", help="Port to listen at; 0 = any free one.", metavar="N", min=0, max=65535),
    ] = 8470,
    tokens: Annotated[
        Path | None,
        typer.Option("--tokens", help="File with a line for every token: SITE TOKEN.", metavar="FILE"),
    ] = None,
    no_token: Annotated[
        bool, typer.Option("--no-token", help="Receive from anybody on this machine, for any site.")
    ] = False,
    cert: Annotated[
        Path | None, typer.Option("--cert", help="Certificate chain for TLS (PEM).", metavar="FILE")
    ] = None,
    key: Annotated[
        Path | None, typer.Option("--key", help="Private key of the certificate (PEM).", metavar="FILE")
    ] = None,
    client_ca: Annotated[
        Path | None,
        typer.Option(
            "--client-ca",
            help="Receive only from those whose certificate is from these authorities (PEM).",
            metavar="FILE",
        ),
    ] = None,
    national: Annotated[
        int | None,
        typer.Option(
            "--national",
            help="Receive the national protocol as well, at this port; 0 = any free one.",
            metavar="N",
            min=0,
            max=65535,
        ),
    ] = None,
    keys: Annotated[
        Path | None,
        typer.Option(
            "--keys",
            help="With --national: file with the cipher key and the buildings' keys.",
            metavar="FILE",
        ),
    ] = None,
    dialect: Annotated[
        str,
        typer.Option(
            "--dialect", help="With --national: the dialect, by name or as a .json file.", metavar="NAME"
        ),
    ] = "a",
    zone: Annotated[
        str, typer.Option("--zone", help="With --national: the sites' time zone.", metavar="ZONE")
    ] = "Asia/Shanghai",
    show_gaps: Annotated[
        bool,
        typer.Option(
            "--gaps", help="Print which intervals never came, and leave; the receiver may be running."
        ),
    ] = False,
    show_heads: Annotated[
        bool,
        typer.Option(
            "--heads",
            help="Print the heads of the sites' ledgers that were kept, for louguan log verify, and leave; "
            "exit code 1 if two say different of one row.",
        ),
    ] = False,
    site: Annotated[
        str | None, typer.Option("--site", help="With --gaps or --heads: only this site.", metavar="NAME")
    ] = None,
    end_with_input: Annotated[bool, typer.Option("--end-with-input", hidden=True)] = False,
    as_json: AsJson = False,
) -> None:
    """Receive what sites upload by HTTPS, until ctrl-C; answers what it has stored, row by row."""
    if show_gaps:
        raise typer.Exit(_gaps(data, site, as_json))
    if show_heads:
        raise typer.Exit(_heads(data, site, as_json))
    if (tokens is None) != no_token:
        raise Failure(
            text("say who may send: either --tokens FILE, or --no-token on this machine alone"), code=2
        )
    if (cert is None) is not (key is None) or (client_ca is not None and cert is None):
        raise Failure(text("--cert and --key go together, and --client-ca needs both"), code=2)
    if (national is None) is not (keys is None):
        raise Failure(text("--national and --keys go together"), code=2)
    from controller.receiver.serve import Centre, NotStarted, Options, serve

    def ready(host: str, bound: int, url: str, centre_port: int) -> None:
        if as_json:
            put_json({"host": host, "port": bound, "url": url, "national_port": centre_port or None})
            return
        put(say(text("receiving at {url}, into {data}; ctrl-C ends", url=url, data=str(data))))
        if centre_port:
            put(
                say(
                    text(
                        "the national protocol, dialect {name}, at port {port}",
                        name=dialect,
                        port=centre_port,
                    )
                )
            )

    centre = None if national is None or keys is None else Centre(national, keys, dialect, zone)

    try:
        serve(Options(data, bind, port, tokens, cert, key, client_ca, centre, end_with_input), ready)
    except NotStarted as reason:
        raise Failure(reason.what, hint=reason.hint) from reason


def _gaps(data: Path, site: str | None, as_json: bool) -> int:
    """0 when nothing is missing, 1 when something is, or nothing came at all."""
    from controller.receiver.store import gaps
    from controller.receiver.telling import as_json as told
    from controller.store.errors import StoreError

    try:
        found = [told(meter) for meter in gaps(data, site)]
    except StoreError as error:
        raise Failure(error.text) from error
    for meter in found:
        if as_json:
            put_json(meter)
        else:
            _show(meter)
    if not found:
        tell(text("nothing was received"))
    return int(not found or any(meter["gaps"] for meter in found))


def _heads(data: Path, site: str | None, as_json: bool) -> int:
    """1 when two of them contradict each other, or none came at all."""
    from controller.receiver.store import heads
    from controller.receiver.telling import head_as_json
    from controller.store.errors import StoreError

    try:
        found = [head_as_json(kept) for kept in heads(data, site)]
    except StoreError as error:
        raise Failure(error.text) from error
    for kept in found:
        if as_json:
            put_json(kept)
        else:
            line = f"{kept['site']} {kept['head']} {kept['time']}"
            put(say(text("{done}; another was told of this row", done=line)) if kept["disputed"] else line)
    if not found:
        tell(text("nothing was received"))
    return int(not found or any(kept["disputed"] for kept in found))


def _show(meter: dict[str, Any]) -> None:
    put(
        say(
            text(
                "{site} {meter}: {rows} intervals from {first} to {last}, {unknown} unknown, {gaps} gaps",
                **{name: meter[name] for name in ("site", "meter", "rows", "first", "last", "unknown")},
                gaps=f"{len(meter['gaps'])}{'+' if meter['more'] else ''}",
            )
        )
    )
    for gap in meter["gaps"]:
        put("  " + say(text("nothing from {first} to {last}", first=gap["from"], last=gap["to"])))


def register(app: typer.Typer) -> None:
    """Add this group's command."""
    app.command("receive")(receive)
