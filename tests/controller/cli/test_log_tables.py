"""Tables of the log fit a terminal of 80 columns: no name and no figure is cut; in a pipe all is there."""

from __future__ import annotations

import re
from typing import Any

import pytest
from rich.cells import cell_len

from config.plan.devices import Source
from config.plan.metering import Metering, Submeter
from controller.cli import log_tables, log_tree_table
from controller.consumption.made import tree

NAMES = ("hall-air-handler-east.energy_import", "office-3", "kitchen-ventilation-2.energy")
FORMULA = " + ".join(f"floor-{floor}-lighting.energy_import" for floor in range(1, 9))
LANGUAGES = pytest.mark.parametrize("language", ["zh_CN", "en"])


@pytest.fixture
def terminal(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "80")
    monkeypatch.setenv("TTY_COMPATIBLE", "1")
    monkeypatch.setenv("NO_COLOR", "1")


def printed(capsys: pytest.CaptureFixture[str]) -> list[str]:
    return re.sub(r"\x1b\[[0-9;]*m", "", capsys.readouterr().out).splitlines()


def fitting(lines: list[str], *words: str) -> None:
    whole = "\n".join(lines)
    assert all(cell_len(line) <= 80 for line in lines), whole
    assert "…" not in whole
    assert [word for word in words if word not in whole] == []


def meters() -> list[dict[str, Any]]:
    fitted = [{"since": f"2026-03-0{day}T20:15:00+08:00"} for day in (1, 4)]
    last = {"end": "2026-03-30T20:15:00+08:00", "consumption": "123456.78", "flags": ["partial", "recovered"]}
    about = {"quantity": "electricity", "unit": "kWh", "fittings": fitted, "quantum": "0.01", "last": last}
    made = {**about, "fittings": [], "quantum": None, "last": None}
    return [
        *({"meter": name, "of": "", **about} for name in NAMES),
        {"meter": "whole-site", "of": FORMULA, **made},
    ]


@LANGUAGES
@pytest.mark.usefixtures("terminal")
def test_meters(capsys: pytest.CaptureFixture[str], language: str) -> None:
    log_tables.meters(meters(), language)
    lines = printed(capsys)
    fitting(lines, *NAMES, "123456.78 kWh", "2026-03-30 20:15", "whole-site")
    under = next(number for number, line in enumerate(lines) if line.startswith("whole-site"))
    assert " ".join(line.strip() for line in lines[under + 1 :]) == f"= {FORMULA}"


@LANGUAGES
def test_meters_in_a_pipe(capsys: pytest.CaptureFixture[str], language: str) -> None:
    log_tables.meters(meters(), language)
    lines = printed(capsys)
    assert len(lines) == 1 + len(NAMES) + 1
    assert "2026-03-01 20:15, 2026-03-04 20:15" in lines[1]
    assert lines[-1].endswith(FORMULA)


def lacks(names: tuple[str, ...]) -> list[dict[str, Any]]:
    row = {"start": "2026-03-30T20:15:00+08:00", "end": "2026-03-31T20:15:00+08:00", "hours": 1234.25}
    return [
        {"meter": name, "lack": lack, "lost": lack == "missing", **row}
        for name in names
        for lack in log_tables.LACKS
    ]


@LANGUAGES
@pytest.mark.usefixtures("terminal")
def test_gaps(capsys: pytest.CaptureFixture[str], language: str) -> None:
    log_tables.gaps(lacks(NAMES), language)
    lines = printed(capsys)
    fitting(lines, *NAMES, "2026-03-30 20:15", "2026-03-31 20:15", "1234.25")
    assert [line for line in lines if line in NAMES] == list(NAMES), "each above its stretches"
    assert len(lines) == 1 + len(NAMES) * (1 + len(log_tables.LACKS))
    log_tables.gaps([row | {"hours": 24.0} for row in lacks(("main",))], language)
    assert [line.split()[0] for line in printed(capsys)[1:]] == ["main"] * len(log_tables.LACKS)


@LANGUAGES
@pytest.mark.usefixtures("terminal")
def test_the_tree(capsys: pytest.CaptureFixture[str], language: str) -> None:
    nowhere = Source("site.yaml", 1, 1)
    metering = Metering(submeters=tuple(Submeter(name, "whole-site", nowhere) for name in NAMES))
    rows = [
        {
            "meter": node.name,
            "kind": "virtual" if not node.parent else "logged",
            "label": "三层东侧走廊照明总表" if node.parent else "",
            "depth": node.depth,
            "last": node.last,
            "unit": "kWh",
            "of": FORMULA,
            "consumption": "123456789.123",
            "share": 0.337,
            "unknown_s": 36000,
            "later_s": 900,
            "missing_s": 72900,
            "lacking": list(NAMES) if not node.parent else [],
            "other_units": [],
        }
        for node in tree(metering, [*NAMES, "whole-site"])
    ]
    log_tree_table.show_tree(rows, language)
    lines = printed(capsys)
    fitting(lines, *NAMES, "123456789.123 kWh", "33.7 %", "floor-8-lighting.energy_import")
    hours = "20.2 h without intervals" if language == "en" else "20.2 小时没有记录"
    under = next(number for number, line in enumerate(lines) if NAMES[0] in line and "├" in line)
    assert hours in lines[under + 1]
