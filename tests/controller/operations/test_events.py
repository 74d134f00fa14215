"""event add, remove, list and import, on the small house: committed, acted on, kept."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from controller.decide.records import PersonCommand
from controller.operations.events import Events
from controller.store.ledger import Kind
from tests.controller.house import booked_house, house
from tests.controller.operations.asking import call, refusal
from tests.controller.rig import THURSDAY
from tests.controller.shell import Shell, shell
from tests.schedules.build import at

WHEN = "2026-03-05 13:30-17:00"
NO_TIME = f"is no time of a booking; write {WHEN}, 2026-03-05 09:00 - 2026-03-06 17:00"


def answering(made: Shell, monkeypatch: pytest.MonkeyPatch) -> Shell:
    accept = made.daemon.accept

    async def committed(command: PersonCommand) -> None:
        await accept(command)

    monkeypatch.setattr(made.daemon, "command", committed)
    made.house_answers()
    made.cycle()
    made.cycle()
    return made


@pytest.fixture
def made(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Shell]:
    with shell(tmp_path, booked_house()) as found:
        yield answering(found, monkeypatch)


def level(made: Shell) -> Any:
    point = made.plan.point_named("lamp.level")
    assert point is not None
    return made.daemon.engine.decisions[point.id].value


def until(made: Shell, minute: str) -> Any:
    """What the lamp is told once it is that time."""
    made.cycle((at(minute) - made.clock.now().wall_ms) / 1000)
    return level(made)


async def test_a_booking_is_committed_and_acted_on(made: Shell) -> None:
    events = Events(made.daemon)
    answer = await events.add(
        call("event-add", place="会议大厅", when=WHEN, label="培训", organiser="办公室")
    )
    assert answer == {
        "done": "add", "place": "hall", "place_label": "会议大厅", "known": True,
        "from": "2026-03-05T13:30:00+08:00", "to": "2026-03-05T17:00:00+08:00", "label": "培训",
        "organiser": "办公室", "person": "王工 (li)", "entered": "2026-03-05T07:00:02+08:00", "overlaps": [],
    }  # fmt: skip
    (row,) = [row.entry for row in made.ledger() if row.entry.kind == Kind.COMMAND]
    assert (row.who, row.why) == ("王工 (li)", "培训")
    assert row.detail == "event add hall 2026-03-05T05:30Z/2026-03-05T09:00Z by 办公室"
    made.cycle()
    assert [until(made, minute) for minute in ("2026-03-05 12:44:59", "2026-03-05 12:45")] == [10.0, 60.0]
    assert [until(made, minute) for minute in ("2026-03-05 17:14:59", "2026-03-05 17:15")] == [60.0, 10.0]


async def test_why_says_who_has_booked_and_what_comes_next(made: Shell) -> None:
    await Events(made.daemon).add(call("event-add", place="hall", when=WHEN, organiser="办公室"))
    until(made, "2026-03-05 13:00")
    point = made.plan.point_named("lamp.level")
    assert point is not None
    found = made.daemon.engine.explain(point.id, made.clock.now())
    assert found.result.winner is not None
    assert str(found.result.winner.reason) == (
        "lamp: hall booked 13:30-17:00 (办公室), from 45 min before to 15 min after"
    )
    assert [(item.at_ms, item.after.value) for item in found.coming] == [(at("2026-03-05 17:15"), 10.0)]


async def test_bookings_outlive_the_daemon_and_the_place(
    made: Shell, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    await Events(made.daemon).add(call("event-add", place="hall", when=WHEN))
    made.stores.control.close()
    made.stores.log.close()
    with shell(tmp_path, booked_house(), THURSDAY + 60_000) as again:
        answering(again, monkeypatch)
        assert until(again, "2026-03-05 14:00") == 60.0
    with shell(tmp_path, house(), THURSDAY + 120_000) as elsewhere:
        answering(elsewhere, monkeypatch)
        events = Events(elsewhere.daemon)
        (row,) = (await events.list(call("event-list")))["bookings"]
        assert (row["place"], row["known"]) == ("hall", False)
        assert (await events.remove(call("event-remove", place="hall", when=WHEN)))["done"] == "remove"


async def test_taken_out_it_acts_no_more(made: Shell) -> None:
    events = Events(made.daemon)
    for when in (WHEN, "2026-03-05 13:30-14:00", "2026-03-05 18:00-19:00"):
        await events.add(call("event-add", place="hall", when=when))
        made.cycle()
    assert await refusal(events.remove(call("event-remove", place="hall", when="2026-03-05 13:30"))) == (
        "refused", "several bookings of hall begin then: say from when to when", "when",
    )  # fmt: skip
    await events.remove(call("event-remove", place="hall", when=WHEN))
    made.cycle()
    await events.remove(call("event-remove", place="hall", when="2026-03-05 18:00"))
    made.cycle()
    found = (await events.list(call("event-list", place="hall")))["bookings"]
    assert [(row["from"][11:16], row["to"][11:16]) for row in found] == [("13:30", "14:00")]
    assert [until(made, minute) for minute in ("2026-03-05 14:14", "2026-03-05 14:15")] == [60.0, 10.0]
    assert await refusal(events.remove(call("event-remove", place="hall", when=WHEN))) == (
        "refused", "there is no such booking of hall: louguan event list shows them", "when",
    )  # fmt: skip
    details = [row.entry.detail for row in made.ledger() if row.entry.kind == Kind.COMMAND]
    assert details[3:] == [
        "event remove hall 2026-03-05T05:30Z/2026-03-05T09:00Z",
        "event remove hall 2026-03-05T10:00Z/2026-03-05T11:00Z",
    ]
    assert (await events.list(call("event-list")))["bookings"] == [], "what is over is not listed"
    assert len((await events.list(call("event-list", past=True)))["bookings"]) == 1


@pytest.mark.parametrize(
    ("args", "words"),
    [
        ({"place": "hal", "when": WHEN}, 'no place named hal; did you mean "会议大厅 (hall)"?'),
        ({"place": "hall", "when": "soon"}, f'"soon" {NO_TIME}'),
        ({"place": "hall", "when": "2026-03-04 08:00-09:00"}, "that is over already"),
        ({"place": "hall"}, f'"" {NO_TIME}'),
    ],
)  # fmt: skip
async def test_what_cannot_be_booked(made: Shell, args: dict[str, str], words: str) -> None:
    assert await refusal(Events(made.daemon).add(call("event-add", **args))) == ("refused", words, "when")
    assert not [row for row in made.ledger() if row.entry.kind == Kind.COMMAND]


async def test_twice_is_refused_and_across_is_told(made: Shell) -> None:
    events = Events(made.daemon)
    await events.add(call("event-add", place="hall", when=WHEN))
    made.cycle()
    assert (await refusal(events.add(call("event-add", place="hall", when=WHEN))))[:2] == (
        "refused", "hall is booked for this very time already",
    )  # fmt: skip
    answer = await events.add(call("event-add", place="hall", when="2026-03-05 16:00-18:00"))
    assert [row["to"] for row in answer["overlaps"]] == ["2026-03-05T17:00:00+08:00"]
    made.cycle()
    assert until(made, "2026-03-05 18:00") == 60.0, "the union counts"


async def test_a_table_is_taken_in_whole_or_not_at_all_and_once(made: Shell) -> None:
    events = Events(made.daemon)
    await events.add(call("event-add", place="hall", when="2026-03-05 09:00-10:00"))
    made.cycle()
    nine = at("2026-03-05 09:00")
    rows = [["hall", nine + hour * 3_600_000, nine + (hour + 1) * 3_600_000, "", "x"] for hour in (0, 1, -50)]
    rows.append(["hall", nine + 5_400_000, nine + 9_000_000, "", ""])
    answer = await events.import_(call("event-import", bookings=rows))
    assert {key: answer[key] for key in ("added", "known", "over")} == {"added": 2, "known": 1, "over": 1}
    assert len(answer["overlaps"]) == 2, "those of the table across each other"
    made.cycle()
    answer = await events.import_(call("event-import", bookings=rows))
    assert {key: answer[key] for key in ("added", "known", "over")} == {"added": 0, "known": 3, "over": 1}
    bad = [["hall", nine + 90_000_000, nine + 93_600_000, "", ""], ["lobby", nine, nine + 1, "", ""]]
    assert (await refusal(events.import_(call("event-import", bookings=bad))))[1] == "no place named lobby"
    assert len((await events.list(call("event-list", past=True)))["bookings"]) == 3
    for wrong in ([], "x", [["hall", nine, nine, "", ""]], [["hall", nine]]):
        assert (await refusal(events.import_(call("event-import", bookings=wrong))))[0] == "bad-request"


async def test_what_cannot_be_committed_does_not_act(made: Shell) -> None:
    made.stores.control.close()
    said = await refusal(Events(made.daemon).add(call("event-add", place="hall", when=WHEN)))
    assert said[0] == "unavailable"
    made.cycle()
    assert list(made.daemon.engine.bookings) == []


async def test_what_has_long_been_over_is_forgotten(made: Shell) -> None:
    events = Events(made.daemon)
    await events.add(call("event-add", place="hall", when=WHEN))
    made.cycle()
    made.cycle(401 * 86_400)
    await events.add(call("event-add", place="hall", when="2027-05-05 13:30-17:00"))
    made.cycle()
    found = (await events.list(call("event-list", past=True)))["bookings"]
    assert [row["from"][:10] for row in found] == ["2027-05-05"]
    assert made.ledger()
    with made.stores.control.reader() as connection:
        assert connection.execute("SELECT count(*) FROM bookings").fetchone()[0] == 1
