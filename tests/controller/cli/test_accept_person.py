"""Who is asked by accept: a pipe in place of hands, and nobody where there is no terminal."""

from __future__ import annotations

import asyncio
import io
import os
from collections.abc import Callable
from pathlib import Path

import pytest

from config.plan.devices import Device
from controller.accept.records import Aspect, Check, Left, Verdict
from controller.accept.session import Consent, Session
from controller.cli.accept_person import Person
from controller.cli.speech import Failure
from tests.controller.accept.stand import Stand

RELAY = Device(0, "relay", "继电器", "relay-8", 0)


async def test_a_pipe_pulls_plugs_as_they_are_typed(tmp_path: Path) -> None:
    pipe = tmp_path / "hand"
    os.mkfifo(pipe)
    reader = os.open(pipe, os.O_RDONLY | os.O_NONBLOCK)
    person = Person(yes=True, hand=pipe, allow=frozenset())
    assert await person.disconnect(RELAY)
    await person.connect(RELAY)
    assert os.read(reader, 100) == b"unplug relay\nunplug relay off\n"
    os.close(reader)


@pytest.mark.parametrize(
    ("made", "why"),
    [
        (os.mkfifo, "nobody reads"),
        (Path.touch, "is no pipe"),
        (Path.mkdir, "cannot open"),
        (lambda _: None, "cannot open"),
    ],
)
async def test_a_pipe_that_nobody_reads_unplugs_nothing_and_keeps_nobody_waiting(
    tmp_path: Path, made: Callable[[Path], None], why: str
) -> None:
    pipe = tmp_path / "hand"
    made(pipe)
    there = pipe.exists()
    with pytest.raises(Failure, match=why):
        await Person(yes=True, hand=pipe, allow=frozenset()).disconnect(RELAY)
    assert pipe.exists() == there, "nothing is made in its place"


async def test_who_is_not_there_agrees_to_nothing(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("sys.stdin", io.StringIO("y\n"))
    left = [Left("do-1.ch7", False, None, True, "Li", 0)]
    assert not await Person(yes=False, hand=None, allow=frozenset()).may_put_back(left)
    assert not await Person(yes=False, hand=None, allow=frozenset({"switching"})).may_write([])
    assert await Person(yes=True, hand=None, allow=frozenset()).may_put_back(left)
    assert "do-1.ch7" in capsys.readouterr().err


def test_one_line_a_thing_that_was_tried(capsys: pytest.CaptureFixture[str]) -> None:
    passed, failed = Check(Verdict.PASSED, None, 0), Check(Verdict.FAILED, None, 0)
    Person(yes=True, hand=None, allow=frozenset()).tried(
        "do-1.ch7", {Aspect.WRITE: passed, Aspect.RESTORED: failed}
    )
    (line,) = capsys.readouterr().err.splitlines()
    assert line.split()[:2] == ["do-1.ch7", "✓"]
    assert "✗" in line


class Gone(io.StringIO):
    """A terminal whose line has dropped."""

    def write(self, _: str) -> int:
        raise OSError(5, "Input/output error")


def test_a_terminal_that_is_gone_keeps_nothing_from_being_put_back(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    with Stand(tmp_path) as stand:
        stand.simulation.another("do-1.ch1", True)
        stand.within(_dropped(stand, monkeypatch))
        assert stand.has("do-1.ch1") is True, "found running, left running"
        assert stand.keeper.progress.left == {}


async def _dropped(stand: Stand, monkeypatch: pytest.MonkeyPatch) -> None:
    person, consent = Person(yes=True, hand=None, allow=frozenset({"switching"})), Consent()

    async def run() -> None:
        async with stand.ground(consent) as ground:
            wish = stand.wish("pump.run_cmd")
            await Session(ground, stand.keeper, wish, person, consent, "Li").run()

    task = asyncio.create_task(run())
    # Past its minimum run time.
    await asyncio.sleep(100)
    assert stand.has("do-1.ch1") is False
    monkeypatch.setattr("sys.stderr", Gone())
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)
    monkeypatch.undo()
    assert task.cancelled()
