"""A test on a bench: how the devices were found, the daemon in between, and how they are left.

    async with Trying(file, plan, folder) as bench:
        await bench.set(relay.point, True)

Before the daemon starts every granted point is read by the drivers alone. After it has ended, however the
test went, what is other is written back and read back, and a device that does not answer then fails the test.
"""

from __future__ import annotations

import time
from collections.abc import Awaitable, Callable, Mapping
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from config.plan.points import Point
from config.plan.reading import Value
from config.plan.site import Plan
from controller.store.ledger import Kind
from hil_tests.bench.file import BenchFile
from hil_tests.bench.granted import Granted
from hil_tests.bench.wires import Found, Wires
from hil_tests.running import Running
from hil_tests.scenario.starving import Starving

PERSON = "bench"


class Trying:
    """A bench with its daemon running."""

    def __init__(self, file: BenchFile, plan: Plan, granted: Granted, folder: Path) -> None:
        self.file = file
        self.plan = plan
        self.granted = granted
        self.found: Mapping[str, Found] = {}
        """How each granted point was found."""
        self.house = Running(file.site, folder, file.overlay)

    async def __aenter__(self) -> Self:
        async with Wires(self.plan, self.file.overlay, self.granted.points) as wires:
            self.found = await wires.found()
        await self.house.start()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.house.end()
        async with Wires(self.plan, self.file.overlay, self.granted.points) as wires:
            await wires.leave(self.found)
        if error is None:
            assert "Traceback" not in self.house.said(), self.house.said()

    async def read(self, point: Point) -> dict[str, Any]:
        """As the daemon has it now."""
        return await self.house.call("read", point=point.key)

    async def set(self, point: Point, value: Value, for_s: float = 600) -> None:
        """A person's override."""
        word = ("on" if value else "off") if isinstance(value, bool) else str(value)
        await self.house.call("set", person=PERSON, point=point.key, value=word, for_s=for_s)

    async def release(self, point: Point) -> None:
        await self.house.call("release", person=PERSON, point=point.key)

    async def reads(self, point: Point, so: Callable[[Any], bool], within_s: float) -> float:
        """Until the daemon reads something of which `so` holds: machine seconds it took. What it waited for a
        processor meanwhile is added to `within_s`."""
        began, starving = time.monotonic(), Starving(self.house.pids)
        row = await self.read(point)
        while row["quality"] != "good" or not so(row["value"]):
            took_s = time.monotonic() - began
            assert took_s <= within_s + starving.waited_s(), (
                f"{point.key} reads {row['value']}, {row['quality']}, after {took_s:.1f} s"
            )
            await starving.sleep(0.1)
            row = await self.read(point)
        return time.monotonic() - began

    async def read_back(self, point: Point, times: int, within_s: float) -> None:
        """So many writes of it are in the ledger as read back: a poll may show the value before the answer to
        the write does."""

        async def told() -> bool:
            return [row.entry.kind for row in self.house.ledger(point.key)].count(Kind.READ_BACK) >= times

        await self._within(told, within_s)

    async def all_answer(self, within_s: float = 20.0) -> None:
        """Every device of a granted point is heard."""
        wanted = {self.plan.devices[point.device].name for point in self.granted.points}

        async def heard() -> bool:
            return not wanted & set((await self.house.call("status"))["offline"])

        await self._within(heard, within_s)

    async def _within(self, condition: Callable[[], Awaitable[bool]], within_s: float) -> None:
        began, starving = time.monotonic(), Starving(self.house.pids)
        while not await condition():
            assert time.monotonic() - began < within_s + starving.waited_s(), f"not within {within_s} s"
            await starving.sleep(0.1)
