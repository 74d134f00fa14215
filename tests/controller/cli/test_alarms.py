"""alarms on the command line: what is asked of the daemon, what is answered, and wrong use."""

from __future__ import annotations

import json
from typing import Any

import pytest

from controller.cli import alarms
from tests.controller.cli.test_main import louguan

NOW = "2026-03-05T09:00:00+08:00"
COUNTS = {"critical": 0, "high": 0, "medium": 0, "low": 0, "unacked": 0, "shelved": 0}
DONE = {"done": "ack", "ids": [17, 18], "until": "2026-03-05T11:00:00+08:00", "site_time": NOW, "alarms": []}
NONE = {"site_time": NOW, "counts": COUNTS, "alarms": []}


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> list[dict[str, Any]]:
    """What the daemon was asked, which answers to everything."""
    found: list[dict[str, Any]] = []

    def ask(_directory: object, op: str, args: Any = None, person: str | None = None) -> dict[str, Any]:
        found.append({"op": op, "person": person, **(args or {})})
        return NONE if op == "alarms" else DONE

    monkeypatch.setattr(alarms, "ask", ask)
    return found


@pytest.mark.parametrize(
    "words",
    [
        ("ack",),
        ("ack", "17", "--all"),
        ("ack", "x"),
        ("shelve", "17"),
        ("shelve", "17", "--for", "2h"),
        ("shelve", "--for", "2h", "--reason", "x"),
        ("shelve", "17", "--for", "soon", "--reason", "x"),
        ("unshelve",),
        ("--history", "--since", "soon"),
    ],
)
def test_wrong_use_is_told_and_asks_nothing(
    capsys: pytest.CaptureFixture[str], asked: list[dict[str, Any]], words: tuple[str, ...]
) -> None:
    code, out, err = louguan(capsys, "--lang", "en", "alarms", *words)
    assert (code, out, asked) == (2, "", [])
    assert err
    assert "Traceback" not in err


@pytest.mark.parametrize(
    ("words", "wanted"),
    [
        ((), {"op": "alarms", "all": False, "history": False}),
        (("list", "--all"), {"op": "alarms", "all": True, "history": False}),
        (("--since", "24h"), {"op": "alarms", "all": False, "history": True, "since_s": 86_400.0}),
        (("ack", "17", "18", "--as", "Li"), {"op": "alarm-ack", "alarms": [17, 18], "comment": ""}),
        (("ack", "--all", "--comment", "x", "--as", "Li"), {"op": "alarm-ack", "all": True, "comment": "x"}),
        (
            ("shelve", "17", "--for", "2h", "--reason", "x", "--as", "Li"),
            {"op": "alarm-shelve", "alarms": [17], "for_s": 7200.0, "reason": "x"},
        ),
        (("unshelve", "17", "--as", "Li"), {"op": "alarm-unshelve", "alarms": [17]}),
    ],
)
def test_what_is_asked(
    capsys: pytest.CaptureFixture[str],
    asked: list[dict[str, Any]],
    words: tuple[str, ...],
    wanted: dict[str, Any],
) -> None:
    code, out, _ = louguan(capsys, "alarms", *words, "--json")
    assert code == 0
    assert json.loads(out) == (NONE if wanted["op"] == "alarms" else DONE)
    assert asked == [{**wanted, "person": "Li" if "--as" in words else None}]


def test_what_was_done_is_a_sentence(capsys: pytest.CaptureFixture[str], asked: list[dict[str, Any]]) -> None:
    said = [
        louguan(capsys, "--lang", "en", "alarms", *words)[1].strip()
        for words in (
            ("ack", "17", "18"),
            ("shelve", "17", "--for", "2h", "--reason", "x"),
            ("unshelve", "17"),
        )
    ]
    assert said == ["acknowledged: 17, 18", "shelved until 11:00: 17, 18", "no longer shelved: 17, 18"]
    assert louguan(capsys, "--lang", "zh", "alarms", "ack", "17")[1].strip() == "已确认：17, 18"
    assert len(asked) == 4
