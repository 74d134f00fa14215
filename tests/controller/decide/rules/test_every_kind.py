"""What holds for every kind: it asks for nothing that it does not declare; neither a restart nor asking why
changes anything."""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st

from config.language import LANGUAGES, render
from config.plan.asks import BadInput
from config.plan.conditions import Has
from config.plan.devices import Source
from config.plan.reading import NEVER, Value
from config.plan.rules import Interlock, Rule
from config.plan.site import Plan
from config.written.rules.asking import asked
from controller.decide.requests import Op
from controller.decide.rules.look import Look
from tests.controller.decide.rules.site import Plant
from tests.many import many

MORE = """
  p1: {kind: pump, label: 1#泵, safe: off, run_cmd: relays.ch4, run_fb: inputs.di4, fault: more.di4}
  p2: {kind: pump, label: 2#泵, safe: off, run_cmd: relays.ch5, run_fb: inputs.di5, min_off: 20 s}
  duct: {kind: fan, label: 变频排风, min_speed: panel.ex1_min_speed, mode: panel.ex1_mode}
  tap: {kind: valve, label: 补水阀, open: plant.makeup_permit}
  tank: {kind: tank, label: 水池, level: plant.reuse_level}
  heater: {kind: lamp-group, label: 采暖, switch: relays.ch6}
  boiler: {kind: water-purifier, label: 开水机, heater_permit: tea.heater_permit, flush: tea.flush,
    temperature: tea.temperature}
  green: {kind: valve, label: 绿化阀, open: box.v1_permit}
  wall: {kind: valve, label: 绿墙阀, open: box.v2_permit}
  urn: {kind: heater, label: 电热桶, permit: relays.ch7}
tariff: {use: sichuan-2025}
programmes:
  slow: {label: 最低转速, targets: duct.min_speed, default: 30 %}
"""
RULES = """
  follow: {kind: link, when: more.di1 is active, run_on: 20 s, until: tank.level below 50 %,
    then: [{target: pump-1, value: on}, {target: duct.min_speed, at_least: 60 %},
      {target: duct.mode, value: on, otherwise: auto}], on_bad_input: trip}
  fill: {kind: level, level: tank.level, start: below 30 %, stop: above 80 %,
    only_if: more.di1 is active for 5 s, then: [{target: pump-2, value: on}],
    on_bad_input: hold 10 s then release}
  turns: {kind: duty, machines: [p1, p2], level: tank.level, first: rested, relieve: 1 min,
    steps: [{start: above 40 %, stop: below 20 %}, {start: above 90 %, stop: below 60 %}],
    on_bad_input: release}
  now-and-then: {kind: cycling, when: more.di2 is active, run: 7 s, rest: 5 s,
    then: [{target: lamp, value: on}], on_bad_input: hold 10 s then release}
  tap-in: {kind: make_up, level: tank.level, start: below 25 %, stop: above 35 %, rise: 1 %, within: 30 s,
    then: [{target: tap, value: on}], on_bad_input: trip}
  ahead: {kind: optimum_start, occupied: {everyday: [{from: "07:01", to: "07:02"}]}, at_most: 5 min,
    then: [{target: heater, value: on, otherwise: off}], temperature: panel.hood_temperature, heat_to: 20 °C,
    per_kelvin: 10 s, stop: {at_most: 5 min, band: 1 K}, on_bad_input: release}
  tea: {kind: heater, boilers: boiler, wanted: {everyday: "07:01-09:00"}, untrusted_clock: off,
    when: more.di1 is active, keep: {low: 20 °C, high: 80 °C}, warm_up: 1 min, per_degree: 1 s,
    flush: {for: 10 s, after: 20 s}, on_bad_input: hold 10 s then release}
  garden: {kind: irrigation, hours: {everyday: "06:00-08:00"}, meter: tank.level, rain: more.di2 is active,
    dry_after: 1 min, valves: [{target: green, for: 30 s, water: 20 %}, {target: wall, for: 60 s}],
    level: tank.level, start: above 45 %, stop: below 20 %, on_bad_input: hold 10 s then release}
  store: {kind: tariff_shift, level: tank.level, least: {start: below 15 %, stop: above 25 %},
    bands: {flat: {start: below 50 %, stop: above 70 %}}, curfew: {everyday: "07:00:30-07:01:30"},
    only_if: not more.di3 is active, then: [{target: urn, value: on}], on_bad_input: release}
  dry: {kind: interlock, when: more.di3 is active for 3 s, then: [{target: p1, value: off}],
    on_bad_input: trip}
"""
SWITCHES = ("more_di1", "more_di2", "more_di3", "more_di4", "inputs_di4", "inputs_di5", "inputs_di1")
CHANGES = st.tuples(
    st.dictionaries(st.sampled_from(SWITCHES), st.sampled_from([True, False, None]), max_size=3),
    st.sampled_from([10.0, 22.0, 30.0, 55.0, 95.0, None]),
    st.booleans(),
    st.integers(1, 25),
)
Course = list[tuple[dict[str, bool | None], float | None, bool, int]]


