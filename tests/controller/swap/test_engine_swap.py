"""An engine that goes on from another Plan's decides as one made anew would, and does nothing twice."""

from __future__ import annotations

from dataclasses import replace

from hypothesis import given, settings
from hypothesis import strategies as st

from config.plan.clock import Pace
from config.plan.points import BacnetObject
from config.plan.reading import NEVER
from config.plan.site import Plan
from controller.cycle import Engine
from controller.decide.arbiter import Result
from controller.decide.records import Lock, Override, Reset
from controller.swap.same import same_parts
from drivers.api import DeviceState, Event, Fate, Sample
from schedules.context import Context
from tests.controller.decide.rules.site import Plant, plan_with
from tests.controller.house import READINGS, house
from tests.controller.rig import Rig
from tests.plans import LEVEL, SWITCH, PlanMaker, everyday

NAMES = ("a", "b", "c", "d")
KINDS = {"a": False, "b": True, "c": False, "d": True}
"""Which of them are on BACnet."""


@st.composite
def plans(draw: st.DrawFn) -> Plan:
    """Some of four devices, in any order, with programmes for some of their outputs."""
    maker = PlanMaker()
    outputs: dict[str, int] = {}
    for name in draw(st.lists(st.sampled_from(NAMES), min_size=1, unique=True)):
        device = maker.add_device(name, bacnet=KINDS[name])
        if draw(st.booleans()):
            maker.add_point(device, "contact", kind="bool")
        outputs[f"{name}.level"] = maker.add_point(device, "level", LEVEL)
        if draw(st.booleans()):
            outputs[f"{name}.switch"] = maker.add_point(device, "switch", SWITCH, kind="bool")
    for number, (key, point) in enumerate(outputs.items()):
        if draw(st.booleans()):
            values = (True, False) if key.endswith("switch") else (80.0, draw(st.sampled_from([10.0, 20.0])))
            hours = draw(st.sampled_from([(8, 12), (9, 10), (0, 24)]))
            programme = everyday(key, [point], (*hours, values[0]), default=values[1], untrusted=values[1])
            maker.add_programme(replace(programme, slot=draw(st.sampled_from([12, 15])), priority=1 + number))
    return settled_addresses(maker.build())


def settled_addresses(plan: Plan) -> Plan:
    """A device is at the same place in every plan, and so are its points."""
    units = {name: 1 + number for number, name in enumerate(NAMES)}
    devices = [
        replace(device, unit=units[device.name])
        if device.instance < 0
        else replace(device, instance=1000 + units[device.name])
        for device in plan.devices
    ]
    places = {"contact": 1, "level": 2, "switch": 3}
    points = [
        replace(point, source=replace(point.source, instance=places[point.name]))
        if isinstance(point.source, BacnetObject)
        else replace(point, source=replace(point.source, address=places[point.name]))
        for point in plan.points
    ]
    return replace(plan, devices=tuple(devices), points=tuple(points))


def outcome(result: Result) -> tuple[object, ...]:
    winner = result.winner
    return result.value, None if winner is None else (winner.slot, winner.source)


def image(engine: Engine, plan: Plan) -> list[Event]:
    """What a fresh engine is told to have the same image."""
    readings = engine.readings
    events: list[Event] = [
        Sample(point.id, readings[point.id]) for point in plan.points if readings[point.id] is not NEVER
    ]
    online = [DeviceState(device.id, True, "") for device in plan.devices if engine.online(device.id)]
    return [*online, *events]


@settings(max_examples=30, deadline=None)
@given(plans(), plans(), st.sampled_from([0.0, 40.0, 4000.0]), st.booleans(), st.booleans())
def test_a_swap_decides_as_a_fresh_start_does(
    former: Plan, following: Plan, seconds: float, overridden: bool, answered: bool
) -> None:
    rig = Rig(former)
    for point in former.points:
        rig.read(point.key, False if point.kind == "bool" else 0.0)
    rig.writes(answer=Fate.READ_BACK if answered else None)
    if overridden:
        rig.override(f"{former.devices[0].name}.level", 33.0, hours=1.0)
    rig.writes(seconds)
    rig.swap(following)

    fresh = Engine(following, Context.of(following), Pace(), rig.engine.remembered())
    told = image(rig.engine, following)
    rig.engine.step(rig.clock.now())
    fresh.step(rig.clock.now(), told)
    for later in (0.0, 3600.0, 7200.0):
        now = rig.clock.advance(later)
        rig.engine.step(now)
        fresh.step(now)
        mine = {number: outcome(result) for number, result in rig.engine.decisions.items()}
        assert mine == {number: outcome(result) for number, result in fresh.decisions.items()}


