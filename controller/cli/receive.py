"""receive: the reference receiver of uploads, in this process; and how complete what it received is."""

from __future__ import annotations

from datetime import tzinfo
from pathlib import Path
from typing import TYPE_CHECKING, Annotated
from zoneinfo import ZoneInfo

import typer

from config.language import text
from config.plan.zones import known_zone
from controller.cli.site import AsJson
from controller.cli.speech import Failure, language, put, put_json, say, tell

if TYPE_CHECKING:
    from controller.receiver.store import MeterGaps

_DEFAULT_ZONE = "Asia/Shanghai"
"""Of the national protocol, where nobody says another."""


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
        str | None,
        typer.Option(
            "--zone",
            help="The sites' time zone: of what comes by the national protocol (default: Asia/Shanghai), and "
            "in which --gaps tells times (default: UTC).",
            metavar="ZONE",
        ),
    ] = None,
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
    if show_gaps and show_heads:
        raise Failure(text("either --gaps or --heads"), code=2)
    if site is not None and not (show_gaps or show_heads):
        raise Failure(text("--site goes with --gaps or --heads"), code=2, where="site")
    if show_gaps:
        raise typer.Exit(_gaps(data, site, zone, as_json))
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
    from controller import privacy
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

    centre = (
        None
        if national is None or keys is None
        else Centre(national, keys, dialect, _zone(zone or _DEFAULT_ZONE))
    )

    try:
        options = Options(data, bind, port, tokens, cert, key, client_ca, centre, language(), end_with_input)
        with privacy.narrowed():
            serve(options, ready)
    except NotStarted as reason:
        raise Failure(reason.what, hint=reason.hint) from reason


def _zone(name: str) -> ZoneInfo:
    """Raises Failure for one that is not known."""
    try:
        return known_zone(name)
    except (LookupError, ValueError, OSError) as error:
        words = text('no time zone named "{name}"', name=name)
        hint = text("something like {example}", example=_DEFAULT_ZONE)
        raise Failure(words, code=2, hint=hint, where="zone") from error


def _gaps(data: Path, site: str | None, zone: str | None, as_json: bool) -> int:
    """0 when nothing is missing, 1 when something is. Raises Failure, also when nothing came at all."""
    from controller.receiver.store import gaps
    from controller.receiver.telling import as_json as told
    from controller.store.errors import StoreError

    named = None if zone is None else _zone(zone)
    try:
        found = gaps(data, site)
    except StoreError as error:
        raise Failure(error.text) from error
    if not found:
        raise _nothing(data, site)
    for meter in found:
        if as_json:
            put_json(told(meter))
        else:
            _show(meter, named)
    if named is None and not as_json:
        tell(text("times are in UTC; --zone ZONE tells them in a site's"))
    return int(any(meter.gaps for meter in found))


def _nothing(data: Path, site: str | None) -> Failure:
    if site is None:
        return Failure(text("nothing was received in {data}", data=str(data)), kind="nothing")
    words = text("nothing was received in {data} from {site}", data=str(data), site=site)
    return Failure(words, kind="nothing", where="site")


def _heads(data: Path, site: str | None, as_json: bool) -> int:
    """1 when two of them contradict each other. Raises Failure, also when none came at all."""
    from controller.receiver.store import heads
    from controller.receiver.telling import head_as_json
    from controller.store.errors import StoreError

    try:
        found = [head_as_json(kept) for kept in heads(data, site)]
    except StoreError as error:
        raise Failure(error.text) from error
    if not found:
        raise _nothing(data, site)
    for kept in found:
        if as_json:
            put_json(kept)
        else:
            line = f"{kept['site']} {kept['head']} {kept['time']}"
            put(say(text("{done}; another was told of this row", done=line)) if kept["disputed"] else line)
    return int(any(kept["disputed"] for kept in found))


def _show(meter: MeterGaps, zone: tzinfo | None) -> None:
    from controller.consumption.exports import local_iso
    from controller.receiver.telling import utc

    def time(ms: int) -> str:
        return utc(ms) if zone is None else local_iso(ms, zone)

    put(
        say(
            text(
                "{site} {meter}: {rows} intervals from {first} to {last}, {unknown} unknown, {gaps} gaps",
                site=meter.site,
                meter=meter.meter,
                rows=meter.rows,
                first=time(meter.first_ms),
                last=time(meter.last_ms),
                unknown=meter.unknown,
                gaps=f"{len(meter.gaps)}{'+' if meter.more else ''}",
            )
        )
    )
    for gap in meter.gaps:
        put("  " + say(text("nothing from {first} to {last}", first=time(gap.from_ms), last=time(gap.to_ms))))


def register(app: typer.Typer) -> None:
    """Add this group's command."""
    app.command("receive")(receive)
