"""preview and calendar: the compound in both languages, an edit, data for programs, the page, wrong use."""

from __future__ import annotations

import json
import re
import time
from collections.abc import Callable
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from rich.cells import cell_len

from config.plan.codec import dump
from config.plan.site import Plan
from controller.cli import preview_changes, preview_tables, speech
from controller.cli.main import main
from controller.cli.plans import as_in_demo, with_sink
from controller.cli.preview_days import by_days
from controller.cli.preview_groups import groups
from controller.cli.preview_page import page
from controller.store.control import ControlStore
from controller.store.plans import Acceptance
from schedules.preview import foresee
from tests.controller.cli.foreseen import (
    LANGUAGES,
    SHOWN,
    SITE,
    compound,
    edited,
    file_of,
    printed,
    whole_page,
)
from tests.controller.cli.pages import Reader
from tests.plans import LEVEL, SHUANGLIU, PlanMaker
from tests.schedules.build import programme

WEEK = ("--from", "2026-09-20", "--days", "8")


def louguan(capsys: pytest.CaptureFixture[str], *words: str) -> tuple[int, str, str]:
    with pytest.raises(SystemExit) as left:
        main([*words, "--lang", "en"])
    shown = capsys.readouterr()
    return int(left.value.code or 0), shown.out, shown.err


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("name", SHOWN)
def test_what_is_printed(name: str, language: str) -> None:
    kept = file_of(name, language).read_text(encoding="utf-8")
    assert printed(name, language) == kept, "look at it, then: python -m tests.controller.cli.foreseen"


@pytest.mark.parametrize("language", LANGUAGES)
def test_everything_fits_eighty_columns(language: str, capsys: pytest.CaptureFixture[str]) -> None:
    foreseen = foresee(compound(), date(2026, 9, 20), 14)
    preview_tables.preview(foreseen, groups(foreseen, None), language, details=False)
    lines = capsys.readouterr().out.splitlines()
    assert len(lines) > 200
    assert not [line for line in lines if cell_len(line) > 80]


def test_one_command_from_files_to_data(capsys: pytest.CaptureFixture[str]) -> None:
    code, out, _ = louguan(capsys, "preview", str(SITE), *WEEK, "--only", "corridor-1-zone-1.level", "--json")
    shown = json.loads(out)
    assert (code, shown["site"], shown["time_zone"]) == (0, "shuangliu", "Asia/Shanghai")
    assert [(day["date"], day["kind"], day["origin"]) for day in shown["days"]][:2] == [
        ("2026-09-20", "makeup", "announced"),
        ("2026-09-21", "monday", "weekday"),
    ]
    (point,) = shown["points"]
    assert (point["point"], point["programmes"]) == ("corridor-1.zone1_level", ["corridor-lights"])
    first, second = point["spans"][:2]
    assert (first["from"], first["to"], first["value"]) == (
        "2026-09-20T00:00:00+08:00",
        "2026-09-20T08:00:00+08:00",
        10.0,
    )
    assert second == {
        "from": "2026-09-20T08:00:00+08:00",
        "to": "2026-09-20T12:00:00+08:00",
        "value": 80.0,
        "state": None,
        "programme": "corridor-lights",
        "slot": 15,
        "rank": "period",
        "reason": "workday 08:00-12:00",
        "source": second["source"],
        "next_change": "2026-09-20T12:00:00+08:00",
        "next_change_announced": True,
        "hidden": [],
    }
    assert re.fullmatch(r"schedules/lighting\.yaml:\d+:9", second["source"])
    assert point["spans"][-1]["to"] == "2026-09-28T00:00:00+08:00"


