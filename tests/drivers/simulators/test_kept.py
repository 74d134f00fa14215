"""What the plant keeps until it changes is what looking at it each time would give."""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st

from config.plan.reading import Quality, Value
from drivers.api import Event, Sample
from drivers.simulators.as_read import Missing, Read
from drivers.simulators.faults import Faults
from drivers.simulators.plant.devices.lighting import STAY_S, LightingController
from drivers.simulators.plant.devices.rooms import RestroomNode
from drivers.simulators.plant.devices.switching import Relay
from drivers.simulators.plant.noise import Lot, Noise
from drivers.simulators.plant.world import World
from drivers.simulators.unwired import Readings
from tests.controller.rehearsal.parts import part
from tests.drivers.simulators import plans

RELAY = "conference-do"
SHOWN = st.none() | st.sampled_from([0.2, 0.4, 1.4, 2.0])


def _decoded(value: Value | None) -> Read:
    return Missing("no sensor") if not isinstance(value, float) else float(round(value))


def _told(event: Event) -> tuple[int, Read]:
    assert isinstance(event, Sample)
    reading = event.reading
    assert (reading.wall_ms, reading.mono_ns) == (1000, 2000)
    assert (reading.quality is Quality.GOOD) is (reading.value is not None) is (not reading.reason)
    return event.point, Missing(reading.reason) if reading.value is None else reading.value


@settings(max_examples=40)
@given(
    acts=st.lists(
        st.tuples(
            st.integers(0, 2),
            st.sampled_from(["show", "show", "hold", "mask", "unmask", "read", "tell"]),
            SHOWN,
        ),
        max_size=40,
    ),
    singly=st.booleans(),
)
def test_what_is_decoded_when_it_is_read_reads_as_if_it_were_at_once(
    acts: list[tuple[int, str, float | None]], singly: bool
) -> None:
    points = part("restroom-1")[0].points[:3]
    readings = Readings([[point.id for point in points]])
    plain: dict[int, Read] = {}
    told: dict[int, Read] = {}
    for point in points:
        readings.as_read[point.id] = _decoded
        readings.show(point, 1.0)
        plain[point.id] = 1.0
    for at, what, value in acts:
        point = points[at]
        if what == "show":
            readings.show(point, value)
            plain[point.id] = _decoded(value)
        elif what == "hold" and value is not None:
            readings.hold(point.id, value)
            plain[point.id] = value
        elif what == "mask":
            readings.masks[point.id] = "exception 4"
            readings.stir(point.id)
        elif what == "unmask" and readings.masks.pop(point.id, ""):
            readings.stir(point.id)
        now = {
            number: Missing(readings.masks[number]) if number in readings.masks else found
            for number, found in plain.items()
        }
        if what == "tell":
            asked = readings.moved_with(point.id)
            told.update(map(_told, readings.news(sorted(asked) if singly else asked, 1000, 2000)))
            assert not readings.moved_with(point.id)
            assert told == now, "whatever says something new is among those that moved"
        elif what == "read":
            assert readings.says(point.id) == now[point.id]


@settings(max_examples=40)
@given(acts=st.lists(st.tuples(st.integers(0, 2), st.sampled_from(["stuck", "freeze"]), st.booleans())))
def test_whether_anything_is_wrong_is_known_of_a_device_and_its_line(
    acts: list[tuple[int, str, bool]],
) -> None:
    line = Faults()
    every = [line, Faults(line), Faults(line)]
    for at, name, on in acts:
        every[at].switch(name, on)
        for one in every:
            assert bool(one) == (bool(one.names()) or bool(line.names()))
    assert bool(Faults(line)) == bool(line), "a device that comes to a line has its faults"


@settings(max_examples=20, deadline=None)
@given(acts=st.lists(st.tuples(st.integers(1, 14), st.sampled_from([True, False, None])), max_size=20))
def test_a_relay_draws_what_is_switched_on(acts: list[tuple[int, bool | None]]) -> None:
    plan, facts = part(RELAY)
    relay = World(plan, facts, 1, plans.START_MS).models[RELAY]
    assert isinstance(relay, Relay)
    loads = facts["devices"][RELAY]["loads"]
    for channel, on in acts:
        if on is None:
            relay.restart()
        else:
            relay.command(f"ch{channel}", on)
        assert relay.power_kw == sum(kw for name, kw in loads.items() if relay.told[name])


def test_a_restroom_follows_its_latest_orders() -> None:
    plan, facts = part("restroom-1")
    world = World(plan, facts, 1, plans.START_MS)
    node = world.models["restroom-1"]
    assert isinstance(node, RestroomNode)
    on, minimum = node.state("fan_mode", "on"), node.state("fan_mode", "minimum")
    assert on is not None
    assert minimum is not None
    fans: dict[str, set[bool]] = {"on": set(), "minimum": set(), "restarted": set()}
    for order, seen in fans.items():
        if order == "restarted":
            node.restart()
        else:
            node.command("fan_mode", on if order == "on" else minimum)
        for _ in range(20):
            world.advance(world.wall_ms + 60_000)
            seen.add(node.fan)
    assert fans["on"] == {True}
    assert fans["minimum"] == {False}, "it is not the first five minutes of an hour"
    assert True in fans["restarted"], "by presence again"


@settings(max_examples=20, deadline=None)
@given(steps=st.lists(st.integers(1, 4000), min_size=1, max_size=12))
def test_who_passes_and_how_a_value_wanders_are_functions_of_time(steps: list[int]) -> None:
    plan, facts = part("corridor-1")
    world = World(plan, facts, 1, plans.START_MS, most_step_s=60)
    model = world.models["corridor-1"]
    assert isinstance(model, LightingController)
    noise = Noise(1, "wander", 300)
    for step_s in steps:
        environment = world.advance(world.wall_ms + step_s * 1000)
        time_s = environment.time_s
        assert noise.at(time_s) == Noise(1, "wander", 300).at(time_s)
        for zone, group in model.zones.items():
            drawn = Lot(1, f"corridor-1/{zone}/passing", STAY_S).at(time_s)
            assert model.show()[f"zone{zone}_presence"] == (drawn < 0.02 + 0.75 * environment.occupancy)
            alive = 1 - len(group.failed) / group.count
            worn = max(0.7, 1 - 0.3 * group.on_h / 50_000)
            assert group.output == group.light / 100 * alive * worn
            model.command(f"zone{zone}_level", float(step_s % 101))
