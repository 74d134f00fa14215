"""A daemon whose devices are simulated lives in the simulation's time from its first version on."""

from __future__ import annotations

import json
import time
from pathlib import Path

from controller.store.control import ControlStore
from tests.controller.running import HEAD, daemon
from tests.schedules.build import at

BEGAN = at("2031-03-05 06:30")


async def test_the_first_version_has_the_time_of_the_site(tmp_path: Path) -> None:
    site = tmp_path / "site"
    site.mkdir()
    (site / "site.yaml").write_text(HEAD.format(dead=1), encoding="utf-8")
    overlay = tmp_path / "overlay.json"
    clock = {"start_ms": BEGAN, "mono_ns": time.monotonic_ns(), "speed": 1.0}
    lines = {"T1": {"host": "127.0.0.1", "port": 1}}
    overlay.write_text(json.dumps({"lines": lines, "devices": {}, "clock": clock}), encoding="utf-8")
    data = tmp_path / "data"
    async with daemon(site, data, tmp_path / "log", "--overlay", str(overlay)):
        pass
    control = ControlStore.open(data, BEGAN)
    try:
        (version,) = control.versions()
    finally:
        control.close()
    assert 0 <= version.item.accepted_ms - BEGAN < 600_000
