"""`python -m drivers.simulators --plan FILE`: a simulated site as a program of its own.

Prints one JSON line when every line is open. Then takes one JSON object a line on stdin and answers each
with one:

    {"fault": "freeze", "device": "main-1", "on": true}      {"fault": "unplug", "line": "S1", "on": true}
    {"force": "gas-alarm.high_alarm", "value": true}      (null: the plant has it again)
    {"truth": true}      {"status": true}      {"faults": true}

Ends when stdin closes, on SIGTERM or SIGINT. Exit 0 when it ended so, 2 for wrong use.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import json
import logging
import os
import signal
import sys
import threading
from datetime import datetime
from pathlib import Path
from typing import Any

from config.plan import codec
from drivers.simulators import keeping
from drivers.simulators.clock import ScaledClock
from drivers.simulators.faults import KINDS, FaultError
from drivers.simulators.plant.world import PlantError
from drivers.simulators.simulation import TICK_S, Simulation

_saving = threading.Lock()


def main() -> int:
    options = _parser().parse_args()
    logging.basicConfig(level=logging.ERROR)
    # A damaged frame is what the faults are for; pymodbus need not tell of each.
    logging.getLogger("pymodbus.logging").setLevel(logging.CRITICAL)
    try:
        plan = codec.load(options.plan.read_text(encoding="utf-8"))
        facts = json.loads(options.plant.read_text(encoding="utf-8")) if options.plant else {}
        start = (
            None if options.start is None else int(datetime.fromisoformat(options.start).timestamp() * 1000)
        )
        clock = ScaledClock(start, options.speed)
        simulation = Simulation(plan, facts or {}, clock, options.seed, options.tick)
        if options.state is not None:
            _go_on(simulation, options.state)
    except (OSError, ValueError, KeyError, PlantError) as error:
        print(f"simulators: {error}", file=sys.stderr)  # noqa: T201
        return 2
    try:
        asyncio.run(_serve(simulation, clock, options.overlay_out, options.state))
    except OSError as error:
        print(f"simulators: {error}", file=sys.stderr)  # noqa: T201
        return 2
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m drivers.simulators", description="a simulated site")
    parser.add_argument("--plan", type=Path, required=True, help="the compiled Plan, JSON")
    parser.add_argument("--plant", type=Path, help="the site's plant facts, JSON")
    parser.add_argument("--overlay-out", type=Path, help="write the addresses here, JSON")
    parser.add_argument("--state", type=Path, help="where counters are kept for the next run, JSON")
    parser.add_argument("--speed", type=float, default=1.0, help="site seconds a second")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--start", help="site time to begin at, ISO 8601 with offset; now if not given")
    parser.add_argument("--tick", type=float, default=TICK_S, help="seconds between two looks at the plant")
    return parser


def _go_on(simulation: Simulation, state: Path) -> None:
    """Count on from where the run before ended; who started us says why it cannot be so."""
    with contextlib.suppress(keeping.NotKept, OSError):
        if (kept := keeping.load(state, simulation.plan.site.name)) is not None:
            keeping.go_on(simulation.world, kept)


async def _keep(simulation: Simulation, state: Path) -> None:
    """Save what is counted, now and again."""
    while True:
        await asyncio.sleep(keeping.SAVE_S)
        await asyncio.to_thread(_save, state, simulation.plan.site.name, keeping.kept_of(simulation.world))


def _save(state: Path, site: str, kept: keeping.Kept) -> None:
    try:
        with _saving:  # the last one may come while a thread is still at the one before
            keeping.save(state, site, kept)
    except OSError as error:
        print(f"simulators: counters are not kept: {error}", file=sys.stderr)  # noqa: T201


async def _serve(
    simulation: Simulation, clock: ScaledClock, overlay_out: Path | None, state: Path | None
) -> None:
    loop = asyncio.get_running_loop()
    lines: asyncio.Queue[str | None] = asyncio.Queue()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, lines.put_nowait, None)
    async with simulation:
        overlay = {**simulation.overlay(), "clock": clock.origin()}
        if overlay_out is not None:
            _write(overlay_out, json.dumps(overlay, ensure_ascii=False, indent=1))
        _say({"ready": True, "devices": len(simulation.devices), "points": len(simulation.plan.points),
              "overlay": overlay})  # fmt: skip
        _listen(loop, lines)
        keeping_it = None if state is None else asyncio.create_task(_keep(simulation, state), name="state")
        while (line := await lines.get()) is not None:
            if line.strip():
                _say(await _obey(simulation, line))
    if keeping_it is not None and state is not None:
        keeping_it.cancel()
        await asyncio.gather(keeping_it, return_exceptions=True)
        _save(state, simulation.plan.site.name, keeping.kept_of(simulation.world))


def _listen(loop: asyncio.AbstractEventLoop, lines: asyncio.Queue[str | None]) -> None:
    """Read stdin in a thread: it may be a pipe, a terminal or a file, and asyncio waits for the first
    only."""

    def read() -> None:
        for line in sys.stdin:
            loop.call_soon_threadsafe(lines.put_nowait, line)
        loop.call_soon_threadsafe(lines.put_nowait, None)

    threading.Thread(target=read, name="stdin", daemon=True).start()


async def _obey(simulation: Simulation, line: str) -> dict[str, Any]:
    try:
        wish = json.loads(line)
        if not isinstance(wish, dict):
            raise FaultError("one JSON object a line")
        if "fault" in wish:
            numbers = {
                key: value for key, value in wish.items() if key not in ("fault", "device", "line", "on")
            }
            await simulation.fault(
                str(wish["fault"]),
                bool(wish.get("on", True)),
                device=str(wish.get("device", "")),
                line=str(wish.get("line", "")),
                **numbers,
            )
            return {"ok": True}
        if "force" in wish:
            simulation.force(str(wish["force"]), wish.get("value"))
            return {"ok": True}
        if wish.get("truth"):
            return {"ok": True, "truth": simulation.truth()}
        if wish.get("status"):
            return {"ok": True, "status": simulation.status()}
        if wish.get("faults"):
            return {"ok": True, "faults": {name: kind.says for name, kind in KINDS.items()}}
        raise FaultError("one of fault, force, truth, status, faults")
    except (FaultError, ValueError) as error:
        return {"ok": False, "error": str(error)}


def _say(what: dict[str, Any]) -> None:
    try:
        print(json.dumps(what, ensure_ascii=False), flush=True)  # noqa: T201
    except BrokenPipeError:
        # Whoever started it is gone; stdin will say so too.
        sys.stdout = open(os.devnull, "w", encoding="utf-8")  # noqa: SIM115


def _write(path: Path, text: str) -> None:
    """Whole or not at all: somebody may be waiting for the file."""
    part = path.with_name(f"{path.name}.part")
    part.write_text(text + "\n", encoding="utf-8")
    part.replace(path)


if __name__ == "__main__":
    sys.exit(main())
