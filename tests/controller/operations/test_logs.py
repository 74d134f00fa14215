"""Entering into the log of a running daemon: recorded first, then in memory and on disk alike."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path

import pytest

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
    """A lamp with a meter that has counted 5 quanta a minute for 46 minutes from 07:00 on; 50.00 kWh at
    first."""
    with shell(tmp_path, metered()) as found:
        for minute in range(47):
            found.read("lamp.energy", 50 + minute * 0.05)
            found.cycle(60 if minute else 1)
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