Claims = set[tuple[str, int, Op, Value | None, int]]
"""(where the rule stands, point, how, value, slot)."""


def requests(plant: Plant, sources: set[str]) -> Claims:
    """Every request of a rule."""
    return {
        (request.source, point, request.op, request.value, request.slot)
        for point, result in plant.rig.engine.decisions.items()
        for standing in result.slots
        for request in standing
        if request.source in sources
    }


def declared(plan: Plan) -> Claims:
    """All that the rules say they may ask for."""
    return {
        (
            str(rule.source),
            claim.ask.point,
            Op.FLOOR if claim.floor else Op.VALUE,
            claim.ask.value,
            claim.slot,
        )
        for rule in plan.rules
        for claim in asked(rule)
    }


def ask_why(plant: Plant) -> None:
    """Of everything: it can be said, twice the same. Who is not asked goes on as who is."""
    now = plant.rig.clock.now()
    for point in plant.rig.engine.decisions:
        said = plant.rig.engine.explain(point, now)
        assert said == plant.rig.engine.explain(point, now)
        assert all(render(item.awaited.words, language) for item in said.waiting for language in LANGUAGES)


def check(course: Course) -> None:
    plant, other = Plant(RULES, MORE), Plant(RULES, MORE)
    claims = declared(plant.rig.plan)
    sources = {source for source, *_ in claims}
    for changes, level, again, seconds in course:
        for one in (plant, other):
            one.set(**changes, plant_reuse_level=level, panel_hood_temperature=level and level / 2)
        for _ in range(seconds):
            told, same = requests(plant.run(1), sources), requests(other.run(1), sources)
            assert told == same
            assert told <= claims
        ask_why(plant)
        if again:
            other.restart().rig.step(0.0)


@given(st.lists(CHANGES, max_size=8))
@settings(max_examples=many(12))
def test_what_is_asked_is_declared_and_neither_a_restart_nor_asking_why_changes_anything(
    course: Course,
) -> None:
    check(course)


def test_every_kind_that_asks_is_among_them() -> None:
    kinds = {type(rule.spec).__name__ for rule in Plant(RULES, MORE).rig.plan.rules}
    assert kinds == {
        "Link", "Level", "Duty", "Cycling", "MakeUp", "Interlock", "Supervision", "Heater", "Irrigation",
        "OptimumStart", "TariffShift",
    }  # fmt: skip


RULE = Rule(
    0, "r", "", 5, Source("rules.yaml", 1, 1),
    Interlock(Has(0, True), "", (), None, "auto", BadInput("trip")),
)  # fmt: skip


def test_what_waits_for_the_wire_waits_in_machine_time() -> None:
    usual, fast = Look(RULE, [NEVER], 0, {}, 0), Look(RULE, [NEVER], 0, {}, 0, speed=600.0)
    assert (usual.wire_s(10.0), fast.wire_s(10.0)) == (10.0, 3000.0)
    assert (usual.first_read_ms, fast.first_read_ms) == (60_000, 12_000_000)
    late = Look(RULE, [NEVER], 60_000, {}, 0)
    assert usual.unread([0])
    assert not late.unread([0])
