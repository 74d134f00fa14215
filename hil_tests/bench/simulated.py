"""The simulators as a bench: the rack's devices on this machine, and a bench file that says where."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from hil_tests.stand import Stand

RACK = Path(__file__).parents[1] / "sites" / "rack"
_GRANTS = """\
grants:
  relay: {point: relay.ch8}
  load: {switch: socket.switch, power: socket.power, draws: 60 W}
  dimmer: {point: lights.zone1_level, low: 10 %, high: 50 %}
  meter: {energy: meter.energy_import, power: meter.p_total, most: 4 kW}
  tank: {level: water.reuse_level, moved_by: relay.ch7, moves: down, low: 20 %, high: 90 %, longest: 60 s}
"""


@contextmanager
def rack(folder: Path) -> Iterator[tuple[Path, Stand]]:
    """Its bench file, and the stand for those who look behind the wire; no daemon runs."""
    stand = Stand(RACK, folder)
    with asyncio.Runner() as runner:
        runner.run(stand.__aenter__())
    try:
        path = folder / "bench.yaml"
        words = {"bench": "simulators", "site": str(RACK), "overlay": stand.overlay.name}
        said = "".join(f"{key}: {json.dumps(word)}\n" for key, word in words.items())
        path.write_text(f"{said}allow: [switching, killing, moving]\n{_GRANTS}", encoding="utf-8")
        yield path, stand
    finally:
        with asyncio.Runner() as runner:
            runner.run(stand.__aexit__(None, None, None))
