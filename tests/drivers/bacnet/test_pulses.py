"""Pulses over real UDP: given once, and taken back whatever comes between."""

from __future__ import annotations

import asyncio
from dataclasses import replace

import pytest

from config.plan.points import Command
from config.plan.reading import Value
from drivers.api import Fate, Write
from tests.drivers.bacnet.bench import LUX, QUICK, Bench, Spec, bench


def bell(pulse_s: float) -> Spec:
    return Spec("bell", "binary-output 1", kind="bool", command=Command(pulse_s=pulse_s, reassert_s=None))


def deaf_at_the_on(line: Bench) -> list[Value | None]:
    """The device acts on the "on" and is silent from then on; what it was commanded, in order."""
    device, commands = line.devices["a"], list[Value | None]()

    def commanded(_: str, value: Value | None) -> None:
        commands.append(value)
        if value is True:
            device.fault("freeze", True)

    device.on_command(commanded)
    return commands


async def test_a_pulse_without_answer_is_unknown_and_taken_back_at_once() -> None:
    async with bench({"a": [bell(60.0)]}) as line:
        await line.all_good()
        commands = deaf_at_the_on(line)
        report = await line.write("a.bell", True, 10)
        assert (report.fate, report.detail) == (Fate.NO_ANSWER, "time-out")
        assert line.devices["a"].slots("bell") == {10: True}
        line.devices["a"].fault("freeze", False)
        await line.until(lambda: line.devices["a"].slots("bell") == {})
        assert commands == [True, None], "and not given again"


async def test_a_pulse_is_taken_back_when_a_lost_device_returns() -> None:
    patient = replace(QUICK, backoff_s=300.0, backoff_max_s=300.0)
    async with bench({"a": [bell(60.0)]}, timing=patient) as line:
        await line.all_good()
        deaf_at_the_on(line)
        await line.write("a.bell", True, 10)
        await line.until(lambda: line.states("a")[-1].online is False)
        line.devices["a"].fault("freeze", False)
        await line.until(lambda: line.devices["a"].slots("bell") == {})


async def test_a_long_pulse_holds_up_nobody() -> None:
    async with bench({"a": [bell(0.5), LUX]}) as line:
        await line.all_good()
        line.driver.submit(Write(900, line.point("a.bell").id, True, 10))
        await line.until(lambda: line.devices["a"].slots("bell") == {10: True})
        before = len(line.samples("a.lux"))
        await line.until(lambda: line.reports(900))
        assert line.reports(900)[0].fate is Fate.ACKNOWLEDGED
        assert len(line.samples("a.lux")) > before
        assert line.devices["a"].slots("bell") == {}


@pytest.mark.parametrize("deaf", [False, True])
async def test_a_pulse_is_taken_back_when_the_driver_stops(deaf: bool) -> None:
    """Between "on" and "off", and while the answer to the "on" is waited for."""
    async with bench({"a": [bell(60.0)]}, timeout_s=2.0) as line:
        await line.all_good()
        device = line.devices["a"]
        if deaf:
            deaf_at_the_on(line)
        line.driver.submit(Write(900, line.point("a.bell").id, True, 10))
        await line.until(lambda: device.slots("bell") == {10: True})
        await asyncio.sleep(0.05)
        device.fault("freeze", False)
        await line.driver.stop()
        assert device.slots("bell") == {}
        assert [report.fate for report in line.reports(900)] == [
            Fate.NO_ANSWER if deaf else Fate.ACKNOWLEDGED
        ]


async def test_an_end_that_is_refused_is_tried_on_and_told() -> None:
    async with bench({"a": [bell(0.05)]}) as line:
        await line.all_good()
        device = line.devices["a"]
        device.on_command(lambda name, value: device.fault("refuse-writes", True))
        report = await line.write("a.bell", True, 10)
        assert (report.fate, report.detail) == (
            Fate.NO_ANSWER,
            "the pulse may not have ended: exception write-access-denied",
        )
        device.on_command(lambda name, value: None)
        device.fault("refuse-writes", False)
        await line.until(lambda: device.slots("bell") == {})


async def test_what_was_refused_or_never_sent_is_not_taken_back() -> None:
    async with bench({"a": [bell(0.05)]}) as line:
        await line.all_good()
        device = line.devices["a"]
        device.fault("refuse-writes", True)
        report = await line.write("a.bell", True, 10)
        assert (report.fate, report.detail) == (Fate.REJECTED, "write-access-denied")
        device.fault("freeze", True)
        await line.until(lambda: line.states("a")[-1].online is False)
        report = await line.write("a.bell", True, 10)
        assert (report.fate, report.detail) == (Fate.NOT_SENT, "device is not online")
        device.fault("refuse-writes", False)
        device.fault("freeze", False)
        commands: list[Value | None] = []
        device.on_command(lambda name, value: commands.append(value))
        await line.until(lambda: line.states("a")[-1].online)
        await asyncio.sleep(0.3)
        assert commands == []
