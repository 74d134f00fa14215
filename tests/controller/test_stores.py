"""Databases that are damaged while the daemon runs: told once, mended or given way to; never a loop."""

from __future__ import annotations

import time
from collections.abc import Callable
from itertools import pairwise
from pathlib import Path

import pytest

from controller.consumption.log import Closed
from controller.consumption.records import Flag, Interval
from controller.damage import EXIT_DAMAGED
from controller.decide.records import Lock
from controller.store.errors import StoreError
from controller.store.ledger import Kind
from tests.controller.house import house
from tests.controller.rig import THURSDAY
from tests.controller.shell import Shell, metered, shell

JUNK = b"\xa5" * 65536


def spoil(path: Path) -> None:
    """Overwrite a database and its WAL under the program that has them open."""
    for file in (path, Path(f"{path}-wal")):
        with file.open("r+b") as handle:
            handle.write(JUNK[: file.stat().st_size])


def kinds(made: Shell) -> list[tuple[str, str]]:
    return [(item.kind, item.subject) for item in made.board.standing()]


def until(made: Shell, condition: Callable[[], object]) -> None:
    """Cycle, without letting site time pass."""
    end = time.monotonic() + 10
    while not condition():
        assert time.monotonic() < end
        made.cycle(0.0)
        time.sleep(0.005)


def minutes(made: Shell, first: int, last: int) -> None:
    """A meter that counts a tenth a minute, read each minute and just before each quarter's end."""
    for minute in range(first, last):
        made.read("lamp.energy", 10.0 + minute / 10)
        made.cycle(0.0)
        made.cycle(58.0)
        made.cycle(2.0)


def test_a_log_damaged_while_it_runs_is_begun_anew_and_no_interval_is_lost(tmp_path: Path) -> None:
    with shell(tmp_path, metered()) as made:
        minutes(made, 0, 16)
        until(made, lambda: made.daemon.intervals_written == 1)
        spoil(tmp_path / "log.db")
        minutes(made, 16, 31)
        until(made, lambda: made.daemon.intervals_written == 2)
        aside = made.stores.log.opening.set_aside
        assert aside is not None
        until(made, lambda: kinds(made) == [("damaged", aside.name)])
        minutes(made, 31, 46)
        until(made, lambda: made.daemon.intervals_written == 3)
        assert made.daemon.exit_code == 0
    with shell(tmp_path, metered(), THURSDAY + 46 * 60_000) as made, made.stores.log.reader() as log:
        assert [row.consumption for row in log.intervals("lamp")] == [150, 150]
        assert log.marks()["lamp"].anchor_count == 1440


def test_the_new_log_knows_where_meters_stand_that_have_no_row_yet(tmp_path: Path) -> None:
    with shell(tmp_path, metered()) as made:
        minutes(made, 0, 16)
        until(made, lambda: made.daemon.intervals_written == 1)
        spoil(tmp_path / "log.db")
        other = Interval("lamp", 0, 900_000, None, None, None, None, None, 0, Flag.PARTIAL)
        made.stores.log.write(Closed((other,)))
        until(made, lambda: made.stores.log.opening.set_aside)
        until(made, lambda: "damaged" in dict(kinds(made)) and not made.stores.log.status().waiting)
        with made.stores.log.reader() as log:
            assert log.marks()["lamp"].anchor_count == 1140


def test_a_log_that_is_damaged_again_and_again_is_given_up(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with shell(tmp_path, metered()) as made:
        tried: list[int] = []
        monkeypatch.setattr(type(made.stores.log), "damaged", True)
        monkeypatch.setattr(made.stores.log, "renew", tried.append)
        for _ in range(100):
            made.cycle(300.0)
        assert len(tried) == 5
        assert kinds(made) == [("damaged", "log.db")]
        assert all(later - earlier >= 600_000 for earlier, later in pairwise(tried))


def test_intervals_that_are_refused_stand_on_the_board(tmp_path: Path) -> None:
    with shell(tmp_path, metered()) as made:
        made.read("lamp.energy", 10.0)
        made.cycle()
        bad = Interval("lamp", 0, 900_000, 0, 5, 1, -4, None, 900, Flag(0))
        made.stores.log.write(Closed((bad,))).result(5)
        made.cycle()
        assert kinds(made) == [("refused", "log.db")]
    with shell(tmp_path, metered()) as made:
        made.cycle()
        assert kinds(made) == [("refused", "log.db")]


async def test_a_control_db_damaged_while_it_runs_ends_the_daemon_and_sends_nothing_more(
    tmp_path: Path,
) -> None:
    with shell(tmp_path, house()) as made:
        made.house_answers()
        made.cycle()
        await made.daemon.accept(Lock("panel", "Li", "wiring", made.clock.now().wall_ms))
        made.ledger()
        sent = len(made.written)
        spoil(tmp_path / "control.db")
        made.read("lamp.level", 55.0)
        made.clock.advance(70.0)
        until(made, lambda: made.daemon.exit_code)
        assert made.daemon.exit_code == EXIT_DAMAGED
        assert "malformed" in made.daemon.lost or "not a database" in made.daemon.lost
        assert ("memory-lost", "control.db") in kinds(made)
        with pytest.raises(StoreError):
            await made.daemon.accept(Lock("hall", "Li", "lamps", made.clock.now().wall_ms))
        assert await made.daemon.wind_up() == []
        assert len(made.written) == sent
        made.stores.control.suspect(made.daemon.lost)
    with shell(tmp_path, house(), THURSDAY + 200_000) as made:
        made.house_answers()
        made.cycle()
        assert made.written == []
        assert made.ledger()[0].entry.kind == Kind.GAP


def test_one_that_was_damaged_often_lately_does_not_end_it(tmp_path: Path) -> None:
    for number in range(3):
        (tmp_path / f"control.db.damaged-20260304T23{number}000Z").touch()
    with shell(tmp_path, house()) as made:
        made.house_answers()
        made.cycle()
        made.ledger()
        sent = len(made.written)
        spoil(tmp_path / "control.db")
        made.clock.advance(70.0)
        until(made, lambda: made.daemon.lost)
        for _ in range(20):
            made.read("lamp.level", 55.0)
            made.cycle(60.0)
        assert made.daemon.exit_code == 0
        assert len(made.written) == sent
        assert ("memory-lost", "control.db") in kinds(made)


def test_damage_that_only_a_backup_finds_ends_it_too(tmp_path: Path) -> None:
    with shell(tmp_path, house()) as made:
        made.cycle()
        assert made.daemon.exit_code == 0
        made.daemon.watch.control_is_damaged("*** in database main ***")
        made.cycle()
        assert (made.daemon.exit_code, made.daemon.lost) == (EXIT_DAMAGED, "*** in database main ***")
