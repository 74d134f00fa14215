"""The feed of a real log.db, as a sink sees it."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from config.plan.devices import Source
from config.plan.sinks import Common
from controller.consumption.log import Closed
from controller.consumption.meters import Meter
from controller.consumption.records import Flag, Interval
from controller.consumption.upload.port import DeliveryFailed, Outcome
from controller.delivery import NotAside, SinkDelivery
from controller.store import feed
from controller.store.logdb import LogStore

SLOT_MS = 900_000
START = 1_772_676_000_000
SINK = Common("district", "District", Source("site.yaml", 9, 3))


def meter(name: str) -> Meter:
    return Meter(name, 0, f"{name}.energy", "electricity", "kWh", "0.01", None, 100.0, None, 10.0)


def interval(name: str, slot: int) -> Interval:
    start = START + slot * SLOT_MS
    return Interval(name, start, start + SLOT_MS, start, 100 * slot, 100 * slot + 7, 7, None, 900, Flag(0))


@pytest.fixture
def log(tmp_path: Path) -> Iterator[LogStore]:
    store = LogStore.open(tmp_path, START)
    store.register([meter("main"), meter("plant")], START)
    yield store
    store.close()


def write(log: LogStore, *rows: Interval) -> None:
    log.write(Closed(rows, ())).result()


def fill(log: LogStore, slots: int) -> None:
    for slot in range(slots):
        write(log, interval("main", slot), interval("plant", slot))


def delivery(log: LogStore, sink: Common = SINK) -> SinkDelivery:
    return SinkDelivery(log, sink, lambda: START)


def took(*ids: int, refused: dict[int, str] | None = None) -> Outcome:
    return Outcome(frozenset(ids), refused or {})


async def test_rows_come_in_order_and_once(log: LogStore) -> None:
    fill(log, 3)
    one = delivery(log)
    rows = await one.pending(1, None, 100)
    assert [(row.id, row.meter, row.start_ms) for row in rows] == [
        (1 + 2 * slot + which, name, START + slot * SLOT_MS)
        for slot in range(3)
        for which, name in enumerate(("main", "plant"))
    ]
    assert rows[0].exact(rows[0].consumption) is not None
    assert await one.cut() == 5
    await one.settle(took(1, 2, 4))
    assert [row.id for row in await one.pending(1, None, 100)] == [3, 5, 6]
    assert [row.id for row in await one.pending(1, 4, 100)] == [3]
    assert [row.id for row in await one.pending(1, None, 2)] == [3, 5]


async def test_what_was_settled_is_known_after_a_restart(log: LogStore) -> None:
    fill(log, 3)
    await delivery(log).settle(took(1, 3, refused={2: "odd"}))
    anew = delivery(log)
    assert [row.id for row in await anew.pending(1, None, 100)] == [4, 5, 6]
    progress = await anew.progress()
    assert (progress.watermark, progress.backlog, progress.aside) == (3, 3, 1)
    assert progress.waiting_ms == START + SLOT_MS
    assert progress.complete_ms == START, "the refused one is what it lacks first"
    (aside,) = await anew.aside()
    assert (aside.id, aside.meter, aside.reason) == (2, "plant", "odd")


async def test_what_was_refused_can_be_sent_again(log: LogStore) -> None:
    fill(log, 2)
    one = delivery(log)
    await one.settle(took(1, 4, refused={2: "odd", 3: "odd"}))
    assert await one.let_in_again([3]) == 1
    assert [row.id for row in await one.pending(1, None, 100)] == [3]
    assert await one.let_in_again(None) == 1
    assert [row.id for row in await delivery(log).pending(1, None, 100)] == [2, 3]


async def test_a_replay_sends_everything_from_a_time_on(log: LogStore) -> None:
    fill(log, 4)
    one = delivery(log)
    await one.settle(took(*range(1, 9)))
    assert not await one.pending(1, None, 100)
    assert await one.replay(START + 2 * SLOT_MS) == 4
    assert [row.id for row in await delivery(log).pending(1, None, 100)] == [5, 6, 7, 8]


async def test_a_sink_gets_the_meters_it_was_promised_alone(log: LogStore) -> None:
    fill(log, 3)
    one = delivery(log, replace(SINK, meters=("plant",)))
    assert [row.id for row in await one.pending(1, None, 100)] == [2, 4, 6]
    await one.settle(took(2, 4, 6))
    assert not await one.pending(1, None, 100)
    assert (await delivery(log, replace(SINK, meters=("plant",))).progress()).backlog == 0


async def test_what_is_not_meant_for_a_sink_neither_waits_nor_makes_holes(log: LogStore) -> None:
    fill(log, 6)
    sink = replace(SINK, meters=("plant",))
    one = delivery(log, sink)
    assert (await one.progress())[:6] == (12, 1, START, START, 6, 0)
    # An attempt looks at the rows between those that are meant, and passes over them.
    assert [row.id for row in await one.pending(1, None, 3)] == [2, 4, 6]
    assert (await one.progress())[:6] == (12, 1, START, START, 6, 0)
    await one.settle(took(2, 6))
    assert (await one.progress())[:6] == (12, 3, START + SLOT_MS, START + SLOT_MS, 4, 1)
    await one.settle(took(10))
    assert (await one.progress())[4:6] == (3, 2)
    await one.settle(took(4, 8, 12))
    assert (await one.progress())[:6] == (12, 12, None, None, 0, 0), "the last row but for another one"


async def test_nothing_waits_for_a_retired_sink(log: LogStore) -> None:
    fill(log, 2)
    one = delivery(log)
    await one.settle(took(1, refused={2: "odd"}))
    log.submit(lambda connection: feed.retire(connection, SINK.name, START)).result()
    one.forget()
    assert await one.progress() == (4, 4, None, None, 0, 0, 1, True)


async def test_what_is_set_aside_is_told_with_its_number_and_the_last_reason(log: LogStore) -> None:
    fill(log, 3)
    told: list[tuple[int, str]] = []

    def made() -> SinkDelivery:
        return SinkDelivery(log, SINK, lambda: START, lambda rows, reason: told.append((rows, reason)))

    one = made()
    await one.settle(took(1))
    await one.settle(took(refused={2: "odd"}))
    await one.settle(took(refused={3: "odder", 4: "oddest"}))
    assert told == [(0, ""), (1, "odd"), (3, "oddest")]
    told.clear()
    anew = made()
    await anew.progress()
    await anew.let_in_again([4])
    await anew.let_in_again(None)
    assert told == [(3, "oddest"), (2, "odder"), (0, "")]


async def test_only_what_is_set_aside_can_be_sent_again(log: LogStore) -> None:
    fill(log, 2)
    one = delivery(log)
    await one.settle(took(1, refused={2: "odd"}))
    with pytest.raises(NotAside) as raised:
        await one.let_in_again([2, 1, 99])
    assert raised.value.rows == [1, 99]
    assert [item.id for item in await one.aside()] == [2]


async def test_a_replay_takes_back_what_was_refused(log: LogStore) -> None:
    fill(log, 2)
    one = delivery(log)
    await one.settle(took(1, 2, 3, refused={4: "odd"}))
    assert await one.replay(START) == 4
    await one.settle(took(1, 2, 3, 4))
    assert await one.aside() == []
    assert (await delivery(log).progress()).complete_ms is None


async def test_two_sinks_know_nothing_of_each_other(log: LogStore) -> None:
    fill(log, 1)
    other = delivery(log, replace(SINK, name="province"))
    await delivery(log).settle(took(1, 2))
    assert [row.id for row in await other.pending(1, None, 100)] == [1, 2]


async def test_an_interval_that_comes_twice_is_in_the_feed_once(log: LogStore) -> None:
    fill(log, 2)
    fill(log, 2)
    assert len(await delivery(log).pending(1, None, 100)) == 4


async def test_more_rows_than_are_looked_at_once(log: LogStore, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("controller.delivery._SCAN", 3)
    fill(log, 6)
    one = delivery(log, replace(SINK, meters=("plant",)))
    assert [row.id for row in await one.pending(1, None, 4)] == [2, 4, 6, 8]
    await one.settle(took(2, 6))
    assert [row.id for row in await one.pending(1, None, 100)] == [4, 8, 10, 12]


async def test_after_the_file_was_replaced_nothing_of_the_old_is_believed(
    log: LogStore, tmp_path: Path
) -> None:
    fill(log, 3)
    one = delivery(log)
    await one.settle(took(*range(1, 7)))
    (tmp_path / "log.db").write_bytes(b"no database" * 4000)
    log.write(Closed((interval("main", 9),), ()))
    await until(lambda: log.damaged and not log.renewing)
    log.renew(START)
    await until(lambda: not log.damaged)
    log.submit(lambda _: None).result()
    live, waited = await one.pending(5, None, 100), await one.pending(1, 4, 100)
    assert [row.start_ms for row in live] == [START + 9 * SLOT_MS]
    assert waited == [], "what was cut in the old file says nothing of the new one"
    # The answer to a batch of the old file arrives only now.
    await one.settle(took(1, 2, refused={3: "odd"}))
    assert [row.id for row in await one.pending(1, None, 100)] == [row.id for row in live]
    assert await one.aside() == []
    await one.settle(took(live[0].id))
    assert not await one.pending(1, None, 100)
    assert not await delivery(log).pending(1, None, 100)
    assert (await one.progress()).backlog == 0


async def until(wanted: Callable[[], bool]) -> None:
    async with asyncio.timeout(10):
        while not wanted():  # noqa: ASYNC110 - told by a thread
            await asyncio.sleep(0.01)


async def test_a_disk_that_fails_is_said(log: LogStore, tmp_path: Path) -> None:
    one = delivery(log)
    await one.pending(1, None, 10)
    (tmp_path / "log.db").rename(tmp_path / "elsewhere")
    with pytest.raises(DeliveryFailed):
        await one.pending(1, None, 10)
