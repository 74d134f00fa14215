"""A serial wire: what rests in the system meanwhile, and that none of it is lost."""

from __future__ import annotations

import asyncio
import os
import time
import tty
from collections.abc import Iterator

import pytest

from config.plan.lines import Line
from drivers.api import BadFrame
from drivers.modbus.requests import read
from drivers.modbus.rtu import RtuLink
from drivers.modbus.wire import SerialWire, Wire
from hil_tests.modbus_servers import rtu_frame
from tests.held_up import HeldUp


@pytest.fixture
def ends() -> Iterator[tuple[int, str]]:
    master, slave = os.openpty()
    tty.setraw(slave)
    yield master, os.ttyname(slave)
    os.close(master)
    os.close(slave)


def serial_line(path: str) -> Line:
    return Line(0, "L", "L", "modbus-rtu", path=path, baud=9600)


async def test_bytes_wait_in_the_system_while_nobody_wants_them(ends: tuple[int, str]) -> None:
    master, path = ends
    wire = SerialWire(serial_line(path))
    until_s = wire.now() + 0.3
    wire.rest(until_s)
    os.write(master, b"abc")
    while wire.now() < until_s - 0.1:
        assert wire.size == 0
        await asyncio.sleep(0.01)
    assert await wire.wait(wire.now() + 20.0, beyond=2)
    assert wire.peek() == b"abc"
    wire.rest(wire.now() + 60.0)
    os.write(master, b"d")
    await asyncio.sleep(0.01)
    assert wire.size == 3
    wire.listen()
    assert await wire.wait(wire.now() + 20.0, beyond=3)
    wire.rest(wire.now() + 0.01)
    wire.close()
    await asyncio.sleep(0.02)
    assert not wire.open


async def test_a_reader_is_woken_by_the_byte_that_it_waits_for(ends: tuple[int, str]) -> None:
    master, path = ends
    wire = SerialWire(serial_line(path))
    waiting = asyncio.ensure_future(wire.wait(wire.now() + 20.0, beyond=3))
    for _ in range(3):
        os.write(master, b"x")
        await asyncio.sleep(0.005)
        assert not waiting.done()
    os.write(master, b"x")
    assert await waiting
    assert not await wire.wait(wire.now() + 0.01, beyond=4)
    wire.close()


async def test_a_long_answer_at_the_wires_pace_takes_few_wake_ups(ends: tuple[int, str]) -> None:
    """Byte by byte at 9600 baud; where the machine stood still meanwhile, the silence cut it short."""
    for _ in range(20):
        async with HeldUp() as held_up:
            begun_s = time.monotonic()
            try:
                assert await _woken(*ends) < 60
                return
            except BadFrame:
                await asyncio.sleep(0.02)
                if held_up.during(begun_s, time.monotonic()) < 0.03:
                    raise
    pytest.fail("this machine stands still all the time")


async def _woken(master: int, path: str) -> int:
    """How often the reader of an answer of 250 bytes was woken."""
    woken = 0

    class Counted(SerialWire):
        def _feed(self, data: bytes) -> None:
            nonlocal woken
            woken += 1
            super()._feed(data)

    async def opened() -> Wire:
        return Counted(serial_line(path))

    link = RtuLink(serial_line(path), opened, {}, lambda _unit, _took_s: None)
    await link.connect()
    try:
        answering = asyncio.ensure_future(link.ask(read(1, "holding", 0, 125), 20.0))
        loop = asyncio.get_running_loop()
        requested = asyncio.Event()
        loop.add_reader(master, requested.set)
        await requested.wait()
        loop.remove_reader(master)
        os.read(master, 256)
        data = bytes(at % 251 for at in range(250))
        frame, begun_s = rtu_frame(1, bytes((3, 250)) + data), loop.time()
        for at in range(len(frame)):
            await asyncio.sleep(begun_s + (at + 1) * 10 / 9600 - loop.time())
            os.write(master, frame[at : at + 1])
        assert await answering == data
    finally:
        link.close()
    return woken
