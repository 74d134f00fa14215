"""What a centre of another origin says, does not say, and may not do, over TCP, in every dialect."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

import pytest

from controller.consumption.upload.port import Row, Unreachable
from controller.consumption.upload.runner import Patience, SinkRunner
from tests.controller.consumption.upload.national.centre import (
    Caller,
    Centre,
    centre,
    inside,
    operation_of,
)
from tests.controller.consumption.upload.national.site import Site, meters, site
from tests.controller.consumption.upload.rows import MemoryDelivery, key, row

pytestmark = pytest.mark.parametrize("dialect", ["a", "b", "c"])


async def test_heartbeats(dialect: str) -> None:
    async with centre(dialect) as server, site(dialect, server, heartbeat_s=0.2) as ours:
        await ours.sink.idle()
        assert not server.of("notify"), "it has just been let in"
        for _ in range(2):
            await asyncio.sleep(0.25)
            await ours.sink.idle()
        await server.until("notify", 2)
    assert len(server.callers) == 1


async def test_a_centre_silent_for_too_long_is_given_up(dialect: str) -> None:
    async with centre(dialect) as server, site(dialect, server, heartbeat_s=0.01, offline_s=0.5) as ours:
        server.react = lambda caller, document: True
        await ours.sink.idle()
        await asyncio.sleep(0.05)
        await ours.sink.idle()
        await asyncio.sleep(0.5)
        with pytest.raises(Unreachable, match="has said nothing"):
            await ours.sink.idle()
        await ours.sink.idle()
    assert len(server.callers) == 2


@pytest.mark.parametrize("allowed", [True, False])
async def test_the_clock_is_set_only_if_the_site_allows_it(dialect: str, allowed: bool) -> None:
    async with centre(dialect) as server, site(dialect, server, set_clock=allowed) as ours:
        for number in (1, 2):
            await ours.live(row(number))
    assert ours.clock == ([1_772_641_800_000] * 2 if allowed else [])
    assert len(ours.notices) == (0 if allowed else 1), "told once"


async def ask(server: Centre, ours: Site, begin: str, end: str) -> str:
    server.greet = lambda caller: caller.say(
        "data", "query", f"<begin_time>{begin}</begin_time><end_time>{end}</end_time>"
    )
    await ours.sink.idle()
    return (await server.until("reply"))[0]


async def test_a_query_is_answered_from_the_log(dialect: str) -> None:
    asked: list[tuple[int, int]] = []

    async def history(from_ms: int, to_ms: int) -> list[Row]:
        asked.append((from_ms, to_ms))
        return [row(1, slot=1), row(2, "main-2", slot=1)]

    async with centre(dialect) as server, site(dialect, server, history=history) as ours:
        reply = await ask(server, ours, "20260305003000", "20260305004500")
    assert asked == [(1_772_641_800_000, 1_772_642_700_000)]
    assert [meter[3] for meter in meters(reply)] == ["10.07", "20.07"]


@pytest.mark.parametrize("known", [True, False])
async def test_an_odd_query_is_answered_with_nothing(dialect: str, known: bool) -> None:
    async def history(from_ms: int, to_ms: int) -> list[Row]:
        raise AssertionError

    more = {"history": history} if known else {}
    begin, end = ("20200101000000", "20260101000000") if known else ("20260305003000", "20260305004500")
    async with centre(dialect) as server, site(dialect, server, **more) as ours:
        reply = await ask(server, ours, begin, end)
        assert "<total>0</total>" in reply
        assert not meters(reply)
        await ours.noticed("asked for stored data")
        assert (await ours.live(row(1))).accepted == {1}


async def test_a_period_is_acknowledged(dialect: str) -> None:
    async with centre(dialect) as server, site(dialect, server) as ours:
        server.greet = lambda caller: caller.say("config", "period", "<period>5</period>")
        await ours.sink.idle()
        await server.until("period_ack")
        await ours.noticed("every 5 min")


async def test_what_no_centre_may_do(dialect: str) -> None:
    def wish(caller: Caller) -> None:
        caller.say("modify", "modify", "<sql>delete from log</sql>")
        caller.say("control", "reboot")
        caller.say("config", "key", "<key>0000</key>")
        caller.say("config", "ip_port", "<ip>10.9.9.9</ip><port>1</port>")

    async with centre(dialect) as server, site(dialect, server) as ours:
        server.greet = wish
        assert (await ours.live(row(1))).accepted == {1}
    refused = [notice for notice in ours.notices if notice.endswith("refused")]
    assert len(refused) == 4
    assert not any("delete" in notice or "0000" in notice for notice in ours.notices)


def broken_frame(caller: Caller) -> bytes:
    frame = bytearray(caller.frame(caller.document("heart_beat", "time", "<time>20200101000000</time>")))
    frame[-5] ^= 0xFF
    return bytes(frame)


NOISE: dict[str, Callable[[Caller], bytes]] = {
    "garbage": lambda caller: b"GET / HTTP/1.1\r\n\r\n" * 100,
    "wrong crc": broken_frame,
    "half a frame": lambda caller: caller.frame(caller.document("data", "query"))[:50],
    "a lying length": lambda caller: bytes.fromhex(caller.ways.head) + b"\xff\xff\xff\x7f" + b"x" * 100,
    "no xml": lambda caller: caller.frame("<root><common>"),
    "a bomb": lambda caller: caller.frame(
        '<!DOCTYPE r [<!ENTITY a "aaaa">]><root><common>&a;</common></root>'
    ),
}


@pytest.mark.parametrize("noise", NOISE)
async def test_noise_costs_nothing_else(dialect: str, noise: str) -> None:
    async with centre(dialect) as server, site(dialect, server, set_clock=True) as ours:
        server.greet = lambda caller: caller.say_raw(NOISE[noise](caller))
        assert (await ours.live(row(1))).accepted == {1}
        assert (await ours.backfill(row(2))).accepted == {2}
    assert len(server.callers) == 1
    assert set(ours.clock) == {1_772_641_800_000}, "what came in a broken frame is not believed"


async def test_a_flood_of_junk_ends_the_connection(dialect: str) -> None:
    async with centre(dialect) as server, site(dialect, server) as ours:
        server.greet = lambda caller: caller.say_raw(b"j" * 600_000)
        with pytest.raises(Unreachable, match="junk"):
            await ours.live(row(1))
        server.greet = lambda caller: None
        assert (await ours.live(row(1))).accepted == {1}


async def test_a_centre_that_does_not_read_holds_nobody_up(dialect: str) -> None:
    def floods(caller: Caller) -> None:
        caller.reader._transport.pause_reading()  # type: ignore[attr-defined]
        for _ in range(4000):
            caller.say("config", "period", "<period>15</period>")

    async with centre(dialect) as server, site(dialect, server, timeout_s=0.3) as ours:
        server.greet = floods
        async with asyncio.timeout(20):
            with pytest.raises(Unreachable):
                await ours.live(row(1))


async def test_silence_is_unreachable_in_time(dialect: str) -> None:
    async with centre(dialect) as server, site(dialect, server, timeout_s=0.1) as ours:
        server.mute = True
        async with asyncio.timeout(20):
            with pytest.raises(Unreachable, match="no answer"):
                await ours.live(row(1))


async def test_nobody_there_is_unreachable(dialect: str) -> None:
    async with centre(dialect) as server:
        port = server.port
    ours = Site(dialect, port)
    with pytest.raises(Unreachable):
        await ours.sink.idle()
    await ours.sink.close()


async def test_another_cipher_key_is_told(dialect: str) -> None:
    async with centre(dialect) as server:
        async with site(dialect, server, cipher_key=b"0000000000000000", timeout_s=0.5) as ours:
            with pytest.raises(Unreachable):
                await ours.sink.idle()
        server.faults.clear()  # it could not read us either


async def test_a_stop_in_the_middle_leaves_nothing_behind(dialect: str) -> None:
    async with centre(dialect) as server, site(dialect, server) as ours:
        server.react = lambda caller, document: True
        sending = asyncio.create_task(ours.backfill(row(1)))
        await server.until("continuous")
        sending.cancel()
        with pytest.raises(asyncio.CancelledError):
            await sending
        await ours.sink.close()
        server.react = lambda caller, document: False
        assert (await ours.backfill(row(1))).accepted == {1}


async def test_several_centres_at_once_with_their_runners(dialect: str) -> None:
    """One is dead, one loses an acknowledgement, two are well: each gets its own, at its own pace."""
    lost: list[str] = []

    def once(caller: Caller, document: str) -> bool:
        if operation_of(document) == "continuous" and not lost:
            lost.append(document)
            return True
        return False

    rows = [row(number) for number in range(1, 9)]
    quick = Patience(pauses_s=(0.01,), idle_s=0.05)
    async with centre(dialect) as well, centre("b") as other, centre(dialect) as lossy, centre("a") as dead:
        lossy.react = once
        dead.mute = True
        sites = [
            Site(dialect, well.port),
            Site("b", other.port),
            Site(dialect, lossy.port, timeout_s=1.0),
            Site("a", dead.port, timeout_s=0.2),
        ]
        feeds = [MemoryDelivery(rows) for _ in sites]
        runners = [
            asyncio.create_task(SinkRunner(ours.sink, feed, key=key, patience=quick).run())
            for ours, feed in zip(sites, feeds, strict=True)
        ]
        async with asyncio.timeout(30):
            while any(len(feed.settled) < len(rows) for feed in feeds[:3]):  # noqa: ASYNC110
                await asyncio.sleep(0.01)
        for task in runners:
            task.cancel()
        await asyncio.wait(runners)
    assert feeds[3].settled == set()
    for server in (well, other, lossy):
        ends = {inside(said, "time") for said in server.of("report") + server.of("continuous")}
        assert len(ends) == len(rows)
