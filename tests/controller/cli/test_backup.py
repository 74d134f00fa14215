"""louguan backup and restore as a person meets them."""

from __future__ import annotations

import gzip
import json
import re
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
    assert re.search(r"a backup of s, made 20[-0-9]+T[:0-9]+\+08:00 by", err), "the site's time"
    assert re.search(r"logged after 20[-0-9]+T[:0-9]+\+08:00 is lost", err)
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


@pytest.mark.parametrize("name", ["log.db", "control.db"])
def test_a_damaged_database_is_named_on_one_line(
    capsys: pytest.CaptureFixture[str],
    data: Path,  # noqa: F811
    tmp_path: Path,
    name: str,
) -> None:
    content = bytearray((data / name).read_bytes())
    for page in range(2, len(content) // 4096):
        content[page * 4096 : page * 4096 + 40] = b"\x05" * 40
    (data / name).write_bytes(content)
    words = ("backup", str(tmp_path / "e"), "--data", str(data), "--lang")
    code, _, err = louguan(capsys, *words, "en")
    first, *rest = err.splitlines()
    assert code == 1
    assert re.match(rf"louguan: cannot be backed up: {name} is damaged: \S.*", first)
    assert "***" not in err
    assert len(rest) == 1, "what to do"
    assert f"move {name} away" in rest[0]
    _, _, err = louguan(capsys, *words, "zh")
    assert err.startswith(f"louguan: 无法备份：{name} 已损坏：")
    assert not re.search("[a-z]+ [a-z]+ [a-z]+", err), err


@pytest.mark.parametrize(
    ("made", "says", "zh"),
    [
        (b"sh", "it is not packed by gzip", "不是 gzip 压缩文件"),
        (gzip.compress(b"x" * 5000)[:-10], "it ends too early", "文件不完整"),
        (gzip.compress(b"x" * 5000), "there is no whole tar in it", "没有完整的 tar"),
    ],
    ids=["no-gzip", "cut-off", "no-tar"],
)
def test_what_is_no_archive_is_said_in_words(
    capsys: pytest.CaptureFixture[str], tmp_path: Path, made: bytes, says: str, zh: str
) -> None:
    (tmp_path / "b.tar.gz").write_bytes(made)
    words = ("restore", str(tmp_path / "b.tar.gz"), "--data", str(tmp_path / "back"), "--lang")
    code, _, err = louguan(capsys, *words, "en")
    assert code == 1
    assert says in err
    _, _, err = louguan(capsys, *words, "zh")
    assert zh in err
    assert not re.search("[a-z]+ [a-z]+ [a-z]+", err), err


def test_a_manifest_that_makes_no_sense(
    capsys: pytest.CaptureFixture[str],
    data: Path,  # noqa: F811
    tmp_path: Path,
) -> None:
    back_up(capsys, data, tmp_path / "away")
    manifest = tmp_path / "away" / "manifest.json"
    good = json.loads(manifest.read_text())
    for content, zh in (
        ("{", "此处应有"),
        (json.dumps({**good, "made_ms": "soon"}), "soon 不是这里可用的数"),
        (json.dumps({key: value for key, value in good.items() if key != "head"}), "缺少“head”"),
        (json.dumps({**good, "counts": 3}), "形式不对"),
    ):
        manifest.write_text(content)
        words = ("restore", str(tmp_path / "away"), "--data", str(tmp_path / "back"), "--lang", "zh")
        code, _, err = louguan(capsys, *words)
        assert code == 1
        assert "清单已损坏：" in err
        assert zh in err


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
