"""Entering into the log of a running daemon: recorded first, then in memory and on disk alike."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace as replaced
from datetime import UTC, datetime
from pathlib import Path

import pytest

from config.plan.devices import Source
from config.plan.metering import Metering, Part, VirtualMeter
from controller.consumption.audit import Logged
from controller.consumption.records import Flag
from controller.operations.logs import Logs
from controller.socket.protocol import Code
from controller.store import feed, history
from controller.store.audit import audit_log
from controller.store.migrations.log import LOG
from tests.controller.operations.asking import call, refusal
from tests.controller.shell import Shell, metered, shell

QUARTER_S = 900


@pytest.fixture
def made(tmp_path: Path) -> Iterator[Shell]:
    """A lamp with a meter, of 61 kWh an hour at the most, that has counted 5 quanta a minute for 46 minutes
    from 07:00 on; 50.00 kWh at first."""
    plan = metered()
    points = [
        replaced(point, unit="kWh", counter=replaced(point.counter, max_rate=61.0))
        if point.counter
        else point
        for point in plan.points
    ]
    with shell(tmp_path, replaced(plan, points=tuple(points))) as found:
        for minute in range(47):
            found.read("lamp.energy", 50 + minute * 0.05)
            found.cycle(60 if minute else 1)
        rows(found)
        yield found


def rows(made: Shell) -> list[Logged]:
    made.stores.log.submit(lambda _: None).result(9)
    with closing(history.open_file(made.stores.log.path, LOG)) as connection:
        assert list(audit_log(connection)) == []
        (entry,) = history.meters(connection)
        return list(history.newest(history.logged(connection, entry)))


def go_on(made: Shell, kwh: float, minutes: int = 20) -> None:
    for minute in range(minutes):
        made.read("lamp.energy", kwh + minute * 0.05)
        made.cycle(60)
    rows(made)


async def test_a_meter_replaced_just_now(made: Shell) -> None:
    last = 50 + 46 * 0.05
    found = await Logs(made.daemon).replace(
        call(
            "log-replace-meter", meter="lamp", last=f"{last:.2f}", first="3.00", serial="B7", reason="broken"
        )
    )
    assert (found["done"], found["revised"]) == ("log-replace-meter", 0)
    (entry,) = [row.entry for row in made.ledger() if row.entry.kind == "command"]
    assert (entry.who, entry.why) == ("王工 (li)", "broken")
    assert entry.detail.startswith("log replace-meter lamp at 2026")
    go_on(made, 3.0)
    row = rows(made)[-1].row
    assert row.flags == Flag.REPLACED
    assert row.consumption is not None
    assert row.count_start is not None
    assert row.count_end is not None
    assert row.consumption == round(last * 100) - row.count_start + row.count_end - 300
    entry_after = await made.daemon.logbook.meter("lamp")
    assert entry_after is not None
    assert [(one.first_count, one.last_count, one.serial) for one in entry_after.fittings] == [
        (5000, round(last * 100), ""),
        (300, None, "B7"),
    ]


async def test_a_meter_replaced_before_the_last_interval_ended_becomes_a_revision(made: Shell) -> None:
    go_on(made, 7.0, 30)  # it was replaced and nobody said so
    suspect = next(item for item in rows(made) if Flag.SUSPECT in item.row.flags)
    at = made.clock.now().wall_ms - 29 * 60_000 - 30_000
    assert suspect.row.start_ms <= at < suspect.row.end_ms
    when = datetime.fromtimestamp(at / 1000, UTC).isoformat()
    asked = call("log-replace-meter", meter="lamp", last="52.31", first="7.00", at=when, reason="late")
    found = await Logs(made.daemon).replace(asked)
    assert found["revised"] == 1
    after = next(item for item in rows(made) if item.row.start_ms == suspect.row.start_ms)
    assert after.revision == 1
    assert after.row.flags == Flag.REPLACED
    assert after.row.consumption is not None


async def test_a_correction_is_a_further_revision_and_goes_to_the_sinks(made: Shell) -> None:
    second = rows(made)[1].row
    assert second.consumption == 75
    asked = call("log-correct", meter="lamp", at="07:20", consumption="0.70", reason="read by hand")
    found = await Logs(made.daemon).correct(asked)
    assert found["revised"] == 2
    corrected = rows(made)[1:3]
    assert [(item.revision, item.row.consumption) for item in corrected] == [(1, 70), (1, 80)]
    assert all(item.row.flags == Flag.ESTIMATED for item in corrected)
    assert made.stores.log.ask(feed.last) == 3 + 2


async def test_a_note_is_kept_with_its_time(made: Shell) -> None:
    asked = call("log-annotate", meter="lamp", **{"from": "07:00", "to": "07:15"}, text="停电检修")
    assert (await Logs(made.daemon).annotate(asked))["done"] == "log-annotate"
    entry = await made.daemon.logbook.meter("lamp")
    assert entry is not None
    (note,) = made.stores.log.ask(lambda connection: history.notes(connection, entry))
    assert (note.note, note.person, note.to_ms - note.from_ms) == ("停电检修", "王工 (li)", QUARTER_S * 1000)
    noted = [history.noted([note], item.row) for item in rows(made)]
    assert noted == ["停电检修", "", ""]


@pytest.mark.parametrize(
    ("op", "args", "code"),
    [
        ("correct", {"meter": "nobody", "at": "07:20", "consumption": "1"}, Code.UNKNOWN_NAME),
        ("correct", {"at": "07:20", "consumption": "some"}, Code.BAD_REQUEST),
        ("correct", {"at": "07:20", "count_end": "100.00"}, Code.BAD_REQUEST),
        ("correct", {"at": "soon", "consumption": "1"}, Code.BAD_REQUEST),
        ("correct", {"at": "07:20"}, Code.BAD_REQUEST),
        ("correct", {"at": "07:20", "consumption": "1", "reason": " "}, Code.BAD_REQUEST),
        ("correct", {"at": "07:20", "consumption": "9"}, Code.REFUSED),
        ("correct", {"at": "07:59", "consumption": "1"}, Code.REFUSED),
        ("replace", {"at": "23:00", "last": "60", "first": "0"}, Code.REFUSED),
        ("replace", {"at": "07:20", "last": "50", "first": "99"}, Code.REFUSED),
        ("annotate", {"from": "07:15", "to": "07:00", "text": "x"}, Code.BAD_REQUEST),
    ],
)
async def test_what_is_refused_is_not_recorded(made: Shell, op: str, args: dict[str, str], code: str) -> None:
    asked = call(f"log-{op}", **{"meter": "lamp", "reason": "because", **args})
    assert (await refusal(getattr(Logs(made.daemon), op)(asked)))[0] == code
    assert not [row for row in made.ledger() if row.entry.kind == "command"]


async def take_back(made: Shell, **args: str) -> dict[str, object]:
    return await Logs(made.daemon).take_back(
        call("log-undo-replacement", meter="lamp", reason="none", **args)
    )


async def replace(made: Shell, last: str, first: str, **args: str) -> dict[str, object]:
    asked = call("log-replace-meter", meter="lamp", last=last, first=first, reason="told", **args)
    return await Logs(made.daemon).replace(asked)


def known(made: Shell) -> list[int | None]:
    return [item.row.consumption for item in rows(made)]


@pytest.mark.parametrize(
    ("last", "first", "words"),
    [
        (
            "5",
            "60",
            "its counter stood at 52.30 kWh at 2026-03-05T07:45:01+08:00: by 2026-03-05T07:46:01+08:00",
        ),
        ("0", "0", "it can have shown 52.30 to 56.39 kWh, not 0"),
        ("10", "5", "not 10"),
        ("99.99", "5", "it can have shown 52.30 to 56.39 kWh, not 99.99"),
    ],
)
async def test_a_last_count_that_no_meter_can_have_come_to(
    made: Shell, last: str, first: str, words: str
) -> None:
    asked = call("log-replace-meter", meter="lamp", last=last, first=first, reason="typed wrong")
    code, said, _ = await refusal(Logs(made.daemon).replace(asked))
    assert code == Code.REFUSED
    assert words in said
    go_on(made, 52.35, 30)
    assert known(made) == [75, 75, 75, 75, 75][: len(rows(made))]


async def test_a_first_count_that_the_new_meter_cannot_have_come_from(made: Shell) -> None:
    asked = call("log-replace-meter", meter="lamp", last="52.3", first="1", at="07:40", reason="typed wrong")
    _, said, _ = await refusal(Logs(made.daemon).replace(asked))
    assert "the new meter was read at 52.25 kWh at 2026-03-05T07:45:00+08:00" in said
    assert "to 52.25 kWh, not 1" in said


async def test_a_replacement_counts_once_however_often_it_is_typed(made: Shell) -> None:
    done = await replace(made, "52.31", "3.00")
    code, said, _ = await refusal(replace(made, "52.31", "3.00"))
    assert code == Code.REFUSED
    assert f"it is registered already, at {done['at']}" in said
    go_on(made, 3.0, 30)
    at_first = known(made)
    code, said, _ = await refusal(replace(made, "52.31", "3.00", serial="B7"))
    assert f"it is registered already, at {done['at']}" in said
    assert (await refusal(replace(made, "52.30", "3.01", at="07:46")))[0] == Code.REFUSED
    assert known(made) == at_first


async def test_the_answer_has_the_time_that_is_registered(made: Shell) -> None:
    """Within a minute of a boundary the count there may be the old meter's: then the next one has it."""
    go_on(made, 52.35, 16)
    done = await replace(made, "53.05", "53.04", at="2026-03-05 07:59:30")
    entry = await made.daemon.logbook.meter("lamp")
    assert entry is not None
    registered = datetime.fromtimestamp(entry.fittings[-1].since_ms / 1000, UTC)
    assert datetime.fromisoformat(str(done["at"])) == registered
    assert (registered.minute, registered.second) == (0, 0)


