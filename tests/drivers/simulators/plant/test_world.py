"""The example compound's plant: energy and water add up, a day looks like the estimates, a seed repeats."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import pytest

from drivers.simulators.plant.devices.lighting import LightingController
from drivers.simulators.plant.devices.metering import ElectricMeter, PulseMeter
from drivers.simulators.plant.world import PlantError, World
from tests.drivers.simulators import plans, sites

MIDNIGHT_MS = plans.START_MS - 10 * 3_600_000


def _world(start_ms: int = MIDNIGHT_MS, seed: int = 1) -> World:
    plan, facts = sites.example("shuangliu")
    return World(plan, facts, seed, start_ms)


def _tell(world: World, hour: float) -> None:
    """What the day's programmes would command."""
    workday = world.environment.workday
    lit = 80 if 8 <= hour < 12 or 14 <= hour < 18.5 else 30 if 12 <= hour < 14 else 10
    wishes: dict[str, Any] = {}
    for corridor in (1, 2, 3):
        wishes |= {f"corridor-{corridor}.zone{zone}_level": lit if workday else 10 for zone in range(1, 9)}
    street = 0 if world.environment.elevation > -1 else 100 if 12 < hour < 23 else 40
    wishes |= {f"street.group{group}_level": street for group in (1, 2, 3)}
    cooking = 5.5 <= hour < 8.5 or 9 <= hour < 13.5 or 16 <= hour < 19
    wishes |= {f"stove-{stove}.permit": cooking for stove in range(1, 5)}
    wishes |= {f"irrigation-1.v{valve}_permit": 4.5 <= hour < 7 for valve in (1, 2, 3)}
    wishes |= {f"irrigation-1.v{valve}_longest": 10_000.0 for valve in (1, 2, 3)}
    wishes |= {f"canteen-water-{number}.heater_permit": 6.5 <= hour < 18.5 for number in (1, 2, 3)}
    for key, value in wishes.items():
        owner, _, name = key.partition(".")
        if world.models[owner].told[name] != value:
            world.models[owner].command(name, value)


class Day:
    """A spring workday of the compound, sampled each quarter of an hour."""

    def __init__(self) -> None:
        self.world = world = _world()
        self.totals = {name: model.total for name, model in world.models.items() if hasattr(model, "total")}
        self.power: list[float] = []
        self.hood_c: list[float] = []
        self.violations: list[str] = []
        for quarter in range(96):
            _tell(world, quarter / 4)
            world.advance(world.wall_ms + 900_000)
            self.power.append(sum(world.models[name].rate for name in ("main-1", "main-2")))  # type: ignore[attr-defined]
            hood = world.models["hood"]
            self.hood_c.append(max(each.temperature_c for each in hood.hoods))  # type: ignore[attr-defined]
            if any(hood.flames) and not all(motor.speed >= 0.59 for motor in hood.motors.values()):  # type: ignore[attr-defined]
                self.violations.append(f"flame without exhaust at {quarter / 4}")

    def used(self, name: str) -> float:
        return float(self.world.models[name].total - self.totals[name])  # type: ignore[attr-defined]


@pytest.fixture(scope="module")
def day() -> Day:
    return Day()


MAINS = {
    "main-1": "air-conditioning chilled-pumps lifts office-1 office-2 canteen-power corridor-power",
    "main-2": "data-room ev-chargers conference-power street-power plant-power office-3 office-4 water-pumps "
    "basement-fans drinking-power security-power",
    "water-main": "water-office water-canteen water-conference water-makeup",
}


@pytest.mark.parametrize("name", MAINS)
def test_mains_are_the_sum_of_their_feeders_and_a_remainder(day: Day, name: str) -> None:
    feeders = sum(day.used(feeder) for feeder in MAINS[name].split())
    assert 0.03 - 1e-9 <= day.used(name) / feeders - 1 <= 0.05 + 1e-9


FIGURES = [
    ("street-power", 60, 72),
    ("corridor-power", 150, 200),
    ("plant-power", 55, 80),
    ("water-main", 52, 74),
    ("water-reuse", 38, 48),
    ("water-greening", 17, 22),
    ("gas-canteen", 100, 140),
    ("vending-1", 7, 9.5),
]


@pytest.mark.parametrize(("meter", "low", "high"), FIGURES)
def test_a_day_looks_like_the_estimates(day: Day, meter: str, low: float, high: float) -> None:
    assert low < day.used(meter) < high


def test_load_by_night_and_day(day: Day) -> None:
    """85 kW at night, 380 kW on a spring workday."""
    assert 75 < sum(day.power[4:16]) / 12 < 100
    assert 340 < max(day.power) < 430


def test_the_exhaust_follows_the_flames(day: Day) -> None:
    assert day.violations == []
    assert max(day.hood_c) < 70
    assert day.hood_c[-1] < 30


def test_meters_integrate_what_they_show() -> None:
    """Energy over an hour is the sum of power by time, step by step, for every meter of the site."""
    world = _world(plans.START_MS)
    meters = [model for model in world.models.values() if isinstance(model, ElectricMeter | PulseMeter)]
    begin = [meter.total for meter in meters]
    sums = [0.0] * len(meters)
    for _ in range(360):
        world.advance(world.wall_ms + 10_000)
        for number, meter in enumerate(meters):
            sums[number] += meter.rate * 10 / 3600
            assert meter.rate >= 0
    for meter, start, total in zip(meters, begin, sums, strict=True):
        assert meter.total - start == pytest.approx(total, rel=1e-6, abs=1e-5), meter.name


