"""What every Modbus line does, over each transport, with real sockets and pseudo-terminals."""

from __future__ import annotations

import asyncio
import os
import time
from pathlib import Path

import pytest

from config.plan.points import Register
from config.plan.reading import Quality
from drivers.api import DeviceState, Fate, Sample, WriteReport
from hil_tests.modbus_servers import TcpServer, named_value
from tests.drivers.build import point, word
from tests.drivers.modbus.benches import TRANSPORTS, Bench
from tests.drivers.modbus.test_writes import lamp

transports = pytest.mark.parametrize("transport", TRANSPORTS)


@transports
async def test_every_table_is_read_as_engineering_values(transport: str) -> None:
    points = [
        word("power", 10),
        point("level", Register("input", 3, "uint16", scale=0.1)),
        point("run", Register("coil", 5, "bool")),
        point("smoke", Register("discrete", 7, "bool"), normally_closed=True),
        point("speed", Register("holding", 20, "float32", order="CDAB")),
        word("state", 30, kind="enum", states=((0, "off"),)),
        word("spare", 31, valid_high=5.0),
    ]
    async with Bench(transport, {9: points}) as bench:
        unit = bench.units[9]
        unit.written = {
            (3, 20): 0x199A,
            (3, 21): 0x4366,
            (1, 5): 1,
            (2, 7): 1,
            (4, 3): 235,
            (3, 30): 4,
            (3, 31): 6,
        }
        await bench.online()
        bench.driver.read_now(bench.point("u9.spare").id)
        await bench.sample("u9.spare")
        await bench.all_sampled()
        latest = {bench.plan.points[one.point].name: one.reading for one in bench.seen(Sample)}
        assert {name: reading.value for name, reading in latest.items()} == {
            "power": named_value(9, 3, 10),
            "level": 23.5,
            "run": True,
            "smoke": False,
            "speed": 230.1,
            "state": None,
            "spare": None,
        }
        assert (latest["state"].quality, latest["state"].reason) == (Quality.BAD, "unknown state")
        assert latest["spare"].reason == "out of range"
        assert latest["power"].quality is Quality.GOOD
        assert abs(latest["power"].mono_ns - time.monotonic_ns()) < 5e9


@transports
async def test_one_register_the_device_does_not_have_hides_no_other(transport: str) -> None:
    points = [word(f"w{n}", n, poll_s=0.05) for n in range(8)]
    async with Bench(transport, {1: points}) as bench:
        bench.units[1].missing = {(3, 5)}
        bad = await bench.until(Sample, lambda one: one.reading.quality is Quality.BAD)
        assert bench.plan.points[bad.point].name == "w5"
        assert bad.reading.reason == "exception 2"
        await bench.all_sampled()
        asked = len(bench.units[1].asked)
        async with asyncio.timeout(20):
            while len(bench.units[1].asked) < asked + 20:  # noqa: ASYNC110 - a unit tells nobody
                await asyncio.sleep(0.002)
        latest = {bench.plan.points[one.point].name: one.reading for one in bench.seen(Sample)}
        assert {name for name, reading in latest.items() if reading.quality is Quality.BAD} == {"w5"}
        assert len(latest) == 8
        assert {len(asked) for asked in bench.units[1].asked[asked:]} == {5}
        assert [one.online for one in bench.seen(DeviceState)] == [True]
        sizes = {int.from_bytes(one[3:5], "big") for one in bench.units[1].asked[asked:]}
        assert sizes <= {1, 2, 4}, "the split is remembered"


@transports
async def test_a_device_is_lost_once_and_comes_back_once(transport: str) -> None:
    points = {unit: [word("a", 1, poll_s=0.15), word("b", 9, poll_s=0.15)] for unit in (1, 2, 3)}
    async with Bench(transport, points) as bench:
        await bench.online()
        bench.units[2].frozen = True
        lost = await bench.until(DeviceState)
        assert (lost.device, lost.online) == (1, False)
        assert lost.detail
        mark = len(bench.events)
        await asyncio.sleep(1.0)
        bench.take()
        heard = {
            bench.plan.points[one.point].device for one in bench.events[mark:] if isinstance(one, Sample)
        }
        assert heard == {0, 2}
        bench.units[2].frozen = False
        back = await bench.until(DeviceState)
        assert (back.device, back.online) == (1, True)
        await bench.sample("u2.a")
        await bench.sample("u2.b")
        await asyncio.sleep(0.3)
        assert len(bench.seen(DeviceState)) == 3 + 2


@transports
async def test_a_device_dead_from_the_start_is_lost_at_once_and_never_sampled(transport: str) -> None:
    async with Bench(transport, {1: [word("a", 1, poll_s=0.05)], 2: [word("a", 1, poll_s=0.05)]}) as bench:
        bench.units[1].frozen = True
        lost = await bench.until(DeviceState, lambda state: not state.online)
        assert lost.device == 0
        await bench.sample("u2.a")
        assert all(bench.plan.points[one.point].device == 1 for one in bench.seen(Sample))


