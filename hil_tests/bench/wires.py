"""Reads and writes a bench's devices without the daemon: how they are found, and how they are left."""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from types import TracebackType
from typing import NamedTuple, Self

from config.plan.clock import Pace
from config.plan.points import BacnetObject, Point
from config.plan.reading import Quality, Reading, Value
from config.plan.site import Plan
from config.plan.slots import Slot
from drivers.api import Driver, Event, Fate, Inbox, Sample, SlotState, Write, WriteReport
from drivers.bacnet import open_line as open_bacnet
from drivers.modbus import open_line as open_modbus
from drivers.overlay import apply
from hil_tests.unfolding import Unfolding
from tests.drivers.build import MachineClock

PATIENCE_S = 20.0
"""Until a device of a bench has answered, machine seconds."""
_DONE = (Fate.READ_BACK, Fate.ACKNOWLEDGED)


class Found(NamedTuple):
    """How a point was found."""

    value: Value | None
    slots: Mapping[int, Value]
    """Of the priority array, on BACnet."""


class Unwell(AssertionError):
    """A device of the bench is not as it should be, or was not left as it was found."""


class Wires:
    """The lines on which some points are: `async with Wires(plan, overlay, points) as wires`."""

    def __init__(self, plan: Plan, overlay: Path | None, points: tuple[Point, ...]) -> None:
        self._plan = plan if overlay is None else apply(plan, _addresses(overlay))
        self._points = points
        self._inbox = Inbox()
        self._unfolding = Unfolding(self._inbox)
        self._events: list[Event] = []
        self._drivers: dict[int, Driver] = {}
        self._seq = 0

    async def __aenter__(self) -> Self:
        wanted = {self._plan.devices[point.device].line for point in self._points}
        for number in sorted(wanted):
            line = self._plan.lines[number]
            make = open_bacnet if line.transport == "bacnet-ip" else open_modbus
            self._drivers[number] = make(self._plan, line, self._inbox, MachineClock(), Pace())
            await self._drivers[number].start()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for driver in self._drivers.values():
            await driver.stop()

    async def found(self) -> dict[str, Found]:
        """How all of the points are. Raises Unwell for one that gives no good value."""
        await self._until(lambda: all(self._reading(point) for point in self._points))
        found = {}
        for point in self._points:
            reading = self._reading(point)
            if reading is None or reading.quality is not Quality.GOOD:
                said = (
                    "never answered" if reading is None else f"reads {reading.quality.name}: {reading.reason}"
                )
                raise Unwell(f"{point.key} {said}")
            if _has_array(point):
                await self._until(lambda point=point: self._array(point) is not None)  # type: ignore[misc]
            found[point.key] = Found(reading.value, dict(self._array(point) or ()))
        return found

    async def leave(self, as_found: Mapping[str, Found]) -> None:
        """Write back what was found; read it back. Raises Unwell for what does not come back."""
        now = await self.found()
        for point in self._points:
            was = as_found[point.key]
            if point.command is None or now[point.key] == was:
                continue
            if not _has_array(point):
                await self._write(point, was.value, Slot.PEOPLE)
                continue
            for slot in sorted({*was.slots, *now[point.key].slots} - {16}, reverse=True):
                if now[point.key].slots.get(slot) != was.slots.get(slot):
                    await self._write(point, was.slots.get(slot), slot)

    async def _write(self, point: Point, value: Value | None, slot: int) -> None:
        self._seq += 1
        seq = self._seq
        self._drivers[self._plan.devices[point.device].line].submit(Write(seq, point.id, value, slot))
        await self._until(lambda: self._report(seq) is not None)
        report = self._report(seq)
        if report is None or report.fate not in _DONE:
            said = "no word came back" if report is None else f"{report.fate.value} {report.detail}".strip()
            raise Unwell(f"{point.key} was found as {value} and could not be left so: {said}")

    async def _until(self, condition: Callable[[], bool]) -> None:
        deadline = time.monotonic() + PATIENCE_S
        while not condition() and time.monotonic() < deadline:
            await asyncio.sleep(0.05)
            self._events += self._unfolding.take()

    def _reading(self, point: Point) -> Reading | None:
        found = [one for one in self._events if isinstance(one, Sample) and one.point == point.id]
        return found[-1].reading if found else None

    def _array(self, point: Point) -> tuple[tuple[int, Value], ...] | None:
        found = [one for one in self._events if isinstance(one, SlotState) and one.point == point.id]
        return found[-1].slots if found else None

    def _report(self, seq: int) -> WriteReport | None:
        return next((one for one in self._events if isinstance(one, WriteReport) and one.seq == seq), None)


def _addresses(overlay: Path) -> dict[str, object]:
    """An overlay file without the simulators' clock."""
    found = json.loads(overlay.read_text(encoding="utf-8"))
    return {key: found[key] for key in ("lines", "devices") if key in found}


def _has_array(point: Point) -> bool:
    return isinstance(point.source, BacnetObject) and point.source.commandable
