"""Our BACnet driver reads and commands a device on @bacnet-js/client."""

from __future__ import annotations

import asyncio
import socket
from pathlib import Path
from typing import Any

import pytest

from config.plan.reading import Quality, Value
from config.plan.site import Plan
from drivers.api import Fate
from tests.peers.driving import Driving, driving
from tests.peers.programs import Talker, bacnet, bacnet_device
from tests.peers.simulated import compiled, written

pytestmark = pytest.mark.peers

INSTANCE = 4711
PROFILE = """\
profile: bacnet-js-objects
label: {zh: 对照对象, en: known objects}
maker: bacnet-js
kind: lighting
protocol: bacnet
source: peers/bacnet_device.mjs
points:
  air: {label: {zh: a, en: a}, at: analog-input 1, unit: °C, cov: 0.5, poll: 60 s}
  broken: {label: {zh: b, en: b}, at: analog-input 2, unit: °C, poll: 2 s}
  door: {label: {zh: c, en: c}, at: binary-input 1, cov: 0, poll: 60 s}
  name: {label: {zh: d, en: d}, at: characterstring-value 1, poll: 60 s}
  level: {label: {zh: e, en: e}, at: analog-output 1, unit: "%", cov: 1, poll: 60 s,
    command: {range: [0, 100], tolerance: 0.5}}
  lamp: {label: {zh: f, en: f}, at: binary-output 1, cov: 0, poll: 60 s, command: {}}
  scene: {label: {zh: g, en: g}, at: multi-state-value 1, states: {1: none, 2: work, 3: clean}, cov: 0,
    poll: 60 s, command: {}}
  absent: {label: {zh: h, en: h}, at: analog-input 9, unit: °C, poll: 60 s}
"""
LEVEL = "it.level"
KNOWN: dict[str, Value] = {"air": 21.5, "door": True, "name": "one", "level": 20.0, "lamp": False, "scene": 1}
"""What peers/bacnet_device.mjs starts with."""


def free_port() -> int:
    """A UDP port for our side; the default one would be taken for the device's own by its library."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def plan(folder: Path, device: Talker) -> Plan:
    site = f"""
lines: {{B: {{transport: bacnet-ip, bind: 127.0.0.1, port: {free_port()}, timeout: 500 ms}}}}
devices:
  it: {{profile: bacnet-js-objects, line: B, instance: {INSTANCE}, label: it,
    address: "127.0.0.1:{device.ready["port"]}", if_unheard: {{holds_last: true, accepted: a bench}}}}
"""
    return compiled(written(folder, {"site.yaml": site, "profiles/bacnet-js-objects.yaml": PROFILE}))


def slots(device: Talker, what: str) -> dict[int, Any]:
    """The priority array as the device itself has it."""
    array = device.ask(read=True)[what]["slots"]
    return {slot: held for slot, held in enumerate(array, start=1) if held is not None}


async def all_read(it: Driving) -> None:
    await it.online(now=True)
    assert {name: reading.value for name, reading in (await it.readings(*KNOWN)).items()} == KNOWN


async def test_objects_of_every_kind_are_read_right(tmp_path: Path) -> None:
    with bacnet_device(INSTANCE) as device:
        async with driving(plan(tmp_path, device)) as it:
            await all_read(it)
            found = await it.readings(*KNOWN, "broken", "absent")
    assert {found[name].quality for name in KNOWN} == {Quality.GOOD}
    assert (found["broken"].quality, found["broken"].reason) == (Quality.BAD, "no-sensor")
    assert (found["absent"].quality, found["absent"].reason) == (Quality.BAD, "unknown-object")


async def test_a_change_comes_by_itself(tmp_path: Path) -> None:
    with bacnet_device(INSTANCE) as device:
        async with driving(plan(tmp_path, device)) as it:
            await all_read(it)
            device.ask(set="analog-input,1", value=23.25)
            assert (await it.reading("it.air", 23.25)).quality is Quality.GOOD, "long before its next poll"
            device.ask(set="binary-input,1", value=0)
            await it.reading("it.door", False)


async def test_commands_take_our_slot_and_leave_it(tmp_path: Path) -> None:
    with bacnet_device(INSTANCE) as device:
        async with driving(plan(tmp_path, device)) as it:
            await all_read(it)
            assert (await it.write(LEVEL, 42.5)).fate is Fate.READ_BACK
            assert slots(device, "analog-output,1") == it.slots(LEVEL) == {12: 42.5}
            # Somebody else commands above us, with a client of his own: ours is kept behind it and told.
            there = f"127.0.0.1:{device.ready['port']}"
            written = ["write", "analog-output,1", "present-value", "real", 90, 8]
            await asyncio.to_thread(bacnet, there, *written)
            await it.reading(LEVEL, 90.0)
            report = await it.write(LEVEL, 30.0)
            assert (report.fate, report.detail) == (Fate.READ_BACK, "overridden at slot 8")
            assert slots(device, "analog-output,1") == it.slots(LEVEL) == {8: 90, 12: 30}
            assert (await it.write(LEVEL, None)).fate is Fate.READ_BACK
            assert slots(device, "analog-output,1") == it.slots(LEVEL) == {8: 90}
            for key, what, value, held in (
                ("it.lamp", "binary-output,1", True, 1),
                ("it.scene", "multi-state-value,1", 3, 3),
            ):
                assert (await it.write(key, value)).fate is Fate.READ_BACK
                assert slots(device, what) == {12: held}
                await it.reading(key, value)
                assert (await it.write(key, None)).fate is Fate.READ_BACK
                assert slots(device, what) == {}
                await it.reading(key, KNOWN[key.removeprefix("it.")])


async def test_a_device_that_restarts_is_missed_and_found_emptied(tmp_path: Path) -> None:
    with bacnet_device(INSTANCE) as device:
        port = int(device.ready["port"])
        made = plan(tmp_path, device)
    async with driving(made) as it:
        with bacnet_device(INSTANCE, port):
            await all_read(it)
            assert (await it.write(LEVEL, 77.0)).fate is Fate.READ_BACK
        await it.online(now=False)
        assert (await it.write(LEVEL, 78.0)).fate is Fate.NOT_SENT
        with bacnet_device(INSTANCE, port) as device:
            assert (await it.online(now=True)).restarted, "our slot is empty: outputs must be asserted anew"
            assert (await it.write(LEVEL, 79.0)).fate is Fate.READ_BACK
            assert slots(device, "analog-output,1") == {12: 79}


async def test_another_device_at_the_address_is_not_believed(tmp_path: Path) -> None:
    with bacnet_device(INSTANCE + 1) as device:
        async with driving(plan(tmp_path, device)) as it:
            state = await it.online(now=False)
            assert state.detail == f"device {INSTANCE + 1} answers in place of {INSTANCE}"
