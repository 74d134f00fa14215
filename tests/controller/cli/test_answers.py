"""The sentences for people's commands: what was done, and what became of it."""

from __future__ import annotations

from typing import Any

import pytest

from config.language import render
from controller.cli.answers import answer
from controller.cli.moments import moment

NOW = "2026-03-05T07:00:00+08:00"
LAMP = {"point": "relay-1.ch1", "name": "一层走廊灯（relay-1.ch1）", "held_back": None, "site_time": NOW}
SET = {"done": "set", **LAMP, "not_heard": None, "value": "开"}


@pytest.mark.parametrize(
    ("result", "says"),
    [
        ({**SET, "until": "2026-03-05T08:00:00+08:00"},
         "一层走廊灯（relay-1.ch1） 已手动设为 开，到 08:00"),
        ({**SET, "until": "2026-03-05T08:00:00+08:00", "not_heard": "7 级 排风跟灶火走 要求 关"},
         "一层走廊灯（relay-1.ch1）：已记下 开，到 08:00；但现在不被采用：7 级 排风跟灶火走 要求 关"),
        ({**SET, "until": "2026-03-06T08:00:00+08:00", "held_back": "观察模式：不发送",
          "not_heard": "7 级 排风跟灶火走 要求 关"},
         "一层走廊灯（relay-1.ch1）：已记下 开，到 2026-03-06 08:00；但现在未发送：观察模式：不发送"),
        ({"done": "release", **LAMP, "scheduled": True, "by_device": False},
         "一层走廊灯（relay-1.ch1） 已交还日程"),
        ({"done": "release", **LAMP, "scheduled": False, "by_device": False},
         "一层走廊灯（relay-1.ch1） 已解除手动：现在没有谁管它，保持现状"),
        ({"done": "release", **LAMP, "scheduled": False, "by_device": True},
         "一层走廊灯（relay-1.ch1） 已解除手动：现在没有谁管它，按设备自身逻辑运行"),
        ({"done": "unlock", "target": "x", "label": "风机（x）", "held_back": "观察模式：不发送"},
         "风机（x） 已摘牌；但仍不发送：观察模式：不发送"),
        ({"done": "lock", "target": "x", "label": "风机（x）"}, "风机（x） 已挂牌：不再写入"),
        ({"done": "lock", "target": "x", "label": "风机（x）", "covers": ["d.run_cmd", "d.speed"]},
         "风机（x） 已挂牌：不再写入；包括 d.run_cmd, d.speed"),
        ({"done": "lock", "target": "x", "label": "风机（x）", "covers": ["d.a"], "open": ["box.b"]},
         "风机（x） 已挂牌：不再写入；包括 d.a；不包括共用设备上的 box.b（若也不许写，请给该设备挂牌）"),
        ({"done": "observe", "target": "x", "label": "风机（x）", "on": True}, "风机（x） 处于观察模式"),
        ({"done": "observe", "target": "x", "label": "风机（x）", "on": True, "covers": ["d.a"],
          "open": ["box.b"]},
         ("风机（x） 处于观察模式；包括 d.a；不包括共用设备上的 box.b"
          "（若也不许发送，请让该设备处于观察模式）")),
        ({"done": "observe", "target": "x", "label": "风机（x）", "on": False, "held_back": None},
         "风机（x） 已退出观察模式"),
    ],
)  # fmt: skip
def test_answers(result: dict[str, Any], says: str) -> None:
    assert render(answer(result), "zh_CN") == says


@pytest.mark.parametrize(
    ("written", "shown"),
    [
        ("2026-03-05T18:00:00+08:00", "18:00"),
        ("2026-03-06T00:00:00+08:00", "2026-03-06 00:00"),
        (None, ""),
    ],
)
def test_todays_times_are_short(written: str | None, shown: str) -> None:
    assert moment(written, NOW) == shown
    assert moment(NOW, None, seconds=True) == "2026-03-05 07:00:00"