async def test_a_healthy_meter_said_to_be_replaced_is_as_if_it_never_was(made: Shell) -> None:
    await replace(made, "52.31", "3.00")
    go_on(made, 52.35, 40)  # it was not: its counts are none of a new one
    assert [item.row.flags for item in rows(made)][3] == Flag.SUSPECT | Flag.REPLACED | Flag.PARTIAL
    fed = made.stores.log.ask(feed.last)
    done = await take_back(made)
    assert (done["done"], done["revised"]) == ("log-undo-replacement", 1)
    assert known(made) == [75] * 5
    assert made.stores.log.ask(feed.last) == fed + 1
    again = rows(made)[3]
    assert (again.revision, again.row.flags) == (1, Flag(0))
    entry = await made.daemon.logbook.meter("lamp")
    assert entry is not None
    assert [(one.first_count, one.last_count) for one in entry.fittings] == [(5000, None)]
    entered = [row.entry for row in made.ledger() if row.entry.kind == "command"]
    assert entered[-1].detail.startswith("log undo-replacement lamp at 2026-03-05T07:46:01")
    assert entered[-1].detail.endswith("last 52.31 first 3.00")
    go_on(made, 54.35, 20)
    assert known(made) == [75] * 7


async def test_what_was_entered_now_is_taken_back_before_anything_was_read(made: Shell) -> None:
    await replace(made, "52.31", "3.00")
    assert (await take_back(made, at="07:46"))["revised"] == 0
    go_on(made, 52.35, 30)
    assert known(made) == [75] * 5
    await replace(made, "53.81", "0")
    go_on(made, 0.0, 30)
    assert sum(used or 0 for used in known(made)) == 5381 - 5000 + (rows(made)[-1].row.count_end or 0)


