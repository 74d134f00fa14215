"""What a person is told whose command another slot outweighs or holds."""

from __future__ import annotations

import pytest

from config.language import render
from tests.controller.decide.rules.site import Plant

MORE = """
  hood: {kind: fan, label: 排风机, run_cmd: relays.ch5, run_fb: inputs.di5, min_on: 10 min}
  stove: {kind: stove, label: 大灶, permit: relays.ch6, flame: more.di6}
programmes:
  evening: {label: 晚上, targets: [lamp, stove], default: on, untrusted_clock: on}
"""
RULES = """
  follows: {kind: link, label: 排风跟灶火走, when: more.di1 is active, then: [{target: hood, value: on}],
    on_bad_input: release}
  wanted: {kind: link, slot: 10, when: more.di2 is active, then: [{target: hood, value: on, otherwise: off}],
    on_bad_input: release}
"""


def told(made: Plant, key: str) -> str | None:
    words = made.rig.engine.not_heard(made.rig.id(key))
    return None if words is None else render(words, "zh_CN")


def test_a_rule_that_people_do_not_beat_is_named_with_what_it_asks() -> None:
    made = Plant(RULES, MORE, more_di1=True)
    made.rig.override("hood.run_cmd", False, 1)
    assert told(made.run(1), "hood.run_cmd") == "7 级 排风跟灶火走 要求 开"
    words = made.rig.engine.not_heard(made.rig.id("hood.run_cmd"))
    assert str(words) == "slot 7 排风跟灶火走 asks for on"


def test_nothing_is_told_where_the_same_is_asked_or_nobody_else_is_heard() -> None:
    made = Plant(RULES, MORE, more_di1=True)
    assert told(made.run(1), "hood.run_cmd") is None
    made.rig.override("hood.run_cmd", True, 1)
    made.rig.override("lamp.switch", False, 1)
    made.run(1)
    assert told(made, "hood.run_cmd") is None
    assert told(made, "lamp.switch") is None


def test_minimum_times_that_hold_it_are_told_with_their_end() -> None:
    made = Plant(RULES, MORE, more_di2=True).set(inputs_di5=True, relays_ch5=True).run(60)
    made.rig.override("hood.run_cmd", False, 1)
    assert told(made.run(1), "hood.run_cmd") == "6 级 排风机：最短运行时间未到，到 07:10"


@pytest.mark.parametrize("burns", [True, False])
def test_a_flame_that_keeps_a_permit_is_told(burns: bool) -> None:
    made = Plant(RULES, MORE, relays_ch6=True, more_di6=True).run(60).set(more_di6=burns).run(10)
    made.rig.override("stove.permit", False, 1)
    said = told(made.run(1), "stove.permit")
    assert said == ("6 级 大灶：有火，或读不到是否有火" if burns else "6 级 大灶：10 分钟内有过火，到 07:11")


def test_a_floor_that_binds_people_is_told() -> None:
    rules = """
  draught: {kind: link, label: 最低排风, slot: 7, when: more.di1 is active,
    then: [{target: duct.min_speed, at_least: 60 %}], on_bad_input: release}
"""
    more = """
  duct: {kind: fan, label: 变频排风, min_speed: panel.ex1_min_speed}
programmes:
  speed: {label: 转速, targets: duct.min_speed, default: 30 %}
"""
    made = Plant(rules, more, more_di1=True)
    made.rig.override("duct.min_speed", 40.0, 1)
    assert told(made.run(1), "duct.min_speed") == "7 级 最低排风 至少要求 60 %"
