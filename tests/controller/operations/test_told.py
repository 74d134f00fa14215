"""What becomes of commands and readings, as people are told: not sent, not taken, left to nobody, lost."""

from __future__ import annotations

from pathlib import Path

import pytest

from controller.operations.commands import Commands
from controller.operations.queries import Queries
from controller.operations.status import Status
from drivers.api import DeviceState, Fate
from tests.controller.house import house
from tests.controller.operations.asking import call
from tests.controller.shell import Shell, shell


async def test_what_is_noted_but_not_sent_is_said_at_once(made: Shell) -> None:
    commands = Commands(made.daemon)

    async def held_back(point: str = "lamp.level") -> str | None:
        answer = await commands.set(call("set", point=point, value="30", for_s=60))
        said: str | None = answer["held_back"]
        return said

    assert await held_back() is None
    await commands.observe(call("observe", on=True))
    made.cycle()
    assert await held_back() == "observe mode: nothing is sent"
    await commands.lock(call("lock", target="lamps", reason="wiring"))
    made.cycle()
    assert await held_back() == "locked by 王工 (li): wiring"
    assert (await commands.release(call("release", point="lamp.level")))["held_back"] is not None
    assert (await commands.observe(call("observe", on=False, target="")))["held_back"] is None
    answer = await commands.unlock(call("unlock", target="lamps"))
    made.cycle()
    assert answer["label"] == "lamps"
    made.put(DeviceState(0, False, "time-out"))
    made.cycle()
    assert await held_back() == "the device does not answer; it is sent when it is back"
    made.read("panel.auto", False)
    made.cycle()
    answer = await commands.set(call("set", point="panel.mode", value="auto", for_s=60))
    assert answer["held_back"] == "pump: selector not in auto"


async def test_released_to_nobody_says_so(made: Shell) -> None:
    commands = Commands(made.daemon)
    await commands.set(call("set", point="lamp.spare", value="on", for_s=60))
    made.cycle()
    answer = await commands.release(call("release", point="lamp.spare"))
    assert (answer["scheduled"], answer["by_device"]) == (False, False)
    answer = await commands.set(call("set", point="hall.level", value="30", for_s=60))
    made.cycle()
    assert (await commands.release(call("release", point="hall.level")))["by_device"] is True


async def test_an_override_that_ends_with_nobody_after_it_is_told(
    made: Shell, caplog: pytest.LogCaptureFixture
) -> None:
    commands = Commands(made.daemon)
    await commands.set(call("set", point="lamp.spare", value="on", for_s=60))
    await commands.set(call("set", point="lamp.level", value="35", for_s=60))
    made.cycle()
    caplog.clear()
    made.cycle(60)
    assert [record.getMessage() for record in caplog.records] == [
        "lamp.spare: no longer set by hand; nothing commands it, it stays as it is"
    ]


async def test_a_command_that_did_not_take_is_shown(made: Shell) -> None:
    commands, queries = Commands(made.daemon), Queries(made.daemon)
    made.lines[0].fate = Fate.MISMATCH
    await commands.set(call("set", point="lamp.level", value="35", for_s=3600))
    for _ in range(30):
        made.cycle()
    rows = (await queries.points(call("points", pattern="lamp.level")))["points"]
    assert [row["command_failed"] for row in rows] == [True]
    found = await Status(made.daemon).answer(call("status"))
    assert [item["message"] for item in found["notices"]] == ["lamps (lamp.level): the command does not take"]
    made.lines[0].fate = Fate.READ_BACK
    await commands.set(call("set", point="lamp.level", value="35", for_s=3600))
    made.cycle()
    made.cycle()
    rows = (await queries.points(call("points", pattern="lamp.level")))["points"]
    assert [row["command_failed"] for row in rows] == [False]


async def test_points_of_a_lost_device_are_told_apart_and_grow_stale(made: Shell) -> None:
    queries, status = Queries(made.daemon), Status(made.daemon)

    async def good() -> tuple[int, int]:
        found = await status.answer(call("status"))
        return found["points_good"], found["points_good_unheard"]

    before = await good()
    assert before[1] == 0
    made.put(DeviceState(0, False, "time-out"))
    made.cycle()
    assert await good() == (before[0], 2)
    row = (await queries.points(call("points", pattern="lamp.level")))["points"][0]
    assert (row["quality"], row["device_answers"]) == ("good", False)
    made.cycle(20)
    row = (await queries.points(call("points", pattern="lamp.level")))["points"][0]
    assert (row["quality"], row["reason"]) == ("stale", "stale")
    assert (await good())[1] == 0


async def test_points_never_read_are_not_good(tmp_path: Path) -> None:
    with shell(tmp_path, house()) as fresh:
        fresh.cycle()
        found = await Status(fresh.daemon).answer(call("status"))
        assert (found["devices_online"], found["points_good"], found["points_good_unheard"]) == (0, 0, 0)