async def test_a_late_one_taken_back_leaves_what_was_said_before_it(made: Shell) -> None:
    go_on(made, 7.0, 30)
    before = [item.row for item in rows(made)]
    at = "2026-03-05 07:46:30"
    done = await replace(made, "52.31", "6.9", at=at)
    assert done["revised"] == 1
    await take_back(made)
    assert [item.row for item in rows(made)] == before
    assert rows(made)[3].revision == 2
    await replace(made, "52.30", "7.0", at=at)  # as it was
    assert rows(made)[3].row.flags == Flag.REPLACED
    await take_back(made)
    assert [item.row for item in rows(made)] == before


async def test_a_meter_that_really_is_another_is_suspect_without_its_replacement(made: Shell) -> None:
    await replace(made, "52.31", "3.00")
    go_on(made, 3.0, 30)
    assert rows(made)[3].row.flags == Flag.REPLACED
    await take_back(made)
    changed = rows(made)[3].row
    assert (changed.flags, changed.consumption) == (Flag.SUSPECT | Flag.PARTIAL, None)
    go_on(made, 4.5, 20)
    assert [used for used in known(made) if used is not None][-1] == 75


@pytest.mark.parametrize("corrected", [True, False])
async def test_what_cannot_be_taken_back_is_refused_with_its_reason(made: Shell, corrected: bool) -> None:
    _, said, _ = await refusal(take_back(made))
    assert "no replacement of it is registered" in said
    await replace(made, "52.31", "3.00")
    go_on(made, 3.0, 50)
    _, said, _ = await refusal(take_back(made, at="07:20"))
    assert "its latest replacement is registered at 2026-03-05T07:46:01+08:00" in said
    if corrected:
        asked = call("log-correct", meter="lamp", at="07:50", consumption="0.70", reason="by hand")
        await Logs(made.daemon).correct(asked)
        _, said, _ = await refusal(take_back(made))
        assert "corrected by hand" in said
    else:
        await replace(made, "5.46", "0")
        _, said, _ = await refusal(replace(made, "53", "0", at="07:47"))
        assert "take that back first" in said


