"""The command line as a person meets it: exit codes, language, no tracebacks."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from rich.cells import cell_len

from controller.cli import people
from controller.cli.main import main


def answering(monkeypatch: pytest.MonkeyPatch, **answers: dict[str, Any]) -> list[dict[str, Any]]:
    """Let a daemon answer operations as given; what it was asked."""
    asked: list[dict[str, Any]] = []

    def ask(directory: Path, op: str, args: Any = None, person: str | None = None) -> dict[str, Any]:
        asked.append({"op": op, **(args or {})})
        return answers[op]

    monkeypatch.setattr(people, "ask", ask)
    return asked


def louguan(capsys: pytest.CaptureFixture[str], *words: str) -> tuple[int, str, str]:
    """Run the command in this process; its exit code and what it printed."""
    with pytest.raises(SystemExit) as left:
        main(list(words))
    shown = capsys.readouterr()
    return int(left.value.code or 0), shown.out, shown.err


def test_version(capsys: pytest.CaptureFixture[str]) -> None:
    code, out, _ = louguan(capsys, "--version")
    assert (code, out.split()[0]) == (0, "louguan")


@pytest.mark.parametrize(
    "words",
    [
        ("nonsense",),
        ("status", "--nonsense"),
        ("set", "a"),
        ("set", "a", "on"),
        ("set", "a", "on", "--for", "2h", "--until", "next"),
        ("set", "a", "on", "--for", "soon"),
        ("set", "a", "on", "--until", "soon"),
        ("set", "a", "on", "--until", "25:00"),
        ("status", "--lang", "fr"),
        ("status", "--lang"),
        ("observe", "perhaps"),
        ("demo", "--for", "soon"),
    ],
)
def test_wrong_use_is_2_and_no_traceback(capsys: pytest.CaptureFixture[str], words: tuple[str, ...]) -> None:
    code, _, err = louguan(capsys, *words)
    assert code == 2
    assert err
    assert "Traceback" not in err


@pytest.mark.parametrize(("flag", "words"), [("en", "no louguan runs here"), ("zh", "没有")])
def test_no_daemon_is_1_with_advice(
    capsys: pytest.CaptureFixture[str], tmp_path: Path, flag: str, words: str
) -> None:
    code, _, err = louguan(capsys, "status", "--data", str(tmp_path), "--lang", flag)
    assert code == 1
    assert words in err
    assert "louguan run" in err


def test_help_speaks_chinese(capsys: pytest.CaptureFixture[str]) -> None:
    code, out, _ = louguan(capsys, "--lang", "zh", "--help")
    assert code == 0
    assert "站点" in out


USAGE = [
    ("set", "缺少参数 'POINT'"),
    ("set a --nonsense", "没有选项 --nonsense"),
    ("points --bda", "没有选项 --bda（相近的：--bad, --data）"),
    ("statu", "没有命令 'statu'。您是否要写 'status'"),
    ("lock x", "缺少选项 '--reason'"),
    ("set a on --for", "选项 '--for' 后面要写值"),
    ("status --json=x", "选项 '--json' 不带值"),
    ("status x y", "多余的参数（x y）"),
    ("demo --speed 9999", "--speed 应是 1 至 600 之间的数，不能是 9999"),
    ("demo --speed nan", "--speed 应是 1 至 600 之间的数，不能是 nan"),
    ("simulate x --speed inf", "--speed 应是 1 至 600 之间的数，不能是 inf"),
    ("run x --speed nan", "--speed 应是不小于 0.1 的数，不能是 nan"),
    ("run x --ledger-days 36501", "'--ledger-days' 的值不对：应不大于 36500"),
    ("demo --speed x", "'--speed' 的值不对：应是一个数"),
    ("demo --seed x", "'--seed' 的值不对：应是一个整数"),
]


@pytest.mark.parametrize("group", ["", "log", "upload", "sink"])
def test_lists_of_commands_say_what_each_does_on_a_line_of_a_terminal(
    capsys: pytest.CaptureFixture[str], group: str
) -> None:
    code, out, _ = louguan(capsys, *filter(None, [group]), "--help", "--lang", "zh")
    assert code == 0
    lines = out.partition("命令：\n")[2].splitlines()
    assert len(lines) > 1
    for line in lines:
        assert cell_len(line) <= 80
        assert len(line.split(maxsplit=1)[1]) > 2
        assert "..." not in line


@pytest.mark.parametrize(("words", "says"), USAGE)
def test_usage_errors_are_chinese(capsys: pytest.CaptureFixture[str], words: str, says: str) -> None:
    code, _, err = louguan(capsys, *words.split(), "--lang", "zh")
    assert code == 2
    assert says in err
    for english in ("Usage", "Error", "Missing", "No such", "Invalid", "Try ", "OPTIONS", "Did you"):
        assert english not in err


@pytest.mark.parametrize("command", ["", "set", "demo", "points", "run", "simulate"])
def test_help_pages_are_chinese(capsys: pytest.CaptureFixture[str], command: str) -> None:
    code, out, _ = louguan(capsys, *filter(None, [command]), "--help", "--lang", "zh")
    assert code == 0
    for english in ("Usage", "Options", "Arguments", "Commands", "required", "default", "Show this", "<str>"):
        assert english not in out


def test_english_stays_the_librarys(capsys: pytest.CaptureFixture[str]) -> None:
    _, out, _ = louguan(capsys, "set", "--help", "--lang", "en")
    assert "Usage: louguan set [OPTIONS] POINT VALUE" in out
    assert "[required]" in out
    _, _, err = louguan(capsys, "statu", "--lang", "en")
    assert "No such command 'statu'. Did you mean 'status'?" in err


def test_a_language_nobody_speaks_is_refused_with_the_list(capsys: pytest.CaptureFixture[str]) -> None:
    _, _, err = louguan(capsys, "status", "--lang", "fr")
    assert "zh" in err
    assert "en" in err
    assert "fr" in err


@pytest.mark.parametrize(
    ("words", "code", "kind"),
    [
        (("status", "--json"), 1, "no-daemon"),
        (("set", "a", "on", "--json"), 2, "usage"),
        (("set", "--json"), 2, "usage"),
    ],
)
def test_a_refusal_with_json_is_one_object(
    capsys: pytest.CaptureFixture[str], tmp_path: Path, words: tuple[str, ...], code: int, kind: str
) -> None:
    found, out, err = louguan(capsys, *words, "--data", str(tmp_path))
    assert (found, err) == (code, "")
    assert json.loads(out)["error"]["code"] == kind
    assert set(json.loads(out)["error"]) == {"code", "message", "hint", "where"}


@pytest.mark.parametrize("value", ["-5 %", "-5", "-.5", "-3 °C"])
def test_a_negative_value_is_no_option(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, value: str
) -> None:
    done = {"done": "set", "point": "a", "name": "a", "value": value, "held_back": None,
            "until": "2026-03-05T08:00:00+08:00", "site_time": "2026-03-05T07:00:00+08:00"}  # fmt: skip
    asked = answering(monkeypatch, set=done)
    code, _, _ = louguan(capsys, "set", "a", value, "--for", "1h")
    assert code == 0
    assert asked == [{"op": "set", "point": "a", "value": "\u2212" + value[1:], "for_s": 3600.0}]


def test_points_that_match_nothing_are_an_answer_of_no(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    answering(monkeypatch, points={"points": [], "matching": 0}, overview={"equipment": []})
    for command in ("points", "equipment"):
        code, out, err = louguan(capsys, command, "xyzzy", "--lang", "en")
        assert (code, out) == (1, "")
        assert "xyzzy" in err
    code, out, _ = louguan(capsys, "points", "xyzzy", "--json")
    assert (code, json.loads(out)["error"]["code"]) == (1, "no-match")


def test_no_bad_points_is_good_news(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    answering(monkeypatch, points={"points": [], "matching": 7})
    code, out, err = louguan(capsys, "points", "--bad", "--lang", "en")
    assert (code, out) == (0, "")
    assert "7 points" in err
