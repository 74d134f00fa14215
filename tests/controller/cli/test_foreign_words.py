"""What libraries and the system say reaches nobody in another language than asked for."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from config.language import render
from controller.store.errors import StoreError
from controller.store.jobs import as_store_error
from controller.stores import set_aside_notice
from tests.controller.cli.test_log import DAY, data  # noqa: F401 - a fixture
from tests.controller.cli.test_main import louguan

ENGLISH = re.compile("[a-z]+ [a-z]+ [a-z]+")


def test_an_export_that_cannot_be_written_names_the_file(
    capsys: pytest.CaptureFixture[str],
    data: Path,  # noqa: F811
    tmp_path: Path,
) -> None:
    file = tmp_path / "nix" / "x.csv"
    words = ("log", "export", *DAY, "--data", str(data), "-o", str(file), "--lang", "zh")
    code, _, err = louguan(capsys, *words)
    assert (code, err) == (1, f"louguan: 无法写入 {file}：没有这个文件或目录\n")


def test_the_notice_of_a_damaged_log_is_in_one_language() -> None:
    notice = set_aside_notice("log.db.damaged-1", "log.db is damaged: database disk image is malformed")
    said = render(notice.text, "zh_CN")
    assert "log.db 已损坏：数据库文件已损坏" in said
    assert not ENGLISH.search(said)


def test_what_a_store_refuses_is_said_in_one_language() -> None:
    error: StoreError = as_store_error(
        ValueError("UNIQUE constraint failed: boots.id"), Path("/x/control.db")
    )
    assert render(error.text, "zh_CN") == "control.db 拒收一条记录：boots.id 已有同样的一行"
    assert str(error) == "control.db refused an entry: UNIQUE constraint failed: boots.id"


def test_the_default_of_an_option_and_its_range_are_joined_by_chinese_signs(
    capsys: pytest.CaptureFixture[str],
) -> None:
    _, page, _ = louguan(capsys, "receive", "--help", "--lang", "zh")
    assert "[默认：8470；0<=x<=65535]" in page
