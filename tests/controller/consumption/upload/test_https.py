"""The HTTPS sink against a real TLS server: the contract, what each answer means, and faults."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Sequence
from decimal import Decimal
from pathlib import Path

import pytest
import pytest_asyncio

from controller.consumption.upload.port import (
    BatchRefused,
    Denied,
    Row,
    Sink,
    SinkError,
    Throttled,
    TooLarge,
    Unreachable,
)
from controller.consumption.upload.runner import SinkRunner
from tests.certificates import Authority, Identity
from tests.controller.consumption.upload.contract import (
    QUICK,
    Name,
    OtherSide,
    SinkContract,
    batch,
    rows,
    until_settled,
)
from tests.controller.consumption.upload.https_bench import Bench, context, upload
from tests.controller.consumption.upload.rows import MemoryDelivery, key, row
from tests.controller.consumption.upload.web import Reply, Request, Web


class _ScriptedSide:
    def __init__(self, web: Web, ca: Path) -> None:
        self._web = web
        self._ca = ca

    def sink(self) -> Sink:
        return upload(self._web.url, self._ca)

    async def stored(self) -> Sequence[tuple[Name, Decimal | None]]:
        return self._web.content()

    async def go_down(self) -> None:
        await self._web.stop()

    async def come_up(self) -> None:
        await self._web.start()

    def refused(self, number: int) -> Row | None:
        return row(number)._replace(consumption=-1)


class TestContract(SinkContract):
    @pytest_asyncio.fixture
    async def other(self, authority: Authority, server: Identity) -> AsyncIterator[OtherSide]:
        async with Web(context(server)) as web:
            yield _ScriptedSide(web, authority.ca)


async def test_what_is_sent(bench: Bench) -> None:
    one = row(1)._replace(flags=3, revision=2, consumption=None, from_ms=None)
    outcome = await bench.sink.send(batch([one]))
    assert outcome.accepted == {1}
    [request] = bench.web.requests
    assert request.headers["content-type"] == "application/x-ndjson"
    assert request.headers["idempotency-key"] == "1-1"
    assert request.headers["louguan-format"] == "1"
    assert "authorization" not in request.headers
    assert request.rows == [
        {
            "key": f"shuangliu/main-1/{one.start_ms}/2",
            "site": "shuangliu",
            "meter": "main-1",
            "quantity": "electricity",
            "unit": "kWh",
            "start": "2026-03-04T16:15:00.000+00:00",
            "start_ms": one.start_ms,
            "end": "2026-03-04T16:30:00.000+00:00",
            "end_ms": one.end_ms,
            "revision": 2,
            "from": None,
            "from_ms": None,
            "count_start": "10.00",
            "count_end": "10.07",
            "consumption": None,
            "quantum": "0.01",
            "peak": "1.500",
            "peak_unit": "kW",
            "covered_s": 900,
            "flags": ["partial", "recovered"],
            "stream": "live",
        }
    ]


async def test_one_connection_serves_many_batches(bench: Bench) -> None:
    for first in (1, 21, 41):
        await bench.sink.send(batch(rows(20, first)))
    assert bench.web.connections == 1


@pytest.mark.parametrize(
    ("reply", "kind", "said"),
    [
        (Reply(400, {"error": {"message": "no such building"}}), BatchRefused, "400 no such building"),
        (Reply(422, {"detail": "odd"}), BatchRefused, "422 odd"),
        (Reply(413, b"too large"), TooLarge, "413 too large"),
        (Reply(429, b"", {"Retry-After": "7"}), Throttled, "asked to wait 7 s"),
        (Reply(429, b""), Unreachable, "429"),
        (Reply(503, b"", {"Retry-After": "1e9"}), Throttled, "asked to wait 3600 s"),
        (
            Reply(
                503,
                b"",
                {"Retry-After": "Wed, 21 Oct 2015 07:28:30 GMT", "Date": "Wed, 21 Oct 2015 07:28:00 GMT"},
            ),
            Throttled,
            "asked to wait 30 s",
        ),
        (Reply(503, b"", {"Retry-After": "nan"}), Unreachable, "503"),
        (Reply(401, {"error": "expired"}), Denied, "401 expired"),
        (Reply(403, b""), Denied, "403"),
        (Reply(404, b"<html>"), Unreachable, "404 <html>"),
        (Reply(500, {"error": ["odd"]}), Unreachable, "500"),
        (Reply(307, b"", {"Location": "https://elsewhere.example/"}), Unreachable, "elsewhere.example"),
        (Reply(204, b""), Unreachable, "no answer"),
        (Reply(200, b"OK"), Unreachable, "no answer"),
        (Reply(200, {"ok": True}), Unreachable, "not an answer"),
        (Reply(200, {"accepted": "all"}), Unreachable, "no list"),
        (Reply(200, {"refused": ["a"]}), Unreachable, "without a key"),
        (Reply(200, b"[" * 60_000), Unreachable, "no answer"),
        (Reply(200, b'{"accepted": []}' + b" " * 200_000), Unreachable, "longer than"),
        (Reply(200, b"", {"Content-Encoding": "gzip"}), Unreachable, "packed"),
    ],
)
async def test_what_an_answer_means(bench: Bench, reply: Reply, kind: type[SinkError], said: str) -> None:
    bench.web.answer = lambda _web, _request: reply
    error = await bench.fails(kind)
    assert said in str(error)
    bench.web.answer = lambda web, request: web.take(request)
    assert (await bench.sink.send(batch(rows(3)))).accepted == {1, 2, 3}


async def test_an_answer_counts_row_by_row_and_only_for_rows_that_were_sent(bench: Bench) -> None:
    def answer(_web: Web, request: Request) -> Reply:
        first, second, third, _fourth = request.keys
        refused = [{"key": second, "reason": "odd\x1b[31m\nrow"}, {"key": third}, {"key": first}]
        return Reply(body={"accepted": [first, "elsewhere/main-1/0/0", 7], "refused": refused})

    bench.web.answer = answer
    outcome = await bench.sink.send(batch(rows(4)))
    assert outcome.accepted == {1}, "what it says it has, it has"
    assert outcome.refused == {2: "odd [31m row", 3: "refused without a reason"}


async def test_a_400_may_tell_row_by_row_too(bench: Bench) -> None:
    bench.web.answer = lambda web, request: web.take(request)._replace(status=400)
    what = [row(1), row(2)._replace(consumption=-1)]
    outcome = await bench.sink.send(batch(what))
    assert outcome.accepted == {1}
    assert outcome.refused == {2: "less than nothing"}


async def test_a_row_that_spoils_its_batch_is_found_and_set_aside(bench: Bench) -> None:
    def answer(web: Web, request: Request) -> Reply:
        bad = any(one["start_ms"] == row(13).start_ms for one in request.rows)
        return Reply(400, {"error": "bad row"}) if bad else web.take(request)

    bench.web.answer = answer
    delivery = await run(bench.sink, rows(50))
    assert delivery.aside == {13: "400 bad row"}
    assert len(bench.web.stored) == 49


async def test_a_limit_is_learnt_and_kept_to(bench: Bench) -> None:
    bench.web.answer = lambda web, request: Reply(413) if len(request.rows) > 6 else web.take(request)
    await run(bench.sink, rows(100))
    assert len(bench.web.stored) == 100
    assert len([one for one in bench.web.requests if len(one.rows) > 6]) <= 4


@pytest.mark.parametrize(
    "reply",
    [
        Reply(200, {"accepted": ["…"]}, sent=4, then="close"),
        Reply(200, {"accepted": ["…"]}, sent=4, then="reset"),
        Reply(200, {"accepted": ["…"]}, sent=4, then="stall"),
        Reply(200, {"accepted": ["…"]}, sent=0, then="reset"),
    ],
)
async def test_half_an_answer_is_none(bench: Bench, reply: Reply) -> None:
    bench.sink = upload(bench.web.url, Path(bench.sink._plan.tls.ca), timeout_s=0.4)
    bench.web.answer = lambda _web, _request: reply
    began_s = time.monotonic()
    await bench.fails(Unreachable)
    assert time.monotonic() - began_s < 10
    bench.web.answer = lambda web, request: web.take(request)
    assert (await bench.sink.send(batch(rows(3)))).accepted == {1, 2, 3}
    await bench.sink.close()


async def test_an_acknowledgement_that_is_lost_costs_nothing(bench: Bench) -> None:
    """The other side has stored the rows; we did not hear it."""
    lost = True

    def answer(web: Web, request: Request) -> Reply:
        nonlocal lost
        reply = web.take(request)
        if lost:
            lost = False
            return reply._replace(sent=0, then="reset")
        return reply

    bench.web.answer = answer
    await run(bench.sink, rows(3))
    assert len(bench.web.stored) == 3
    assert bench.web.requests[0].rows in [one.rows for one in bench.web.requests[1:]]


async def run(sink: Sink, what: Sequence[Row]) -> MemoryDelivery:
    """A runner until every row is settled."""
    delivery = MemoryDelivery(what)
    task = asyncio.create_task(SinkRunner(sink, delivery, key=key, patience=QUICK).run())
    try:
        async with asyncio.timeout(20):
            await until_settled(delivery, len(what))
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
    return delivery
