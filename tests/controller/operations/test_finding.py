"""Names and labels on a command line: what they mean, and what is answered where they mean nothing."""

from __future__ import annotations

from dataclasses import replace

import pytest

from config.language import render
from config.plan.site import Plan
from controller.operations.finding import find_point, find_rule, find_target
from controller.socket.protocol import Code, RequestError
from tests.controller.decide.rules.site import plan_with
from tests.controller.decide.test_naming import corridor


def refusal(plan: Plan, name: str, language: str = "en") -> tuple[str, str]:
    with pytest.raises(RequestError) as error:
        find_point(plan, name)
    return error.value.code, render(error.value.text, language)


@pytest.mark.parametrize(
    ("written", "key"),
    [
        ("relay-1.ch1", "relay-1.ch1"),
        ("RELAY-1.CH1", "relay-1.ch1"),
        ("corridor", "relay-1.ch1"),
        ("Corridor.Switch", "relay-1.ch1"),
        ("一层走廊灯", "relay-1.ch1"),
        (" 一层 走廊灯 ", "relay-1.ch1"),
        ("一层走廊灯.switch", "relay-1.ch1"),
        ("第２路输出", "relay-1.ch2"),
        ("走廊照明继电器 第 2 路输出", "relay-1.ch2"),
        ("排风机.min_speed", "drive-1.min_speed"),
        ("排风机 最低转速", "drive-1.min_speed"),
    ],
)
def test_names_and_labels_mean_a_point(written: str, key: str) -> None:
    assert find_point(corridor(), written).key == key


@pytest.mark.parametrize(
    ("written", "says"),
    [
        ("relay-1", "走廊照明继电器 (relay-1) is a device; its points: louguan points relay-1"),
        ("走廊照明继电器", "走廊照明继电器 (relay-1) is a device; its points: louguan points relay-1"),
        ("排风机", "排风机 (fan) has no main command; name one of its roles: fan.min_speed"),
        ("corridr", 'no point named corridr; did you mean "corridor"?'),
        ("relay-2", 'no point named relay-2; did you mean "relay-1"?'),
        ("一层走廊", 'no point named 一层走廊; did you mean "一层走廊灯 (corridor)"?'),
        ("xyzzy", "no point named xyzzy"),
    ],
)
def test_what_is_no_point_is_answered_with_what_to_write(written: str, says: str) -> None:
    assert refusal(corridor(), written) == (Code.UNKNOWN_NAME, says)


def test_a_label_of_several_is_not_guessed() -> None:
    plan = corridor()
    plan = replace(plan, points=tuple(replace(point, label="输出") for point in plan.points))
    code, says = refusal(plan, "输出")
    assert code == Code.UNKNOWN_NAME
    assert says == "输出 may mean several: relay-1.ch1, relay-1.ch2, drive-1.min_speed; write one of these"


@pytest.mark.parametrize(
    ("language", "says"),
    [
        ("en", "走廊 may mean several: corridor (equipment), relay-1 (device); write one of these"),
        ("zh_CN", "走廊 可能指：corridor（设施）、relay-1（设备）；请写其中一个"),
    ],
)
def test_an_equipment_is_told_from_its_device(language: str, says: str) -> None:
    plan = corridor()
    equipment = tuple(
        replace(item, label="走廊") if item.name == "corridor" else item for item in plan.equipment
    )
    devices = tuple(replace(item, label="走廊") if item.name == "relay-1" else item for item in plan.devices)
    with pytest.raises(RequestError) as error:
        find_target(replace(plan, equipment=equipment, devices=devices), "走廊")
    assert render(error.value.text, language) == says


@pytest.mark.parametrize(
    ("written", "target"),
    [("fan", "fan"), ("排风机", "fan"), ("Relay-1", "relay-1"), ("走廊照明 继电器", "relay-1")],
)
def test_locks_take_names_and_labels_too(written: str, target: str) -> None:
    assert find_target(corridor(), written) == target


def test_a_point_is_no_target_of_a_lock() -> None:
    with pytest.raises(RequestError, match="no equipment or device named relay-1"):
        find_target(corridor(), "relay-1.ch1")


RULES = """
  fire: {kind: fire, label: 食堂 消防, contacts: [safety.di1], yields: [lamp]}
  wet: {kind: interlock, label: 进水, when: more.di1 is active, then: [{target: pump-1, value: off}],
    reset: manual, on_bad_input: trip}
  wet-too: {kind: interlock, label: 进水, when: more.di2 is active, then: [{target: pump-2, value: off}],
    reset: manual, on_bad_input: trip}
"""


def test_a_rule_is_reset_by_its_name_or_by_the_label_that_people_know() -> None:
    plan = plan_with(RULES)
    assert [find_rule(plan, written) for written in ("fire", "FIRE", "食堂消防", "wet-too", "none", "")] == [
        "fire", "fire", "fire", "wet-too", "none", "",
    ]  # fmt: skip
    with pytest.raises(RequestError, match="may mean several: wet, wet-too; write one of these"):
        find_rule(plan, "进水")