def test_an_edit_against_the_plan_in_force(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    control = ControlStore.open(tmp_path, 1_000)
    control.accept(dump(edited()), Acceptance(edited().hash, 1_000, "Li")).result()
    control.close()
    code, out, _ = louguan(capsys, "preview", str(SITE), "--data", str(tmp_path), *WEEK, "--json")
    shown = json.loads(out)
    assert (code, shown["old_plan"], shown["new_plan"] != edited().hash) == (0, edited().hash, True)
    assert [side["point"] for side in shown["gained"]] == ["plant-do.ch1"]
    assert [side["point"] for side in shown["lost"]] == ["plant-do.ch2"]
    hall = next(item for item in shown["points"] if item["point"] == "hall-air.mode")
    assert [(one["before_state"], one["after_state"]) for one in hall["differences"][:2]] == [
        ("off", "standby"),
        ("auto", "standby"),
    ]
    code, out, _ = louguan(capsys, "preview", "--data", str(tmp_path), *WEEK, "--json")
    assert (code, json.loads(out)["plan"]) == (0, edited().hash)
    # A version by its number in the history, in place of a folder.
    code, again, _ = louguan(capsys, "preview", "1", str(SITE), "--data", str(tmp_path), *WEEK, "--json")
    assert code == 0
    assert json.loads(again) == shown
    code, _, said = louguan(capsys, "preview", "7", "--data", str(tmp_path))
    assert (code, "no version 7" in said) == (1, True)


@pytest.mark.parametrize(
    ("words", "code", "said"),
    [
        (("preview",), 2, "say which site"),
        (("preview", "here", "there", "--data", "data"), 2, "two plans"),
        (("preview", "here", "--days", "0"), 2, "--days takes 1 to 400"),
        (("preview", "here", "--from", "tomorrow"), 2, "tomorrow is no date"),
        (("preview", "here", "--from", "1066-10-14"), 2, "1066-10-14 is out of range"),
        (("preview", str(SITE), "--only", "moonlight"), 1, "is called moonlight"),
        (("preview", str(SITE), str(SITE), "--only", "moonlight"), 1, "is called moonlight"),
        (("preview", "nowhere-at-all"), 1, "the site's files are not right"),
        (("preview", "--data", "nowhere-at-all"), 1, "no accepted plan can be read in nowhere-at-all"),
        (("calendar", "--year", "1492"), 2, "--year takes 2000 to 2099"),
    ],
)
def test_what_cannot_be_shown_is_said(
    capsys: pytest.CaptureFixture[str], words: tuple[str, ...], code: int, said: str
) -> None:
    left, out, err = louguan(capsys, *words)
    assert (left, out) == (code, "")
    assert said in err


def test_a_page_and_data_are_not_had_together(capsys: pytest.CaptureFixture[str]) -> None:
    left, out, _ = louguan(capsys, "preview", "here", "there", "--html", "page.html", "--json")
    assert left == 2
    assert json.loads(out)["error"]["message"] == "--html does not go with --json"


def test_the_compound_is_foreseen_in_a_moment() -> None:
    compound()
    began = time.process_time()
    foresee(compound(), date(2026, 9, 20), 14)
    assert time.process_time() - began < 1.0


@pytest.mark.parametrize("site", [(), (str(SITE),)])
def test_the_calendar_of_a_year_is_what_was_announced(
    capsys: pytest.CaptureFixture[str], site: tuple[str, ...]
) -> None:
    code, out, _ = louguan(capsys, "calendar", *site, "--year", "2026", "--json")
    shown = json.loads(out)
    assert (code, shown["announced"], len(shown["days"])) == (0, True, 365)
    kinds = {day["date"]: day["kinds"] for day in shown["days"]}
    off = [("01-01", "01-03"), ("02-15", "02-23"), ("04-04", "04-06"), ("05-01", "05-05"), ("06-19", "06-21"),
           ("09-25", "09-27"), ("10-01", "10-07")]  # fmt: skip
    working = {"01-04", "02-14", "02-28", "05-09", "09-20", "10-10"}
    own = {"06-18": "inspection", "12-04": "inspection", "08-15": "dayoff", "08-16": "dayoff"} if site else {}
    for day, found in kinds.items():
        short = day[5:]
        kind = found[0]
        if short in own and own[short] == "inspection":
            assert kind == "inspection"
        elif any(first <= short <= last for first, last in off):
            assert kind == "holiday", day
        elif short in working:
            assert kind == "makeup", day
        else:
            weekend = date.fromisoformat(day).weekday() >= 5
            assert ("dayoff" in found, "workday" in found) == (weekend, not weekend), day
            assert kind not in ("holiday", "makeup"), day
    origins = {day["date"]: day["origin"] for day in shown["days"]}
    assert origins["2026-09-20"] == "announced"
    assert origins["2026-09-21"] == "weekday"
    assert origins["2026-06-18"] == ("site" if site else "weekday")


def test_a_year_that_is_not_announced_says_so(capsys: pytest.CaptureFixture[str]) -> None:
    code, out, _ = louguan(capsys, "calendar", "--year", "2027")
    assert code == 0
    assert "days off of 2027 are not announced" in out
    assert re.search(r"^ 1 +\.\?-\?-\?\.\?", out, re.MULTILINE)
    _, out, _ = louguan(capsys, "calendar", "--year", "2027", "--json")
    assert not any(day["announced"] for day in json.loads(out)["days"])
    assert json.loads(out)["announced"] is False


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_page_is_whole_and_brings_nothing_from_elsewhere(language: str) -> None:
    written = whole_page(language)
    reader = Reader(written)
    assert not reader.tags & {"script", "link", "img", "iframe", "object", "form"}
    assert not reader.foreign
    assert "url(" not in written
    assert "://" not in written
    for point in ("corridor-1-zone-1", "cooker-4", "hood.run_on", "corridor-1.scene"):
        assert point in written
    assert ("走廊保洁场景" in written, "节假日" in written) == (True, language == "zh_CN")


def test_names_from_files_cannot_become_part_of_the_page() -> None:
    maker = PlanMaker(replace(SHUANGLIU, label="<script>alert(1)</script>"))
    level = maker.add_point(maker.add_device("lamp"), "level", LEVEL)
    made = programme(
        {"everyday": [("08:00-12:00", 80.0)]}, default=0.0, targets=(level,), name="<b onclick=x>"
    )
    maker.add_programme(made)
    foreseen = foresee(maker.build(), date(2026, 3, 5), 2)
    reader = Reader(page(foreseen, groups(foreseen, None), "en"))
    assert "script" not in reader.tags
    assert "onclick" not in [name for name, _ in reader.attributes]


def berlin(*periods: tuple[str, float]) -> Plan:
    site = replace(SHUANGLIU, time_zone="Europe/Berlin", latitude=52.5, longitude=13.4)
    maker = PlanMaker(site)
    level = maker.add_point(maker.add_device("lamp"), "level", LEVEL)
    maker.add_programme(programme({"everyday": list(periods)}, default=0.0, targets=(level,), name="lamp"))
    return maker.build()


def shown_days(plan: Plan, first: str, days: int) -> list[list[tuple[str, str, float, float, bool, bool]]]:
    foreseen = foresee(plan, date.fromisoformat(first), days)
    course = by_days(foreseen.timelines[0], foreseen.window, foreseen.context.local)
    return [
        [
            (piece.start, piece.end, piece.from_s / 3600, piece.to_s / 3600, piece.runs_in, piece.runs_on)
            for piece in pieces
            if piece.span.value
        ]
        for _, pieces, _ in course.days
    ]


def test_a_night_is_shown_on_both_its_days() -> None:
    first, second = shown_days(berlin(("22:00-06:00", 40.0)), "2026-03-04", 2)
    assert first == [("00:00", "06:00", 0, 6, True, False), ("22:00", "24:00", 22, 24, False, True)]
    assert second == first


@pytest.mark.parametrize(
    ("day", "shown"),
    [
        # 02:00 to 03:00 is skipped: what falls into it has no length and the rest stands where clocks say.
        ("2026-03-29", [("01:00", "04:00", 1, 4, False, False)]),
        # It is shown twice: the period lasts four hours and ends where clocks say.
        ("2026-10-25", [("01:00", "04:00", 1, 4, False, False)]),
    ],
)
def test_days_on_which_clocks_change(day: str, shown: list[tuple[Any, ...]]) -> None:
    assert shown_days(berlin(("01:00-04:00", 40.0)), day, 1) == [shown]


def test_a_time_that_comes_twice_is_marked() -> None:
    plan = berlin(("02:30-02:45", 40.0), ("sunrise-260~sunrise-250", 50.0))
    foreseen = foresee(plan, date(2026, 10, 25), 1)
    course = by_days(foreseen.timelines[0], foreseen.window, foreseen.context.local)
    starts = [piece.start for piece in course.days[0][1] if piece.span.value]
    assert len(starts) == 2
    assert starts[0] == "02:30"
    assert re.fullmatch(r"02:\d\d²", starts[1])


def test_what_is_shown_adds_up_to_the_day(capsys: pytest.CaptureFixture[str]) -> None:
    foreseen = foresee(berlin(("01:00-04:00", 40.0)), date(2026, 3, 28), 2)
    preview_tables.preview(foreseen, groups(foreseen, None), "en", details=False)
    lines = capsys.readouterr().out.splitlines()
    assert "clocks change on 2026-03-29: it has 23 hours" in lines
    bars = [line for line in lines if line.startswith("03-2")]
    assert [bar.count("×") for bar in bars] == [0, 2]
    assert {len(bar) for bar in bars} == {len(bars[0])}


def _edited_rule(plan: Plan) -> Plan:
    first, *others = plan.rules
    return replace(plan, rules=(replace(first, label="other"), *others))


def _edited_price(plan: Plan) -> Plan:
    assert plan.tariff is not None
    return replace(plan, tariff=replace(plan.tariff, flat_price=9.0))


def _edited_clock(plan: Plan) -> Plan:
    first, *others = plan.programmes
    return replace(plan, programmes=(replace(first, untrusted=55.0), *others))


@pytest.mark.parametrize(
    ("edit", "sort", "said"),
    [
        (_edited_rule, "rules", "rules, changed: "),
        (_edited_price, "tariff", "the tariff, changed: "),
        (_edited_clock, "programmes", "programmes, changed: "),
    ],
)
def test_an_edit_that_no_day_shows_is_named(
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
    edit: Callable[[Plan], Plan],
    sort: str,
    said: str,
) -> None:
    monkeypatch.setattr(speech, "_language", "en")
    old, new = (foresee(plan, date(2026, 9, 21), 1) for plan in (compound(), edit(compound())))
    preview_changes.show(old, new, None, as_json=True)
    (found,) = json.loads(capsys.readouterr().out)["changes"].items()
    assert found == (sort, {"added": [], "changed": found[1]["changed"], "removed": []})
    preview_changes.show(old, new, None, as_json=False)
    shown = capsys.readouterr().out
    assert "programmes ask for the same on these days" in shown
    assert f"  {said}{found[1]['changed'][0]}" in shown
    assert "rules are run by louguan" in " ".join(shown.split())
    preview_changes.show(old, old, None, as_json=False)
    assert "changed in the files" not in capsys.readouterr().out


def test_what_a_demo_has_added_is_no_edit(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    content, in_demo = with_sink(compound(), "http://127.0.0.1:1")
    control = ControlStore.open(tmp_path, 1_000)
    control.accept(content, Acceptance(in_demo.hash, 1_000, "demo")).result()
    control.close()
    code, out, _ = louguan(capsys, "preview", str(SITE), "--data", str(tmp_path), *WEEK, "--json")
    found = json.loads(out)
    assert (code, found["changes"], found["old_plan"] == found["new_plan"]) == (0, {}, True)
    assert as_in_demo(in_demo, compound()) is None