def shifted() -> Plan:
    """The house with one more device before all others, so that every number is another."""
    plan = house()
    maker = PlanMaker()
    first = maker.add_device("first")
    maker.add_point(first, "switch", SWITCH)
    one = maker.build()
    by = len(one.points)

    def number(point: int | None) -> int | None:
        return None if point is None else point + by

    devices = [
        replace(
            device,
            id=device.id + 1,
            points=tuple(point + by for point in device.points),
            on_stop=tuple(replace(action, point=action.point + by) for action in device.on_stop),
        )
        for device in plan.devices
    ]
    points = [replace(point, id=point.id + by, device=point.device + 1) for point in plan.points]
    return replace(
        plan,
        devices=(replace(one.devices[0], unit=99), *devices),
        points=(*one.points, *points),
        equipment=tuple(
            replace(
                item, primary=number(item.primary), roles=tuple((role, at + by) for role, at in item.roles)
            )
            for item in plan.equipment
        ),
        programmes=tuple(
            replace(item, targets=tuple(point + by for point in item.targets)) for item in plan.programmes
        ),
        hash="shifted",
    )


def heard() -> Rig:
    rig = Rig(house())
    for device in rig.plan.devices:
        rig.device(device.name, True)
    for key, value in READINGS.items():
        rig.read(key, value)
    rig.array("hall.level")
    return rig


def test_nothing_is_written_or_told_again_though_every_number_is_another() -> None:
    rig = heard()
    assert rig.writes(answer=Fate.READ_BACK)
    assert rig.writes(1.0) == []
    before = rig.engine.step(rig.clock.now()).counters
    rig.swap(shifted())
    step = rig.step(1.0)
    assert (step.writes, step.decisions, step.notices) == ([], [], [])
    assert not step.memory
    assert step.counters == before._replace(cycle=before.cycle + 1)
    assert rig.engine.readings[rig.id("lamp.level")].value == READINGS["lamp.level"]


def test_what_is_under_way_is_answered_after_it() -> None:
    rig = heard()
    sent = rig.step().writes
    for write in sent:
        rig.answer(write)
    rig.swap(shifted())
    step = rig.step(1.0)
    assert len(step.fates) == len(sent)
    assert {fate.fate for fate in step.fates} == {Fate.READ_BACK}
    assert step.writes == []


def test_a_lost_device_and_a_refused_command_stand_on_and_are_told_once() -> None:
    rig = heard()
    for write in rig.step().writes:
        rig.answer(write, Fate.REJECTED)
    for seconds in (1.0, 3.0, 1.0, 6.0, 1.0, 16.0):
        for write in rig.step(seconds).writes:
            rig.answer(write, Fate.REJECTED)
    rig.device("stove", False)
    told = rig.step(1.0).notices
    assert [(item.kind, item.subject) for item in told if item.kind == "device-lost"] == [
        ("device-lost", "stove")
    ]
    rig.swap(shifted())
    step = rig.step(1.0)
    assert {notice.kind for notice in step.notices if notice.on} == {"command-failed"}
    assert not [notice for notice in step.notices if not notice.on]
    rig.device("stove", True)
    assert [(item.kind, item.on) for item in rig.step(1.0).notices] == [("device-lost", False)]


def test_an_instance_that_others_have_is_told_at_each_change_and_stands_over_a_swap() -> None:
    rig = heard()

    def told(*at: str) -> list[tuple[str, bool]]:
        rig.clash("stove", *at)
        notices = [notice for notice in rig.step(1.0).notices if notice.kind == "instance-clash"]
        return [
            (str(notice.text).partition("network: ")[2].partition(" answers")[0], notice.on)
            for notice in notices
        ]

    assert told() == []
    assert told("10.0.0.9") == [("10.0.0.9", True)]
    assert told("10.0.0.9") == []
    rig.swap(shifted())
    assert not [notice for notice in rig.step(1.0).notices if notice.kind == "instance-clash"]
    assert told("10.0.0.9") == []
    assert told("10.0.0.7", "10.0.0.9") == [("10.0.0.7, 10.0.0.9", True)]
    assert told() == [("10.0.0.7, 10.0.0.9", False)]
    assert told() == []
    told("10.0.0.9")
    plan = house()
    rig.swap(replace(plan, devices=plan.devices[:-1], points=plan.points[:-1]))
    assert ("instance-clash", False) in [(item.kind, item.on) for item in rig.step(1.0).notices]


