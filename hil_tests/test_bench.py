"""What any bench shows, simulated or real: `pytest hil_tests/test_bench.py --bench FILE`."""

from __future__ import annotations

import asyncio

import pytest

from controller.store.ledger import Kind
from hil_tests.bench.granted import Dimmer, Load, Meter, Relay, Tank
from hil_tests.bench.moving import level_of, move
from hil_tests.bench.trying import Trying

pytestmark = [pytest.mark.hil, pytest.mark.timeout(300)]
SWITCHED_S = 6.0
"""From a person's command until the daemon has read it back: a cycle, a write and a poll."""


async def test_every_device_answers_and_nothing_is_written_unasked(bench: Trying) -> None:
    await bench.all_answer()
    await asyncio.sleep(2.5)
    assert not [row for row in bench.house.ledger() if row.entry.kind == Kind.SENT]


async def test_a_meter_counts_up_and_its_power_is_possible(bench: Trying, meter: Meter) -> None:
    await bench.reads(meter.power, lambda value: -0.1 <= value <= meter.most, 20.0)
    await bench.reads(meter.energy, lambda value: value >= 0, 20.0)
    before = (await bench.read(meter.energy))["value"]
    await asyncio.sleep(4.0)
    row = await bench.read(meter.energy)
    assert row["quality"] == "good"
    assert before <= row["value"] <= before + meter.most * 60 / 3600


@pytest.mark.dangerous("switching")
async def test_a_relay_follows_a_person_and_reads_back(bench: Trying, relay: Relay) -> None:
    was = bench.found[relay.point.key].value
    for value in (not was, was):
        assert isinstance(value, bool)
        await bench.set(relay.point, value)
        took_s = await bench.reads(relay.point, lambda read, value=value: read == value, SWITCHED_S)  # type: ignore[misc]
        print(f"{relay.point.key} {'on' if value else 'off'} after {took_s:.2f} s")
    await bench.read_back(relay.point, 2, SWITCHED_S)
    fates = [row.entry.kind for row in bench.house.ledger(relay.point.key)]
    assert fates.count(Kind.READ_BACK) == fates.count(Kind.SENT) == 2
    assert Kind.MISMATCH not in fates


@pytest.mark.dangerous("switching")
async def test_what_is_behind_a_switch_draws_power_when_it_is_on(bench: Trying, load: Load) -> None:
    await bench.set(load.switch, True)
    await bench.reads(load.power, lambda kw: kw >= load.draws, 20.0)
    await bench.set(load.switch, False)
    await bench.reads(load.power, lambda kw: kw < load.draws / 2, 20.0)


@pytest.mark.dangerous("switching")
async def test_a_dimmer_takes_both_ends_of_its_range(bench: Trying, dimmer: Dimmer) -> None:
    for level in (dimmer.low, dimmer.high):
        await bench.set(dimmer.point, level)
        await bench.reads(dimmer.point, lambda read, level=level: abs(read - level) <= 1.0, SWITCHED_S)  # type: ignore[misc]


@pytest.mark.dangerous("switching", "killing")
async def test_an_output_stands_while_the_daemon_is_dead(bench: Trying, relay: Relay) -> None:
    wanted = not bench.found[relay.point.key].value
    await bench.set(relay.point, wanted)
    await bench.reads(relay.point, lambda read: read == wanted, SWITCHED_S)
    await bench.house.kill()
    await bench.house.start()
    await bench.reads(relay.point, lambda read: read == wanted, 15.0)
    row = await bench.read(relay.point)
    assert any(item["slot"] == 8 for item in row["slots"]), row


@pytest.mark.dangerous("switching", "moving")
async def test_a_level_moves_while_its_pump_runs_and_stands_when_it_rests(bench: Trying, tank: Tank) -> None:
    if bench.found[tank.moved_by.key].value:
        pytest.skip(f"{tank.moved_by.key} runs already")
    by, began = (tank.high - tank.low) / 20, await level_of(bench, tank)
    if tank.room(began) < 2 * by:
        pytest.skip(f"{tank.level.key} is at {began:g}, too near its limit")
    took_s = await move(bench, tank, by)
    await asyncio.sleep(4.0)  # what a pump still moves when it is told to stop
    stopped = await level_of(bench, tank)
    assert tank.moved(began, stopped) >= by
    await asyncio.sleep(5.0)
    stood = await level_of(bench, tank)
    assert abs(stood - stopped) < by / 4, "something else moves it"
    print(f"{tank.level.key} moved from {began:.1f} to {stopped:.1f} in {took_s:.1f} s")
