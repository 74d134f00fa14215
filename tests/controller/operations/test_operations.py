"""What the socket's operations answer and refuse, on the small house."""

from __future__ import annotations

import asyncio
import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from config.plan.reading import Quality
from controller.decide.records import PersonCommand
from controller.operations.commands import Commands
from controller.operations.overview import Overview
from controller.operations.queries import Queries
from controller.operations.status import Status
from controller.socket.protocol import Code
from controller.store.ledger import Kind
from tests.controller.house import house
from tests.controller.operations.asking import call, refusal
from tests.controller.shell import Shell, shell


async def test_set_read_release(made: Shell) -> None:
    commands, queries = Commands(made.daemon), Queries(made.daemon)
    answer = await commands.set(call("set", point="lamps.level", value="35", for_s=3600, reason="visitors"))
    assert answer == {
        "done": "set", "point": "lamp.level", "label": "lamps", "name": "lamps (lamp.level)", "value": "35",
        "until": "2026-03-05T08:00:02+08:00", "held_back": None, "not_heard": None,
        "site_time": "2026-03-05T07:00:02+08:00",
    }  # fmt: skip
    made.cycle()
    made.read("lamp.level", 35.0)
    made.cycle()
    found = await asyncio.wait_for(queries.read(call("read", point="lamp.level")), 10)
    assert made.plan.points[made.lines[0].asked[0]].key == "lamp.level"
    assert (found["value"], found["quality"], found["held_back"]) == (35.0, "good", None)
    assert found["command"] == {
        "value": 35.0, "state": None, "slot": 8, "by": "王工 (li)", "why": "visitors",
    }  # fmt: skip
    assert [(slot["slot"], slot["value"], slot["winner"]) for slot in found["slots"]] == [
        (8, 35.0, True),
        (15, 10.0, False),
    ]
    assert found["slots"][1]["source"] == "site.yaml:1:3"
    answer = await commands.release(call("release", point="lamps.level"))
    assert answer["done"] == "release"
    assert (answer["point"], answer["scheduled"], answer["held_back"]) == ("lamp.level", True, None)
    made.cycle()
    assert made.written.count("lamp.level=10.0@15") == 2
    kinds = [row.entry.kind for row in made.ledger("lamp.level")]
    assert kinds.count(Kind.COMMAND) == 2


