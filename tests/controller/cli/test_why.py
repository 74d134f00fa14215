"""why: chosen situations word for word in both languages, other times, data for programs, wrong use."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from rich.cells import cell_len

from config.language import LANGUAGES as SPOKEN
from config.language import render
from config.language.reasons import reason
from config.plan.codec import dump
from config.plan.site import Plan
from controller.cli.main import main
from controller.cli.paragraphs import broken
from controller.cli.why_then import moment_of
from controller.decide.programmes import ProgrammeRequests
from controller.store.plans import PlanFiles
from schedules.context import Context
from schedules.local import LocalTime
from tests.controller.cli.foreseen import compound
from tests.controller.cli.why_site import plan
from tests.controller.cli.whys import SHOWN, Scene, day_gone_by, file_of, printed, scene
from tests.schedules.build import at

WEEK = [("2026-12-31", 24), ("2026-10-01", 24), ("2026-10-10", 24), ("2026-03-05", 48)]


def louguan(capsys: pytest.CaptureFixture[str], *words: str, language: str = "en") -> tuple[int, str, str]:
    with pytest.raises(SystemExit) as left:
        main([*words, "--lang", language])
    shown = capsys.readouterr()
    return int(left.value.code or 0), shown.out, shown.err


@pytest.mark.parametrize("name", SHOWN)
def test_says_exactly_this(name: str) -> None:
    for language, said in printed(name).items():
        expected = file_of(name, language).read_text(encoding="utf-8")
        assert said == expected, "review, then: python -m tests.controller.cli.whys"
        assert max(map(cell_len, said.splitlines())) <= 80
        assert not [line for line in said.splitlines() if line != line.rstrip()]


@pytest.fixture(scope="module")
def gone() -> Iterator[Scene]:
    """A day has gone by; the plan is there as accepted, and no daemon answers."""
    with scene() as made:
        content = dump(made.shell.plan)
        PlanFiles(made.data / "plans", made.data / "backup").save(made.shell.plan.hash, content)
        day_gone_by(made)
        made.shell.ledger()
        yield made


def test_the_past_is_told_without_a_daemon(gone: Scene, capsys: pytest.CaptureFixture[str]) -> None:
    words = ("why", "大厅灯", "--at", "2026-03-05 09:15", "--data", str(gone.data))
    code, out, err = louguan(capsys, *words)
    assert (code, err) == (0, "")
    assert out == file_of("past", "en").read_text(encoding="utf-8")
    found: dict[str, Any] = json.loads(louguan(capsys, *words, "--json")[1])
    assert found["when"] == "past"
    assert found["decided"]["value"] == 35.0
    assert [bar["person"] for bar in found["bars"]] == ["Li"]
    assert [event["kind"] for event in found["events"]] == ["sent", "read-back"]


def test_what_lies_ahead_is_told_without_a_daemon(gone: Scene, capsys: pytest.CaptureFixture[str]) -> None:
    code, out, _ = louguan(capsys, "why", "hall-lights", "--at", "2090-03-06 09:12", "--data", str(gone.data))
    assert code == 0
    assert "foreseen" in out
    assert "80 %, asked by a programme" in out or "10 %" in out
    code, out, _ = louguan(capsys, "why", "lamp", "--at", "2090-03-06 09:12", "--data", str(gone.data))
    assert "No programme commands it" in out


def test_a_daemon_that_had_ended_is_told(gone: Scene, capsys: pytest.CaptureFixture[str]) -> None:
    gone.shell.stores.control.end(gone.shell.clock.now().wall_ms, "stopped")
    gone.shell.ledger()
    out = louguan(capsys, "why", "hall-lights", "--at", "2026-03-05 20:00", "--data", str(gone.data))[1]
    assert "louguan did not run then: it had ended at 13:00:03." in out


@pytest.mark.parametrize(
    ("words", "code", "says"),
    [
        (("hall-lights", "--at", "noon"), 2, 'noon is no time; write "2026-03-05 09:12", or 09:12'),
        (("hall-lights", "--at", "25:00"), 2, "25:00 is no time"),
        (("hall-lights", "--at", "2026-02-30 08:00"), 2, '"2026-02-30" is not in the calendar'),
        (("hall-lights", "--at", "2026-13-01 08:00"), 2, '"2026-13-01" is not in the calendar'),
        (("hall-lights", "--at", "0001-01-01"), 2, "is no time"),
        (("hall-lihgts", "--at", "2026-03-05 09:12"), 1, 'did you mean "hall-lights"?'),
        ((" ", "--at", "2026-03-05 09:12"), 2, "say which point"),
    ],
)
def test_wrong_use(
    gone: Scene, capsys: pytest.CaptureFixture[str], words: tuple[str, ...], code: int, says: str
) -> None:
    found, out, err = louguan(capsys, "why", *words, "--data", str(gone.data))
    assert (found, out) == (code, "")
    assert says in err


@pytest.mark.parametrize("written", ["09:12", "9:12", "０９：１２", "09:12:00", "2026-03-05 09:12"])
def test_a_time_alone_is_of_today(written: str) -> None:
    local = LocalTime("Asia/Shanghai")
    assert moment_of(written, local, at("2026-03-05 00:01")) == at("2026-03-05 09:12")
    assert moment_of(written, local, at("2026-03-05 23:59")) == at("2026-03-05 09:12")


def test_without_a_daemon_nothing_is_known_of_now(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert louguan(capsys, "why", "lamp", "--data", str(tmp_path))[0] == 1
    code, _, err = louguan(capsys, "why", "lamp", "--at", "2026-03-05 09:12", "--data", str(tmp_path))
    assert code == 1
    assert "no accepted plan" in err


@pytest.mark.parametrize("made", [plan, compound], ids=["small", "compound"])
def test_reasons_of_programmes_are_read_back_from_the_ledger(made: Any) -> None:
    site: Plan = made()
    programmes = ProgrammeRequests(site.programmes, Context.of(site))
    points = sorted({point for item in site.programmes for point in item.targets})
    said = {
        request.reason
        for day, hours in WEEK
        for hour in range(0, hours, 3)
        for point in points
        for request in programmes.requests_at(point, at(f"{day} 00:01") + hour * 3_600_000)
    }
    assert len(said) > 2
    for words in said:
        for language in SPOKEN:
            assert render(reason(render(words, "en")), language) == render(words, language)


@given(st.text("ab漢字，。（） \u3000-:", max_size=60), st.integers(8, 40), st.integers(0, 6))
@example("漢字，漢字，漢字，", 8, 6)
@example(":\u3000\u3000（\u3000字", 8, 5)
@example("      漢", 8, 0)
def test_broken_lines_fit_and_lose_nothing(words: str, width: int, hang: int) -> None:
    lines = list(broken(words, hang, width))
    assert all(cell_len(line) <= width for line in lines)
    assert "".join("".join(lines).split()) == "".join(words.split())
