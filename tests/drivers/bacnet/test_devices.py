"""Devices that are dead, lost, back, moved, mistaken or doubled, and what that costs the others."""

from __future__ import annotations

import asyncio
import random
import socket
import statistics
import time
from dataclasses import replace
from itertools import pairwise

import pytest
from bacpypes3.pdu import IPv4Address

from config.plan.clock import Pace
from drivers.api import DeviceState, Sample
from drivers.bacnet.places import Endpoint
from drivers.bacnet.timing import Timing
from drivers.bacnet.wire import UdpWire
from drivers.simulators.bacnet import BacnetSimulator
from tests.drivers.bacnet.bench import LEVEL, LUX, QUICK, Bench, Spec, bench
from tests.held_up import HeldUp


async def test_a_device_is_lost_once_and_back_once() -> None:
    async with bench({"a": [LUX], "b": [LUX]}) as line:
        await line.all_good()
        line.devices["a"].fault("freeze", True)
        await line.until(lambda: len(line.states("a")) == 2)
        await asyncio.sleep(0.8)
        before = len(line.samples("a.lux"))
        assert len(line.states("a")) == 2
        line.devices["a"].fault("freeze", False)
        await line.until(lambda: len(line.states("a")) == 3)
        await line.until(lambda: len(line.samples("a.lux")) > before)
        assert [(state.online, state.restarted) for state in line.states("a")] == [
            (True, False),
            (False, False),
            (True, False),
        ]
        assert line.states("a")[1].detail == "time-out"
        assert [state.online for state in line.states("b")] == [True]


async def test_a_device_dead_from_the_start_is_told_once_and_found_later() -> None:
    async with bench({"a": [LUX], "b": [LUX]}, faults={"freeze": {}}) as line:
        line.devices["b"].fault("freeze", False)
        await line.until(lambda: line.samples("b.lux"))
        await line.until(lambda: line.states("a"))
        await asyncio.sleep(0.5)
        assert [(state.online, state.detail) for state in line.states("a")] == [(False, "time-out")]
        assert not line.samples("a.lux")
        line.devices["a"].fault("freeze", False)
        await line.until(lambda: line.samples("a.lux"))
        assert [state.online for state in line.states("a")] == [False, True]


async def test_back_off_grows_and_probes_are_single(monkeypatch: pytest.MonkeyPatch) -> None:
    """Timed where they are sent: a machine that is late to receive one would make the next look early."""
    at_s: list[float] = []
    plain = UdpWire.send

    def send(wire: UdpWire, data: bytes, to: Endpoint) -> None:
        at_s.append(time.monotonic())
        plain(wire, data, to)

    def deaf(made: Bench) -> None:
        made.devices["a"].fault("freeze", True)

    monkeypatch.setattr(UdpWire, "send", send)
    async with bench({"a": [LUX]}, before=deaf, timing=replace(QUICK, retries=0)) as line:
        await line.until(lambda: len(at_s) >= 5)
        # A probe, 0.15 s of time-out, and a back-off of 0.1, 0.2, 0.3, 0.4 s; a busy machine makes it longer.
        for number, (one_s, next_s) in enumerate(pairwise(at_s), start=1):
            assert next_s - one_s > 0.1 + 0.1 * number
        assert line.driver.status().timeouts >= 4


def test_back_off_is_two_seconds_a_failure_up_to_five_minutes() -> None:
    timing = Timing()
    assert [timing.backoff(failures) for failures in (1, 2, 10, 150, 1000)] == [2.0, 4.0, 20.0, 300.0, 300.0]


async def test_six_frozen_devices_cost_the_others_nothing() -> None:
    """The poll period of the others, 95th percentile, stays within 1.2 times what it was."""
    names = [f"d{number}" for number in range(10)]
    specs = [Spec(f"p{number}", f"analog-input {number}", poll_s=0.25) for number in range(1, 5)]
    async with bench(dict.fromkeys(names, specs), timeout_s=0.3) as line:
        await line.all_good()
        before = await _periods(line, names[6:], 2.0)
        for name in names[:6]:
            line.devices[name].fault("freeze", True)
        after = await _periods(line, names[6:], 2.0)
        assert after <= 1.2 * before, (before, after)
        await line.until(lambda: all(not line.states(name)[-1].online for name in names[:6]))
        assert all(len(line.states(name)) == 2 for name in names[:6])


