"""Alarms on a terminal: fitted to it, in both languages, with all that people must know below each."""

from __future__ import annotations

import re
from typing import Any

import pytest
from rich.cells import cell_len

from config.language import render
from controller.cli import alarm_tables

NOW = "2026-03-05T09:00:00+08:00"
TRIP: dict[str, Any] = {
    "id": 17, "kind": "trip", "subject": "grey-dry-run", "priority": "high", "state": "active-acked",
    "active": True, "message": "防干抽（grey-dry-run）：跳停，直到有人复位",
    "raised": "2026-03-05T07:00:01+08:00", "acked": "2026-03-05T07:10:00+08:00",
    "acked_by": "王工 (li)", "comment": "已派人", "shelved_until": None,
    "shelved_by": "", "shelved_why": "", "suppressed_by": "", "consequence_of": 16, "times": 3,
    "chattering": True, "reset": "louguan reset grey-dry-run",
}  # fmt: skip
SHELVED = {
    **TRIP, "id": 18, "priority": "low", "state": "shelved", "acked": None, "times": 1, "chattering": False,
    "shelved_until": "2026-03-05T11:00:00+08:00", "shelved_by": "Li", "shelved_why": "[bold]换表",
    "consequence_of": None, "reset": None,
}  # fmt: skip
COUNTS = {"critical": 0, "high": 1, "medium": 0, "low": 2, "unacked": 1, "shelved": 1}


def shown(capsys: pytest.CaptureFixture[str], rows: list[dict[str, Any]], language: str = "en") -> list[str]:
    alarm_tables.alarms({"site_time": NOW, "counts": COUNTS, "alarms": rows}, language, past=False)
    return re.sub(r"\x1b\[[0-9;]*m", "", capsys.readouterr().out).splitlines()


def test_all_that_is_to_be_known_stands_below(capsys: pytest.CaptureFixture[str]) -> None:
    lines = shown(capsys, [TRIP, SHELVED])
    assert [line.strip() for line in lines[2:7]] == [
        "comes of alarm 16",
        "it came 3 times",
        "it comes and goes: nothing is told of it until it is calm",
        "acknowledged 07:10 by 王工 (li): 已派人",
        "when its cause is gone: louguan reset grey-dry-run --reason …",
    ]
    assert lines[8].strip() == "shelved until 11:00 by Li: [bold]换表"
    assert lines[-1] == "shelved: 1"


@pytest.mark.parametrize("language", ["en", "zh_CN"])
@pytest.mark.parametrize("columns", [60, 80, 120])
def test_a_row_fits_the_terminal(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, columns: int, language: str
) -> None:
    for name, value in (("FORCE_COLOR", "1"), ("NO_COLOR", "1"), ("COLUMNS", str(columns))):
        monkeypatch.setenv(name, value)
    lines = shown(capsys, [TRIP], language)
    assert "17" in lines[1]
    assert "07:00" in lines[1]
    assert all(cell_len(line) <= columns for line in lines[:2])


def test_nothing_is_said_as_such(capsys: pytest.CaptureFixture[str]) -> None:
    assert shown(capsys, [])[0] == "there is no alarm"


def test_counts_in_a_line() -> None:
    said = alarm_tables.summary(COUNTS)
    assert said is not None
    assert render(said, "en") == "alarms: 1 high, 2 low; not acknowledged: 1"
    assert render(said, "zh_CN") == "报警：高 1 条，低 2 条；未确认 1 条"
    none = dict.fromkeys(COUNTS, 0)
    assert alarm_tables.summary(none) is None
    waits = alarm_tables.summary({**none, "unacked": 1})
    assert waits is not None
    assert str(waits) == "alarms: none active; not acknowledged: 1"
