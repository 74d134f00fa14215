"""What becomes of a Write, over each transport: one report each, and what the unit then holds."""

from __future__ import annotations

import asyncio
import time
from itertools import pairwise
from typing import Any

import pytest

from config.plan.devices import Unheard
from config.plan.points import Command, Point, Register
from drivers.api import DeviceState, Fate, Sample, SetUp, WriteReport
from tests.drivers.build import point, word
from tests.drivers.modbus.benches import TRANSPORTS, Bench
from tests.held_up import HeldUp

transports = pytest.mark.parametrize("transport", TRANSPORTS)


def lamp(name: str, address: int, **more: Any) -> Point:
    """A dimmer's register: 0 to 100 % in steps of half a percent."""
    command = Command(low=0.0, high=100.0, **more.pop("command", {}))
    return point(name, Register("holding", address, "uint16", scale=0.5), unit="%", command=command, **more)


def relay(name: str, address: int, **command: Any) -> Point:
    return point(name, Register("coil", address, "bool"), command=Command(**command))


@transports
async def test_a_number_is_written_and_read_back(transport: str) -> None:
    async with Bench(transport, {1: [lamp("level", 4)]}) as bench:
        await bench.online()
        report = await bench.write("u1.level", 33.3)
        assert (report.fate, report.value) == (Fate.READ_BACK, 33.5)
        assert bench.units[1].written == {(3, 4): 67}
        functions = [pdu[0] for pdu in bench.units[1].asked]
        assert functions[functions.index(6) + 1] == 3
        assert bench.seen(Sample)[-1].reading.value == 33.5


@transports
@pytest.mark.parametrize(
    ("source", "value", "function", "asked", "written"),
    [
        (Register("coil", 3, "bool"), True, 0, 5, {(1, 3): 1}),
        (Register("coil", 3, "bool"), False, 15, 15, {(1, 3): 0}),
        (Register("holding", 3, "uint16"), 9.0, 0, 6, {(3, 3): 9}),
        (Register("holding", 3, "uint16"), 9.0, 16, 16, {(3, 3): 9}),
        (Register("holding", 3, "float32", order="CDAB"), 12.5, 0, 16, {(3, 3): 0, (3, 4): 0x4148}),
    ],
)
async def test_each_write_function(
    transport: str, source: Register, value: bool | float, function: Any, asked: int, written: object
) -> None:
    command = Command(low=0.0, high=100.0, function=function)
    async with Bench(transport, {1: [point("out", source, command=command)]}) as bench:
        await bench.online()
        await bench.written("u1.out", value)
        assert bench.units[1].written == written
        assert asked in {pdu[0] for pdu in bench.units[1].asked}


@transports
async def test_a_bit_is_set_in_a_fresh_word_in_one_turn(transport: str) -> None:
    def bit(number: int) -> Point:
        source = Register("holding", 6, "uint16", bit=number)
        return point(f"b{number}", source, kind="bool", command=Command(bit_in_word=True), poll_s=0.01)

    async with Bench(transport, {1: [bit(0), bit(9)]}) as bench:
        await bench.online()
        bench.units[1].written[3, 6] = 0xFDFE
        await bench.written("u1.b9", True)
        assert bench.units[1].written[3, 6] == 0xFFFE
        await bench.written("u1.b0", True)
        await bench.written("u1.b9", False)
        assert bench.units[1].written[3, 6] == 0xFDFF
        for before, after in pairwise(bench.units[1].asked):
            assert after[0] != 6 or before[0] == 3, "something came between reading and writing"


@transports
async def test_a_pulse_ends_by_itself_and_in_time(transport: str) -> None:
    pulse = relay("stop", 2, pulse_s=0.2, verify="none")
    busy = [word(f"w{n}", 10 * n, poll_s=0.001) for n in range(3)]
    async with Bench(transport, {1: [pulse, *busy], 2: [word("dead", 1, poll_s=0.01)]}) as bench:
        bench.units[2].frozen = True
        await bench.online(0)
        seq = bench.submit("u1.stop", True)
        times: dict[int, float] = {}
        async with HeldUp() as held_up:
            while 0 not in times:
                state = bench.units[1].written.get((1, 2))
                if state is not None:
                    times.setdefault(state, time.monotonic())
                await asyncio.sleep(0.002)
        assert 0.19 <= times[0] - times[1] <= 0.3 + held_up.during(times[1], times[0])
        report = await bench.until(WriteReport, lambda report: report.seq == seq)
        assert report.fate is Fate.ACKNOWLEDGED


