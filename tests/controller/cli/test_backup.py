"""louguan backup and restore as a person meets them."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from controller.store.lock import DataLock
from tests.controller.cli.test_log import data  # noqa: F401 - a fixture
from tests.controller.cli.test_main import louguan


def back_up(capsys: pytest.CaptureFixture[str], data: Path, target: Path) -> dict[str, object]:  # noqa: F811
    code, out, err = louguan(capsys, "backup", str(target), "--data", str(data), "--json")
    assert (code, err) == (0, "")
    found = json.loads(out)
    assert isinstance(found, dict)
    return found


def test_there_and_back(capsys: pytest.CaptureFixture[str], data: Path, tmp_path: Path) -> None:  # noqa: F811
    made = back_up(capsys, data, tmp_path / "away.tar.gz")
    assert (made["site"], made["meters"], made["intervals"]) == ("s", 1, 4)
    words = ("restore", str(tmp_path / "away.tar.gz"), "--data", str(tmp_path / "back"), "--lang", "en")
    code, _, err = louguan(capsys, *words)
    assert code == 0
    assert "a backup of s, made 20" in err
    assert "the next start sends nothing until somebody has looked at the plant" in err
    code, _, err = louguan(capsys, *words)
    assert code == 1
    assert err.splitlines() == [
        f"louguan: {tmp_path / 'back'} holds data already",
        "  With --replace what is there is set aside, not deleted.",
    ]
    code, out, _ = louguan(capsys, *words, "--replace", "--json")
    assert code == 0
    assert Path(json.loads(out)["aside"], "log.db").exists()
    code, out, _ = louguan(capsys, "log", "verify", "--data", str(tmp_path / "back"), "--json")
    assert json.loads(out)["problems"] == []


def test_what_keeps_one_from_being_made(
    capsys: pytest.CaptureFixture[str],
    data: Path,  # noqa: F811
    tmp_path: Path,
) -> None:
    def said(*words: str) -> tuple[int, str]:
        code, _, err = louguan(capsys, "backup", *words, "--lang", "en")
        return code, err

    (tmp_path / "there.tar.gz").write_text("")
    assert said(str(tmp_path / "a.zip"), "--data", str(data))[0] == 2
    assert said(str(data / "b"), "--data", str(data))[0] == 2
    assert said(str(tmp_path / "c"), "--data", str(tmp_path / "nowhere"))[0] == 1
    assert "is there already" in said(str(tmp_path / "there.tar.gz"), "--data", str(data))[1]
    assert "cannot write" in said(str(tmp_path / "no" / "d"), "--data", str(data))[1]
    (data / "log.db").write_bytes(b"x" * 5000)
    assert "cannot be backed up" in said(str(tmp_path / "e"), "--data", str(data))[1]
    assert not (tmp_path / "e").exists()


def test_what_keeps_one_from_being_put_back(
    capsys: pytest.CaptureFixture[str],
    data: Path,  # noqa: F811
    tmp_path: Path,
) -> None:
    back_up(capsys, data, tmp_path / "away")
    with DataLock(data):
        code, out, _ = louguan(capsys, "restore", str(tmp_path / "away"), "--data", str(data), "--json")
    assert (code, json.loads(out)["error"]["code"]) == (1, "running")
    code, _, _ = louguan(capsys, "restore", str(tmp_path / "nothing"), "--data", str(data))
    assert code == 1
    (tmp_path / "away" / "log.db").write_bytes(b"")
    code, _, err = louguan(
        capsys, "restore", str(tmp_path / "away"), "--data", str(tmp_path / "back"), "--lang", "en"
    )
    assert code == 1
    assert "log.db is not what was backed up" in err
