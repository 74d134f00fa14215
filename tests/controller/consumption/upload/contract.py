"""What every sink owes its runner, whatever it speaks. To run a sink through it:

class TestMySink(SinkContract):
    @pytest_asyncio.fixture
    async def other(self) -> AsyncIterator[OtherSide]:
        ...start the other side, yield what controls it, end it
"""

from __future__ import annotations

import asyncio
import time
from collections import Counter
from collections.abc import Sequence
from contextlib import suppress
from decimal import Decimal
from typing import Protocol

import pytest

from controller.consumption.upload.port import Batch, Outcome, Row, Sink, SinkError, Stream
from controller.consumption.upload.runner import Patience, SinkRunner
from tests.controller.consumption.upload.rows import MemoryDelivery, key, row

QUICK = Patience(pauses_s=(0.02,), denied_s=0.05, idle_s=0.5)
WITHIN_S = 20.0
WEEK = 672
"""Slots of 15 min in a week."""
SLOT_S = 0.5

Name = tuple[str, int, int]
"""meter, start_ms, revision."""


class OtherSide(Protocol):
    """Somebody who takes what a sink sends, under a test's control."""

    def sink(self) -> Sink:
        """A new sink that sends to it; the test closes it. Its time-out: 2 s or so."""

    async def stored(self) -> Sequence[tuple[Name, Decimal | None]]:
        """Every row that a reader of the other side's store would find, with its consumption; a row that is
        there twice comes twice."""

    async def go_down(self) -> None:
        """Be gone, with whatever was under way. What was acknowledged stays."""

    async def come_up(self) -> None:
        """Be there again, at the same address."""

    def refused(self, number: int) -> Row | None:
        """A row with that feed id which it will never take; None: it takes every row."""


def name(one: Row) -> Name:
    return one.meter, one.start_ms, one.revision


def rows(count: int, first: int = 1, meter: str = "main-1") -> list[Row]:
    return [row(number, meter) for number in range(first, first + count)]


def batch(what: Sequence[Row], stream: Stream = Stream.LIVE) -> Batch:
    return Batch(key(what), stream, what)


async def stored_once(other: OtherSide, wanted: Sequence[Row]) -> None:
    """Each row of `wanted` is there once, with its consumption, and no other."""
    found = await other.stored()
    assert Counter(one for one, _ in found) == Counter(name(one) for one in wanted)
    assert dict(found) == {name(one): one.exact(one.consumption) for one in wanted}


async def deliver(sink: Sink, what: Sequence[Row], stream: Stream = Stream.LIVE) -> set[int]:
    """Send until the other side has said something of every row, as a runner would; the ids accepted."""
    left, accepted = list(what), set[int]()
    async with asyncio.timeout(WITHIN_S):
        while left:
            outcome = await sink.send(batch(left[: sink.most_rows], stream))
            assert outcome.accepted | set(outcome.refused) <= {one.id for one in left}
            accepted |= outcome.accepted
            left = [one for one in left if one.id not in outcome.accepted and one.id not in outcome.refused]
    return accepted