@transports
async def test_a_pulse_is_ended_when_the_driver_stops(transport: str) -> None:
    async with Bench(transport, {1: [relay("stop", 2, pulse_s=60.0, verify="none")]}) as bench:
        await bench.online()
        bench.submit("u1.stop", True)
        await bench.holds(1, 1, 2, 1)
        await bench.driver.stop()
        assert bench.units[1].written[1, 2] == 0
        assert len(bench.seen(WriteReport)) == 1


@transports
async def test_the_end_of_a_pulse_in_a_shared_word_leaves_what_was_written_to_it_meanwhile(
    transport: str,
) -> None:
    def bit(name: str, number: int, **command: Any) -> Point:
        source = Register("holding", 6, "uint16", bit=number)
        return point(name, source, kind="bool", command=Command(bit_in_word=True, **command), poll_s=60.0)

    go, lamps = bit("go", 0, pulse_s=60.0, verify="none"), [bit("b4", 4), bit("b9", 9)]
    async with Bench(transport, {1: [go, *lamps]}) as bench:
        await bench.online()
        bench.units[1].written[3, 6] = 0x0010
        bench.submit("u1.go", True)
        await bench.holds(1, 3, 6, 0x0011)
        await bench.written("u1.b9", True)
        await bench.written("u1.b4", False)
        await bench.driver.stop()
        assert bench.units[1].written[3, 6] == 0x0200


@transports
async def test_a_pulse_whose_end_is_not_heard_is_tried_on_and_said(transport: str) -> None:
    async with Bench(transport, {1: [relay("stop", 2, pulse_s=0.05, verify="none")]}) as bench:
        await bench.online()
        seq = bench.submit("u1.stop", True)
        await bench.holds(1, 1, 2, 1)
        bench.units[1].frozen = True
        report = await bench.until(WriteReport, lambda report: report.seq == seq)
        assert report.fate is Fate.NO_ANSWER
        assert "may not have ended" in report.detail
        bench.units[1].frozen = False
        await bench.holds(1, 1, 2, 0)


@transports
async def test_a_pulse_that_may_have_begun_is_taken_back(transport: str) -> None:
    """Its "on" was heard and the answer lost: unknown, told, and ended all the same."""
    async with Bench(transport, {1: [relay("stop", 2, pulse_s=60.0, verify="none")]}) as bench:
        await bench.online()
        bench.units[1].mute = True
        report = await bench.write("u1.stop", True)
        assert report.fate is Fate.NO_ANSWER
        bench.units[1].mute = False
        await bench.holds(1, 1, 2, 0)
        asked = [pdu for pdu in bench.units[1].asked if pdu[0] == 5]
        assert asked[0] == b"\x05\x00\x02\xff\x00"
        assert set(asked[1:]) == {b"\x05\x00\x02\x00\x00"}


@transports
async def test_a_pulse_cut_off_by_the_stop_is_taken_back(transport: str) -> None:
    """The driver stops while it waits for the answer to the "on"."""
    pulse = relay("stop", 2, pulse_s=60.0, verify="none")
    async with Bench(transport, {1: [pulse]}, timeout_s=5.0) as bench:
        await bench.online()
        bench.units[1].mute = True
        seq = bench.submit("u1.stop", True)
        await bench.holds(1, 1, 2, 1)
        await bench.driver.stop()
        assert bench.units[1].written[1, 2] == 0
        assert [(report.seq, report.fate) for report in bench.seen(WriteReport)] == [(seq, Fate.NO_ANSWER)]


