"""What people may ask of the uploads: each answer, each refusal, and a row of the ledger for every wish."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from typing import Any, NamedTuple

import pytest
import pytest_asyncio

from config.language import text
from config.plan.devices import Source
from config.plan.sinks import Common, FileSink, HttpsSink
from controller.consumption.upload.port import Batch, Outcome, Unreachable
from controller.operations.uploads import Upload
from controller.socket.protocol import Code
from controller.store.errors import StoreError
from controller.store.ledger import Kind
from controller.uploads import Uploads
from tests.controller.consumption.upload.rows import ScriptedSink, all_of
from tests.controller.operations.asking import call, refusal
from tests.controller.shell import Shell
from tests.controller.test_delivery import START, fill, meter
from tests.controller.test_uploads import QUICK

PLAN = HttpsSink(Common("city", "City", Source("site.yaml", 9, 3)), "https://127.0.0.1:1/")


class Asked(NamedTuple):
    """A daemon with one sink, and what answers about it."""

    made: Shell
    upload: Upload
    sink: ScriptedSink

    async def row(self) -> dict[str, Any]:
        (found,) = (await self.upload.list(call("upload")))["sinks"]
        return dict(found)

    async def complete(self) -> dict[str, Any]:
        """Until nothing waits, and the runner has counted it."""
        async with asyncio.timeout(10):
            while (found := await self.row())["backlog_rows"] or not found["reachable"]:  # noqa: ASYNC110
                await asyncio.sleep(0.005)
        return found

    async def aside(self) -> list[dict[str, Any]]:
        return list((await self.upload.aside(call("upload-quarantine", sink="city")))["aside"])

    async def refused(self, count: int) -> list[dict[str, Any]]:
        """What is set aside, once so many rows are: a row counts as answered just before that is put down."""
        async with asyncio.timeout(10):
            while len(found := await self.aside()) < count:  # noqa: ASYNC110 - told by no event
                await asyncio.sleep(0.005)
        return found

    def put_down(self) -> list[tuple[str, str, str]]:
        """who, detail, why of what people asked for."""
        rows = [row.entry for row in self.made.ledger() if row.entry.kind == Kind.COMMAND]
        return [(entry.who, entry.detail, entry.why) for entry in rows]


@pytest_asyncio.fixture
async def asked(made: Shell) -> AsyncIterator[Asked]:
    log = made.stores.log
    log.register([meter("main"), meter("plant")], START)
    fill(log, 2)
    sink = ScriptedSink(all_of)
    uploads = Uploads("compound", [PLAN], log, made.board, made.clock, lambda _: sink, patience=QUICK)
    made.daemon.uploads = uploads
    uploads.start()
    yield Asked(made, Upload(made.daemon), sink)
    await uploads.stop()


async def test_how_a_sink_is_doing(asked: Asked) -> None:
    row = await asked.complete()
    async with asyncio.timeout(10):
        while row["delivered_rows"] < 4:
            row = await asked.complete()
    assert row.pop("rows_per_s") > 0
    assert row == {
        "sink": "city", "label": "City", "kind": "https", "not_in_simulation": False, "retired": False,
        "reachable": True,
        "complete_to": None, "lag_s": None, "backlog_rows": 0, "holes": 0, "aside_rows": 0,
        "delivered_rows": 4, "failures": 0, "last_error": "",
    }  # fmt: skip


async def test_an_outage_is_told_with_what_is_complete_and_why(asked: Asked) -> None:
    await asked.complete()

    def gone(_: Batch) -> Outcome:
        raise Unreachable(text("nobody is there"))

    asked.sink.answer = gone
    fill(asked.made.stores.log, 4)
    assert asked.made.daemon.uploads is not None
    asked.made.daemon.uploads.nudge()
    async with asyncio.timeout(10):
        while not (row := await asked.row())["failures"]:  # noqa: ASYNC110 - told by no event
            await asyncio.sleep(0.005)
    assert (row["reachable"], row["last_error"], row["backlog_rows"]) == (False, "nobody is there", 4)
    assert row["complete_to"] is not None
    assert row["complete_to"].startswith("2026-03-05T10:30:00")
    assert row["lag_s"] == (asked.made.clock.now().wall_ms - START - 2 * 900_000) / 1000
    asked.sink.answer = all_of
    assert (await asked.complete())["last_error"] == ""


async def test_every_wish_is_in_the_ledger_before_it_is_done(asked: Asked) -> None:
    await asked.complete()
    upload = asked.upload
    assert await upload.retry(call("upload-retry", sink="city")) == {
        "done": "upload-retry", "sink": "city", "rows": 0,
    }  # fmt: skip
    found = await upload.replay(call("upload-replay", sink="city", **{"from": "2026-03-05"}))
    assert found["rows"] == 4
    await asked.complete()
    assert len(asked.sink.sent) > 1
    await upload.retire(call("sink-retire", sink="city", reason="contract ended"))
    assert (await asked.row())["retired"] is True
    await upload.take_in_again(call("sink-restore", sink="city"))
    assert (await asked.row())["retired"] is False
    person = "王工 (li)"
    assert asked.put_down() == [
        (person, "upload retry city", ""),
        (person, "upload replay city from 2026-03-05", ""),
        (person, "sink retire city", "contract ended"),
        (person, "sink restore city", ""),
    ]


async def test_a_replay_is_from_midnight_of_the_site(asked: Asked) -> None:
    await asked.complete()
    later = await asked.upload.replay(call("upload-replay", sink="city", **{"from": "2026-03-06"}))
    assert later["rows"] == 0


async def test_what_was_refused_is_listed_and_sent_again(asked: Asked) -> None:
    asked.sink.answer = lambda batch: Outcome(frozenset(), {one.id: "no such meter" for one in batch.rows})
    assert asked.made.daemon.uploads is not None
    await asked.complete()
    await asked.upload.replay(call("upload-replay", sink="city", **{"from": "2026-03-01"}))
    await asked.complete()
    listed = await asked.refused(4)
    assert [(one["row"], one["meter"], one["reason"]) for one in listed] == [
        (1, "main", "no such meter"), (2, "plant", "no such meter"),
        (3, "main", "no such meter"), (4, "plant", "no such meter"),
    ]  # fmt: skip
    assert listed[0]["start"].startswith("2026-03-05T10:00:00")
    asked.sink.answer = all_of
    assert (await asked.upload.retry(call("upload-retry", sink="city", rows=[2])))["rows"] == 1
    assert (await asked.upload.retry(call("upload-retry", sink="city")))["rows"] == 3
    assert (await asked.complete())["aside_rows"] == 0


async def test_refusals_say_what_is_wrong_and_write_nothing(asked: Asked) -> None:
    upload = asked.upload
    wishes = {
        upload.aside: "upload-quarantine",
        upload.retry: "upload-retry",
        upload.retire: "sink-retire",
        upload.take_in_again: "sink-restore",
    }
    for ask, op in wishes.items():
        _, words, where = await refusal(ask(call(op, sink="moon", reason="because")))
        assert (words, where) == ('no sink named "moon"', "sink")
    odd = call("upload-replay", sink="city", **{"from": "yesterday"})
    assert (await refusal(upload.replay(odd)))[0] == Code.BAD_REQUEST
    for ids in ("all", [1, "2"], 7):
        assert (await refusal(upload.retry(call("upload-retry", sink="city", rows=ids))))[2] == "rows"
    assert (await refusal(upload.retire(call("sink-retire", sink="city"))))[2] == "reason"
    assert asked.put_down() == []
    code, words, _ = await refusal(upload.take_in_again(call("sink-restore", sink="city")))
    assert (code, words) == (Code.REFUSED, 'sink "city" is not retired')


async def test_what_cannot_be_put_down_is_not_done(asked: Asked, monkeypatch: pytest.MonkeyPatch) -> None:
    await asked.complete()
    sent = len(asked.sink.sent)

    async def full(*_: object) -> None:
        raise StoreError(
            text("{file} could not be written in time: {error}", file="control.db", error="full")
        )

    monkeypatch.setattr(asked.made.daemon, "note", full)
    for wish in (
        asked.upload.replay(call("upload-replay", sink="city", **{"from": "2026-03-01"})),
        asked.upload.retire(call("sink-retire", sink="city", reason="because")),
    ):
        code, words, _ = await refusal(wish)
        assert code == Code.UNAVAILABLE
        assert "not carried out: control.db could not be written in time: full" in words
    assert (await asked.row())["retired"] is False
    assert len(asked.sink.sent) == sent


async def test_a_row_that_is_not_set_aside_is_refused(asked: Asked) -> None:
    await asked.complete()
    code, words, _ = await refusal(asked.upload.retry(call("upload-retry", sink="city", rows=[99999])))
    assert (code, words) == (Code.REFUSED, "city has set aside no row 99999")


async def test_what_a_simulation_leaves_out_is_listed_as_that(made: Shell) -> None:
    log = made.stores.log
    log.register([meter("main"), meter("plant")], START)
    stick = FileSink(Common("stick", "Stick", Source("site.yaml", 9, 3)), "/media/usb", "csv")
    made.daemon.uploads = Uploads(
        "compound", [], log, made.board, made.clock, lambda _: ScriptedSink(all_of), left_out=[stick]
    )
    upload = Upload(made.daemon)
    (row,) = (await upload.list(call("upload")))["sinks"]
    assert (row["sink"], row["kind"], row["not_in_simulation"]) == ("stick", "files", True)
    for wish in (
        upload.aside(call("upload-quarantine", sink="stick")),
        upload.retry(call("upload-retry", sink="stick")),
        upload.retire(call("sink-retire", sink="stick", reason="because")),
    ):
        assert (await refusal(wish))[:2] == (Code.REFUSED, 'sink "stick" gets nothing of a simulation')


async def test_before_the_uploads_are_there(made: Shell) -> None:
    code, words, _ = await refusal(Upload(made.daemon).list(call("upload")))
    assert (code, words) == (Code.UNAVAILABLE, "the daemon is still starting")
