"""The page of savings says what its figures say, in both languages."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest

from bench.savings import Figures, System, main
from bench.savings_page import page, picture
from controller.rehearsal.result import Frame

ROOT = Path(__file__).parents[2]


def figures(kwh: float, lamps: float, dark: int) -> Figures:
    systems = {
        "lamps": System("走廊 <照明>", lamps, lamps * 0.7),
        "office": System("办公", 1000.0, 700.0),
    }
    volumes = {"main": ("water", "总水表", 12.5)}
    return Figures(
        "court", "大院", "abcdef0123456789", kwh, kwh * 0.7, systems, volumes, {"dark": dark}, 9, 5, 1.0
    )


def span() -> tuple[Frame, dict[str, Figures]]:
    made = {
        "default": figures(1400, 400, 0),
        "time-clock": figures(1300, 300, 7),
        "programme": figures(1200, 200, 1),
    }
    return Frame(date(2026, 1, 1), 31, 60, 1), made


def test_each_system_that_is_commanded_has_a_row_and_no_other() -> None:
    said = page([span()], "en")
    assert "| lamps | 400 | 300 | 200 | −50.0 % | 140 |" in said
    assert "| **whole site** | 1,400 | 1,300 | 1,200 | −14.3 % | 140 |" in said
    assert "| dark with people there, min | 0 | 7 | 1 |" in said
    assert "| main (water) | 12.5 | 12.5 | 12.5 |" in said
    assert "| office |" not in said, "nobody commands it"
    assert "200 kWh less (−14.3 % of the whole site, −50.0 % of the systems that are commanded)" in said
    assert "{" not in said


def test_the_page_is_said_in_chinese_too() -> None:
    said = page([span()], "zh")
    assert "| 走廊 <照明> | 400 | 300 | 200 | −50.0 % | 140 |" in said
    assert "仿真" in said
    assert "{" not in said


@pytest.mark.parametrize("language", ["en", "zh"])
def test_the_picture_has_a_bar_for_each_run_of_a_system(language: str) -> None:
    drawn = ET.fromstring(picture([span()], language))
    bars = [one for one in drawn.iter("{http://www.w3.org/2000/svg}rect") if one.get("x") == "190"]
    wide = [float(one.get("width", "0")) for one in bars]
    assert len(wide) == 3
    assert wide[0] > wide[1] > wide[2] > 0


@pytest.mark.slow
def test_a_site_without_a_tree_of_meters_has_a_page_too(tmp_path: Path) -> None:
    main(["--site", str(ROOT / "config/sites/minimal"), "--out", str(tmp_path), "--days", "1", "--jobs", "1"])
    assert {file.name for file in tmp_path.iterdir()} == {
        f"savings.{language}.{kind}" for language in ("en", "zh") for kind in ("md", "svg")
    }