@transports
async def test_a_pulse_whose_end_is_not_heard_at_the_stop_is_answered_for(transport: str) -> None:
    pulse = relay("stop", 2, pulse_s=60.0, verify="none")
    async with Bench(transport, {1: [pulse]}, timeout_s=5.0) as bench:
        await bench.online()
        seq = bench.submit("u1.stop", True)
        await bench.holds(1, 1, 2, 1)
        await asyncio.sleep(0.05)
        bench.units[1].mute = True
        await bench.driver.stop()
        assert bench.units[1].written[1, 2] == 0
        assert [(report.seq, report.fate) for report in bench.seen(WriteReport)] == [(seq, Fate.NO_ANSWER)]


@transports
async def test_a_pulse_whose_word_could_not_be_read_was_never_sent(transport: str) -> None:
    source = Register("holding", 6, "uint16", bit=3)
    command = Command(pulse_s=0.05, verify="none", bit_in_word=True)
    pulse = point("go", source, kind="bool", command=command, poll_s=60.0)
    async with Bench(transport, {1: [pulse]}) as bench:
        await bench.online()
        bench.units[1].frozen = True
        report = await bench.write("u1.go", True)
        assert report.fate is Fate.NOT_SENT
        bench.units[1].frozen = False
        await asyncio.sleep(0.3)
        assert {pdu[0] for pdu in bench.units[1].asked} <= {1, 2, 3, 4}, "nothing to be taken back"


REFUSED: tuple[tuple[Point, Any, str], ...] = (
    (lamp("a", 1), 100.5, "outside"),
    (lamp("b", 1), -1.0, "outside"),
    (lamp("c", 1), True, "not a number"),
    (lamp("d", 1), float("nan"), "not a number"),
    (word("e", 1), 1.0, "read-only"),
    (lamp("f", 1, life_safety=True), 1.0, "life safety"),
    (lamp("g", 1, command={"targetable": False}), 1.0, "set-up"),
    (relay("h", 1), 1.0, "neither on nor off"),
    (lamp("i", 1), None, "no slot"),
    (lamp("j", 1, command={"function": 5}), 1.0, "does not write"),
    (word("k", 1, kind="enum", states=((0, "a"), (1, "b")), command=Command(states=(0,))), 1, "not allowed"),
    (word("l", 1, command=Command()), 1.0, "no range"),
)


@transports
async def test_what_the_fence_refuses_is_never_sent(transport: str) -> None:
    async with Bench(transport, {1: [one for one, _, _ in REFUSED]}) as bench:
        await bench.online()
        for one, value, why in REFUSED:
            report = await bench.write(f"u1.{one.name}", value)
            assert report.fate is Fate.REJECTED, one.name
            assert why in report.detail
        assert {pdu[0] for pdu in bench.units[1].asked} <= {1, 3}


@transports
async def test_the_fates_of_a_write(transport: str) -> None:
    points = [
        lamp("level", 1),
        lamp("plain", 2, command={"verify": "none"}),
        relay("run", 3, verify="point", verify_point=3, verify_after_s=0.05),
        point("run_fb", Register("discrete", 3, "bool")),
    ]
    async with Bench(transport, {1: points}) as bench:
        unit = bench.units[1]
        await bench.online()
        assert (await bench.write("u1.plain", 10.0)).fate is Fate.ACKNOWLEDGED
        unit.written[2, 3] = 1
        assert (await bench.write("u1.run", True)).fate is Fate.READ_BACK
        unit.written[2, 3] = 0
        report = await bench.write("u1.run", True)
        assert (report.fate, report.value) == (Fate.MISMATCH, False)
        unit.ignores_writes = True
        report = await bench.write("u1.level", 50.0)
        assert report.fate is Fate.MISMATCH
        assert "instead of 50.0" in report.detail
        unit.functions -= {6}
        report = await bench.write("u1.level", 50.0)
        assert (report.fate, report.detail) == (Fate.REJECTED, "exception 1")
        unit.frozen = True
        report = await bench.write("u1.level", 50.0)
        assert report.fate is Fate.NO_ANSWER


