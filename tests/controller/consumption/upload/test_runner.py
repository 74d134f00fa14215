"""A runner's two streams: order, cuts, poison, patience."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from controller.consumption.upload.port import (
    Batch,
    BatchRefused,
    Denied,
    Outcome,
    SinkError,
    Stream,
    Throttled,
    TooLarge,
    Unreachable,
)
from controller.consumption.upload.runner import Patience, SinkRunner
from tests.controller.consumption.upload.rows import MemoryDelivery, ScriptedSink, all_of, key, row

QUICK = Patience(pauses_s=(0.005,), denied_s=0.02, idle_s=0.01)


class Bench:
    def __init__(
        self, count: int, answer: Callable[[Batch], Outcome], most_rows: int = 4, patience: Patience = QUICK
    ) -> None:
        self.delivery = MemoryDelivery([row(number) for number in range(1, count + 1)])
        self.sink = ScriptedSink(answer, most_rows)
        self.told: list[tuple[bool, str]] = []
        self.runner = SinkRunner(
            self.sink,
            self.delivery,
            key=key,
            patience=patience,
            told=lambda on, why: self.told.append((on, str(why))),
        )

    async def until(self, wanted: Callable[[], object], within_s: float = 20.0) -> None:
        task = asyncio.create_task(self.runner.run())
        try:
            async with asyncio.timeout(within_s):
                while not wanted():  # noqa: ASYNC110 - whatever the test looks for
                    await asyncio.sleep(0.002)
        finally:
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)

    async def until_settled(self) -> None:
        await self.until(lambda: len(self.delivery.settled) == len(self.delivery.rows))

    def ids(self, stream: Stream) -> list[int]:
        return [number for own, ids in self.sink.sent for number in ids if own is stream]


async def test_what_waited_is_backfill_and_the_newest_slot_is_live() -> None:
    bench = Bench(10, all_of)
    await bench.until_settled()
    assert bench.ids(Stream.LIVE) == [10]
    assert bench.ids(Stream.BACKFILL) == list(range(1, 10))
    assert bench.sink.closed
    assert bench.runner.health().delivered == 10


async def test_new_rows_are_live_while_the_other_side_is_there() -> None:
    bench = Bench(1, all_of)

    def add() -> bool:
        if len(bench.delivery.settled) == len(bench.delivery.rows) and len(bench.delivery.rows) < 5:
            bench.delivery.rows.append(row(len(bench.delivery.rows) + 1))
            bench.runner.nudge()
        return len(bench.delivery.settled) == 5

    await bench.until(add)
    assert bench.ids(Stream.LIVE) == [1, 2, 3, 4, 5]


async def test_after_an_outage_live_does_not_wait_for_the_backfill() -> None:
    down = True

    def answer(batch: Batch) -> Outcome:
        if down:
            raise Unreachable("no route")
        return all_of(batch)

    bench = Bench(3, answer, most_rows=1)
    await bench.until(lambda: len(bench.sink.sent) >= 4)
    assert bench.told == [(True, "no route")]
    bench.delivery.rows += [row(number) for number in range(4, 40)]
    bench.sink.sent.clear()
    down = False
    await bench.until_settled()
    assert bench.told == [(True, "no route"), (False, "")]
    assert bench.ids(Stream.LIVE)[-1] == 39
    assert 39 in [number for _, ids in bench.sink.sent[:6] for number in ids]


@pytest.mark.parametrize("error", [TooLarge("413"), BatchRefused("400")])
async def test_a_row_at_fault_is_found_by_halving_and_set_aside_alone(error: SinkError) -> None:
    def answer(batch: Batch) -> Outcome:
        if any(one.id == 6 for one in batch.rows):
            raise error
        return all_of(batch)

    bench = Bench(20, answer, most_rows=8)
    await bench.until_settled()
    assert bench.delivery.aside == {6: str(error)}
    assert len(bench.delivery.done) == 19


async def test_rows_refused_one_by_one_hold_up_nothing() -> None:
    def answer(batch: Batch) -> Outcome:
        odd = {one.id: "odd" for one in batch.rows if one.id % 2}
        return Outcome(frozenset(one.id for one in batch.rows if one.id not in odd), odd)

    bench = Bench(9, answer)
    await bench.until_settled()
    assert sorted(bench.delivery.aside) == [1, 3, 5, 7, 9]


async def test_a_request_for_patience_is_heard() -> None:
    loop = asyncio.get_running_loop()
    times: list[float] = []

    def answer(batch: Batch) -> Outcome:
        times.append(loop.time())
        if len(times) == 1:
            raise Throttled(0.1)
        return all_of(batch)

    bench = Bench(1, answer)
    await bench.until_settled()
    assert times[1] - times[0] >= 0.09


async def test_who_is_denied_is_told_at_once_and_asks_slowly() -> None:
    def answer(batch: Batch) -> Outcome:
        raise Denied("401")

    bench = Bench(2, answer)
    await bench.until(lambda: bench.told)
    assert bench.told == [(True, "401")]
    assert bench.runner.health().error == "401"
    assert not bench.delivery.settled


async def test_an_answer_that_takes_nothing_is_a_failure() -> None:
    bench = Bench(2, lambda _: Outcome(frozenset(), {}))
    await bench.until(lambda: bench.told)
    assert not bench.delivery.settled


async def test_a_person_may_cut_the_pause_short() -> None:
    first = True

    def answer(batch: Batch) -> Outcome:
        nonlocal first
        if first:
            first = False
            raise Unreachable("down")
        return all_of(batch)

    bench = Bench(1, answer, patience=Patience(pauses_s=(60.0,), idle_s=0.01))

    def settled() -> bool:
        if bench.runner.health().failures:
            bench.runner.retry_now()
        return len(bench.delivery.settled) == 1

    await bench.until(settled)


async def test_heartbeats_while_nothing_is_to_be_sent() -> None:
    bench = Bench(0, all_of)
    await bench.until(lambda: bench.sink.beats >= 2)


@settings(max_examples=40, deadline=None)
@given(st.lists(st.sampled_from(["ok", "ok", "down", "large", "half", "poison"]), max_size=25))
def test_whatever_happens_every_row_ends_delivered_or_aside_and_in_order(script: list[str]) -> None:
    """Per stream and cut, ids that are accepted go up; nothing is accepted twice after it was settled."""
    turns = iter(script)

    def answer(batch: Batch) -> Outcome:
        ids = [one.id for one in batch.rows]
        match next(turns, "ok"):
            case "down":
                raise Unreachable("down")
            case "large" if len(ids) > 1:
                raise TooLarge("413")
            case "half":
                return Outcome(frozenset(ids[: (len(ids) + 1) // 2]), {})
            case "poison":
                return Outcome(frozenset(ids[1:]), {ids[0]: "poison"})
            case _:
                return all_of(batch)

    async def run() -> Bench:
        bench = Bench(15, answer)
        await bench.until_settled()
        return bench

    bench = asyncio.run(run())
    assert bench.delivery.settled == set(range(1, 16))
    for _, ids in bench.sink.sent:
        assert list(ids) == sorted(ids)


async def test_after_an_outage_what_waited_goes_out_at_once() -> None:
    """Not at the next heartbeat: the stream that has to send it slept when it became its own."""
    bench = Bench(3, all_of, patience=Patience(pauses_s=(0.01,)))
    there = [True]

    def answer(batch: Batch) -> Outcome:
        if not there[0]:
            raise Unreachable("nobody is there")
        return all_of(batch)

    bench.sink.answer = answer

    def outage() -> bool:
        rows, settled = bench.delivery.rows, bench.delivery.settled
        if len(settled) == len(rows) == 3:
            there[0] = False
            rows += [row(number) for number in (4, 5, 6)]
            bench.runner.nudge()
        elif len(bench.sink.sent) > 6:
            there[0] = True
        return len(settled) == 6

    await bench.until(outage)
