"""What leaves log.db by its age, and what does not."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import pytest

from controller import retention
from controller.retention import delete_old_intervals
from controller.store import feed
from controller.store.ledger import Kind
from tests.controller.shell import Shell, metered, shell
from tests.controller.test_delivery import SINK, SLOT_MS, START, delivery, fill, interval, meter, took, write

DAY_S = 86_400.0


@pytest.fixture
def made(tmp_path: Path) -> Iterator[Shell]:
    with shell(tmp_path, metered(), START) as found:
        found.stores.log.register([meter("main"), meter("plant")], START)
        fill(found.stores.log, 8)
        yield found


def delete(made: Shell, days: int = 10) -> int:
    return delete_old_intervals(made.stores.control, made.stores.log, made.clock, made.board, kept_days=days)


def slots(made: Shell, name: str = "main") -> list[int]:
    with closing(made.stores.log.reader()) as reader:
        return [(one.start_ms - START) // SLOT_MS for one in reader.intervals(name)]


def feed_ids(made: Shell) -> list[int]:
    return made.stores.log.ask(lambda connection: feed.since(connection, 0))


def standing(made: Shell) -> list[str]:
    return [str(item.text) for item in made.board.standing() if item.kind == "retention"]


def test_nothing_young_leaves(made: Shell) -> None:
    assert delete(made) == 0
    assert slots(made) == list(range(8))
    assert not [row for row in made.ledger() if row.entry.kind == Kind.DELETED]


def test_what_is_old_leaves_with_its_rows_of_the_feed_and_is_recorded(made: Shell) -> None:
    made.clock.advance(10 * DAY_S + 3 * SLOT_MS / 1000 + 1)
    assert delete(made) == 6
    assert slots(made) == slots(made, "plant") == [3, 4, 5, 6, 7]
    assert feed_ids(made) == list(range(7, 17))
    (row,) = [row.entry for row in made.ledger() if row.entry.kind == Kind.DELETED]
    assert row.detail.startswith("6 intervals that ended before 2026-03-05T02:")
    assert delete(made) == 0
    assert standing(made) == []


def test_for_five_years_they_stay(made: Shell) -> None:
    def delete_by_itself() -> int:
        return delete_old_intervals(made.stores.control, made.stores.log, made.clock, made.board)

    made.clock.advance((5 * 365 + 2) * DAY_S)
    assert delete_by_itself() == 0
    made.clock.advance(10 * DAY_S)
    assert delete_by_itself() == 16


def test_in_many_commits(made: Shell, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(retention, "BATCH", 3)
    made.clock.advance(11 * DAY_S)
    assert delete(made) == 16
    assert slots(made) == feed_ids(made) == []


async def test_never_before_every_sink_has_it(made: Shell) -> None:
    log = made.stores.log
    one, other = delivery(log), delivery(log, replace(SINK, name="province"))
    await one.settle(took(1, 2, 3, 4, 6, 7, 8))
    await other.settle(took(1, 3, 4, 5, 6, 7, refused={2: "odd"}))
    made.clock.advance(20 * DAY_S)
    assert await asyncio.to_thread(delete, made) == 5
    assert feed_ids(made) == [2, 5, *range(8, 17)], "refused rows are kept until a person decides"
    (words,) = standing(made)
    assert words.startswith(
        "intervals older than 10 days are kept, for they were not delivered to district, pro"
    )
    await one.settle(took(*range(1, 17)))
    log.submit(lambda connection: feed.retire(connection, "province", START)).result()
    assert await asyncio.to_thread(delete, made) == 11
    assert standing(made) == []


async def test_a_sink_that_comes_later_does_not_wait_for_what_is_gone(made: Shell) -> None:
    made.clock.advance(10 * DAY_S + 3 * SLOT_MS / 1000 + 1)
    await asyncio.to_thread(delete, made)
    late = delivery(made.stores.log)
    assert [row.id for row in await late.pending(1, None, 100)] == list(range(7, 17))
    await late.settle(took(*range(7, 17)))
    progress = await late.progress()
    assert (progress.backlog, progress.watermark, progress.holes) == (0, 16, 0)
    write(made.stores.log, interval("main", 8))
    assert [row.id for row in await late.pending(1, None, 100)] == [17], "ids are never used twice"


async def test_all_is_gone_and_none_is_waited_for(made: Shell) -> None:
    made.clock.advance(20 * DAY_S)
    await asyncio.to_thread(delete, made)
    late = delivery(made.stores.log)
    assert await late.pending(1, None, 100) == []
    assert (await late.progress()).backlog == 0


def test_under_a_clock_that_is_not_trusted_nothing_leaves(made: Shell) -> None:
    made.clock.advance(20 * DAY_S)
    made.clock.trusted = False
    assert delete(made) == 0
    assert len(slots(made)) == 8
