"""The listener: a collector of another origin, our own sink, and strangers."""

from __future__ import annotations

import asyncio
import hashlib
import json
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from config.dialects import load_dialect
from controller.consumption.upload.port import Denied
from controller.receiver.national import (
    Building,
    KeepError,
    Keys,
    KeysWrong,
    NationalListener,
    Value,
    Waits,
    read_keys,
)
from tests.controller.consumption.upload.national.centre import (
    CIPHER_KEY,
    KEY,
    WAYS,
    Caller,
    inside,
    operation_of,
)
from tests.controller.consumption.upload.national.site import Site
from tests.controller.consumption.upload.rows import row
from tests.controller.receiver.process import ReceiverProcess

ZONE = ZoneInfo("Asia/Shanghai")
NOON = 1_772_683_200_000  # 2026-03-05 12:00 in China
DIALECTS = pytest.mark.parametrize("dialect", ["a", "b", "c"])


class MemoryStore:
    """Values by their name; may fail."""

    def __init__(self) -> None:
        self.kept: dict[tuple[str, str, str, str, int], Value] = {}
        self.fails = False

    async def put(self, site: str, rows: Sequence[Value]) -> None:
        if self.fails:
            raise KeepError
        for each in rows:
            self.kept[site, each.building, each.meter, each.function, each.time_ms] = each


@asynccontextmanager
async def listener(dialect: str, store: MemoryStore, **more: Any) -> AsyncIterator[int]:
    spoken = replace(load_dialect(dialect), **more.pop("settings", {}))
    keys = Keys(CIPHER_KEY, {"510116A001": Building("shuangliu", KEY)})
    made = NationalListener(spoken, keys, store, ZONE, lambda: NOON, **more)
    port = await made.start("127.0.0.1", 0)
    try:
        yield port
    finally:
        await made.close()


@asynccontextmanager
async def collector(dialect: str, port: int) -> AsyncIterator[Caller]:
    """One of another origin."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    try:
        async with asyncio.timeout(5):
            yield Caller(WAYS[dialect], reader, writer)
    finally:
        writer.transport.abort()


async def login(caller: Caller, key: str = KEY) -> str:
    caller.say("id_validate", "request")
    challenge = inside(await caller.hear(), "sequence")
    assert len(challenge) == 8
    said = key + challenge if caller.ways.key_first else challenge + key
    caller.say("id_validate", "md5", f"<md5>{hashlib.md5(said.encode()).hexdigest().upper()}</md5>")
    return inside(await caller.hear(), "result")


def data(value: str) -> str:
    return (
        "<sequence>77</sequence><parser>yes</parser><time>20260305003000</time><total>1</total><current>1</current>"
        f'<meter id="0001"><function id="1" coding="01A10" error="192">{value}</function></meter>'
    )


@DIALECTS
async def test_a_collector_of_another_origin(dialect: str) -> None:
    store = MemoryStore()
    async with listener(dialect, store) as port, collector(dialect, port) as caller:
        assert await login(caller) == "pass"
        caller.say("heart_beat", "notify")
        assert inside(await caller.hear(), "time") == "20260305120000"
        for value in ("10.5", "10.5", "11", ""):
            caller.say("data", "continuous", data(value))
            answer = await caller.hear()
            assert (operation_of(answer), inside(answer, "sequence")) == ("continuous_ack", "77")
            assert [kept.value for kept in store.kept.values()] == [value or None], "kept once"
    assert next(iter(store.kept.values()))[:5] == ("510116A001", "01", "0001", "1", 1_772_641_800_000)


@DIALECTS
async def test_our_own_sink(dialect: str) -> None:
    store = MemoryStore()
    settings = {"report_accepted": "ack"}
    async with listener(dialect, store, settings=settings) as port:
        ours = Site(dialect, port, set_clock=True, settings=settings, heartbeat_s=0.0)
        try:
            assert (await ours.backfill(row(1), row(2, "main-2"))).accepted == {1, 2}
            assert (await ours.live(row(3))).accepted == {3}
        finally:
            await ours.sink.close()
    assert sorted((each.meter, each.value) for each in store.kept.values()) == [
        ("0001", "10.07"),
        ("0001", "30.07"),
        ("0002", "20.07"),
    ]
    assert set(ours.clock) == {NOON}


async def test_who_does_not_know_the_key_stays_out() -> None:
    store = MemoryStore()
    async with listener("a", store) as port:
        async with collector("a", port) as caller:
            assert await login(caller, "guess") == "fail"
            assert await caller.reader.read() == b""
        stranger = Site("a", port, key="guess")
        with pytest.raises(Denied):
            await stranger.live(row(1))
        await stranger.sink.close()
        async with collector("a", port) as caller:
            caller.say("data", "continuous", data("1"))
            assert await caller.reader.read() == b""
    assert store.kept == {}


async def test_what_cannot_be_kept_is_not_acknowledged() -> None:
    store = MemoryStore()
    store.fails = True
    async with listener("a", store) as port, collector("a", port) as caller:
        await login(caller)
        caller.say("data", "continuous", data("1"))
        assert await caller.reader.read() == b""


@pytest.mark.parametrize(
    "noise",
    [b"j" * 600_000, bytes.fromhex("68681616") + b"\xff" * 50, b""],
    ids=["a flood", "a lying length", "silence"],
)
async def test_strangers_are_let_go_in_time(noise: bytes) -> None:
    waits = Waits(login_s=0.2, silent_s=0.2)
    async with listener("a", MemoryStore(), waits=waits) as port, collector("a", port) as caller:
        caller.say_raw(noise)
        try:
            assert await caller.reader.read() == b""
        except ConnectionError:  # it let go before it had read everything
            assert noise
        async with collector("a", port) as friend:
            assert await login(friend) == "pass"
            assert await friend.reader.read() == b"", "silent for too long"


async def test_it_ends_in_order_with_a_collector_connected(tmp_path: Path) -> None:
    keys = tmp_path / "keys.json"
    building = {"site": "shuangliu", "key": KEY}
    keys.write_text(json.dumps({"cipher_key": CIPHER_KEY.decode(), "buildings": {"510116A001": building}}))
    keys.chmod(0o600)
    process = ReceiverProcess(tmp_path / "data", "--no-token", "--national", "0", "--keys", str(keys))
    said = process.start()
    async with collector("a", said["national_port"]) as caller:
        assert await login(caller) == "pass"
        assert await asyncio.to_thread(process.stop) == 0
        assert await caller.reader.read() == b""
    assert process.told() == ""


def test_keys_from_a_file(tmp_path: Path) -> None:
    file = tmp_path / "keys.json"
    good = {"cipher_key": CIPHER_KEY.decode(), "buildings": {"510116A001": {"site": "s", "key": "k"}}}
    file.write_text(json.dumps(good))
    assert read_keys(file) == Keys(CIPHER_KEY, {"510116A001": Building("s", "k")})
    wrong: list[object] = [
        [],
        {},
        {**good, "more": 1},
        {**good, "cipher_key": "short"},
        {**good, "buildings": {}},
        {**good, "buildings": {"x": {"site": "s"}}},
        {**good, "buildings": {"x": {"site": "s", "key": ""}}},
        {**good, "buildings": {"x": {"site": "s", "key": "\ud800"}}},
        {**good, "cipher_key": "\ud800" * 16},
    ]
    for each in wrong:
        file.write_text(json.dumps(each))
        with pytest.raises(KeysWrong, match=r"expected|cipher key") as caught:
            read_keys(file)
        assert str(file) in str(caught.value)
