"""demo: a whole compound on simulated devices over real Modbus and BACnet, with a live view."""

from __future__ import annotations

import asyncio
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.resources import files
from pathlib import Path
from typing import Annotated, Any

import typer

from config.language import Text, text
from controller import origin
from controller.cli.durations import seconds_of
from controller.cli.plans import DEMO_SINK, beginning, left_off, pace, plan_of, with_sink
from controller.cli.processes import (
    Child,
    describe_plant,
    ended_in_order,
    start_daemon,
    start_receiver,
    start_simulators,
)
from controller.cli.site import AsJson
from controller.cli.speech import Failure, language, put_json, tell
from controller.options import NotStarted
from controller.socket.address import SocketError
from controller.socket.client import Client
from controller.store.errors import StoreError
from controller.store.lock import DataLock

DemoData = Annotated[
    Path | None,
    typer.Option(
        "--data",
        help="Keep the demo's data in this directory, a new one or an earlier demo's (default: a temporary "
        "one, deleted at the end).",
        metavar="DIR",
    ),
]
SUMMARY = (
    "devices_total",
    "devices_online",
    "points_total",
    "points_good",
    "commands_sent",
    "commands_held",
    "intervals_written",
    "intervals_delivered",
    "cycles",
    "worst_cycle_ms",
    "rss_mib",
)
STATE = "plant-state.json"
"""In its directory: what the simulated counters stand at."""
GOOD_SHARE = 0.99
SETTLED_WITHIN_S = 15.0


def demo(
    site: Annotated[
        Path | None,
        typer.Argument(help="A site directory (default: the Shuangliu compound).", metavar="SITE"),
    ] = None,
    lasting: Annotated[
        str | None, typer.Option("--for", help="Stop after this time: 60s, 10min.", metavar="TIME")
    ] = None,
    speed: Annotated[float, typer.Option(help="Site seconds a second, 1 to 600.", metavar="N")] = 60.0,
    seed: Annotated[int, typer.Option(help="Seed of the simulated loads.", metavar="N")] = 1,
    start: Annotated[
        str | None,
        typer.Option(
            help="Site time to begin at, 2026-03-05T06:30 (default: where an earlier demo ended, or 06:30 of "
            "the next workday).",
            metavar="TIME",
        ),
    ] = None,
    data: DemoData = None,
    as_json: AsJson = False,
) -> None:
    """Watch a compound being controlled: simulated devices, real protocols, the real daemon."""
    seconds = None if lasting is None else seconds_of(lasting)
    pace(speed, 1.0, 600.0)
    directory = site or Path(str(files("config") / "sites" / "shuangliu"))
    with ended_in_order(), _own_directory(data) as where, _locked(where) as lock:
        code = _demo(directory, where, lock, seconds, speed, seed, start, as_json)
    raise typer.Exit(code)


@contextmanager
def _own_directory(named: Path | None) -> Iterator[Path]:
    """The named directory, if it is new or an earlier demo's, or a temporary one. Raises Failure before
    anything is written."""
    if named is None:
        with tempfile.TemporaryDirectory(prefix="louguan-demo-", ignore_cleanup_errors=True) as scratch:
            yield Path(scratch)
        return
    try:
        origin.refuse_strange(named)
    except NotStarted as reason:
        raise Failure(reason.what, hint=reason.hint) from reason
    yield named


@contextmanager
def _locked(data: Path) -> Iterator[DataLock]:
    """The directory, marked as a simulation's and locked as long as the demo lasts: its daemon is handed the
    lock, so that no other ever runs on it in between."""
    try:
        with DataLock(data) as lock:
            origin.mark(data)
            yield lock
    except StoreError as error:
        raise Failure(error.text) from error
    except NotStarted as reason:
        raise Failure(reason.what, hint=reason.hint) from reason


