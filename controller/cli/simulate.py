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
from controller.cli.plans import beginning, plan_of
from controller.cli.processes import Child, describe_plant, ended_in_order, start_simulators
from controller.cli.site import AsJson, SiteDir
from controller.cli.speech import Failure, put, put_json, say, tell


def simulate(
    site: SiteDir,
    overlay: Annotated[
        Path,
        typer.Option("--overlay", help="Where to write the addresses for run --overlay.", metavar="FILE"),
    ] = Path("overlay.json"),
    speed: Annotated[
        float, typer.Option(help="Site seconds a second.", metavar="N", min=1.0, max=600.0)
    ] = 1.0,
    seed: Annotated[int, typer.Option(help="Seed of the simulated loads.", metavar="N")] = 1,
    start: Annotated[
        str | None, typer.Option(help="Site time to begin at (default: now).", metavar="TIME")
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Serve a site's devices over real Modbus and BACnet until ctrl-C; faults are typed while it runs."""
    with (
        ended_in_order(),
        tempfile.TemporaryDirectory(prefix="louguan-simulate-", ignore_cleanup_errors=True) as scratch,
    ):
        facts = Path(scratch) / "plant.json"
        described = describe_plant(site, facts)
        try:
            plan_text, plan = plan_of(site)
            begin = beginning(plan, start or datetime.now(UTC).isoformat())
            _can_be_written(overlay)
        except Failure:
            described.communicate()
            raise
        plan_file = Path(scratch) / "plan.json"
        plan_file.write_text(plan_text, encoding="utf-8")
        log = Path(scratch) / "simulators.log"
        with start_simulators(
            plan_file, facts, described, overlay, log, speed=speed, seed=seed, start=begin
        ) as child:
            if as_json:
                put_json(json.loads(overlay.read_text(encoding="utf-8")))
            else:
                _introduce(site, overlay, len(plan.devices))
            with contextlib.suppress(KeyboardInterrupt):
                _listen(child)


def _can_be_written(overlay: Path) -> None:
    """Raises Failure before anything is started."""
    there = overlay.exists()
    try:
        with overlay.open("ab"):
            pass
        if not there:
            overlay.unlink()
    except OSError as error:
        reason = error.strerror or str(error)
        raise Failure(text("cannot open {file}: {error}", file=str(overlay), error=reason)) from error


def _introduce(site: Path, overlay: Path, devices: int) -> None:
    put(say(text("{count} devices are served; addresses in {file}", count=devices, file=overlay)))
    run = text("Run the daemon against them: louguan run {site} --overlay {file}", site=site, file=overlay)
    put(say(run))
    put(say(text("Faults: type freeze main-1, slow main-1 … and the same with off behind; ctrl-C ends.")))


def _listen(child: Child) -> None:
    """Pass on typed faults ("freeze main-1", "freeze main-1 off", or raw NDJSON) until the input ends."""
    for line in sys.stdin:
        words = line.split()
        if line.lstrip().startswith("{"):
            try:
                put_json(child.ask(json.loads(line)))
            except json.JSONDecodeError as error:
                tell(text("not JSON: {error}", error=error))
        elif len(words) in (2, 3):
            answer = child.ask({"fault": words[0], "device": words[1], "on": words[2:] != ["off"]})
            if not answer.get("ok"):
                tell(str(answer.get("error")))
        elif words:
            tell(text("type a fault and a device, like: freeze main-1"))
    child.process.wait()


def register(app: typer.Typer) -> None:
    """Add this group's command."""
    app.command("simulate")(simulate)
