"""`louguan run` keeps nothing of what reads its words, and nothing of OpenSSL."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from controller.cli import apart
from controller.options import Options, dump, load

MINIMAL = Path(__file__).parents[3] / "config" / "sites" / "minimal"

HEAVY = {
    *("ssl", "_ssl", "_hashlib", "typer", "pydantic", "yaml", "lark", "rich", "httpx", "paho", "bacpypes3"),
    *("sqlite_utils", "cryptography", "importlib.resources", "tempfile", "shutil", "statistics", "secrets"),
    *("controller.cli.main", "controller.cli.run", "drivers.bacnet", "drivers.simulators"),
}
"""What a daemon does without whose lines are Modbus and which has no sink over TLS."""
SHOW = (
    "import atexit, sys; from controller.cli.__main__ import run; "
    "atexit.register(lambda: print(*sorted(sys.modules))); run()"
)


def _ended(words: tuple[str, ...]) -> set[str]:
    """What a daemon has imported at its end, which comes at once."""
    done = subprocess.run(
        [sys.executable, "-P", "-c", SHOW, *words],
        input="",
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return set(done.stdout.split())


def test_a_daemon_keeps_nothing_that_its_plan_has_no_need_of(tmp_path: Path) -> None:
    words = ("run", str(MINIMAL), "--data", str(tmp_path / "data"), "--end-with-input", "--lang", "en")
    _ended(words)  # it makes its files, for which it needs more, and accepts the plan
    loaded = _ended(words)
    assert {"controller.daemon", "drivers.modbus", "pymodbus", "asyncio", "hashlib"} <= loaded
    assert loaded & HEAVY == set()


@pytest.mark.parametrize(
    ("words", "wanted"),
    [
        (["run", "x"], True),
        (["--lang", "en", "run"], True),
        (["--lang=zh", "run", "--help"], True),
        (["set", "run", "5"], False),
        (["--lang", "run"], False),
        (["--version", "run"], False),
        ([], False),
    ],
)
def test_only_the_daemon_s_words_are_read_apart(words: list[str], wanted: bool) -> None:
    assert apart.is_wanted(words) is wanted


def test_what_is_asked_survives_the_way_between_processes() -> None:
    plain = Options(Path("a"), Path("b"))
    odd = os.fsdecode(b"caf\xe9 \xe6\xa5\xbc")  # a name that is no UTF-8
    full = Options(
        *(Path(odd), Path("d"), Path("o"), 60.0, True, True, True, "g", 7, "en", "p", Path("c"), 5, True)
    )
    assert load(dump(plain)) == plain
    assert load(dump(full)) == full