def test_what_was_told_of_something_that_is_gone_is_over() -> None:
    rig = heard()
    rig.device("stove", False)
    rig.step(1.0)
    plan = house()
    gone = replace(plan, devices=plan.devices[:-1], points=plan.points[:-1])
    rig.swap(gone)
    over = [(item.kind, item.subject) for item in rig.step(1.0).notices if not item.on]
    assert over == [("device-lost", "stove")]


def test_overrides_and_locks_stand_and_wait_for_points_that_are_gone() -> None:
    rig = heard()
    rig.writes(answer=Fate.READ_BACK)
    rig.override("stove.permit", True, hours=2.0)
    rig.do(Lock("lamp", "Li", "work", rig.clock.now().wall_ms))
    rig.writes(1.0, answer=Fate.READ_BACK)
    plan = house()
    rig.swap(replace(plan, devices=plan.devices[:-1], points=plan.points[:-1]))
    rig.step(1.0)
    assert [item.point for item in rig.engine.remembered().overrides] == ["stove.permit"]
    assert [item.target for item in rig.engine.remembered().locks] == ["lamp"]
    rig.swap(shifted())
    rig.read("stove.permit", False)
    rig.step(1.0)
    assert rig.decided("stove.permit") == (True, 8)
    assert isinstance(rig.engine.remembered().overrides[0], Override)
    assert "stove.permit" in {item.point for item in rig.engine.remembered().outputs}


def test_a_removed_output_gets_what_its_device_declares_and_nothing_more() -> None:
    rig = heard()
    rig.writes(answer=Fate.READ_BACK)
    rig.array("hall.level", s15=10.0)
    rig.step(1.0)
    last = rig.engine.part({rig.id("lamp.level"), rig.id("hall.level"), rig.id("stove.permit")})
    assert sorted(rig.words(last)) == ["hall.level=null@15", "lamp.level=30.0@15"]
    rig.override("lamp.level", 70.0, hours=1.0)
    assert rig.writes(1.0) == []


RULE = """
  dry:
    kind: interlock
    when: inputs.di5 is active for {seconds} s
    then: [{{tag: pumps, value: off}}]
    reset: manual
    on_bad_input: release
"""
OTHER = """
  other:
    kind: interlock
    when: inputs.di6 is active
    then: [{tag: lamps, value: off}]
    reset: manual
    on_bad_input: release
"""


def test_a_delay_that_runs_and_a_trip_that_stands_go_on() -> None:
    rule = RULE.format(seconds=60)
    made = Plant(rule, inputs_di5=False, inputs_di6=False)
    made.set(inputs_di5=True).run(30)
    made.rig.swap(plan_with(OTHER + rule))
    made.run(20)
    assert made.asked() is None
    made.run(15)
    assert made.asked() == (False, 5)
    made.set(inputs_di5=False).run(5)
    made.notices.clear()
    made.rig.swap(plan_with(rule, "# another file, the same plan"))
    made.run(5)
    assert made.asked() == (False, 5)
    # It is told on, not over and again.
    assert {on for kind, _, on in made.notices if kind == "trip"} <= {True}


def test_a_reset_that_was_under_way_as_its_rule_went_does_no_harm() -> None:
    rule = RULE.format(seconds=1)
    made = Plant(rule, inputs_di5=False, inputs_di6=False)
    made.set(inputs_di5=True).run(5)
    made.set(inputs_di5=False).run(5)
    made.rig.do(Reset("dry", "Li", "looked at it"))
    made.rig.swap(plan_with(OTHER))
    made.run(5)
    assert made.asked() is None


def test_another_address_is_another_line_and_another_wiring_another_device() -> None:
    plan = house()
    moved = replace(plan, lines=(replace(plan.lines[0], port=503), *plan.lines[1:]))
    assert dict(same_parts(plan, moved).lines) == {1: 1}
    assert {plan.devices[old].name for old in same_parts(plan, moved).known} == {"hall"}
    slower = replace(plan, lines=(replace(plan.lines[0], timeout_s=3.0), *plan.lines[1:]))
    same = same_parts(plan, slower)
    assert (dict(same.lines), len(same.known), len(same.devices)) == ({1: 1}, 5, 1)
    assert len(same.points) == len(plan.points)
    named = replace(plan, lines=tuple(replace(line, name=f"x{line.id}") for line in plan.lines))
    assert len(same_parts(plan, named).devices) == 5
    polled = replace(plan, points=(replace(plan.points[0], poll_s=1.0), *plan.points[1:]))
    same = same_parts(plan, polled)
    assert {plan.devices[old].name for old in same.known.keys() - same.devices.keys()} == {"lamp"}
    assert 0 in same.points
    assert 0 in same.outputs
    assert 0 not in same.wired
