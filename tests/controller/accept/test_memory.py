"""What acceptance did to motors, and what tripped meanwhile, is known to whoever decides next."""

from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from controller.cli.accept_run import Memory
from controller.decide.records import Remembered, RuleMemory
from controller.store import people
from controller.store.connection import open_reader
from controller.store.control import FILE, ControlStore
from tests.controller.accept.stand import MORNING, Person, Stand

PUMP = "equipment pump"


@pytest.fixture
def stand(tmp_path: Path) -> Iterator[Stand]:
    with Stand(tmp_path) as stand:
        ControlStore.open(stand.data, MORNING).close()
        stand.keep = Memory(stand.data)
        yield stand


def remembered(stand: Stand) -> Remembered:
    with closing(open_reader(stand.data / FILE)) as connection:
        return people.remembered(connection)


def rules(stand: Stand) -> dict[str, RuleMemory]:
    return {item.rule: item for item in remembered(stand).rules}


def test_the_next_run_lets_a_motor_rest(stand: Stand) -> None:
    rested = {"out": False, "on": False, "since_ms": MORNING - 7_200_000, "forced": False}
    stand.remembered = Remembered(rules=(RuleMemory(PUMP, rested),))
    stand.run(stand.wish("pump.run_cmd"))
    stopped_ms = rules(stand)[PUMP].memory["since_ms"]
    assert isinstance(stopped_ms, int)
    assert stopped_ms > MORNING + 60_000, "since it has stopped again"
    stand.remembered = remembered(stand)
    again = stand.run(stand.wish("pump.run_cmd", again=frozenset({stand.id("pump.run_cmd")})))
    assert "do-1.ch1: waiting, 水泵: minimum rest time" in again.said


def test_what_a_motor_is_told_is_kept_before_it_is_told(stand: Stand) -> None:
    async def run() -> None:
        task = asyncio.create_task(stand.session(stand.wish("pump.run_cmd"), Person(stand)))
        was = stand.has("do-1.ch1")
        while not task.done():
            await asyncio.sleep(0.1)
            if (now := stand.has("do-1.ch1")) != was:
                assert rules(stand)[PUMP].memory["out"] is now
                was = now
        await task

    stand.within(run())


def test_a_trip_that_comes_meanwhile_stays(stand: Stand) -> None:
    stand.simulation.force("safety.di1", True)
    stand.run()
    stand.simulation.force("safety.di1", False)
    assert rules(stand)["fire"].memory
    stand.remembered = remembered(stand)
    stand.run(stand.wish("lamp.switch"))
    assert stand.verdicts("do-1.ch7")["write"] == "skipped"


def test_a_disk_that_keeps_nothing_ends_a_run_but_not_what_is_put_back(stand: Stand) -> None:
    with closing(sqlite3.connect(stand.data / FILE)) as connection:
        connection.execute("DROP TABLE rules")
        connection.commit()
    memory = (RuleMemory(PUMP, {"out": True}),)
    with pytest.raises(OSError, match="rules"):
        stand.keep(memory)
    stand.keep(memory)


def test_without_a_control_db_none_is_made(tmp_path: Path) -> None:
    Memory(tmp_path)((RuleMemory(PUMP, {"out": True}),))
    assert list(tmp_path.iterdir()) == []