@pytest.mark.parametrize("transport", ["modbus-tcp", "modbus-rtu-over-tcp"])
async def test_a_line_that_goes_and_comes_back(transport: str) -> None:
    async with Bench(transport, {1: [lamp("a", 1, poll_s=0.05)], 2: [word("a", 1, poll_s=0.05)]}) as bench:
        await bench.online()
        assert isinstance(bench.server, TcpServer)
        await bench.server.hang_up()
        for _ in range(2):
            state = await bench.until(DeviceState, within_s=10.0)
            assert not state.online
        assert not bench.driver.status().connected
        report = await bench.write("u1.a", 5.0)
        assert report.fate is Fate.NOT_SENT
        await bench.server.listen()
        for _ in range(2):
            state = await bench.until(DeviceState, within_s=10.0)
            assert state.online
        await bench.sample("u1.a")
        assert bench.driver.status().connected


@transports
async def test_a_peer_that_never_was_is_a_lost_device_not_an_error(transport: str) -> None:
    bench = Bench(transport, {1: [word("a", 1)]})
    await bench.serve()
    if isinstance(bench.server, TcpServer):
        await bench.server.hang_up()
    else:
        bench.server.port.path = "/dev/does-not-exist"
    await bench.open()
    lost = await bench.until(DeviceState)
    assert not lost.online
    assert lost.detail.startswith("no ")
    await bench.__aexit__()


@transports
async def test_an_urgent_read_comes_before_its_turn(transport: str) -> None:
    async with Bench(transport, {1: [word("slow", 1, poll_s=600.0), word("never", 7, poll_s=0.0)]}) as bench:
        await bench.sample("u1.slow")
        bench.units[1].written[3, 1] = 77
        bench.driver.read_now(bench.point("u1.slow").id)
        assert (await bench.sample("u1.slow")).reading.value == 77
        bench.driver.read_now(bench.point("u1.never").id)
        assert (await bench.sample("u1.never")).reading.value == named_value(1, 3, 7)


@transports
async def test_a_late_answer_is_neither_a_value_nor_a_loss(transport: str) -> None:
    """The unit answers behind its time-out for a while; the registers it is asked for have one shape."""
    points = [word(f"w{n}", 10 * n, poll_s=0.02) for n in range(6)]
    async with Bench(transport, {1: points}) as bench:
        await bench.online()
        for _ in range(5):
            await asyncio.sleep(0.1)
            loop = asyncio.get_running_loop()
            server = bench.server
            if isinstance(server, TcpServer):
                server.hold_s = 0.12
                loop.call_later(0.15, setattr, server, "hold_s", 0.0)
            else:
                server.think_s = 0.12
                loop.call_later(0.15, setattr, server, "think_s", 0.0)
        await asyncio.sleep(0.5)
        for one in bench.seen(Sample):
            source = bench.plan.points[one.point].source
            assert isinstance(source, Register)
            assert one.reading.value in (None, named_value(1, 3, source.address))
        assert bench.driver.status().timeouts > 0
        await bench.sample("u1.w5")


async def test_a_serial_device_that_goes_and_comes_back_under_its_path(tmp_path: Path) -> None:
    bench = Bench("modbus-rtu", {1: [word("a", 1, poll_s=0.05)]})
    await bench.serve()
    link = tmp_path / "ttyS1"
    assert not isinstance(bench.server, TcpServer)
    first = bench.server.path
    link.symlink_to(first)
    bench.server.port.path = str(link)
    await bench.open()
    await bench.sample("u1.a")
    link.unlink()
    bench.server.port.close()
    lost = await bench.until(DeviceState, lambda state: not state.online, within_s=10.0)
    assert "serial" in lost.detail or "no " in lost.detail
    bench.server.port.open()
    link.symlink_to(bench.server.port.path)
    await bench.until(DeviceState, lambda state: state.online, within_s=10.0)
    assert os.readlink(link) == bench.server.port.path
    await bench.sample("u1.a")
    await bench.__aexit__()


async def test_a_second_program_cannot_open_the_serial_line() -> None:
    async with Bench("modbus-rtu", {1: [word("a", 1, poll_s=0.05)]}) as bench:
        await bench.online()
        first = bench.driver
        await bench.open()
        lost = await bench.until(DeviceState, lambda state: not state.online)
        assert "no serial device" in lost.detail
        await first.stop()


@transports
async def test_stop_reports_what_is_still_queued(transport: str) -> None:
    async with Bench(transport, {1: [lamp("level", 1)]}, timeout_s=20.0) as bench:
        await bench.online()
        bench.units[1].frozen = True
        seqs = [bench.submit("u1.level", float(value)) for value in range(5)]
        await asyncio.sleep(0.05)
        began = asyncio.get_running_loop().time()
        await bench.driver.stop()
        assert asyncio.get_running_loop().time() - began < 10.0, "long before anything timed out"
        reports = bench.seen(WriteReport)
        assert sorted(report.seq for report in reports) == seqs
        assert {report.seq: report.fate for report in reports} == {
            seqs[0]: Fate.NO_ANSWER,
            **dict.fromkeys(seqs[1:], Fate.NOT_SENT),
        }
