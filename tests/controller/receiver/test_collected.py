"""The receiver's process speaks the national protocol as well, and keeps what it acknowledges over a kill."""

from __future__ import annotations

import json
import sqlite3
import subprocess
import sys
from contextlib import closing
from pathlib import Path

import pytest

from tests.controller.consumption.upload.national.centre import CIPHER_KEY, KEY
from tests.controller.consumption.upload.national.site import Site
from tests.controller.consumption.upload.rows import row
from tests.controller.receiver.process import ReceiverProcess


def keys_file(folder: Path, mode: int = 0o600) -> Path:
    made = folder / "keys.json"
    buildings = {"510116A001": {"site": "shuangliu", "key": KEY}}
    made.write_text(json.dumps({"cipher_key": CIPHER_KEY.decode(), "buildings": buildings}), encoding="utf-8")
    made.chmod(mode)
    return made


def kept(data: Path) -> list[tuple[str, ...]]:
    with closing(sqlite3.connect(data / "receiver.db")) as connection:
        query = (
            "SELECT site, building, meter, function, time_ms, value FROM collected ORDER BY meter, time_ms"
        )
        return connection.execute(query).fetchall()


@pytest.mark.parametrize("dialect", ["a", "b", "c"])
async def test_what_a_collector_was_told_is_kept_is_there_after_a_kill(tmp_path: Path, dialect: str) -> None:
    data = tmp_path / "received"
    words = ("--no-token", "--national", "0", "--keys", str(keys_file(tmp_path)), "--dialect", dialect)
    receiver = ReceiverProcess(data, *words)
    rows = [row(number) for number in range(1, 4)]
    try:
        for _ in range(2):  # the second time all of it comes again
            port = receiver.start()["national_port"]
            site = Site(dialect, port)
            outcome = await site.backfill(*rows)
            receiver.kill()
            await site.sink.close()
            assert outcome.accepted == {1, 2, 3}
            assert [(item[0], item[1], item[2], item[-1]) for item in kept(data)] == [
                ("shuangliu", "510116A001", "0001", str(one.exact(one.count_end))) for one in rows
            ]
    finally:
        receiver.kill()


def test_keys_that_everybody_can_read_are_refused(tmp_path: Path) -> None:
    command = [sys.executable, "-P", "-m", "controller.cli.main", "--lang", "en", "receive", "--no-token"]
    command += ["--data", str(tmp_path / "received"), "--port", "0", "--national", "0"]
    command += ["--keys", str(keys_file(tmp_path, 0o644))]
    done = subprocess.run(command, capture_output=True, text=True, timeout=30, check=False)
    assert done.returncode == 1
    assert "chmod" in done.stderr
    assert "Traceback" not in done.stderr
