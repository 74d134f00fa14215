"""What the daemon takes from simulators, and what it refuses: never a real address by an omission."""

from __future__ import annotations

import json
import os
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from config.language import render
from controller.options import NotStarted
from controller.overlays import read_overlay
from tests.plans import PlanMaker

CLOCK = {"start_ms": 1, "mono_ns": 2, "speed": 60.0}


def plan() -> Any:
    maker = PlanMaker()
    maker.add_device("lamp")
    maker.add_device("hall", bacnet=True)
    return maker.build()


PLAN = plan()
WHOLE: dict[str, Any] = {
    "lines": {line.name: {"host": "127.0.0.1", "port": 40001, "path": "/dev/x"} for line in PLAN.lines},
    "devices": {"hall": {"address": "127.0.0.1:4"}},
}


def written(folder: Path, content: object) -> Path:
    file = folder / "overlay.json"
    file.write_text(content if isinstance(content, str) else json.dumps(content), encoding="utf-8")
    return file


def test_a_whole_overlay_is_taken(tmp_path: Path) -> None:
    found = read_overlay(written(tmp_path, {**WHOLE, "clock": CLOCK}))
    assert found.time is not None
    assert found.time.speed == 60.0
    assert {line.host for line in found.over(PLAN).lines} == {"127.0.0.1"}
    assert read_overlay(written(tmp_path, WHOLE)).time is None


@pytest.mark.parametrize("line", [line.name for line in PLAN.lines])
def test_a_line_without_an_address_is_refused(tmp_path: Path, line: str) -> None:
    for rest in ({}, {"host": "127.0.0.1"}):
        lines = {**WHOLE["lines"], line: rest}
        with pytest.raises(NotStarted, match=f"no address for line {line}"):
            read_overlay(written(tmp_path, {**WHOLE, "lines": lines})).over(PLAN)
    lines = {name: where for name, where in WHOLE["lines"].items() if name != line}
    with pytest.raises(NotStarted, match=f"no address for line {line}"):
        read_overlay(written(tmp_path, {**WHOLE, "lines": lines})).over(PLAN)


def test_a_pipe_is_no_overlay(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    with pytest.raises(NotStarted, match="not a regular file"):
        read_overlay(tmp_path / "pipe")


def test_a_serial_line_needs_its_path(tmp_path: Path) -> None:
    serial = replace(PLAN, lines=(replace(PLAN.lines[0], transport="modbus-rtu"), *PLAN.lines[1:]))
    del (lines := json.loads(json.dumps(WHOLE["lines"])))[PLAN.lines[0].name]["path"]
    with pytest.raises(NotStarted, match="no address for line"):
        read_overlay(written(tmp_path, {**WHOLE, "lines": lines})).over(serial)


def test_a_bacnet_device_without_an_address_is_refused(tmp_path: Path) -> None:
    with pytest.raises(NotStarted, match="no address for device hall"):
        read_overlay(written(tmp_path, {"lines": WHOLE["lines"]})).over(PLAN)


def test_a_bacnet_device_may_be_searched_for_among_simulated_ones_alone(tmp_path: Path) -> None:
    """Never on the real network: only what the site itself searches for, and where simulators are."""
    hall = next(device for device in PLAN.devices if device.name == "hall")
    line = PLAN.lines[hall.line].name
    assert not hall.address
    addressed = replace(PLAN, devices=(*PLAN.devices[:-1], replace(hall, address="10.0.0.31")))
    for networks, asked in (([], PLAN), (["127.0.0.1:4"], addressed)):
        lines = {**WHOLE["lines"], line: {**WHOLE["lines"][line], "networks": networks}}
        with pytest.raises(NotStarted, match="no address for device hall"):
            read_overlay(written(tmp_path, {"lines": lines})).over(asked)
    lines = {**WHOLE["lines"], line: {**WHOLE["lines"][line], "networks": ["127.0.0.1:4"]}}
    found = read_overlay(written(tmp_path, {"lines": lines})).over(PLAN)
    assert found.lines[hall.line].networks == ("127.0.0.1:4",)


@pytest.mark.parametrize(
    "content",
    [
        "",
        "{",
        "[" * 100_000,
        [1, 2],
        "7",
        {**WHOLE, "clock": 3},
        {**WHOLE, "clock": {**CLOCK, "speed": 0}},
        {**WHOLE, "clock": {**CLOCK, "speed": "1"}},
        {**WHOLE, "clock": {"speed": 1}},
        '{"clock": {"start_ms": NaN, "mono_ns": 1, "speed": 1}}',
        '{"clock": {"start_ms": 1, "mono_ns": Infinity, "speed": 1}}',
        {**WHOLE, "clock": {**CLOCK, "mono_ns": 10**400}},
        {**WHOLE, "clock": {**CLOCK, "start_ms": -(10**400)}},
        {**WHOLE, "points": {}},
        {**WHOLE, "lines": []},
    ],
)
def test_what_is_no_overlay_is_a_sentence_in_both_languages(tmp_path: Path, content: object) -> None:
    with pytest.raises(NotStarted) as refused:
        read_overlay(written(tmp_path, content)).over(PLAN)
    english, chinese = (render(refused.value.what, language) for language in ("en", "zh_CN"))
    assert english.startswith(f"the overlay {tmp_path / 'overlay.json'} cannot be used: ")
    assert "地址文件" in chinese
    assert "pop expected" not in english


def test_a_folder_or_nothing_in_its_place_is_a_sentence(tmp_path: Path) -> None:
    for file in (tmp_path, tmp_path / "none"):
        with pytest.raises(NotStarted, match="cannot be used"):
            read_overlay(file)
