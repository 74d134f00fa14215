"""The command line as a person meets it: exit codes, language, no tracebacks."""

from __future__ import annotations

from pathlib import Path

import pytest

from controller.cli.main import main


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
