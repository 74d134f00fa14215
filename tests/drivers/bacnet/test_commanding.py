"""Writes over real UDP: slots, order, read-back, refusals, what others hold, restarts."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from itertools import pairwise
from typing import Any

import pytest
from bacpypes3.pdu import IPv4Address

from config.plan.points import Command
from config.plan.reading import Value
from drivers.api import Fate, Write
from drivers.bacnet.names import Property
from drivers.bacnet.tags import walk
from tests.drivers.bacnet.bench import ALL, LAMP, LEVEL, LUX, QUICK, SCENE, SPEED, Bench, Spec, bench


async def test_write_change_of_slot_and_relinquish() -> None:
    async with bench({"a": [LEVEL, SPEED, LAMP, SCENE]}) as line:
        await line.all_good()
        device = line.devices["a"]
        device.set_value("level", 12.0)
        commands: list[tuple[str, Value | None]] = []
        device.on_command(lambda name, value: commands.append((name, value)))
        report = await line.write("a.level", 80.0, 15)
        assert (report.fate, report.value, report.detail) == (Fate.READ_BACK, 80.0, "")
        assert device.slots("level") == {15: 80.0, 16: 12.0}
        await line.until(lambda: line.latest("a.level") == (80.0, ""))
        report = await line.write("a.level", 30.0, 8, (15,))
        assert report.fate is Fate.READ_BACK
        assert device.slots("level") == {8: 30.0, 16: 12.0}
        report = await line.write("a.level", None, 8)
        assert (report.fate, report.value) == (Fate.READ_BACK, None)
        assert device.value("level") == 12.0
        assert line.slots("a.level")[-1] == {16: 12.0}
        assert commands == [("level", 80.0), ("level", 30.0), ("level", None)]


async def test_every_kind_of_command_is_written_and_read_back() -> None:
    async with bench({"a": ALL}) as line:
        await line.all_good()
        for key, value in {"level": 33.3, "lamp": True, "scene": 2, "speed": 62.0}.items():
            report = await line.write(f"a.{key}", value, 10)
            assert report.fate is Fate.READ_BACK, (key, report)
            assert line.devices["a"].value(key) == pytest.approx(value)


@pytest.mark.parametrize(("multiple", "requests"), [(True, [1, 1]), (False, [2, 2])])
async def test_the_new_slot_is_written_before_the_old_one_is_nulled(
    multiple: bool, requests: list[int]
) -> None:
    """By one request where the device takes several writes at once."""
    async with bench({"a": [LEVEL]}) as line:
        await line.all_good()
        device = line.devices["a"]
        await line.write("a.level", 80.0, 15)
        device.fault("no-multiple", not multiple)
        seen: list[dict[int, Value]] = []
        device.on_command(lambda name, value: seen.append(device.slots("level")))
        counted = [device.writes]
        await line.write("a.level", 20.0, 12, (15,))
        assert seen == [{12: 20.0, 15: 80.0}], (
            "never without a command, and nulling 15 changed nothing in force"
        )
        assert device.slots("level") == {12: 20.0}
        counted.append(device.writes)
        await line.write("a.level", 30.0, 8, (12,))
        assert device.slots("level") == {8: 30.0}
        counted.append(device.writes)
        assert [after - before for before, after in pairwise(counted)] == requests


REFUSED: list[tuple[str, Value | None, int, tuple[int, ...], str]] = [
    ("a.level", 100.1, 15, (), "out of range"),
    ("a.level", float("nan"), 15, (), "out of range"),
    ("a.level", True, 15, (), "not a number"),
    ("a.level", 50.0, 4, (), "slot not ours to write"),
    ("a.level", 50.0, 16, (), "slot not ours to write"),
    ("a.level", None, 16, (), "slot not ours to write"),
    ("a.level", 50.0, 15, (3,), "slot not ours to write"),
    ("a.level", 50.0, 15, (15,), "slot both written and nulled"),
    ("a.scene", 4, 15, (), "state not allowed"),
    ("a.lamp", 1, 15, (), "not on or off"),
    ("a.lux", 1.0, 15, (), "not commandable"),
    ("a.smoke", True, 15, (), "not commandable"),
]


async def test_what_may_not_be_written_is_refused_without_a_datagram() -> None:
    smoke = replace(LAMP, name="smoke", at="binary-value 9", rest={"life_safety": True})
    still = [replace(spec, poll_s=60.0) for spec in (LEVEL, SCENE, LAMP, LUX, smoke)]
    async with bench({"a": still}) as line:
        await line.all_good()
        before = line.devices["a"].requests
        for key, value, slot, nulls, why in REFUSED:
            report = await line.write(key, value, slot, nulls)
            assert (report.fate, report.detail) == (Fate.REJECTED, why), (key, value, slot)
        assert line.devices["a"].requests == before


async def test_a_write_that_the_device_refuses_names_the_error() -> None:
    async with bench({"a": [LEVEL]}) as line:
        await line.all_good()
        line.devices["a"].fault("refuse-writes", True)
        report = await line.write("a.level", 50.0, 15)
        assert (report.fate, report.detail) == (Fate.REJECTED, "write-access-denied")
        assert line.devices["a"].slots("level") == {}


async def test_a_confirmed_write_that_changed_nothing_is_a_mismatch() -> None:
    async with bench({"a": [LEVEL]}) as line:
        await line.all_good()
        line.devices["a"].fault("lying-write", True)
        report = await line.write("a.level", 50.0, 15)
        assert (report.fate, report.detail) == (Fate.MISMATCH, "slot 15 holds nothing instead of 50.0")


async def test_a_frozen_device_gives_no_answer_and_a_lost_one_at_once() -> None:
    """At once: long before it is asked again."""
    patient = replace(QUICK, backoff_s=300.0, backoff_max_s=300.0)
    async with bench({"a": [LEVEL]}, timing=patient) as line:
        await line.all_good()
        line.devices["a"].fault("freeze", True)
        report = await line.write("a.level", 50.0, 15)
        assert (report.fate, report.detail) == (Fate.NO_ANSWER, "time-out")
        await line.until(lambda: [state.online for state in line.states("a")] == [True, False])
        report = await line.write("a.level", 50.0, 15)
        assert (report.fate, report.detail) == (Fate.NOT_SENT, "device is not online")


async def test_anothers_lower_slot_is_seen_and_is_not_our_failure() -> None:
    async with bench({"a": [LEVEL]}) as line:
        await line.all_good()
        await line.write("a.level", 80.0, 15)
        line.devices["a"].command("level", 5.0, 3)
        await line.until(lambda: line.slots("a.level")[-1] == {3: 5.0, 15: 80.0})
        report = await line.write("a.level", 70.0, 15)
        assert (report.fate, report.detail) == (Fate.READ_BACK, "overridden at slot 3")
        assert line.latest("a.level") == (5.0, "")


async def test_priority_arrays_are_told_before_anything_is_written() -> None:
    def taken(made: Bench) -> None:
        made.devices["a"].command("level", 44.0, 8)

    async with bench({"a": [LEVEL, LUX]}, before=taken) as line:
        await line.all_good()
        assert line.slots("a.level") == [{8: 44.0}]


async def test_a_restart_that_announces_itself_is_told_once() -> None:
    async with bench({"a": [LEVEL]}) as line:
        await line.all_good()
        await line.write("a.level", 80.0, 15)
        await asyncio.sleep(QUICK.unasked_s)
        line.devices["a"].fault("restart", True)
        await line.until(lambda: len(line.states("a")) > 1)
        assert [(state.online, state.restarted) for state in line.states("a")] == [
            (True, False),
            (True, True),
        ]
        assert line.slots("a.level")[-1] == {}
        await asyncio.sleep(3 * QUICK.slots_s)
        assert len(line.states("a")) == 2


async def test_a_device_that_announces_itself_by_habit_has_not_restarted() -> None:
    async with bench({"a": [LEVEL], "b": [LEVEL]}) as line:
        await line.all_good()
        await line.write("a.level", 80.0, 15)
        for _ in range(3):
            await asyncio.sleep(QUICK.unasked_s)
            for device in line.devices.values():
                assert device._application is not None
                device._application.i_am(IPv4Address(line.driver.endpoint))
        await line.until(lambda: len(line.states("b")) > 1)
        await asyncio.sleep(0.2)
        assert len(line.states("a")) == 1, "our command still stands"
        assert [state.restarted for state in line.states("b")] == [False, True], "nothing to judge by: once"


async def test_our_slot_found_empty_is_a_restart_too() -> None:
    async with bench({"a": [LEVEL]}) as line:
        await line.all_good()
        await line.write("a.level", 80.0, 15)
        line.devices["a"].command("level", None, 15)
        await line.until(lambda: len(line.states("a")) > 1)
        assert line.states("a")[-1].restarted
        assert line.states("a")[-1].detail == "our slot of level is empty"
        await line.write("a.level", 80.0, 15)
        await asyncio.sleep(3 * QUICK.slots_s)
        assert len(line.states("a")) == 2


async def test_a_device_that_returns_without_our_command_has_restarted() -> None:
    async with bench({"a": [LEVEL]}) as line:
        await line.all_good()
        await line.write("a.level", 80.0, 15)
        line.devices["a"].fault("freeze", True)
        await line.until(lambda: not line.states("a")[-1].online)
        line.devices["a"].fault("restart", True)
        line.devices["a"].fault("freeze", False)
        await line.until(lambda: line.states("a")[-1].online)
        assert line.states("a")[-1].restarted


async def test_pulse_feedback_point_and_no_verification() -> None:
    pulse = Spec("bell", "binary-output 1", kind="bool", command=Command(pulse_s=0.1, reassert_s=None))
    blind = Spec("blind", "analog-value 2", command=replace(Command(verify="none"), low=0.0, high=9.0))
    follow = Command(low=0.0, high=100.0, verify="point", verify_point=3, tolerance=1.0, reassert_s=None)
    driven = Spec("driven", "analog-value 3", command=follow)
    echo = Spec("echo", "analog-input 4")
    async with bench({"a": [pulse, blind, driven, echo]}) as line:
        await line.all_good()
        device = line.devices["a"]
        commands: list[tuple[str, Value | None]] = []
        device.on_command(lambda name, value: commands.append((name, value)))
        assert (await line.write("a.bell", True, 10)).fate is Fate.ACKNOWLEDGED
        assert commands == [("bell", True), ("bell", None)]
        assert (await line.write("a.blind", 4.0, 10)).fate is Fate.ACKNOWLEDGED
        assert (await line.write("a.driven", 60.0, 10)).fate is Fate.MISMATCH
        device.set_value("echo", 59.5)
        assert (await line.write("a.driven", 60.0, 10)).fate is Fate.READ_BACK


async def test_every_write_has_exactly_one_report_even_at_stop() -> None:
    async with bench({"a": [LEVEL], "b": [LEVEL]}) as line:
        await line.all_good()
        line.devices["b"].fault("freeze", True)
        for seq in range(100, 150):
            line.driver.submit(Write(seq, line.point("a.level").id, float(seq - 100), 15))
            line.driver.submit(Write(seq + 100, line.point("b.level").id, 1.0, 15))
        assert line.driver.status().queue > 0
        await asyncio.sleep(0.05)
        await line.driver.stop()
        assert line.reports(249)[0].fate is Fate.NOT_SENT, "never had its turn"
        assert all(len(line.reports(seq)) == 1 for seq in [*range(100, 150), *range(200, 250)])


def test_the_write_request_carries_object_property_value_and_priority() -> None:
    from drivers.bacnet.services import Ref, write_property
    from drivers.bacnet.tags import ObjectId, app_real

    request = write_property(Ref(ObjectId(1, 3), Property.PRESENT_VALUE), app_real(50.0), 8)
    tags: list[Any] = [(tag.kind, tag.number, tag.data.hex()) for tag in walk(request)]
    assert tags == [
        (1, 0, "00400003"),
        (1, 1, "55"),
        (2, 3, ""),
        (0, 4, "42480000"),
        (3, 3, ""),
        (1, 4, "08"),
    ]