async def _periods(line: Bench, names: list[str], seconds: float) -> float:
    """The 95th percentile of the time between two samples of a point, but for what the machine took of it."""
    start = time.monotonic_ns()
    async with HeldUp() as held_up:
        await asyncio.sleep(seconds)
    gaps: list[float] = []
    wanted = {point.id for point in line.plan.points if line.plan.devices[point.device].name in names}
    times: dict[int, list[int]] = {point: [] for point in wanted}
    for event in line.gather():
        if isinstance(event, Sample) and event.point in wanted and event.reading.mono_ns >= start:
            times[event.point].append(event.reading.mono_ns)
    for series in times.values():
        for earlier, later in pairwise(series):
            gaps.append((later - earlier) / 1e9 - held_up.during(earlier / 1e9, later / 1e9))
    assert len(gaps) > 20
    return statistics.quantiles(gaps, n=20)[-1]


async def test_another_device_at_the_address_is_not_believed() -> None:
    def swap(made: Bench) -> None:
        device = replace(made.plan.devices[0], instance=77)
        made.plan = replace(made.plan, devices=(device, *made.plan.devices[1:]))

    async with bench({"a": [LUX], "b": [LUX]}, before=swap) as line:
        await line.until(lambda: line.samples("b.lux"))
        await line.until(lambda: line.states("a"))
        assert [(state.online, state.detail) for state in line.states("a")] == [
            (False, "device 1001 answers in place of 77")
        ]
        assert not line.samples("a.lux")


async def test_an_instance_that_answers_twice_is_told_once_and_so_is_its_end() -> None:
    async with bench({"a": [LUX]}) as line:
        await line.all_good()
        double = BacnetSimulator(line.plan.devices[0], [line.plan.points[0]])
        await double.start()
        try:
            application = double._application
            assert application is not None
            for _ in range(3):
                application.i_am(_own_address(line))
                await asyncio.sleep(0.15)
            await line.until(lambda: len(line.clashes("a")) > 1)
            await asyncio.sleep(0.5)
            assert line.clashes("a") == [(), (double.address,)]
        finally:
            await double.stop()
        await line.until(lambda: len(line.clashes("a")) > 2)
        assert line.clashes("a")[2:] == [()]
        assert [state.online for state in line.states("a")] == [True], "it goes on"
        count = len(line.samples("a.lux"))
        await line.until(lambda: len(line.samples("a.lux")) > count)


async def test_an_instance_that_answers_twice_from_the_beginning_is_told() -> None:
    """A restart of ours between the two: both answer the search."""
    async with bench({"a": [LUX]}) as line:
        await line.driver.stop()
        searched = replace(line.plan.devices[0], address="")
        networks = ("127.255.255.254",)
        line.plan = replace(
            line.plan, devices=(searched,), lines=(replace(line.plan.lines[0], networks=networks),)
        )
        first = line.devices.pop("a")
        line.open()
        await line.driver.start()
        second = BacnetSimulator(searched, [line.plan.points[0]])
        await second.start()
        try:
            await line.until(lambda: line.driver.status().connected)
            for simulator in (first, second):
                assert simulator._application is not None
                simulator._application.i_am(_own_address(line))
            await line.until(lambda: line.clashes("a") and line.clashes("a")[-1])
            at, found = line.clashes("a")[-1][0], line.states("a")[-1].detail
            assert {at, found.removeprefix("found at ")} == {first.address, second.address}
        finally:
            await line.driver.stop()
            await first.stop()
            await second.stop()


async def test_an_instance_that_only_somebody_announces_is_no_clash() -> None:
    async with bench({"a": [LUX]}) as line:
        await line.all_good()
        other = BacnetSimulator(replace(line.plan.devices[0], instance=77), [line.plan.points[0]])
        await other.start()
        try:
            assert other._application is not None
            known = other._application.device_object
            known.objectIdentifier = ("device", 1001)
            other._application.i_am(_own_address(line))
            known.objectIdentifier = ("device", 77)
            with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as made_up:
                i_am = bytes.fromhex("810a0014 0100 1000 c4020003e9 2201e0 9100 2178")
                made_up.sendto(i_am, line.driver.endpoint)
                await asyncio.sleep(1.0)
        finally:
            await other.stop()
        assert line.clashes("a") == [()]
        assert [state.online for state in line.states("a")] == [True]


def _own_address(line: Bench) -> object:
    return IPv4Address(line.driver.endpoint)


