"""A stand: a site on simulated devices and a real daemon, both programs of their own, over real protocols.

    async with Stand(HOUSE, tmp_path) as stand:
        await stand.start()
        await stand.until(lambda: …)

The simulators run on while the daemon is killed, ended and started again.
"""

from __future__ import annotations

import asyncio
import json
import subprocess
import sys
from collections.abc import Mapping
from contextlib import AsyncExitStack
from datetime import datetime
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Any, Self
from zoneinfo import ZoneInfo

from config.plan import codec
from config.plan.site import Plan
from controller.cli.processes import Child
from controller.compile import compile_site
from hil_tests.running import PATIENCE_S, Running
from hil_tests.tap import Tap

if TYPE_CHECKING:
    from hil_tests.upstream import Upstream

HOUSE = Path(__file__).parent / "sites" / "house"
COMPILED_S = 180.0
"""How long compiling may take by the clock; of a processor the compiler takes 5 s at most."""
MORNING = "2026-03-05T10:00:00+08:00"
"""A Thursday."""


def compiled(site: Path) -> str:
    """Its Plan as JSON; what is wrong with the site is the test's failure."""
    found = compile_site(site, "en", wall_s=COMPILED_S)
    assert found.plan is not None, found.report
    return found.plan


def plan_of(site: Path) -> Plan:
    return codec.load(compiled(site))


class Stand(Running):
    """One site with its simulators; the daemon comes and goes."""

    def __init__(
        self,
        site: Path,
        folder: Path,
        *,
        speed: float = 1.0,
        start: str = MORNING,
        seed: int = 1,
        tick_s: float = 0.5,
        plant: Mapping[str, Any] | None = None,
        search: bool = False,
    ) -> None:
        """`start`: without an offset it is the site's local time. `tick_s`: machine seconds between two looks
        at the plant; registers stand still in between. `plant` is laid over the site's plant.yaml.
        `search`: BACnet devices to which the site gives no address are not told where they are."""
        super().__init__(site, folder, folder / "overlay.json")
        self.overlay: Path
        self.plan: Plan
        """As the simulators were given it."""
        self.upstream: Upstream | None = None
        """Who takes its log, if anybody does; whoever gave it ends it."""
        self._begin = start
        self._words = ["--speed", str(speed), "--seed", str(seed), "--tick", str(tick_s)]
        self._laid_over = plant or {}
        self._search = search
        self._simulators: Child | None = None
        self._stack = AsyncExitStack()

    async def __aenter__(self) -> Self:
        await asyncio.to_thread(self._start_simulators)
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self._stack.aclose()
        await self.end()
        if self._simulators is not None:
            await asyncio.to_thread(self._simulators.end)
        if error is None:
            assert "Traceback" not in self.said(), self.said()

    # The simulators

    def _start_simulators(self) -> None:
        content = compiled(self.site)
        self.plan = codec.load(content)
        plan, facts = self.folder / "plan.json", self.folder / "plant.json"
        plan.write_text(content, encoding="utf-8")
        words = [sys.executable, "-P", "-m", "config.written", "plant", str(self.site)]
        found = json.loads(subprocess.run(words, capture_output=True, check=True).stdout)
        facts.write_text(json.dumps(_laid(found, self._laid_over)), encoding="utf-8")
        begin = datetime.fromisoformat(self._begin)
        begin = begin if begin.tzinfo else begin.replace(tzinfo=ZoneInfo(self.plan.site.time_zone))
        words = ["-P", "-m", "drivers.simulators", "--plan", str(plan), "--plant", str(facts)]
        words += ["--overlay-out", str(self.overlay), "--start", begin.isoformat(), *self._words]
        self._simulators = Child(words, self.folder / "simulators.log", ready=True)
        self._simulators.wait_ready(PATIENCE_S)
        if self._search:
            overlay = json.loads(self.overlay.read_text(encoding="utf-8"))
            written = {device.name for device in self.plan.devices if device.address}
            overlay["devices"] = {name: at for name, at in overlay["devices"].items() if name in written}
            self.overlay.write_text(json.dumps(overlay), encoding="utf-8")

    def pids(self) -> list[int]:
        simulators = [] if self._simulators is None else [self._simulators.process.pid]
        return [*simulators, *super().pids()]

    async def simulators(self, **wish: Any) -> dict[str, Any]:
        """Tell the simulators: `fault="freeze", device="relay"`, `truth=True`."""
        assert self._simulators is not None
        answer = await asyncio.to_thread(self._simulators.ask, wish)
        assert answer.pop("ok"), answer
        return answer

    async def truth(self) -> dict[str, Any]:
        """What every device really has, by "device.point"."""
        devices = (await self.simulators(truth=True))["truth"]["devices"]
        return {f"{device}.{name}": value for device, own in devices.items() for name, value in own.items()}

    async def tap(self, line: str) -> Tap:
        """Put a tap on a Modbus TCP line; before the daemon starts."""
        overlay = json.loads(self.overlay.read_text(encoding="utf-8"))
        tap = await self._stack.enter_async_context(Tap(overlay["lines"][line]["port"]))
        overlay["lines"][line]["port"] = tap.port
        self.overlay.write_text(json.dumps(overlay), encoding="utf-8")
        return tap

    async def has(self, key: str, value: object) -> None:
        """Until the device really has this value."""

        async def same() -> bool:
            return bool((await self.truth())[key] == value)

        await self.until(same)


def _laid(facts: Mapping[str, Any], over: Mapping[str, Any]) -> dict[str, Any]:
    """`over` laid over `facts`, table by table."""
    found = dict(facts)
    for key, value in over.items():
        both = isinstance(value, Mapping) and isinstance(found.get(key), Mapping)
        found[key] = _laid(found[key], value) if both else value
    return found
