"""What an edit changes, as a page: whole, readable without eyes, with the figures of terminal and data."""

from __future__ import annotations

import json
import re
import shutil
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from controller.cli import preview_changes, speech
from controller.cli.main import main
from controller.cli.preview_changes_page import page
from schedules.changes import compare
from schedules.preview import Foreseen, foresee
from tests.controller.cli.foreseen import LANGUAGES, SITE, compound, edited, page_of_changes, printed
from tests.controller.cli.pages import Reader
from tests.plans import LEVEL, SHUANGLIU, PlanMaker
from tests.schedules.build import programme

ON = {"en": "hours on, each: ", "zh_CN": "每个开启小时数："}
TOTAL = {"en": "switched and dimmed by programmes (49 points)", "zh_CN": "由日程开关、调光（49 个点位）"}


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_page_is_whole_and_brings_nothing_from_elsewhere(language: str) -> None:
    written = page_of_changes(language)
    reader = Reader(written)
    assert not reader.tags & {"script", "link", "img", "iframe", "object", "form"}
    assert not reader.foreign
    assert "url(" not in written
    assert "://" not in written
    assert f'<html lang="{"en" if language == "en" else "zh-CN"}">' in written
    assert ("修改前" in written, "before" in written.partition("</style>")[2]) == (
        language == "zh_CN",
        language == "en",
    )


@pytest.mark.parametrize("language", LANGUAGES)
def test_tables_say_what_their_cells_are(language: str) -> None:
    reader = Reader(page_of_changes(language))
    assert {head.get("scope") for head in reader.heads} == {"col", "row", "rowgroup"}
    assert len(reader.tables) > 10
    for head, *rows in reader.tables:
        assert rows
        # Rows of a group leave out what stands beside all of them.
        assert {len(row) for row in rows} <= {len(head), len(head) - 1}
        assert len(rows[0]) == len(head)


@pytest.mark.parametrize("language", LANGUAGES)
def test_all_that_the_terminal_shows_is_on_the_page(language: str) -> None:
    tables = Reader(page_of_changes(language)).tables
    cells = {cell for table in tables for row in table for cell in row}
    said = printed("changes", language)
    for line in said.splitlines():
        if found := re.fullmatch(r"    (\S+-\S+)  (.+) → (.+)", line):
            assert set(found.groups()) <= cells, line
        elif found := re.fullmatch(r"  ([0-9]\S+(?:, [0-9]\S+)*)", line):
            assert found[1] in cells, line
        elif line.startswith("  " + ON[language]):
            assert any(cell.startswith(line.removeprefix("  " + ON[language])) for cell in cells), line
        elif found := re.search(r"([0-9.]+ → [0-9.]+) kWh \((\S+)\)$", line):
            assert f"{found[1]} {found[2]}" in cells, line
    total = " ".join(said.partition(TOTAL[language])[2].split()[:12])
    figures = re.findall(r"([0-9.]+) → ([0-9.]+) \S+ \((\S+)\)", total)
    rows = [row[-3:] for table in tables for row in table if len(row) >= 4]
    assert len(figures) == 2
    assert all(list(found) in rows for found in figures), figures
    assert cells >= {"路灯", "plant-do.ch2", "flushing-valve"}


def test_a_command_writes_it_with_the_figures_of_the_data(
    capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    old = Path(shutil.copytree(SITE, tmp_path / "old"))
    new = Path(shutil.copytree(SITE, tmp_path / "new"))
    lighting = new / "schedules" / "lighting.yaml"
    written = lighting.read_text(encoding="utf-8")
    lighting.write_text(written.replace('to: "18:30", value: 80 %', 'to: "19:30", value: 60 %'), "utf-8")
    words = ("preview", str(old), str(new), "--from", "2026-09-20", "--days", "8", "--lang", "en")
    with pytest.raises(SystemExit) as left:
        main([*words, "--json"])
    assert left.value.code == 0
    data: dict[str, Any] = json.loads(capsys.readouterr().out)
    with pytest.raises(SystemExit) as left:
        main([*words, "--html", str(tmp_path / "page.html")])
    assert (left.value.code, capsys.readouterr().out) == (0, "")
    content = (tmp_path / "page.html").read_text(encoding="utf-8")
    assert data["old_plan"][:12] in content
    assert data["new_plan"][:12] in content
    total = data["electricity"]["switched_and_dimmed"]
    before, after = (total[side]["energy_kwh"] for side in ("before", "after"))
    rows = [row for table in Reader(content).tables for row in table]
    kwh = next(row for row in rows if "kWh" in row and len(row) == 5)
    assert [float(cell) for cell in kwh[2:4]] == pytest.approx([before, after], abs=0.06)


def test_only_what_was_asked_for_is_on_it() -> None:
    content = page_of_changes("en", "foyer")
    assert "foyer-light" in content
    assert "corridor-1-zone-2" not in content
    assert "only what is called: foyer" in content


def _lamp(name: str, until: str, label: str = "") -> Foreseen:
    maker = PlanMaker(replace(SHUANGLIU, label=label))
    level = maker.add_point(maker.add_device("lamp"), "level", LEVEL)
    periods = [(f"08:00-{until}", 80.0)]
    maker.add_programme(programme({"everyday": periods}, default=0.0, targets=(level,), name=name))
    return foresee(maker.build(), date(2026, 12, 31), 2)


def test_names_from_files_cannot_become_part_of_the_page() -> None:
    old, new = (_lamp("<b onclick=x>", until, "<script>alert(1)</script>") for until in ("12:00", "13:00"))
    reader = Reader(page(old, new, compare(old, new), "<img src=x>", "en"))
    assert not reader.tags & {"script", "img"}
    assert not reader.foreign


def test_dates_of_two_years_have_their_years_and_what_is_not_announced_is_said() -> None:
    old, new = _lamp("lamp", "12:00"), _lamp("lamp", "13:00")
    reader = Reader(page(old, new, compare(old, new), None, "en"))
    assert ["2026-12-31..2027-01-01", "12:00-13:00"] in [row[:2] for table in reader.tables for row in table]
    assert "days off of 2027 are not announced" in page(old, new, compare(old, new), None, "en")


def test_an_edit_that_changes_nothing_says_so(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(speech, "_language", "zh_CN")
    foreseen = foresee(compound(), date(2026, 9, 21), 1)
    preview_changes.show(foreseen, foreseen, None, as_json=False, html=tmp_path / "page.html")
    written = (tmp_path / "page.html").read_text(encoding="utf-8")
    assert "这些天里日程的要求不变" in written
    assert "<table" not in written


@pytest.mark.parametrize(
    ("new", "said"),
    [(0.8, "cost before and after by the new tariff"), (None, "by the old tariff: the new files have none")],
)
def test_which_tariff_the_cost_goes_by_is_said_where_the_edit_changes_it(
    new: float | None, said: str, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(speech, "_language", "en")
    tariff = compound().tariff
    assert tariff is not None
    priced = replace(edited(), tariff=None if new is None else replace(tariff, flat_price=new))
    days = date(2026, 9, 21), 1
    before, same, after = (foresee(plan, *days) for plan in (compound(), edited(), priced))
    assert said in page(before, after, compare(before, after), None, "en")
    preview_changes.show(before, after, None, as_json=False)
    assert said in " ".join(capsys.readouterr().out.split())
    assert "cost before and after by" not in page(before, same, compare(before, same), None, "en")
