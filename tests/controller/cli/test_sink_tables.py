"""The table of sinks: on one line each at eighty columns, and what it says of those that get nothing."""

from __future__ import annotations

import re
from typing import Any

import pytest
from rich.cells import cell_len

from controller.cli import sink_tables

NOW = "2026-03-05T07:00:09+08:00"


def sink(name: str, **changed: Any) -> dict[str, Any]:
    return {
        "sink": name, "label": "区平台", "kind": "https", "not_in_simulation": False, "retired": False,
        "reachable": True, "complete_to": None, "lag_s": None, "backlog_rows": 0, "holes": 0, "aside_rows": 0,
        "rows_per_s": 0.0, "delivered_rows": 7, "failures": 0, "last_error": "", **changed,
    }  # fmt: skip


BUSY = sink(
    "district",
    reachable=False,
    complete_to="2026-03-01T07:45:00+08:00",
    lag_s=3.9 * 86_400,
    backlog_rows=103_481,
    holes=12,
    aside_rows=34,
    rows_per_s=1234.5,
    last_error="Connection refused",
)


@pytest.fixture
def columns(monkeypatch: pytest.MonkeyPatch) -> pytest.MonkeyPatch:
    for name, value in (("FORCE_COLOR", "1"), ("NO_COLOR", "1"), ("COLUMNS", "80")):
        monkeypatch.setenv(name, value)
    return monkeypatch


@pytest.mark.parametrize("language", ["en", "zh_CN"])
def test_a_sink_with_everything_has_room_at_eighty_columns(
    capsys: pytest.CaptureFixture[str], columns: pytest.MonkeyPatch, language: str
) -> None:
    sink_tables.sinks([BUSY, sink("province")], NOW, language)
    lines = re.sub(r"\x1b\[[0-9;]*m", "", capsys.readouterr().out).splitlines()
    assert [line for line in lines[:3] if cell_len(line) > 80] == []
    for whole in ("district", "2026-03-01 07:45", "4 d" if language == "en" else "4 天", "103481", "34"):
        assert whole in lines[1]


@pytest.mark.parametrize(
    ("seconds", "said"), [(0, "0 min"), (900, "15 min"), (7_200, "2 h"), (169_200, "47 h"), (172_800, "2 d")]
)
def test_how_far_behind(
    capsys: pytest.CaptureFixture[str], columns: pytest.MonkeyPatch, seconds: float, said: str
) -> None:
    sink_tables.sinks([sink("district", lag_s=seconds)], NOW, "en")
    assert said in capsys.readouterr().out.splitlines()[1]


def test_in_a_pipe_nothing_is_left_out(capsys: pytest.CaptureFixture[str]) -> None:
    sink_tables.sinks([BUSY], NOW, "en")
    head, row, error = capsys.readouterr().out.splitlines()
    for word in ("label", "kind", "behind", "holes", "rows/s"):
        assert word in head
    for word in ("区平台", "https", "1234.5", "12"):
        assert word in row
    assert error == "district: Connection refused"


def test_one_that_gets_nothing_is_not_complete(capsys: pytest.CaptureFixture[str]) -> None:
    sink_tables.sinks([sink("stick", not_in_simulation=True), sink("old", retired=True)], NOW, "en")
    _, stick, old = capsys.readouterr().out.splitlines()
    assert ("not in a simulation" in stick, "retired" in old) == (True, True)
    assert "all" not in stick + old
    sink_tables.sinks([sink("stick")], NOW, "en")
    assert "all" in capsys.readouterr().out


def test_reasons_are_in_the_readers_language(capsys: pytest.CaptureFixture[str]) -> None:
    aside = {"row": 6, "meter": "main-1", "start": NOW, "revision": 1, "since": NOW,
             "reason": "refused without a reason"}  # fmt: skip
    sink_tables.aside([aside], NOW, "zh_CN")
    shown = capsys.readouterr().out
    assert "被拒收，未说明原因" in shown
    assert "07:00 r1" in shown
