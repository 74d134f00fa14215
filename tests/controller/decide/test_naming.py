"""Where something is, in the label people know and the name that commands take."""

from __future__ import annotations

from dataclasses import replace

import pytest

from config.language import render
from config.plan.site import Plan
from controller.decide.naming import Naming, device_named, equipment_named
from drivers.api import Fate
from tests.controller.rig import Rig
from tests.plans import LEVEL, SWITCH, PlanMaker
from tests.schedules.build import at


def corridor() -> Plan:
    """A relay whose first output is a lamp, and a fan with a mode and a lowest speed."""
    maker = PlanMaker()
    relay = maker.add_device("relay-1")
    lamp = maker.add_point(relay, "ch1", SWITCH)
    maker.add_point(relay, "ch2", SWITCH)
    drive = maker.add_device("drive-1")
    speed = maker.add_point(drive, "min_speed", LEVEL)
    maker.add_equipment("corridor", "lamp-group", switch=lamp)
    maker.add_equipment("fan", "fan", min_speed=speed)
    made = maker.build()
    labels = ("第 1 路输出", "第 2 路输出", "最低转速")
    points = tuple(replace(point, label=label) for point, label in zip(made.points, labels, strict=True))
    devices = (replace(made.devices[0], label="走廊照明继电器"), made.devices[1])
    equipment = (
        replace(made.equipment[0], label="一层走廊灯", primary=lamp),
        replace(made.equipment[1], label="排风机"),
    )
    return replace(made, points=points, devices=devices, equipment=equipment)


@pytest.mark.parametrize(
    ("point", "named"),
    [
        (0, "一层走廊灯（relay-1.ch1）"),
        (1, "走廊照明继电器 第 2 路输出（relay-1.ch2）"),
        (2, "排风机 最低转速（drive-1.min_speed）"),
    ],
)
def test_a_point_is_its_equipment_and_a_name_for_commands(point: int, named: str) -> None:
    plan = corridor()
    assert render(Naming(plan).point(plan.points[point]), "zh_CN") == named


def test_devices_and_equipment_have_both_names_once() -> None:
    plan = corridor()
    assert render(device_named(plan.devices[0]), "zh_CN") == "走廊照明继电器（relay-1）"
    assert render(device_named(plan.devices[1]), "zh_CN") == "drive-1"
    assert render(equipment_named(plan.equipment[0]), "en") == "一层走廊灯 (corridor)"


def test_notices_say_where() -> None:
    made = Rig(corridor(), at("2026-03-05 07:00"))
    made.read("relay-1.ch1", False)
    made.read("drive-1.min_speed", 10.0)
    made.step()
    made.override("relay-1.ch1", True, 1)
    told = []
    for _ in range(60):
        step = made.step(1.0)
        for write in step.writes:
            made.answer(write, Fate.REJECTED)
        told += step.notices
    made.device("relay-1", False)
    told += made.step(1).notices
    assert [render(notice.text, "zh_CN") for notice in told] == [
        "一层走廊灯（relay-1.ch1）：命令未生效",
        "走廊照明继电器（relay-1） 无应答：test",
    ]