async def test_a_device_known_by_instance_is_followed_to_its_new_address() -> None:
    """Found by its I-Am; when it falls silent and announces itself from elsewhere, it is read there."""
    async with bench({"a": [LUX]}) as line:
        await line.driver.stop()
        searched = replace(line.plan.devices[0], address="")
        line.plan = replace(
            line.plan,
            devices=(searched,),
            lines=(replace(line.plan.lines[0], networks=("127.255.255.254",)),),
        )
        first = line.devices.pop("a")
        line.open()
        await line.driver.start()
        second = BacnetSimulator(searched, [line.plan.points[0]])
        await second.start()
        try:
            await line.until(lambda: line.driver.status().connected)
            await asyncio.sleep(0.05)
            assert first._application is not None
            assert second._application is not None
            first._application.i_am(_own_address(line))
            await line.until(lambda: line.samples("a.lux"))
            first.fault("freeze", True)
            second.set_value("lux", 99.0)
            second._application.i_am(_own_address(line))
            await line.until(lambda: line.latest("a.lux") == (99.0, ""))
            assert [state.online for state in line.states("a")][-2:] == [False, True]
            assert second.address in line.states("a")[-1].detail
        finally:
            await line.driver.stop()
            await first.stop()
            await second.stop()


async def test_junk_on_the_port_changes_nothing() -> None:
    noise = random.Random(5)
    async with bench({"a": [LUX, LEVEL]}) as line:
        await line.all_good()
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as babbler:
            for size in range(400):
                junk = bytes(noise.randrange(256) for _ in range(size % 60))
                head = (
                    b"",
                    b"\x81\x0a\x00\x20\x01\x00",
                    b"\x81\x0b\x00\x10",
                    b"\x81\x0a\x00\x0c\x01\x00\x30\x01\x0e",
                )
                babbler.sendto(head[size % 4] + junk, line.driver.endpoint)
                if size % 50 == 0:
                    await asyncio.sleep(0)
        count = len(line.samples("a.lux"))
        await line.until(lambda: len(line.samples("a.lux")) >= count + 3)
        assert [state.online for state in line.states("a")] == [True]
        assert (await line.write("a.level", 5.0, 15)).value == 5.0


async def test_a_port_that_is_taken_is_a_device_state_and_is_had_later() -> None:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as taken:
        taken.bind(("127.0.0.1", 0))
        port = taken.getsockname()[1]

        def occupy(made: Bench) -> None:
            made.plan = replace(made.plan, lines=(replace(made.plan.lines[0], port=port),))

        async with bench({"a": [LUX]}, before=occupy) as line:
            await line.until(lambda: line.states("a"))
            await asyncio.sleep(0.3)
            assert len(line.states("a")) == 1
            assert "cannot bind 127.0.0.1" in line.states("a")[0].detail
            assert not line.driver.status().connected
            taken.close()
            await line.until(lambda: line.samples("a.lux"))
            assert [state.online for state in line.states("a")] == [False, True]


async def test_stop_is_quick_whatever_the_devices_do() -> None:
    names = {f"d{number}": [replace(LUX, cov=1.0), LEVEL] for number in range(6)}
    async with bench(names, timeout_s=30.0) as line:
        await line.all_good()
        for device in list(line.devices.values())[:3]:
            device.fault("freeze", True)
        await asyncio.sleep(0.3)
        start = time.monotonic()
        await line.driver.stop()
        assert time.monotonic() - start < 10.0, "long before anything timed out"


async def test_speed_shortens_the_poll_and_nothing_else() -> None:
    slow = Spec("lux", "analog-input 1", poll_s=30.0)
    async with bench({"a": [slow]}, pace=Pace(speed=120.0, poll_floor_s=0.2)) as line:
        await line.until(lambda: len(line.samples("a.lux")) >= 4)


async def test_a_slow_device_that_stops_takes_nothing_up_later() -> None:
    """The leak check finds what it would."""
    async with bench({"a": [LUX]}) as line:
        await line.all_good()
        line.devices["a"].fault("slow", True, seconds=60.0)
        application = line.devices["a"]._application
        assert application is not None
        heard = application.datagrams.heard
        await line.until(lambda: application.datagrams.heard > heard)


async def test_a_line_without_devices_starts_and_stops() -> None:
    async with bench({}) as line:
        await line.until(lambda: line.driver.status().connected)
        assert not [event for event in line.gather() if isinstance(event, DeviceState)]
