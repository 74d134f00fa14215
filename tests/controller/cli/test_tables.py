"""Tables keep names and times whole, on terminals and in pipes; status says first what needs somebody."""

from __future__ import annotations

import json
import re
from typing import Any

import pytest
from rich.cells import cell_len

from controller.cli import glance, people, tables
from controller.cli.speech import put_json

ROW: dict[str, Any] = {
    "point": "grey-plant.pressure_setpoint", "label": "供水压力设定", "equipment": ["grey-water.setpoint"],
    "value": 400_000.0, "state": None, "unit": "Pa", "quality": "good", "reason": "", "device_answers": True,
    "at": "2026-03-05T07:00:00+08:00", "commandable": True, "command_failed": True, "by_device": False,
    "command": {"by": "schedules/grey-water.yaml:41:9"}, "held_back": None,
    "site_time": "2026-03-05T07:00:09+08:00",
    "slots": [
        {"slot": 8, "op": "=", "value": 400_000.0, "state": None, "source": "王工 (facility-office)",
         "reason": "试压", "until": "2026-03-06T08:00:00+08:00", "winner": True},
    ],
}  # fmt: skip

STATUS: dict[str, Any] = {
    "label": "小院", "site": "yard", "site_time": "2026-03-05T07:00:09+08:00", "observe": True,
    "observed": [], "devices_online": 0, "devices_total": 2, "points_good": 3, "points_total": 9,
    "points_good_unheard": 3, "commands_sent": 0, "commands_held": 0, "commands_failed": 1,
    "intervals_written": 0, "cycles": 1, "cycles_missed": 3, "worst_cycle_ms": 1.0, "rss_mib": 50.0,
    "written_mb_today": 12.5, "written_mb_a_day": None, "flash_budget_mb": 1000.0, "directory_differs": False,
    "lines": [{"name": "S1", "connected": True, "requests": 1, "timeouts": 0, "last_error": "超时"}],
    "overrides": [], "locks": [],
    "alarms": {"critical": 0, "high": 0, "medium": 1, "low": 1, "unacked": 2, "shelved": 0},
    "alarm_list": [
        {"kind": "observe", "message": "观察模式", "raised": "2026-03-05T07:00:00+08:00", "active": True},
        {"kind": "clock", "message": "时钟不可信", "raised": "2026-03-04T07:00:00+08:00", "active": True},
    ],
}  # fmt: skip


def test_rows_in_a_pipe_are_one_line_each(capsys: pytest.CaptureFixture[str]) -> None:
    tables.points([ROW, ROW], "zh_CN")
    lines = capsys.readouterr().out.splitlines()
    assert len(lines) == 3
    assert all("grey-plant.pressure_setpoint" in line and "0.4 MPa" in line for line in lines[1:])
    assert all("grey-water.setpoint" in line and "命令未生效" in line for line in lines[1:])
    assert not [line for line in lines if line.endswith(" ")]


@pytest.mark.parametrize("columns", [40, 60, 80, 120])
def test_names_and_times_are_never_broken(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, columns: int
) -> None:
    monkeypatch.setenv("COLUMNS", str(columns))
    monkeypatch.setenv("FORCE_COLOR", "1")
    monkeypatch.setenv("NO_COLOR", "1")
    tables.points([ROW], "zh_CN")
    listed = capsys.readouterr().out
    for whole in ("grey-plant.pressure_setpoint", "0.4 MPa", "命令未生效"):
        assert whole in listed
    tables.point(ROW, "zh_CN")
    shown = capsys.readouterr().out
    for whole in ("grey-plant.pressure_setpoint", "grey-water.setpoint", "2026-03-06 08:00",
                  "王工 (facility-office)"):  # fmt: skip
        assert whole in shown


@pytest.mark.parametrize(
    ("columns", "there", "gone"),
    [
        (140, ["供水压力设定", "grey-water.setpoint", "schedules/grey-water.yaml:41:9"], []),
        (120, ["供水压力…", "grey-water.setpoint", "schedules/grey-water.yaml:41:9"], ["供水压力设定"]),
        (100, ["grey-water.setpoint", " grey-water.yaml:41:9"], ["供水", "schedules/"]),
        (80, ["grey-water.setpoint"], ["供水", "yaml"]),
        (68, ["供水"], ["grey-water.setpoint", "yaml"]),
    ],
)
def test_a_list_gives_up_its_least_needed_columns(
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
    columns: int,
    there: list[str],
    gone: list[str],
) -> None:
    monkeypatch.setenv("COLUMNS", str(columns))
    monkeypatch.setenv("FORCE_COLOR", "1")
    monkeypatch.setenv("NO_COLOR", "1")
    tables.points([ROW, {**ROW, "command_failed": False}], "zh_CN")
    lines = plainly(capsys.readouterr().out)
    assert len(lines) == 3
    assert all(cell_len(line) <= columns for line in lines)
    for words in ("grey-plant.pressure_setpoint", "0.4 MPa", "命令未生效", *there):
        assert words in lines[1]
    assert not [words for words in gone if words in "".join(lines)]


