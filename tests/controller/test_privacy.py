"""What the programs write is their user's, or one group's to read, whatever umask they were started with."""

from __future__ import annotations

import grp
import os
import stat
import subprocess
import sys
from pathlib import Path

import pytest

from controller import privacy
from tests.controller.running import HEAD, daemon
from tests.ports import lasting_port


def mode(path: Path) -> int:
    return stat.S_IMODE(path.lstat().st_mode)


def modes(data: Path) -> dict[str, int]:
    return {str(path.relative_to(data.parent)): mode(path) for path in (data, *data.rglob("*"))}


@pytest.mark.parametrize("group", [False, pytest.param(True, marks=pytest.mark.slow)], ids=["own", "group"])
async def test_nobody_else_may_read_the_data_of_a_daemon(tmp_path: Path, group: bool) -> None:
    site, data = tmp_path / "site.yaml", tmp_path / "data"
    site.write_text(HEAD.format(dead=lasting_port()), encoding="utf-8")
    words = ("--socket-group", grp.getgrgid(os.getgid()).gr_name) if group else ()
    async with daemon(tmp_path, data, tmp_path / "said.log", *words, umask=0) as client:
        await client.call("status")
        found = modes(data)
    assert {
        "data/control.db",
        "data/log.db",
        "data/control.db-wal",
        "data/plans",
        "data/louguan.lock",
    } <= set(found)
    assert found.pop("data/louguan.sock") == (0o660 if group else 0o600)
    allowed = 0o750 if group else 0o700
    assert {name: oct(bits) for name, bits in found.items() if bits & ~allowed} == {}
    assert found["data"] == allowed


def test_a_backup_is_its_makers_alone(tmp_path: Path) -> None:
    before = os.umask(0o022)
    try:
        with privacy.narrowed():
            (tmp_path / "one").touch()
        (tmp_path / "two").touch()
    finally:
        os.umask(before)
    assert (mode(tmp_path / "one"), mode(tmp_path / "two")) == (0o600, 0o644)


def test_a_directory_that_somebody_made_stays_as_it_is(tmp_path: Path) -> None:
    program = "import sys, pathlib; from controller import privacy; privacy.keep(pathlib.Path(sys.argv[1]))"
    (tmp_path / "made").mkdir(mode=0o755)
    for name in ("made", "new"):
        subprocess.run([sys.executable, "-c", program, str(tmp_path / name)], check=True, umask=0o022)
    assert (mode(tmp_path / "made"), mode(tmp_path / "new")) == (0o755, 0o700)