def _totals(world: World) -> dict[str, float]:
    return {name: model.total for name, model in world.models.items() if isinstance(model, ElectricMeter)}


def test_a_seed_repeats_and_another_differs() -> None:
    def run(seed: int) -> tuple[dict[str, Any], dict[str, float]]:
        world = _world(plans.START_MS, seed)
        for _ in range(30):
            world.advance(world.wall_ms + 60_000)
        return {name: model.all_values() for name, model in world.models.items()}, _totals(world)

    once, again, other = run(3), run(3), run(4)
    assert once == again
    assert once[1] != other[1]


def test_any_tick_gives_the_same_energy() -> None:
    """Ticks of 0.5 s of site time and of 300 s (speed 600) agree to half a percent over an hour."""

    def used(tick_ms: int) -> dict[str, float]:
        world = _world(plans.START_MS)
        begin = _totals(world)
        for _ in range(3_600_000 // tick_ms):
            world.advance(world.wall_ms + tick_ms)
        return {name: total - begin[name] for name, total in _totals(world).items()}

    fine, coarse = used(3_000), used(300_000)
    for name, energy in fine.items():
        assert coarse[name] == pytest.approx(energy, rel=0.03, abs=0.05), name
    assert coarse["main-1"] == pytest.approx(fine["main-1"], rel=0.005)


def test_time_that_goes_back_moves_nothing() -> None:
    world = _world(plans.START_MS)
    before = _totals(world)
    world.advance(plans.START_MS - 3_600_000)
    assert _totals(world) == before


def test_a_site_without_facts_is_alive() -> None:
    """Meters count a day's curve, switches echo, numbers wander within what is valid."""
    plan, _ = sites.example("shuangliu")
    world = World(plan, {}, 1, plans.START_MS)
    before = _totals(world)
    world.advance(plans.START_MS + 3_600_000)
    after = _totals(world)
    assert all(0.5 < after[name] - before[name] < 400 for name in after)
    for device in plan.devices:
        values = world.models[device.name].all_values()
        for number in device.points:
            point = plan.points[number]
            value = values[point.name]
            if isinstance(value, float) and point.valid_low is not None and point.valid_high is not None:
                assert point.valid_low <= value <= point.valid_high, point.key


def test_devices_that_are_linked_work_together_and_meters_only_look_on() -> None:
    world = _world(plans.START_MS)
    canteen = {"hood", "stove-1", "fume-1", "kitchen-air", "exhaust-drive-1"}
    assert canteen <= set(world.together("fume-2"))
    assert world.together("hood") == world.together("stove-4")
    assert set(world.together("restroom-1")) == {"restroom-1"}
    assert set(world.together("corridor-power")) == {"corridor-power"}
    assert not set(world.together("grey-plant")) & {"hood", "plant-power", "water-makeup"}


def test_some_devices_go_ahead_and_no_time_is_lost_or_doubled() -> None:
    def lit(ahead: bool) -> tuple[float, float]:
        world = _world(plans.START_MS)
        world.models["corridor-1"].command("zone1_level", 100.0)
        if ahead:
            before = world.models["corridor-power"].all_values()
            for second in (10, 20, 30):
                world.advance_some(plans.START_MS + second * 1000, world.together("corridor-1"))
            assert world.models["corridor-power"].all_values() == before, "it stands where it stood"
            assert world.wall_ms == plans.START_MS
        world.advance(plans.START_MS + 60_000)
        lamps = world.models["corridor-1"]
        assert isinstance(lamps, LightingController)
        return lamps.energy_kwh, lamps.zones[1].on_h

    assert lit(ahead=True)[1] == pytest.approx(lit(ahead=False)[1], abs=1e-9)
    assert lit(ahead=True)[0] == pytest.approx(lit(ahead=False)[0], abs=1e-3)


WRONG = [
    ({"devices": {"nobody": {}}}, "devices the site does not have: nobody"),
    ({"devices": {"hood": {"model": "submarine"}}}, "no plant model 'submarine'"),
    ({"meters": {"main-1": {"of": ["nothing"]}}}, "nothing named 'nothing' draws power"),
    ({"meters": {"water-main": {"of": ["main-1"]}}}, "'main-1' draws water"),
    ({"meters": {"main-1": {"of": ["main-2"]}, "main-2": {"of": ["main-1"]}}}, "circle"),
    ({"loads": {"x": {"curve": "sawtooth"}}}, "no curve 'sawtooth'"),
    ({"loads": ["x"]}, "loads is not"),
]


@pytest.mark.parametrize(("facts", "words"), WRONG)
def test_facts_that_make_no_sense_are_refused(facts: dict[str, Any], words: str) -> None:
    plan, _ = sites.example("shuangliu")
    with pytest.raises((PlantError, ValueError), match=words):
        World(plan, facts, 1, plans.START_MS)


def test_dates_are_local() -> None:
    world = _world(int(datetime.fromisoformat("2026-03-31T00:30:00+08:00").timestamp() * 1000))
    assert (world.environment.day.isoformat(), round(world.environment.hour, 2)) == ("2026-03-31", 0.5)