@pytest.mark.parametrize(
    ("columns", "why", "tags"), [(140, True, True), (80, True, False), (50, False, False)]
)
def test_equipment_keeps_its_name_and_values(
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
    columns: int,
    why: bool,
    tags: bool,
) -> None:
    monkeypatch.setenv("COLUMNS", str(columns))
    monkeypatch.setenv("FORCE_COLOR", "1")
    monkeypatch.setenv("NO_COLOR", "1")
    row = {"name": "conference-hall-light-1", "label": "会议大厅 1 路灯", "asked": True, "asked_state": None,
           "value": False, "state": None, "unit": "", "tags": ["conference-hall", "lighting"],
           "why": "会议大厅照明：工作日 07:30 至 18:30", "roles": {}}  # fmt: skip
    tables.equipment([row, row], "zh_CN")
    lines = plainly(capsys.readouterr().out)
    assert len(lines) == 3
    assert all(cell_len(line) <= columns for line in lines)
    assert "conference-hall-light-1" in lines[1]
    assert ("会议大厅照明" in lines[1], "lighting" in lines[1]) == (why, tags)


def plainly(shown: str) -> list[str]:
    """The lines without their styles."""
    return re.sub(r"\x1b\[[0-9;]*m", "", shown).splitlines()


EVIL = "x\x1b[2J\nzz[/][bold]"


def test_control_characters_and_markup_of_others_are_shown_as_they_are(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    row = {**ROW, "label": EVIL, "value": EVIL, "unit": "", "quality": "bad", "reason": EVIL}
    monkeypatch.setattr(people, "ask", lambda *_: {**row, "points": [row], "matching": 1})
    people.points()
    people.read("x")
    status = {**STATUS, "label": EVIL, "alarm_list": [{**STATUS["alarm_list"][1], "message": EVIL}]}
    monkeypatch.setattr(people, "ask", lambda *_: status)
    people.status()
    lock = {"done": "lock", "label": EVIL, "covers": []}
    monkeypatch.setattr(people, "ask", lambda *_: lock)
    people.lock("x", "y")
    shown = capsys.readouterr().out
    assert "\x1b" not in shown
    assert shown.count("x\\x1b[2J\\nzz[/][bold]") >= 8


def test_json_carries_no_control_characters_either(capsys: pytest.CaptureFixture[str]) -> None:
    put_json({"a": "\x9b\x7f\u202e\U000e0041换　x"})
    said = capsys.readouterr().out
    assert said == '{"a": "\\u009b\\u007f\\u202e\\udb40\\udc41换　x"}\n'
    assert json.loads(said) == {"a": "\x9b\x7f\u202e\U000e0041换　x"}


def test_a_point_says_what_became_of_its_command(capsys: pytest.CaptureFixture[str]) -> None:
    tables.point(ROW, "zh_CN")
    assert "命令未生效" in capsys.readouterr().out
    tables.point({**ROW, "slots": [], "command_failed": False}, "zh_CN")
    assert "现在没有谁管它，保持现状" in capsys.readouterr().out


def test_equipment_is_listed_by_name_and_a_single_one_with_its_points(
    capsys: pytest.CaptureFixture[str],
) -> None:
    row = {"name": "corridor", "label": "一层走廊灯", "asked": True, "asked_state": None, "value": False,
           "state": None, "unit": "", "tags": ["corridor"], "why": "手动",
           "roles": {"switch": "relay-1.ch1"}}  # fmt: skip
    tables.equipment([row], "zh_CN")
    shown = capsys.readouterr().out
    for said in ("corridor", "一层走廊灯", "开", "关", "corridor.switch", "relay-1.ch1"):
        assert said in shown
    tables.equipment([row, row], "zh_CN")
    assert "relay-1.ch1" not in capsys.readouterr().out


def test_status_says_observe_mode_first_and_how_it_ends(capsys: pytest.CaptureFixture[str]) -> None:
    glance.status(STATUS, "zh_CN")
    lines = capsys.readouterr().out.splitlines()
    assert lines[0] == "小院 (yard)  2026-03-05 07:00:09"
    assert lines[1] == "观察模式：不向任何设备发送；解除：louguan observe off"
    assert "  其中 3 个属于无应答的设备：此前读到，尚未过期" in lines
    assert "线路 S1：通，请求 1，超时 0；当前：超时" in lines
    assert "未生效的命令：1" in lines
    assert "启动以来错过的周期：3 个" in lines
    # How much it is a day is not made up before a day ends.
    assert "磁盘写入：今天 12.5 MB；预算每天 1000 MB" in lines
    assert lines[-1] == "2026-03-04 07:00  时钟不可信"
