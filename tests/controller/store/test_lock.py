"""One daemon a data directory."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from controller.store.errors import AlreadyRunning, StoreUnavailable
from controller.store.lock import DataLock

HOLD = (
    "import sys, pathlib; from controller.store.lock import DataLock; "
    "lock = DataLock(pathlib.Path(sys.argv[1])); print('held', flush=True); sys.stdin.read()"
)


def test_a_second_daemon_is_refused_and_told_who_runs(tmp_path: Path) -> None:
    data = tmp_path / "site" / "data"
    with subprocess.Popen(
        [sys.executable, "-c", HOLD, str(data)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as child:
        assert child.stdout is not None
        assert child.stdout.readline() == "held\n"
        with pytest.raises(AlreadyRunning) as caught:
            DataLock(data)
        assert caught.value.pid == child.pid
        assert str(caught.value) == f"louguan already runs on {data} (process {child.pid})"
        child.kill()
        child.wait()
        with DataLock(data):
            assert (data / "louguan.lock").read_text() == f"{os.getpid()}\n"


def test_a_released_directory_is_free_in_the_same_process(tmp_path: Path) -> None:
    first = DataLock(tmp_path)
    with pytest.raises(AlreadyRunning):
        DataLock(tmp_path)
    first.release()
    first.release()
    DataLock(tmp_path).release()


@pytest.mark.parametrize("content", ["", "junk", "99999999999999999999\n"])
def test_what_stands_in_the_file_does_not_matter(tmp_path: Path, content: str) -> None:
    (tmp_path / "louguan.lock").write_text(content)
    with DataLock(tmp_path):
        pass


def test_a_directory_that_cannot_be_made_is_said_plainly(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(StoreUnavailable, match="cannot open"):
        DataLock(tmp_path / "file" / "data")
