"""Reports and back-fill to a centre of another origin, over TCP, in every dialect."""

from __future__ import annotations

import re

import pytest

from controller.consumption.upload.port import Denied, Unreachable
from tests.controller.consumption.upload.national.centre import (
    Caller,
    centre,
    inside,
    operation_of,
)
from tests.controller.consumption.upload.national.site import meters, site
from tests.controller.consumption.upload.rows import row

pytestmark = pytest.mark.parametrize("dialect", ["a", "b", "c"])
GOOD = {"a": "192", "b": "192", "c": "0"}
FAULT = {"a": "0", "b": "0", "c": "1"}


async def test_a_report(dialect: str) -> None:
    async with centre(dialect) as server, site(dialect, server) as ours:
        unknown = row(2, "main-2", slot=1)._replace(count_end=None, flags=1)
        outcome = await ours.live(row(1, slot=1), unknown, row(3, "attic"))
    assert outcome.accepted == {1, 2}
    assert list(outcome.refused) == [3]
    (report,) = server.of("report")
    assert meters(report) == [
        ("0001", "01A10", GOOD[dialect], "10.07"),
        ("0002", "01B00", FAULT[dialect], ""),
    ]
    order = re.findall(r"<(sequence|parser|time|total|current|meter)[ >]", report)
    assert order == ["sequence", "parser", "time", "total", "current", "meter", "meter"]
    assert inside(report, "time") == "20260305003000"
    assert [operation_of(said) for said in server.heard] == ["request", "md5", "report", "notify"]


async def test_not_let_in(dialect: str) -> None:
    async with centre(dialect) as server, site(dialect, server) as ours:
        server.result = "fail"
        with pytest.raises(Denied):
            await ours.live(row(1))
        server.result = "pass"
        assert (await ours.live(row(1))).accepted == {1}


async def test_another_key_is_not_let_in(dialect: str) -> None:
    async with centre(dialect) as server, site(dialect, server, key="wrong") as ours:
        with pytest.raises(Denied):
            await ours.sink.idle()
    assert not server.of("report")


async def test_back_fill_with_a_lost_acknowledgement_is_sent_again_alike(dialect: str) -> None:
    lost: list[str] = []

    def once(caller: Caller, document: str) -> bool:
        if operation_of(document) == "continuous" and len(lost) < 1:
            lost.append(document)
            return True
        return False

    async with centre(dialect) as server, site(dialect, server, timeout_s=1.0) as ours:
        server.react = once
        with pytest.raises(Unreachable, match="no answer"):
            await ours.backfill(row(1), row(2))
        assert (await ours.backfill(row(1), row(2))).accepted == {1, 2}
    assert server.of("continuous")[1] == lost[0], "word for word, so that the centre may know it"
    assert len(server.of("continuous")) == 3


async def test_what_was_acknowledged_before_the_connection_broke_counts(dialect: str) -> None:
    def second_breaks(caller: Caller, document: str) -> bool:
        if len(server.of("continuous")) == 2:
            caller.writer.transport.abort()
            return True
        return False

    async with centre(dialect) as server, site(dialect, server) as ours:
        server.react = second_breaks
        assert (await ours.backfill(row(1), row(2), row(3))).accepted == {1}
        server.react = lambda caller, document: False
        assert (await ours.backfill(row(2), row(3))).accepted == {2, 3}


@pytest.mark.parametrize("inner", ["<sequence>1</sequence>", ""])
async def test_an_acknowledgement_of_something_else_is_none(dialect: str, inner: str) -> None:
    def other(caller: Caller, document: str) -> bool:
        if operation_of(document) != "continuous":
            return False
        caller.say("data", "report_ack", f"<sequence>{inside(document, 'sequence')}</sequence>")
        caller.say("data", "continuous_ack", inner)
        return True

    named = {"ack_names_sequence": True}
    async with centre(dialect) as server, site(dialect, server, timeout_s=0.3, settings=named) as ours:
        server.react = other
        with pytest.raises(Unreachable):
            await ours.backfill(row(1))


async def test_an_acknowledgement_may_leave_out_what_it_is_for(dialect: str) -> None:
    def bare(caller: Caller, document: str) -> bool:
        if operation_of(document) == "continuous":
            caller.say("data", "continuous_ack")
            return True
        return False

    async with centre(dialect) as server, site(dialect, server) as ours:
        server.react = bare
        assert (await ours.backfill(row(1))).accepted == {1}


async def test_reports_may_be_acknowledged(dialect: str) -> None:
    def acknowledge(caller: Caller, document: str) -> bool:
        if operation_of(document) == "report" and len(server.of("report")) > 1:
            caller.say("data", "report_ack", f"<sequence>{inside(document, 'sequence')}</sequence>")
        return operation_of(document) == "report"

    acked = {"report_accepted": "ack"}
    async with centre(dialect) as server, site(dialect, server, timeout_s=1.0, settings=acked) as ours:
        server.react = acknowledge
        with pytest.raises(Unreachable):
            await ours.live(row(1))
        assert (await ours.live(row(1))).accepted == {1}
    assert not server.of("notify")


async def test_written_may_be_enough(dialect: str) -> None:
    async with (
        centre(dialect) as server,
        site(dialect, server, settings={"report_accepted": "written"}) as ours,
    ):
        server.react = lambda caller, document: True
        assert (await ours.live(row(1))).accepted == {1}
        await server.until("report")


async def test_a_report_without_the_heartbeats_answer_is_not_accepted(dialect: str) -> None:
    async with centre(dialect) as server, site(dialect, server, timeout_s=0.2) as ours:
        server.react = lambda caller, document: True
        with pytest.raises(Unreachable):
            await ours.live(row(1))