async def test_set_tells_who_is_heard_before_it_and_status_says_so_as_long(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    plan = house()
    first = replace(plan.programmes[0], slot=7, label="night light")
    with shell(tmp_path, replace(plan, programmes=(first, *plan.programmes[1:]))) as made:

        async def obeyed(command: PersonCommand) -> None:
            await made.daemon.accept(command)
            made.cycle()

        monkeypatch.setattr(made.daemon, "command", obeyed)
        made.house_answers()
        made.cycle()
        answer = await Commands(made.daemon).set(call("set", point="lamps.level", value="35", for_s=3600))
        assert answer["not_heard"] == "slot 7 night light asks for 10"
        found = await Status(made.daemon).answer(call("status"))
        assert [item["not_heard"] for item in found["overrides"]] == [answer["not_heard"]]
        answer = await Commands(made.daemon).set(call("set", point="lamps.level", value="10", for_s=3600))
        assert (answer["not_heard"], answer["held_back"]) == (None, None)


async def test_set_until_a_time_and_until_the_programmes_next_change(made: Shell) -> None:
    commands = Commands(made.daemon)
    until = {}
    for written in ("18:00", "next"):
        answer = await commands.set(call("set", point="lamp.level", value="35", until=written))
        until[written] = answer["until"]
    assert until == {"18:00": "2026-03-05T18:00:00+08:00", "next": "2026-03-05T08:00:00+08:00"}


@pytest.mark.parametrize(
    ("args", "code", "says"),
    [
        ({}, Code.BAD_REQUEST, "say which point"),
        ({"point": 7}, Code.BAD_REQUEST, "say which point"),
        ({"point": "lamp.levle"}, Code.UNKNOWN_NAME, 'did you mean "lamp.level"?'),
        ({"point": "lamsp"}, Code.UNKNOWN_NAME, 'did you mean "lamps"?'),
        ({"point": "lamps"}, Code.UNKNOWN_NAME, "has no main command; name one of its roles"),
        ({"point": "xyzzy"}, Code.UNKNOWN_NAME, "no point named xyzzy"),
        ({"point": "lamp.level", "value": "on"}, Code.REFUSED, "takes a number"),
        ({"point": "lamp.level", "value": "130", "for_s": 60}, Code.REFUSED, "takes 0 … 100"),
        ({"point": "lamp.level", "value": "30"}, Code.REFUSED, "an override needs an end"),
        ({"point": "lamp.level", "value": "30", "for_s": 0}, Code.REFUSED, "an override needs an end"),
        ({"point": "lamp.level", "value": "30", "for_s": True}, Code.REFUSED, "an override needs an end"),
        ({"point": "lamp.level", "value": "30", "for_s": 1e8}, Code.REFUSED, "may last 24 h here at most"),
        ({"point": "lamp.level", "value": "30", "until": "noon"}, Code.REFUSED, "is not a time of day"),
        ({"point": "lamp.spare", "value": "on", "until": "next"}, Code.REFUSED, "no programme commands"),
        ({"point": "panel.auto", "value": "on", "for_s": 60}, Code.REFUSED, "is read-only"),
        ({"point": "panel.gas", "value": "on", "for_s": 60}, Code.REFUSED, "life safety"),
        ({"point": "panel.timeout", "value": "9", "for_s": 60}, Code.REFUSED, "set-up register"),
    ],
)
async def test_what_set_refuses(made: Shell, args: dict[str, Any], code: str, says: str) -> None:
    found, message, _ = await refusal(Commands(made.daemon).set(call("set", **args)))
    assert found == code
    assert says in message
    assert all(row.entry.kind != Kind.COMMAND for row in made.ledger())


async def test_with_an_untrusted_clock_an_end_is_given_as_a_length(made: Shell) -> None:
    commands = Commands(made.daemon)
    made.clock.trusted = False
    for until in ("18:00", "next"):
        answer = commands.set(call("set", point="lamp.level", value="30", until=until))
        assert "say how long instead" in (await refusal(answer))[1]
    await commands.set(call("set", point="lamp.level", value="30", for_s=60))
    made.cycle()
    (override,) = made.daemon.engine.remembered().overrides
    assert (override.lasting_ms, override.trusted) == (60_000, False)


async def test_a_length_is_kept_as_a_length_and_a_time_as_a_time(made: Shell) -> None:
    commands, status = Commands(made.daemon), Status(made.daemon)
    await commands.set(call("set", point="lamp.level", value="30", for_s=7200))
    await commands.set(call("set", point="hall.level", value="30", until="18:00"))
    made.cycle()
    made.clock.set_wall(made.clock.now().wall_ms + 2 * 3_600_000)
    made.cycle()
    found = (await status.answer(call("status")))["overrides"]
    assert [(item["point"], item["until"], item["for_s"]) for item in found] == [
        ("lamp.level", "2026-03-05T11:00:02+08:00", 7200.0),
        ("hall.level", "2026-03-05T18:00:00+08:00", None),
    ]
    kinds = [row.entry.kind for row in made.ledger("lamp.level")]
    assert kinds.count(Kind.CLOCK) == 1


async def test_release_and_unlock_of_what_is_not_there(made: Shell) -> None:
    commands = Commands(made.daemon)
    assert "is not overridden" in (await refusal(commands.release(call("release", point="lamp.level"))))[1]
    assert "is not locked" in (await refusal(commands.unlock(call("unlock", target="lamp"))))[1]
    assert "named lmap" in (await refusal(commands.lock(call("lock", target="lmap", reason="x"))))[1]
    assert "needs a reason" in (await refusal(commands.lock(call("lock", target="lamp"))))[1]
    wrong = await refusal(commands.observe(call("observe", on="on")))
    assert wrong[0] == Code.BAD_REQUEST


async def test_a_command_that_cannot_be_recorded_is_not_carried_out(made: Shell) -> None:
    made.stores.control.close()
    answer = Commands(made.daemon).set(call("set", point="lamp.level", value="30", for_s=60))
    code, message, _ = await refusal(answer)
    assert code == Code.UNAVAILABLE
    assert "so it was not carried out" in message


@pytest.mark.parametrize(
    ("reason", "says"),
    [
        ("a\x1b[2Jb", "without control characters"),
        ("first\nsecond", "without control characters"),
        ("a\u202eb", "without control characters"),
        ("a\x9bb", "without control characters"),
        ("x" * 501, "at most 500 characters"),
        (7, "is a text"),
        (None, "needs a reason"),
        (" \u3000\t".rstrip("\t"), "needs a reason"),
        ("", "needs a reason"),
    ],
)
async def test_a_reason_is_one_printable_line(made: Shell, reason: object, says: str) -> None:
    code, message, _ = await refusal(Commands(made.daemon).lock(call("lock", target="lamp", reason=reason)))
    assert (code, says in message) == ("refused", True)
    assert made.daemon.engine.remembered().locks == ()


async def test_reasons_of_other_commands_are_judged_too(made: Shell) -> None:
    commands = Commands(made.daemon)
    for asked in (
        commands.observe(call("observe", target="lamp", on=True, reason="a\x07")),
        commands.set(call("set", point="lamp.level", value="1", for_s=60, reason="a\rb")),
    ):
        assert (await refusal(asked))[2] == "reason"
    await commands.lock(call("lock", target="lamp", reason="换\u3000皮带 "))
    made.cycle()
    assert [lock.reason for lock in made.daemon.engine.remembered().locks] == ["换 皮带"]


async def test_a_lock_says_what_it_covers(made: Shell) -> None:
    done = await Commands(made.daemon).lock(call("lock", target="lamps", reason="wiring"))
    assert (done["covers"], done["open"]) == (["lamp.level", "lamp.spare"], [])


async def test_observe_says_so_too_and_nothing_of_the_whole_site(made: Shell) -> None:
    commands = Commands(made.daemon)
    done = await commands.observe(call("observe", target="lamps", on=True))
    assert (done["covers"], done["open"]) == (["lamp.level", "lamp.spare"], [])
    assert "covers" not in await commands.observe(call("observe", target="lamps", on=False))
    assert "covers" not in await commands.observe(call("observe", on=True))


async def test_one_that_leaves_observe_mode_is_told_that_the_whole_site_is_in_it(made: Shell) -> None:
    commands = Commands(made.daemon)
    await commands.observe(call("observe", on=True))
    made.cycle()
    done = await commands.observe(call("observe", target="lamps", on=False))
    assert done["held_back"] == (
        "the whole site still observes; to end that for all of it: louguan observe off"
    )
    await commands.observe(call("observe", on=False))
    await commands.observe(call("observe", target="lamp", on=True))
    made.cycle()
    done = await commands.observe(call("observe", target="lamps", on=False))
    assert done["held_back"] == "observe mode: nothing is sent"


async def test_locked_and_observed_are_shown(made: Shell) -> None:
    commands, status = Commands(made.daemon), Status(made.daemon)
    await commands.lock(call("lock", target="lamp", reason="wiring"))
    await commands.observe(call("observe", on=True))
    await commands.set(call("set", point="hall.level", value="30", for_s=60))
    made.cycle()
    found = await status.answer(call("status"))
    assert found["observe"] is True
    assert found["locks"] == [
        {
            "target": "lamp", "label": "lamp", "person": "王工 (li)", "reason": "wiring",
            "since": "2026-03-05T07:00:02+08:00",
        }
    ]  # fmt: skip
    assert [(item["point"], item["value"]) for item in found["overrides"]] == [("hall.level", "30")]
    assert found["overrides"][0]["held_back"] == "observe mode: nothing is sent"
    assert found["overrides"][0]["not_heard"] is None
    assert [item["kind"] for item in found["notices"]] == ["observe"]
    await commands.unlock(call("unlock", target="lamp"))
    await commands.observe(call("observe", on=False))
    made.cycle()
    found = await status.answer(call("status"))
    assert (found["observe"], found["locks"]) == (False, [])


DEMO = {
    "devices_total", "devices_online", "points_total", "points_good", "commands_sent", "commands_held",
    "intervals_written", "cycles", "worst_cycle_ms", "rss_mib",
}  # fmt: skip


async def test_status_holds_the_figures_and_can_be_sent(made: Shell) -> None:
    made.read("lamp.spare", False, Quality.BAD)
    made.cycle()
    found = await Status(made.daemon).answer(call("status"))
    assert set(found) >= DEMO
    assert json.loads(json.dumps(found)) == found
    assert (found["devices_total"], found["devices_online"], found["offline"]) == (5, 5, [])
    assert (found["points_total"], found["points_good"]) == (len(made.plan.points), 7)
    assert (found["commands_sent"], found["commands_held"], found["commands_failed"]) == (3, 3, 0)
    assert found["site_time"] == "2026-03-05T07:00:03+08:00"
    assert found["kind_of_day"] == "workday"
    assert found["rss_mib"] > 10
    assert [line["name"] for line in found["lines"]] == ["T1", "B1"]
    assert all(line["connected"] for line in found["lines"])


async def test_points_by_pattern_and_by_quality(made: Shell) -> None:
    queries = Queries(made.daemon)
    made.read("lamp.spare", False, Quality.BAD)
    made.cycle()

    async def keys(**args: Any) -> list[str]:
        return [row["point"] for row in (await queries.points(call("points", **args)))["points"]]

    assert (await queries.points(call("points", pattern="xyzzy")))["matching"] == 0
    row = (await queries.points(call("points", pattern="lamp.level")))["points"][0]
    assert row["equipment"] == ["lamps.level"]

    assert await keys() == [point.key for point in made.plan.points]
    assert await keys(pattern="LAMP.") == ["lamp.level", "lamp.spare"]
    assert await keys(pattern="pump") == ["panel.mode", "panel.auto", "panel.motor"]
    assert await keys(bad=True) == ["lamp.spare", "panel.timeout", "panel.gas"]
    row = (await queries.points(call("points", pattern="panel.mode")))["points"][0]
    assert (row["value"], row["state"], row["command"]["state"]) == (0, "stop", "auto")
    never = (await queries.points(call("points", pattern="panel.gas")))["points"][0]
    assert (never["value"], never["quality"], never["at"], never["commandable"]) == (None, "bad", None, False)


async def test_read_of_a_point_that_nobody_commands_has_no_slots(made: Shell) -> None:
    made.clock.advance(0.1)
    asked = asyncio.create_task(Queries(made.daemon).read(call("read", point="panel.auto")))
    await asyncio.sleep(0)
    made.clock.advance(0.1)
    made.read("panel.auto", True)
    made.cycle(0.1)
    found = await asyncio.wait_for(asked, 10)
    assert found["value"] is True
    assert "slots" not in found


async def test_overview_shows_equipment_meters_and_the_latest_decisions(made: Shell) -> None:
    found = await Overview(made.daemon).answer(call("overview"))
    assert json.loads(json.dumps(found)) == found
    assert [(item["name"], item["asked"], item["asked_state"]) for item in found["equipment"]] == [
        ("pump", 1, "auto"),
        ("lamps", 10.0, None),
    ]
    assert [(item["point"], item["time"]) for item in found["recent"]][:2] == [
        ("lamp.level", "07:00"),
        ("hall.level", "07:00"),
    ]