@transports
async def test_a_write_to_a_lost_device_is_answered_at_once_and_has_it_probed(transport: str) -> None:
    async with Bench(transport, {1: [lamp("level", 1, poll_s=0.05)]}) as bench:
        bench.manners = bench.manners._replace(longest_s=300.0, step_s=100.0)
        await bench.driver.stop()
        bench.units[1].frozen = True
        bench.take()
        await bench.open()
        await bench.until(DeviceState, lambda state: not state.online)
        bench.units[1].frozen = False
        report = await bench.write("u1.level", 5.0)
        assert report.fate is Fate.NOT_SENT
        # The write has it asked again, long before its back-off is over.
        await bench.online()
        await bench.written("u1.level", 5.0)


@transports
async def test_a_read_back_waits_without_holding_the_line(transport: str) -> None:
    slow = lamp("level", 1, command={"verify_after_s": 0.4})
    async with Bench(transport, {1: [slow, word("busy", 9, poll_s=0.02)]}) as bench:
        await bench.online()
        mark = len(bench.events)
        report = await bench.write("u1.level", 20.0)
        assert report.fate is Fate.READ_BACK
        busy = bench.point("u1.busy").id
        meanwhile = [one for one in bench.events[mark:] if isinstance(one, Sample) and one.point == busy]
        assert len(meanwhile) > 2, "held, the line would have read it once at most"


@transports
async def test_a_newer_command_ends_the_wait_for_the_older_ones_read_back(transport: str) -> None:
    async with Bench(transport, {1: [lamp("level", 1, command={"verify_after_s": 0.1})]}) as bench:
        await bench.online()
        seqs = [bench.submit("u1.level", value) for value in (10.0, 20.0)]
        await bench.until(WriteReport, lambda report: report.seq == seqs[1])
        fates = {report.seq: report.fate for report in bench.seen(WriteReport)}
        assert fates == {seqs[0]: Fate.ACKNOWLEDGED, seqs[1]: Fate.READ_BACK}


def heartbeat(**more: Any) -> list[Point]:
    command = Command(low=0.0, high=600.0, targetable=False)
    return [word("watchdog", 50, command=command, **more), lamp("level", 1)]


@transports
async def test_set_up_registers_are_written_when_they_differ(transport: str) -> None:
    unheard = Unheard("timer", 60.0, 0.0, "", ((0, 60),))
    async with Bench(transport, {1: heartbeat(poll_s=0.05)}, unheard=unheard) as bench:
        said = await bench.until(SetUp)
        assert (said.point, said.value, said.fate) == (0, 60, Fate.READ_BACK)
        assert bench.units[1].written == {(3, 50): 60}
        await asyncio.sleep(0.2)
        assert bench.seen(SetUp) == [said]
        bench.units[1].frozen = True
        await bench.until(DeviceState, lambda state: not state.online)
        bench.units[1].written.clear()
        bench.units[1].frozen = False
        assert (await bench.until(SetUp)).fate is Fate.READ_BACK


@transports
async def test_set_up_registers_of_an_observed_device_are_left_alone(transport: str) -> None:
    unheard = Unheard("timer", 60.0, 0.0, "", ((0, 60),))
    async with Bench(transport, {1: heartbeat(poll_s=0.05)}, unheard=unheard, observe=True) as bench:
        await bench.online()
        await asyncio.sleep(0.2)
        assert bench.units[1].written == {}
        assert bench.seen(SetUp) == []


@transports
async def test_set_up_registers_that_were_held_back_are_written_once_they_may(transport: str) -> None:
    may = False
    unheard = Unheard("timer", 60.0, 0.0, "", ((0, 60),))
    points = [heartbeat(poll_s=600.0)[0], lamp("level", 1, poll_s=0.05)]
    bench = Bench(transport, {1: points}, unheard=unheard)
    await bench.serve()
    await bench.open(may_set_up=lambda device: may)
    try:
        await bench.online()
        await asyncio.sleep(0.2)
        assert bench.units[1].written == {}
        may = True
        assert (await bench.until(SetUp)).fate is Fate.READ_BACK
        assert bench.units[1].written == {(3, 50): 60}
        await asyncio.sleep(0.2)
        assert len(bench.seen(SetUp)) == 1
    finally:
        await bench.__aexit__()
