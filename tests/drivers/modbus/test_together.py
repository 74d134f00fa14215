"""Writes that go out as one: what the unit then holds and what is told is what each alone makes of it."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from config.plan.devices import Limits
from config.plan.points import Command, Point, Register
from config.plan.reading import Value
from config.plan.site import Plan
from drivers.api import Fate, Inbox, NoAnswer, Write, WriteReport
from drivers.handover import Handover
from drivers.modbus.asking import Asking
from drivers.modbus.frames import rtu_answer, rtu_request
from drivers.modbus.requests import Request
from drivers.modbus.sampling import Sampler
from drivers.modbus.together import APART_S, Together
from drivers.modbus.writing import Writer
from drivers.speaking import Errand
from hil_tests.modbus_servers import Unit, rtu_frame
from tests.drivers.build import MachineClock, line, plan, point
from tests.drivers.modbus.benches import TRANSPORTS, Bench
from tests.many import many


def relays(count: int, first: int = 0, **command: Any) -> list[Point]:
    function = command.pop("function", 15)
    return [
        point(
            f"r{number}",
            Register("coil", first + number, "bool"),
            command=Command(function=function, **command),
        )
        for number in range(count)
    ]


def dimmer(name: str, address: int, kind: Any = "uint16", **command: Any) -> Point:
    command = {"function": 16, "low": 0.0, "high": 100.0, **command}
    return point(name, Register("holding", address, kind, scale=0.5), command=Command(**command))


def functions(unit: Unit) -> list[int]:
    return [pdu[0] for pdu in unit.asked if pdu[0] > 4]


@pytest.mark.parametrize("transport", TRANSPORTS)
async def test_ten_outputs_of_a_moment_are_one_write_and_one_read(transport: str) -> None:
    seldom = [replace(relay, poll_s=600.0) for relay in relays(10, 3)]
    async with Bench(transport, {1: seldom}, limits=Limits(max_gap=0)) as bench:
        await bench.online()
        before = len(bench.units[1].asked)
        seqs = {bench.submit(f"u1.r{number}", number % 3 == 0): number for number in range(10)}
        reports = [await bench.until(WriteReport) for _ in seqs]
        assert {report.seq: (report.fate, report.value) for report in reports} == {
            seq: (Fate.READ_BACK, number % 3 == 0) for seq, number in seqs.items()
        }
        assert bench.units[1].written == {(1, 3 + number): int(number % 3 == 0) for number in range(10)}
        assert [pdu[:5].hex() for pdu in bench.units[1].asked[before:][:2]] == ["0f0003000a", "010003000a"]


@pytest.mark.parametrize("transport", TRANSPORTS)
async def test_a_lock_in_the_middle_keeps_that_one_back(transport: str) -> None:
    async with Bench(transport, {1: relays(6)}) as bench:
        await bench.online()
        await bench.driver.stop()
        await bench.open(may_write=lambda ident: ident != 2)
        await bench.online()
        for number in range(6):
            bench.submit(f"u1.r{number}", True)
        reports = [await bench.until(WriteReport) for _ in range(6)]
        fates = {report.point: report.fate for report in reports}
        assert fates == {**dict.fromkeys(range(6), Fate.READ_BACK), 2: Fate.NOT_SENT}
        assert set(bench.units[1].written) == {(1, number) for number in (0, 1, 3, 4, 5)}


@pytest.mark.parametrize("transport", TRANSPORTS)
async def test_what_waits_to_be_written_goes_before_what_is_read_back(transport: str) -> None:
    async with Bench(transport, {1: relays(5, function=5), 2: relays(5, function=5)}) as bench:
        await bench.online()
        for unit in bench.units.values():
            unit.asked.clear()
        for number in range(5):
            bench.submit(f"u1.r{number}", True)
            bench.submit(f"u2.r{number}", True)
        for _ in range(10):
            assert (await bench.until(WriteReport)).fate is Fate.READ_BACK
        for unit in bench.units.values():
            asked = [pdu[0] for pdu in unit.asked]
            assert asked[asked.index(5) :][:5] == [5] * 5, "no read between them"
            assert asked.count(1) >= 5


async def test_a_device_that_refuses_several_is_told_one_by_one_and_not_asked_again() -> None:
    world = World(relays(4))
    world.unit.most_written = 1
    assert await world.write_together([True] * 4) == [Fate.READ_BACK] * 4
    assert functions(world.unit) == [15] * 5
    assert await world.write_together([False] * 4) == [Fate.READ_BACK] * 4
    assert functions(world.unit) == [15] * 9
    world.clock.later_s = APART_S
    assert await world.write_together([True] * 4) == [Fate.READ_BACK] * 4
    assert functions(world.unit) == [15] * 14, "tried again after a while"


async def test_a_device_that_takes_only_the_first_is_found_out_by_reading_back() -> None:
    world = World([dimmer(f"d{number}", number) for number in range(3)])
    world.unit.writes_the_first = True
    assert await world.write_together([10.0, 20.0, 30.0]) == [Fate.READ_BACK, Fate.MISMATCH, Fate.MISMATCH]
    assert await world.write_together([10.0, 20.0, 30.0]) == [Fate.READ_BACK] * 3
    assert world.unit.written == {(3, 0): 20, (3, 1): 40, (3, 2): 60}


async def test_silence_is_told_of_each_and_they_are_kept_apart() -> None:
    world = World(relays(3))
    world.unit.mute = True
    assert await world.write_together([True] * 3) == [Fate.NO_ANSWER] * 3
    world.unit.mute = False
    assert await world.write_together([False] * 3) == [Fate.READ_BACK] * 3
    assert functions(world.unit) == [15] * 4


@pytest.mark.parametrize(
    "points",
    [
        relays(2, function=5),
        relays(2, verify="none"),
        relays(2, pulse_s=0.1, verify="none"),
        relays(2, verify_after_s=1.0),
        relays(3)[::2],
        [dimmer("a", 0, function=0), dimmer("b", 1, function=0)],
        [dimmer("a", 0), dimmer("b", 1, function=6)],
        [dimmer("a", 0), dimmer("b", 1, register=Register("holding", 9, "uint16", scale=0.5))],
        [dimmer("a", 0, "float32"), dimmer("b", 1)],
        [dimmer("b", 1), dimmer("a", 0)],
        [dimmer("a", 0), *relays(2)[1:]],
    ],
    ids=[
        "a function for one", "not read back", "pulses", "read back later", "a gap", "no function named",
        "one of them for one", "written elsewhere", "overlapping", "backwards", "two tables",
    ],
)  # fmt: skip
def test_what_does_not_go_together(points: list[Point]) -> None:
    world = World([replace(one, name=f"p{number}") for number, one in enumerate(points)])
    values: list[Value] = [True if one.kind == "bool" else 5.0 for one in points]
    assert [len(part) for part in world.parts(values)] == [1, 1]


def test_no_more_than_the_device_bears() -> None:
    world = World(relays(20), Limits(max_bits=8, max_gap=0))
    assert [len(part) for part in world.parts([True] * 20)] == [8, 8, 4]
    world = World([dimmer(f"d{number}", 2 * number, "float32") for number in range(100)])
    assert [len(part) for part in world.parts([1.0] * 100)] == [61, 39]


KINDS: list[tuple[Any, Any, Any]] = [
    ("coil", "bool", 15), ("coil", "bool", 5), ("holding", "uint16", 16), ("holding", "uint16", 6),
    ("holding", "float32", 16), ("holding", "bool", 16), ("holding", "int32", 16),
]  # fmt: skip


@st.composite
def outputs(draw: st.DrawFn) -> list[tuple[Point, Value]]:
    """Points in the order of their registers, with gaps, and what each is told; some of it is refused."""
    made: list[tuple[Point, Value]] = []
    address = 0
    for number in range(draw(st.integers(1, 9))):
        space, kind, function = draw(st.sampled_from(KINDS[:2] if draw(st.booleans()) else KINDS))
        address += draw(st.sampled_from([0, 0, 0, 1]))
        verify: Any = draw(st.sampled_from(["same", "same", "same", "none"]))
        command = Command(low=0.0, high=100.0, function=function, verify=verify)
        output = point(f"p{number}", Register(space, address, kind), command=command)
        values: st.SearchStrategy[Value] = st.sampled_from([0.0, 7.0, 99.0, 100.5])
        made.append((output, draw(st.booleans() if kind == "bool" else values)))
        address += 2 if kind in ("float32", "int32") else 1
    return made


@settings(max_examples=many(60), deadline=None)
@given(outputs(), st.integers(1, 4), st.integers(1, 16))
def test_as_each_alone(made: list[tuple[Point, Value]], most_written: int, most: int) -> None:
    points, values = [one for one, _ in made], [value for _, value in made]
    limits = Limits(max_registers=most, max_bits=most, max_gap=0)
    alone, together = World(points, limits), World(points, limits)
    # As much as the longest of them alone needs.
    alone.unit.most_written = together.unit.most_written = max(2, most_written)
    fates = asyncio.run(alone.write_alone(values))
    assert asyncio.run(together.write_together(values)) == fates
    assert together.unit.written == alone.unit.written
    assert len(together.unit.asked) <= len(alone.unit.asked) + 1, "at most one that was refused as a whole"


class LaterClock(MachineClock):
    later_s = 0.0

    def now(self) -> Any:
        now = super().now()
        return now._replace(mono_ns=now.mono_ns + round(self.later_s * 1e9))


class World:
    """A unit and the writers of its line, without a wire: frames are made and judged as on one."""

    connected = True

    def __init__(self, points: Sequence[Point], limits: Limits = Limits(max_gap=0)) -> None:
        self.unit, self.clock, self.inbox = Unit(1), LaterClock(), Inbox()
        self.plan: Plan = plan(line("modbus-tcp"), {1: points}, limits=limits)
        sampler = Sampler(self.plan.points, Handover(self.inbox, self.clock))
        asking = Asking(self, 1.0)
        self.writer = Writer(asking, self.plan.points, self.plan.devices, sampler, self.inbox, self.clock)
        self.together = Together(self.writer)
        self._seq = 0

    async def connect(self) -> None: ...

    def close(self) -> None: ...

    async def ask(self, request: Request, patience_s: float) -> bytes:
        answer = self.unit.answer(rtu_request(request)[1:-2])
        if answer is None:
            raise NoAnswer("time-out")
        return rtu_answer(request, rtu_frame(1, answer))

    def parts(self, values: Sequence[Value]) -> list[list[Write]]:
        """What goes out as one, as a line's worker finds it."""
        parts: list[list[Write]] = []
        for ident, value in enumerate(values):
            self._seq += 1
            write = Write(self._seq, ident, value, 16)
            if parts and self.together.goes_with(parts[-1], write):
                parts[-1].append(write)
            else:
                parts.append([write])
        return parts

    async def write_alone(self, values: Sequence[Value]) -> list[Fate]:
        return await self._write([[write] for part in self.parts(values) for write in part])

    async def write_together(self, values: Sequence[Value]) -> list[Fate]:
        return await self._write(self.parts(values))

    async def _write(self, parts: Sequence[Sequence[Write]]) -> list[Fate]:
        make: Callable[[Sequence[Write]], Errand] = self.together.errand
        for part in parts:
            errand = self.writer.errand(part[0]) if len(part) == 1 else make(part)
            while errand is not None:
                try:
                    errand = await errand.run()
                except NoAnswer:
                    errand = None
        reports = [event for event in self.inbox.take() if isinstance(event, WriteReport)]
        assert len({report.seq for report in reports}) == len(reports) == sum(map(len, parts)), "each once"
        return [report.fate for report in sorted(reports)]
