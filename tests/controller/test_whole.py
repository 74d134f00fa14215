"""Files that are written whole or not at all."""

from __future__ import annotations

import errno
import os
from pathlib import Path

import pytest

from controller.whole import write_whole


def test_what_was_there_stands_where_the_disk_fails(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = tmp_path / "kept.json"
    write_whole(file, "一")

    def fails(_: int) -> None:
        raise OSError(errno.EIO, os.strerror(errno.EIO))

    monkeypatch.setattr(os, "fsync", fails)
    with pytest.raises(OSError, match=r"kept\.json") as failed:
        write_whole(file, "二")
    assert failed.value.filename == str(file)
    assert file.read_text(encoding="utf-8") == "一"
    assert [one.name for one in tmp_path.iterdir()] == ["kept.json"]


def test_a_folder_that_is_not_there_is_told_by_the_name_that_was_given(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError) as failed:
        write_whole(tmp_path / "no" / "page.html", "")
    assert failed.value.filename == str(tmp_path / "no" / "page.html")
