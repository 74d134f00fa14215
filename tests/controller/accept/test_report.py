"""What is told of an acceptance: the data, and the page that is printed."""

from __future__ import annotations

import json
import re
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest

from controller.accept.records import Note, Run
from controller.accept.report import failed, report
from controller.cli.accept_page import page
from controller.cli.accept_tables import show
from tests.controller.accept.golden import GOLDEN, LANGUAGES, reports, written
from tests.controller.accept.stand import MORNING, Stand


@pytest.fixture(scope="module")
def made() -> dict[str, dict[str, Any]]:
    return reports()


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_data_are_as_kept(made: dict[str, dict[str, Any]], language: str) -> None:
    kept = (GOLDEN / f"{language}.json").read_text(encoding="utf-8")
    assert written(made[language]) == kept, "python -m tests.controller.accept.golden makes it anew"


def test_counts_are_of_the_points_shown(made: dict[str, dict[str, Any]]) -> None:
    data = made["en"]
    points = [point for device in data["devices"] for point in device["points"]]
    for verdict in ("passed", "failed", "skipped", "open"):
        assert data["summary"][verdict] == sum(point["verdict"] == verdict for point in points)
    assert data["summary"]["points"] == len(points)
    assert failed(data)


class _Shape(HTMLParser):
    """Every tag that is opened is closed, and nothing comes from elsewhere or runs."""

    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []
        self.words: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        assert tag not in ("script", "img", "link", "iframe"), tag
        assert not {name for name, _ in attrs} & {"src", "href", "onclick"}
        if tag not in ("meta", "br", "col"):
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        self.words.append(data)


def test_the_page_holds_both_languages_and_nothing_from_elsewhere(made: dict[str, dict[str, Any]]) -> None:
    content = page([(made[language], language) for language in LANGUAGES])
    shape = _Shape()
    shape.feed(content)
    assert shape.open == []
    said = " ".join(shape.words)
    assert "调试与验收记录" in said
    assert "commissioning and acceptance record" in said
    assert all(f"第 {number} 路输出" in said for number in range(1, 9))
    assert "灯具未装" in said
    assert "http:" not in content
    assert "$" not in content


def test_a_chinese_page_has_no_english_sentence(made: dict[str, dict[str, Any]]) -> None:
    shape = _Shape()
    shape.feed(page([(made["zh_CN"], "zh_CN")]).replace("<!doctype html>", ""))
    body = shape.words[shape.words.index("车间：调试与验收记录") + 1 :]
    assert [said for said in body if re.search(r"[a-z]{3,} [a-z]{3,}", said) and "{" not in said] == []


def test_terminal_and_page_tell_of_the_same_failures(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """A device that does not answer is one of them, however many points it has."""
    monkeypatch.setenv("COLUMNS", "200")
    with Stand(tmp_path) as stand:
        stand.within(stand.simulation.fault("unplug", True, device="di-1"))
        stand.run()
        data = report(stand.plan, stand.keeper.progress, "en", MORNING)
    show(data, "en")
    out, content = capsys.readouterr().out, page([(data, "en")])
    assert [(one["name"], one["aspect"]) for one in data["failed"]] == [("di-1", "read")]
    assert out.count("✗") == 1
    assert "✗ di-1 输入  reading: the device does not answer" in out
    assert "<li><b>di-1 输入</b> reading: the device does not answer" in content


def test_what_people_write_stays_text(tmp_path: Path) -> None:
    with Stand(tmp_path) as stand:
        point, sly = stand.plan.points[0], "<script>alert(1)</script> & “it”"
        stand.keeper.begin(Run(MORNING, None, sly, "1", "3", "0", simulated=False, trusted=True, leap_ms=0))
        stand.keeper.noted(point, Note(sly, sly, MORNING))
        content = page([(report(stand.plan, stand.keeper.progress, "en", MORNING), "en")])
    assert "<script>" not in content
    assert "&lt;script&gt;" in content


def test_nothing_tried_is_no_failure_and_says_so(tmp_path: Path) -> None:
    with Stand(tmp_path) as stand:
        data = report(stand.plan, stand.keeper.progress, "en", MORNING)
    assert (data["verdict"], data["summary"]["open"], failed(data)) == ("open", len(stand.plan.points), False)
    json.dumps(data)
