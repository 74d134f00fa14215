"""What the stands are made of: time that waits for sockets, plans laid on the cycle, and how late a switch
is."""

from __future__ import annotations

import asyncio
import math
import socket
import time
from collections.abc import Iterator
from dataclasses import replace

import pytest

from config.plan.clock import Now
from config.plan.points import Register
from controller.store.ledger import Entry, Kind, Row
from hil_tests.lockstep.loop import LockstepLoop, LoopClock
from hil_tests.lockstep.plans import AFTER_POLLS_S, GRID_S, on_the_cycle, on_wire_s, over_sockets, writes_s
from hil_tests.switches import Course, Switch, judge
from tests.drivers.simulators import sites


@pytest.fixture
def loop() -> Iterator[LockstepLoop]:
    made = LockstepLoop(100.0)
    yield made
    made.close()


async def _asked(answer_after_s: float) -> tuple[float, bytes]:
    """The loop's time when a server's answer came, that thought so long about it."""

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        asked = await reader.readexactly(5)
        await asyncio.sleep(answer_after_s)
        writer.write(asked * 10_000)
        await writer.drain()
        writer.close()

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    async with server:
        reader, writer = await asyncio.open_connection(*server.sockets[0].getsockname())
        writer.write(b"hello")
        answer = await asyncio.wait_for(reader.readexactly(50_000), 2 * answer_after_s)
        writer.close()
        return asyncio.get_running_loop().time(), answer


def test_an_hour_on_a_real_socket_takes_no_time_and_not_a_moment_more(loop: LockstepLoop) -> None:
    began_s = time.monotonic()
    at_s, answer = loop.run_until_complete(_asked(3600.0))
    assert at_s == pytest.approx(3700.0, abs=1e-6)
    assert answer == b"hello" * 10_000
    assert time.monotonic() - began_s < 10.0


def test_time_waits_for_a_datagram_and_stops_where_it_is_told(loop: LockstepLoop) -> None:
    heard: list[float] = []

    class Ear(asyncio.DatagramProtocol):
        def datagram_received(self, data: bytes, addr: object) -> None:
            heard.append(loop.time())

    async def send() -> None:
        ear, _ = await loop.create_datagram_endpoint(Ear, local_addr=("127.0.0.1", 0))
        mouth, _ = await loop.create_datagram_endpoint(
            asyncio.DatagramProtocol, local_addr=("127.0.0.1", 0), family=socket.AF_INET
        )
        loop.call_at(160.0, lambda: mouth.sendto(b"x", ear.get_extra_info("sockname")))
        loop.call_at(220.0, ear.close)
        loop.call_at(220.0, mouth.close)

    loop.run_until_complete(send())
    loop.run_to(150.0)
    assert (loop.time(), heard) == (150.0, [])
    loop.run_to(200.0)
    assert (loop.time(), heard) == (200.0, [160.0])
    loop.run_to(300.0)


def test_a_clock_goes_with_the_loop(loop: LockstepLoop) -> None:
    clock = LoopClock(loop, Now(1_000_000, 90_000_000_000, True))
    assert clock.now() == Now(1_010_000, 100_000_000_000, True)
    loop.run_to(100.25)
    assert clock.now() == Now(1_010_250, 100_250_000_000, True)


def test_polls_fall_on_cycles_and_read_backs_after_the_next_ones_readings() -> None:
    plan, _ = sites.example("shuangliu")
    laid = on_the_cycle(plan, 10.0, 2.0)
    for before, after in zip(plan.points, laid.points, strict=True):
        assert after.poll_s == max(10.0, 10.0 * (before.poll_s // 10.0))
        if isinstance(before.source, Register) and before.command and before.command.verify != "none":
            assert after.command is not None
            read_back_s = (after.command.pulse_s or 0.0) + after.command.verify_after_s
            assert read_back_s == pytest.approx(8.0 + AFTER_POLLS_S)
        same = replace(after, poll_s=before.poll_s, source=before.source, command=before.command)
        assert same == before
    assert not any(line.transport == "modbus-rtu" for line in over_sockets(plan).lines)


@pytest.mark.parametrize(
    ("cycle_s", "lead_s"), [(0.4, 0.28), (1.0, 0.7), (2.0, 1.4), (10.0, 2.0), (60.0, 2.0)]
)
def test_a_pulse_ends_between_the_commands_and_the_readings_of_its_cycle(
    cycle_s: float, lead_s: float
) -> None:
    """The longer one the later, and in that cycle in which it is over in memory."""
    before_s = 0.0
    for tenths in range(1, 300):
        pulse_s = tenths / 10
        wire_s = on_wire_s(pulse_s, cycle_s, lead_s)
        cycle = math.ceil(pulse_s / cycle_s) - 1
        begins_s = cycle * cycle_s
        assert begins_s + writes_s(cycle_s, lead_s) + GRID_S < wire_s < begins_s + cycle_s - lead_s
        assert wire_s > before_s
        before_s = wire_s


def _decided(at_ms: int, value: float) -> Row:
    return Row(1, Entry(at_ms, Kind.DECIDED, "lamp", value), b"")


@pytest.mark.parametrize(
    ("course", "decided", "late_s", "instead", "in_time"),
    [
        ([(0, 10.0), (90_000, 80.0)], [(60_000, 80.0)], 0.5, None, True),
        ([(0, 80.0)], [(60_000, 80.0)], 0.0, None, True),
        ([(0, 10.0), (360_000, 80.0)], [(60_000, 80.0)], 5.0, None, False),
        ([(0, 10.0)], [], math.inf, None, False),
        ([(0, 10.0), (90_000, 60.0)], [(60_000, 60.0)], 0.5, 60.0, True),
        ([(0, 60.0), (660_000, 80.0)], [(30_000, 60.0), (600_000, 80.0)], 0.0, 60.0, True),
        ([(0, 10.0), (90_000, 80.0)], [(60_000, 60.0)], math.inf, 60.0, False),
    ],
)
def test_a_switch_is_as_late_as_its_device(
    course: list[tuple[int, float]],
    decided: list[tuple[int, float]],
    late_s: float,
    instead: float | None,
    in_time: bool,
) -> None:
    """At a minute, at speed 60; two polls are 4 s."""
    seen = Course()
    for at_ms, value in course:
        seen.look(at_ms, {"lamp": value})
    found = judge(Switch(60_000, "lamp", 80.0, 4.0), seen, [_decided(*one) for one in decided], 60.0)
    assert (found.late_s, found.instead, found.in_time) == (late_s, instead, in_time)