async def test_a_time_before_its_log_is_called_that(made: Shell) -> None:
    for asked in (
        Logs(made.daemon).replace(
            call("log-replace-meter", meter="lamp", last="1", first="0", at="06:10", reason="x")
        ),
        Logs(made.daemon).annotate(
            call("log-annotate", meter="lamp", text="x", **{"from": "06:10", "to": "07:10"})
        ),
    ):
        code, said, _ = await refusal(asked)
        assert code == Code.REFUSED
        assert "its log begins only then: 2026-03-05T07:00:0" in said
    later = call("log-annotate", meter="lamp", text="x", **{"from": "07:10", "to": "2027-01-01"})
    assert "still to come" in (await refusal(Logs(made.daemon).annotate(later)))[1]
    assert not [row for row in made.ledger() if row.entry.kind == "command"]


async def test_a_count_below_the_one_at_the_start_is_called_that(made: Shell) -> None:
    asked = call("log-correct", meter="lamp", at="07:15", count_end="5", reason="typed wrong")
    assert "below what was read before" in (await refusal(Logs(made.daemon).correct(asked)))[1]


async def test_more_than_a_meter_can_count_is_refused_where_nobody_has_less(made: Shell) -> None:
    go_on(made, 7.0, 30)
    asked = call("log-correct", meter="lamp", at="07:50", consumption="900", reason="typed wrong")
    assert "kWh at the most" in (await refusal(Logs(made.daemon).correct(asked)))[1]


async def test_a_correction_says_from_when_it_counts(made: Shell) -> None:
    made.cycle(40 * 60)  # nothing is read
    go_on(made, 54.5, 20)
    assert [item.row.consumption for item in rows(made)[3:5]] == [None, None]
    asked = call("log-correct", meter="lamp", at="08:05", consumption="1.5", reason="by hand")
    found = await Logs(made.daemon).correct(asked)
    assert found["counts_from"] == "2026-03-05T07:45:00+08:00"


async def test_a_meter_that_nobody_reads_is_called_that(tmp_path: Path) -> None:
    sum_of = VirtualMeter(
        "all-lamps", "", "electricity", "kWh", (Part("lamp", 1),), Source("site.yaml", 1, 1)
    )
    plan = replaced(metered(), metering=Metering(virtual=(sum_of,)))
    with shell(tmp_path, plan) as found:
        asked = {
            "replace": {"last": "1", "first": "0"},
            "take_back": {},
            "correct": {"at": "07:20", "consumption": "1"},
            "annotate": {"from": "07:00", "to": "07:15", "text": "x"},
        }
        for op, args in asked.items():
            answer = getattr(Logs(found.daemon), op)(call(op, meter="all-lamps", reason="x", **args))
            code, said, _ = await refusal(answer)
            assert (code, "worked out from other meters (lamp)" in said) == (Code.REFUSED, True)


async def test_a_replacement_over_midnight_taken_back_puts_both_days_right(made: Shell) -> None:
    """Days are told apart by UTC here: 08:00. `rows` holds days to their intervals."""
    await replace(made, "52.31", "3.00")
    made.cycle(3600)
    go_on(made, 4.0, 20)
    recovered = next(
        item.row for item in rows(made) if item.row.flags & Flag.REPLACED and item.row.consumption
    )
    assert recovered.flags & Flag.RECOVERED
    done = await take_back(made)
    assert done["revised"] != 0
    assert not [item for item in rows(made) if item.row.flags & Flag.REPLACED]
    assert {item.fitting for item in rows(made)} == {1}
