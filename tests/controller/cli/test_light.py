"""A command alone is started without the others' modules, and without what converts words nobody wrote."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
import typer

from controller.cli.main import _GROUPS, commands
from tests.controller.cli.test_main import louguan


def named(app: typer.Typer) -> list[str]:
    return list(getattr(typer.main.get_command(app), "commands", {}))


def test_every_command_is_found_by_its_group_alone() -> None:
    everything = named(commands())
    assert sorted(everything) == sorted(word for words in _GROUPS.values() for word in words)
    for words in _GROUPS.values():
        for word in words:
            assert sorted(named(commands(word))) == sorted(words)
    assert named(commands("cheque")) == everything == named(commands("--version"))


def test_the_daemon_is_begun_without_pydantic_and_without_other_commands(tmp_path: Path) -> None:
    program = (
        "import sys\n"
        "from controller.cli.main import main\n"
        "try:\n"
        "    main(sys.argv[1:])\n"
        "except SystemExit as left:\n"
        "    print(left.code, *sorted(sys.modules))\n"
    )
    words = ("run", str(tmp_path / "none"), "--data", str(tmp_path), "--lang", "en")
    done = subprocess.run(
        [sys.executable, "-c", program, *words], capture_output=True, text=True, timeout=60, check=True
    )
    code, *modules = done.stdout.split()
    assert code == "1", done.stderr
    assert "controller.app" in modules
    assert not {"pydantic", "yaml", "bacpypes3", "controller.cli.log", "controller.cli.demo"} & set(modules)


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (("run", "x", "--speed", "quick"), "should be a valid number"),
        (("run", "x", "--ledger-days", "3"), "greater than or equal to 7"),
        (("run",), "Missing argument 'SITE'"),
        (("log", "export", "--meter", "a", "--meter", "b", "--from", "x"), "--to"),
    ],
)
def test_what_is_written_is_converted_as_ever(
    words: tuple[str, ...], says: str, capsys: pytest.CaptureFixture[str]
) -> None:
    code, _, error = louguan(capsys, *words, "--lang", "en")
    assert code == 2
    assert says in error
