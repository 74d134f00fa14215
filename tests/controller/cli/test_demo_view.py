"""The demo's picture on terminals of every width: what is asked and what is never goes."""

from __future__ import annotations

import io
from pathlib import Path
from typing import Any

import pytest
from rich.cells import cell_len
from rich.console import Console

from controller.cli import demo
from controller.cli.demo import _settled
from controller.cli.demo_view import View

DATA = "/tmp/louguan-demo-k3vj2x_q"
STATUS: dict[str, Any] = {
    "label": "双流区机关大院", "site_time": "2026-03-05T06:31:00+08:00", "kind_of_day": "工作日",
    "alarms": {"critical": 0, "high": 1, "medium": 2, "low": 0, "unacked": 3, "shelved": 0},
    "speed": 60.0,    "devices_online": 69, "devices_total": 69, "points_good": 1380, "points_total": 1380,
    "commands_sent": 65, "commands_held": 133, "intervals_written": 0, "intervals_delivered": 0, "cycles": 9,
    "worst_cycle_ms": 19.9, "rss_mib": 62.7,
}  # fmt: skip


def lamp(number: int) -> dict[str, Any]:
    return {
        "name": f"lamp-{number}", "label": f"会议中心 {number}#净水开水机", "group": "lamps",
        "quality": "good", "asked": 12.5, "asked_state": None,
        "value": 37.5, "state": None, "unit": "%",
        "why": "会议中心开水机加热：时段之外",
    }  # fmt: skip


def picture(width: int, height: int) -> list[str]:
    view = View(live=False, data=Path(DATA), language="zh_CN")
    view._console = Console(file=io.StringIO(), width=width, height=height)
    meter = {"label": "空调主机", "last": 1.5, "unit": "kWh", "rate": 2.6, "rate_unit": "kW"}
    recent = [{"time": "06:30", "text": "1 层东走廊 → 60 %"}]
    overview = {"equipment": [lamp(number) for number in range(40)], "meters": [meter], "recent": recent}
    view._console.print(view.picture(STATUS, overview, 7.5))
    shown: Any = view._console.file
    return str(shown.getvalue()).splitlines()


@pytest.mark.parametrize(("width", "height"), [(40, 20), (60, 24), (80, 24), (100, 30), (160, 50)])
def test_asked_and_is_are_whole_and_nothing_is_out_of_the_picture(width: int, height: int) -> None:
    lines = picture(width, height)
    assert len(lines) <= height
    assert all(cell_len(line) <= width for line in lines)
    rows = [line for line in lines if "●" in line]
    assert len(rows) >= 3
    assert all("12.5 %" in line and "37.5 %" in line for line in rows)
    assert DATA in "\n".join(lines)


def test_the_last_picture_in_a_pipe_ends_its_line(capsys: pytest.CaptureFixture[str]) -> None:
    overview = {"equipment": [lamp(1)], "meters": [], "recent": []}
    with View(live=True, data=Path(DATA), language="zh_CN") as view:
        view.show(STATUS, overview, None)
        view.show(STATUS, overview, 7.5)
    shown = capsys.readouterr().out
    assert shown.endswith("\n")
    assert not shown.endswith("\n\n")
    assert shown.count("双流区机关大院") == 1


def test_what_there_is_no_room_for_goes_in_order() -> None:
    wide, usual, narrow = ("\n".join(picture(*size)) for size in ((160, 50), (80, 24), (40, 24)))
    assert "空调主机" in wide
    assert "时段之外" in wide
    assert "空调主机" not in usual
    assert "会议中心开水机加热" in usual
    assert "会议中心开水机加热" not in narrow


def test_a_demo_stopped_too_early_says_what_was_missing() -> None:
    said = str(demo._unsettled({**STATUS, "devices_online": 3, "points_good": 12}))
    assert said == "stopped before all was there: 3 of 69 devices online, 12 of 1380 points good"
    assert "0 of 0 devices" in str(demo._unsettled({}))


def test_a_demo_that_was_over_before_its_daemon_answered_has_not_settled() -> None:
    assert not _settled({"settled_s": None})
    there = {"devices_online": 2, "devices_total": 2, "points_good": 100, "points_total": 100}
    assert _settled({**there, "settled_s": 1.0})
    assert not _settled({**there, "devices_online": 1})
