"""simulate: only the simulated devices of a site, for a daemon or another program to talk to."""

from __future__ import annotations

import contextlib
import json
import sys
import tempfile
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import typer

from config.language import text
from config.language.details import detail
from config.plan.regular import refuse_irregular
from controller.cli.faults import Faults, NotAFault, refusal
from controller.cli.plans import beginning, left_off, pace, plan_of
from controller.cli.processes import Child, describe_plant, ended_in_order, start_simulators
from controller.cli.site import AsJson, SiteDir
from controller.cli.speech import Failure, put, put_json, say, tell

_HELP = ("help", "?", "帮助")


def simulate(
    site: SiteDir,
    overlay: Annotated[
        Path,
        typer.Option("--overlay", help="Where to write the addresses for run --overlay.", metavar="FILE"),
    ] = Path("overlay.json"),
    speed: Annotated[float, typer.Option(help="Site seconds a second, 1 to 600.", metavar="N")] = 1.0,
    seed: Annotated[int, typer.Option(help="Seed of the simulated loads.", metavar="N")] = 1,
    start: Annotated[
        str | None,
        typer.Option(
            help="Site time to begin at (default: now, or where it ended if that is later).", metavar="TIME"
        ),
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Serve a site's devices over real Modbus and BACnet until ctrl-C; faults are typed while it runs."""
    pace(speed, 1.0, 600.0)
    with (
        ended_in_order(),
        tempfile.TemporaryDirectory(prefix="louguan-simulate-", ignore_cleanup_errors=True) as scratch,
    ):
        facts = Path(scratch) / "plant.json"
        described = describe_plant(site, facts)
        try:
            plan_text, plan = plan_of(site)
            _can_be_written(overlay)
            state = overlay.with_suffix(".state.json")
            left, now = left_off(state, plan), datetime.now(UTC)
            if left is not None and datetime.fromisoformat(left) > now:
                now = datetime.fromisoformat(left)
            begin = beginning(plan, start or now.isoformat())
        except Failure:
            described.communicate()
            raise
        plan_file = Path(scratch) / "plan.json"
        plan_file.write_text(plan_text, encoding="utf-8")
        log = Path(scratch) / "simulators.log"
        with start_simulators(
            plan_file, facts, described, overlay, log, speed=speed, seed=seed, start=begin, state=state
        ) as child:
            faults = Faults(plan)
            if as_json:
                put_json(json.loads(overlay.read_text(encoding="utf-8")))
            else:
                _introduce(site, overlay, len(plan.devices), faults.example())
            with contextlib.suppress(KeyboardInterrupt):
                _listen(child, faults, as_json)


def _can_be_written(overlay: Path) -> None:
    """Raises Failure before anything is started."""
    there = overlay.exists()
    try:
        refuse_irregular(overlay)
        with overlay.open("ab"):
            pass
        if not there:
            overlay.unlink()
    except OSError as error:
        reason = detail(error.strerror or str(error))
        raise Failure(text("cannot open {file}: {error}", file=str(overlay), error=reason)) from error


def _introduce(site: Path, overlay: Path, devices: int, device: str) -> None:
    put(say(text("{count} devices are served; addresses in {file}", count=devices, file=overlay)))
    run = text("Run the daemon against them: louguan run {site} --overlay {file}", site=site, file=overlay)
    put(say(run))
    typed = text(
        "Faults: type freeze {device}, and freeze {device} off to end it; help lists them; ctrl-C ends.",
        device=device,
    )
    put(say(typed))
    sys.stdout.flush()


def _listen(child: Child, faults: Faults, as_json: bool) -> None:
    """Pass on typed faults ("freeze main-1", "freeze main-1 off", or raw NDJSON) until the input ends."""
    for line in sys.stdin:
        typed = line.strip()
        if typed.startswith("{"):
            try:
                put_json(child.ask(json.loads(typed)))
            except (ValueError, RecursionError) as error:
                tell(text("not JSON: {error}", error=detail(str(error))))
        elif typed.lower() in _HELP:
            for words in faults.help():
                put(say(words))
        elif typed:
            _inject(child, faults, typed, as_json)
        sys.stdout.flush()
    child.process.wait()


def _inject(child: Child, faults: Faults, typed: str, as_json: bool) -> None:
    try:
        wish = faults.read(typed)
    except NotAFault as error:
        tell(error.text)
        return
    answer = child.ask(wish.command())
    if as_json:
        put_json(answer)
    elif answer.get("ok"):
        put(say(faults.told(wish)))
    else:
        tell(refusal(answer.get("error")))


def register(app: typer.Typer) -> None:
    """Add this group's command."""
    app.command("simulate")(simulate)