class SinkContract:
    """Subclasses bring the fixture `other`."""

    async def stored_once(self, other: OtherSide, wanted: Sequence[Row]) -> None:
        """See the function; for other sides that keep less than the row."""
        await stored_once(other, wanted)

    async def test_everything_is_delivered_by_either_stream(self, other: OtherSide) -> None:
        old, new = rows(40), rows(7, first=41)
        sink = other.sink()
        try:
            assert await deliver(sink, old, Stream.BACKFILL) == {one.id for one in old}
            assert await deliver(sink, new) == {one.id for one in new}
        finally:
            await sink.close()
        await self.stored_once(other, [*old, *new])

    async def test_numbers_are_exact_and_unknown_is_not_zero(self, other: OtherSide) -> None:
        plain = row(1)
        odd = [
            plain._replace(quantum="0.1", consumption=3, count_end=plain.count_start),
            row(2)._replace(consumption=None, count_end=None, peak=None, flags=1),
            row(3)._replace(consumption=0),
            row(4)._replace(consumption=9_007_199_254_740_993, count_end=None, quantum="0.001"),
            row(5)._replace(count_start=None, count_end=None, from_ms=None, consumption=None, flags=41),
        ]
        sink = other.sink()
        try:
            await deliver(sink, odd)
        finally:
            await sink.close()
        await self.stored_once(other, odd)

    async def test_several_meters_share_a_batch(self, other: OtherSide) -> None:
        mixed = [row(number, f"meter-{number % 3}", slot=number // 3) for number in range(1, 10)]
        sink = other.sink()
        try:
            await deliver(sink, mixed)
        finally:
            await sink.close()
        await self.stored_once(other, mixed)

    async def test_a_repeat_is_harmless_and_accepted(self, other: OtherSide) -> None:
        what = rows(5)
        sink = other.sink()
        try:
            assert await deliver(sink, what) == {1, 2, 3, 4, 5}
            assert await deliver(sink, what, Stream.BACKFILL) == {1, 2, 3, 4, 5}
            # The same rows out of a feed that was numbered anew, in another batch.
            again = [one._replace(id=one.id + 100) for one in what[1:3]]
            assert await deliver(sink, again) == {102, 103}
        finally:
            await sink.close()
        await self.stored_once(other, what)

    async def test_a_correction_is_a_row_of_its_own(self, other: OtherSide) -> None:
        first = row(1)
        better = first._replace(id=2, revision=1, consumption=9)
        sink = other.sink()
        try:
            await deliver(sink, [first])
            await deliver(sink, [better])
        finally:
            await sink.close()
        await self.stored_once(other, [first, better])

    async def test_a_row_it_will_not_take_is_refused_alone(self, other: OtherSide) -> None:
        bad = other.refused(6)
        if bad is None:
            pytest.skip("this other side takes every row")
        what = [bad if one.id == 6 else one for one in rows(10)]
        delivery = await self._run(other, what)
        assert set(delivery.aside) == {6}
        assert delivery.aside[6]
        await self.stored_once(other, [one for one in what if one.id != 6])

    async def test_an_outage_is_a_sink_error_and_what_waited_goes_out_after_it(
        self, other: OtherSide
    ) -> None:
        what = rows(6)
        sink = other.sink()
        try:
            await deliver(sink, what[:2])
            await other.go_down()
            for _ in range(2):
                with pytest.raises(SinkError):
                    await asyncio.wait_for(sink.send(batch(what[2:])), WITHIN_S)
            await other.come_up()
            assert await _at_last(sink, what) == {1, 2, 3, 4, 5, 6}
        finally:
            await sink.close()
        await self.stored_once(other, what)

    async def test_who_was_never_there_is_a_sink_error(self, other: OtherSide) -> None:
        await other.go_down()
        sink = other.sink()
        try:
            with pytest.raises(SinkError):
                await asyncio.wait_for(sink.send(batch(rows(1))), WITHIN_S)
        finally:
            await sink.close()
            await other.come_up()

    @pytest.mark.parametrize("after_s", [0.0, 0.001, 0.01, 0.05])
    async def test_cancelled_at_any_moment_it_goes_on_later(self, other: OtherSide, after_s: float) -> None:
        what = rows(30)
        sink = other.sink()
        try:
            for _ in range(3):
                task = asyncio.create_task(sink.send(batch(what)))
                await asyncio.sleep(after_s)
                task.cancel()
                with suppress(asyncio.CancelledError, SinkError):  # the call before may be busy still
                    outcome = await task
                    assert isinstance(outcome, Outcome)
            await sink.close()
            assert await _at_last(sink, what) == {one.id for one in what}
        finally:
            await sink.close()
        await self.stored_once(other, what)

    async def test_closing_twice_and_sending_again(self, other: OtherSide) -> None:
        sink = other.sink()
        try:
            await sink.close()
            await sink.close()
            await deliver(sink, rows(2))
            await sink.close()
            await deliver(sink, rows(2, first=3))
            await sink.idle()
        finally:
            await sink.close()
        await self.stored_once(other, rows(4))

    async def test_a_runner_delivers_everything_through_outages(self, other: OtherSide) -> None:
        what = rows(60)
        await self._run(other, what, outages=2)
        await self.stored_once(other, what)

    async def test_after_a_week_of_outage_all_is_delivered_and_the_new_does_not_wait(
        self, other: OtherSide
    ) -> None:
        """Slots of half a second: what is logged while the week drains is there before the week is, and
        before the next slot ends."""
        week = rows(WEEK)
        delivery = MemoryDelivery(week)
        await other.go_down()
        sink = _Unhurried(other.sink())
        runner = SinkRunner(sink, delivery, key=key, patience=QUICK)
        task = asyncio.create_task(runner.run())
        late_s: list[float] = []
        beside = 0
        """Rows that were there while some of the week was not."""
        try:
            async with asyncio.timeout(3 * WITHIN_S):
                await asyncio.sleep(0.1)
                assert not delivery.settled
                await other.come_up()
                healed_s = drained_s = time.monotonic()
                while len(late_s) < 3 or not all(one.id in delivery.settled for one in week):
                    fresh = rows(1, first=len(delivery.rows) + 1)
                    delivery.rows += fresh
                    runner.nudge()
                    logged_s = time.monotonic()
                    while fresh[0].id not in delivery.done:  # noqa: ASYNC110 - told by no event
                        await asyncio.sleep(0.002)
                    late_s.append(time.monotonic() - logged_s)
                    if not all(one.id in delivery.settled for one in week):
                        beside += 1
                        drained_s = time.monotonic()
                    await asyncio.sleep(max(0.0, SLOT_S - late_s[-1]))
        finally:
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)
        assert beside, "the new waited for the old"
        # The first one waits for the connection, as the week does; a busy machine takes longer for both.
        assert max(late_s[1:]) < max(SLOT_S, (drained_s - healed_s) / 2), late_s
        await self.stored_once(other, delivery.rows)

    async def _run(self, other: OtherSide, what: Sequence[Row], outages: int = 0) -> MemoryDelivery:
        """A runner until every row is settled, with the other side gone in between."""
        delivery = MemoryDelivery(what)
        sink = _Slow(other.sink()) if outages else other.sink()
        task = asyncio.create_task(SinkRunner(sink, delivery, key=key, patience=QUICK).run())
        try:
            async with asyncio.timeout(WITHIN_S):
                for part in range(1, outages + 1):
                    await until_settled(delivery, len(what) * part // (outages + 2))
                    await other.go_down()
                    await asyncio.sleep(0.1)
                    await other.come_up()
                await until_settled(delivery, len(what))
        finally:
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)
        return delivery


class _Slow:
    """A few rows at a time, so that an outage finds some under way."""

    def __init__(self, inner: Sink) -> None:
        self._inner = inner
        self.send, self.idle, self.close = inner.send, inner.idle, inner.close

    @property
    def most_rows(self) -> int:
        return min(5, self._inner.most_rows)


class _Unhurried:
    """One that takes its time, so that a week takes several slots."""

    def __init__(self, inner: Sink) -> None:
        self._inner = inner
        self.idle, self.close = inner.idle, inner.close

    @property
    def most_rows(self) -> int:
        return self._inner.most_rows

    async def send(self, batch: Batch) -> Outcome:
        await asyncio.sleep(0.001 * len(batch.rows))
        return await self._inner.send(batch)


async def until_settled(delivery: MemoryDelivery, count: int) -> None:
    """Wait for the delivery to have so many rows accepted or set aside."""
    while len(delivery.settled) < count:  # noqa: ASYNC110 - told by no event
        await asyncio.sleep(0.002)


async def _at_last(sink: Sink, what: Sequence[Row]) -> set[int]:
    """`deliver`, tried again while the other side is only just coming up."""
    async with asyncio.timeout(WITHIN_S):
        while True:
            try:
                return await deliver(sink, what)
            except SinkError:
                await asyncio.sleep(0.05)
