"""Pipes, sockets and devices among the site's files are refused at once, by name; nothing waits for them."""

from __future__ import annotations

import os
import shutil
import socket
from collections.abc import Callable
from pathlib import Path

import pytest

from config.plan.regular import open_regular, read_regular, refuse_irregular
from config.written.compile import compile_site
from config.written.problems import Findings

MINIMAL = Path(__file__).parents[2] / "config" / "sites" / "minimal"


def _pipe(path: Path) -> None:
    os.mkfifo(path)


def _socket(path: Path) -> None:
    bound = socket.socket(socket.AF_UNIX)
    folder = os.getcwd()
    os.chdir(path.parent)  # the whole path may be longer than a socket's may be
    try:
        bound.bind(path.name)
    finally:
        os.chdir(folder)
        bound.close()


def _device(path: Path) -> None:
    path.symlink_to("/dev/zero")


@pytest.mark.parametrize("make", [_pipe, _socket, _device])
@pytest.mark.parametrize("name", ["odd.yaml", "schedules/odd.yaml", "profiles/odd.yaml"])
def test_a_site_with_one_is_refused(tmp_path: Path, make: Callable[[Path], None], name: str) -> None:
    site = tmp_path / "site"
    shutil.copytree(MINIMAL, site)
    (site / name).parent.mkdir(exist_ok=True)
    make(site / name)
    findings = Findings()
    assert compile_site(site, findings) is None
    said = [problem.sentence("en") for problem in findings.problems()]
    assert said == [f"{name}: cannot be read (not a regular file)"]
    assert "不是普通文件" in findings.problems()[0].sentence("zh_CN")


def test_a_folder_named_like_a_file_is_told_in_chinese(tmp_path: Path) -> None:
    site = tmp_path / "site"
    shutil.copytree(MINIMAL, site)
    (site / "odd.yaml").mkdir()
    findings = Findings()
    assert compile_site(site, findings) is None
    assert "是一个目录" in findings.problems()[0].sentence("zh_CN")


def test_files_and_links_to_files_are_read(tmp_path: Path) -> None:
    (tmp_path / "a").write_text("x", encoding="utf-8")
    (tmp_path / "b").symlink_to("a")
    assert read_regular(tmp_path / "b") == b"x"
    assert read_regular(tmp_path / "b", most=1) == b"x" == read_regular(tmp_path / "b", most=1 << 40)
    refuse_irregular(tmp_path / "b")
    refuse_irregular(tmp_path / "none")
    with pytest.raises(FileNotFoundError):
        open_regular(tmp_path / "none")
    _pipe(tmp_path / "pipe")
    with pytest.raises(OSError, match="not a regular file"):
        refuse_irregular(tmp_path / "pipe")