def _demo(
    site: Path,
    data: Path,
    lock: DataLock,
    seconds: float | None,
    speed: float,
    seed: int,
    start: str | None,
    as_json: bool,
) -> int:
    facts = data / "plant.json"
    described = describe_plant(site, facts)
    overlay = data / "overlay.json"
    state = data / STATE
    log = data / "daemon.log"
    with start_receiver(data / "received", data / "receiver.log") as receiver:
        try:
            _, plan = plan_of(site)
            left = left_off(state, plan)
            begin = beginning(plan, start or left)
            told = receiver.wait_ready(30.0)
            if "url" not in told:
                raise Failure(
                    text("the demo's receiver did not start: {reason}", reason=told.get("error", told))
                )
            plan_text, _ = with_sink(plan, told["url"])
        except Failure:
            described.communicate()
            raise
        plan_file = data / "demo-plan.json"
        plan_file.write_text(plan_text, encoding="utf-8")
        with start_simulators(
            plan_file,
            facts,
            described,
            overlay,
            data / "simulators.log",
            speed=speed,
            seed=seed,
            start=begin,
            state=state,
        ) as simulators:
            began = time.monotonic()
            with start_daemon(site, data, overlay, plan_file, log, lock.fileno()) as daemon:
                children = [daemon, simulators, receiver]
                summary = asyncio.run(_watch(children, data, began, seconds, as_json))
                ended = daemon.end()
    if as_json:
        put_json({name: summary.get(name) for name in (*SUMMARY, "settled_s")})
    if ended:
        tell(text("the daemon ended with code {code}; its log: {log}", code=ended, log=log))
    elif not _settled(summary):
        tell(_unsettled(summary))
    return 0 if _settled(summary) and not ended else 1


def _settled(status: dict[str, Any]) -> bool:
    """All devices online and nearly all points good; not while nothing was heard of the daemon."""
    return bool(
        "devices_online" in status
        and status["devices_online"] == status["devices_total"]
        and status["points_good"] >= GOOD_SHARE * status["points_total"]
    )


def _unsettled(status: dict[str, Any]) -> Text:
    """What was still missing when it was stopped."""
    names = ("devices_online", "devices_total", "points_good", "points_total")
    return text(
        "stopped before all was there: {devices_online} of {devices_total} devices online, "
        "{points_good} of {points_total} points good",
        **{name: status.get(name, 0) for name in names},
    )


async def _watch(
    children: list[Child], data: Path, began: float, seconds: float | None, as_json: bool
) -> dict[str, Any]:
    """Show the daemon at work until the time is over or ctrl-C; the last status seen."""
    from controller.cli.demo_view import View

    client = await _connect(children, data)
    # Behind these addresses are only simulated devices: nobody needs to be careful, and people want to see
    # it act.
    if (await client.call("status"))["observe"]:
        tell(text("the site is in observe mode; the demo has only simulated devices and ends it"))
        await client.call("observe", target="", on=False, reason="demo")
    status: dict[str, Any] = {}
    settled_s: float | None = None
    try:
        with View(live=not as_json, data=data, language=language()) as view:
            while seconds is None or time.monotonic() - began < seconds:
                _alive(children)
                status = await client.call("status") | {"intervals_delivered": await _delivered(client)}
                if settled_s is None and _settled(status):
                    settled_s = round(time.monotonic() - began, 1)
                view.show(status, await client.call("overview"), settled_s)
                await asyncio.sleep(0.5)
    except asyncio.CancelledError:
        pass
    finally:
        await client.close()
    return {**status, "settled_s": settled_s}


async def _delivered(client: Client) -> int:
    """Intervals that the demo's receiver says it has."""
    found = await client.call("upload")
    return sum(row["delivered_rows"] for row in found["sinks"] if row["sink"] == DEMO_SINK)


async def _connect(children: list[Child], data: Path) -> Client:
    """The daemon's socket, as soon as it is there."""
    for _ in range(300):
        _alive(children)
        try:
            return await Client.connect(data / "louguan.sock", language=language())
        except SocketError:
            await asyncio.sleep(0.1)
    raise children[0].failure()


def _alive(children: list[Child]) -> None:
    for child in children:
        if child.process.poll() is not None:
            raise child.failure()


def register(app: typer.Typer) -> None:
    """Add this group's command."""
    app.command("demo")(demo)
