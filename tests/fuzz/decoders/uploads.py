"""What sinks hear: HTTP answers from the wire on, a broker's packets, acknowledgements, commands."""

from __future__ import annotations

import asyncio
import json
import logging
import os
import socket
import ssl
from typing import Any

import httpcore
import httpx

from config.plan.devices import Source
from config.plan.sinks import Common, HttpsSink, MqttSink, Secret
from controller.consumption.upload.acks import Acks
from controller.consumption.upload.answers import Answer, understood, understood_plainly
from controller.consumption.upload.edgenode import EdgeNode
from controller.consumption.upload.httpslink import HttpsLink, _Connection
from controller.consumption.upload.mqttlink import Link
from controller.consumption.upload.port import Outcome, SinkError
from controller.consumption.upload.rowjson import row_key
from controller.consumption.upload.sparkplug import DataType, Metric, encode
from tests.controller.consumption.upload.rows import row
from tests.fuzz.decoder import CANARY, Decoder, Wrong, unsaid, with_length
from tests.fuzz.loop import OwnTimeLoop
from tests.fuzz.trees import JSON_WORDS, changed

ROWS = [row(number) for number in range(1, 4)]
KEYS = [row_key("shuangliu", each) for each in ROWS]
_COMMON = Common("up", "", Source("", 0, 0), timeout_s=5.0)
_BODIES: tuple[Any, ...] = (
    {"accepted": KEYS, "refused": [], "new": 3},
    {"accepted": KEYS[:1], "refused": [{"key": KEYS[1], "reason": "no such meter"}]},
    {"error": {"message": "quota"}},
    {"message": f"not you: Bearer {CANARY}"},
    {"error": f"token {CANARY}"},
)
_WORDS = (
    *JSON_WORDS, b'{"error":' * 300, b'"accepted":', b'"refused":', b'{"key":1}', CANARY.encode(),
    json.dumps(CANARY).replace("/", "\\/").encode(), CANARY.replace("c", "\\u0063").encode(),
    CANARY.replace("/", "%2F").encode(),
)  # fmt: skip
_HEADER_WORDS = (
    b"\r\nRetry-After: 99999999999999999999\r\n", b"\r\nRetry-After: nan\r\n", b"\r\nRetry-After: -inf\r\n",
    b"\r\nRetry-After: Mon, 01 Jan 99999999999 00:00:00 GMT\r\nDate: Mon, 01 Jan 2024 00:00:00 GMT\r\n",
    b"\r\nRetry-After: Mon, 01 Jan 2024 00:00:00 +99999999999999\r\n", b"\r\nContent-Encoding: gzip\r\n",
    b"\r\nTransfer-Encoding: chunked\r\n", b"\r\nContent-Length: -1\r\n",
    b"\r\nContent-Length: 99999999999\r\n",
    b"\r\nLocation: https://a.example/?" + CANARY.encode() + b"\r\n", b"\r\nConnection: close\r\n",
    b"HTTP/1.1 100 C\r\n\r\n", b"HTTP/1.1 503 x\r\n", b"HTTP/1.1 429 x\r\n", b"\r\n\r\n", b"0\r\n\r\n",
    b"ffffffffffffffff\r\n", b"\xff",
)  # fmt: skip


def _judged(outcome: Outcome) -> Outcome:
    ids = {each.id for each in ROWS}
    if not outcome.accepted <= ids or not outcome.refused.keys() <= ids:
        raise Wrong("rows settled that were not sent")
    if not all(outcome.refused.values()):
        raise Wrong("refused without a word")
    return outcome


def answers() -> Decoder:
    """A case: two bytes for the status, then a body: JSON as it comes after HTTP was taken off."""

    def take(data: bytes) -> None:
        status, body = 100 + int.from_bytes(data[:2], "big") % 500, data[2:]
        try:
            _judged(understood("shuangliu", ROWS, Answer(status, {}, body)))
            understood_plainly(Answer(status, {}, body))
        except SinkError as error:
            error.words  # noqa: B018 - as it is told
            raise

    seeds = [
        (status - 100).to_bytes(2, "big") + json.dumps(body).encode()
        for status in (200, 400, 401, 413, 429, 503, 302)
        for body in _BODIES
    ]
    return Decoder(take, tuple(seeds), (SinkError,), _WORDS, tree=changed(2), longest=6000)


def https() -> Decoder:
    """A case: the bytes of an HTTP answer, as they come from the connection (TLS taken off)."""
    loop = OwnTimeLoop()
    plan = HttpsSink(_COMMON, "http://127.0.0.1:9/v1/intervals")
    trust = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    logging.getLogger("httpx").setLevel(logging.WARNING)  # as the link's own client does

    async def one(data: bytes) -> None:
        transport = httpx.AsyncHTTPTransport(verify=trust)
        pieces = [data[at : at + 700] for at in range(0, len(data), 700)] or [b""]
        transport._pool._network_backend = httpcore.AsyncMockBackend(pieces)
        link = HttpsLink(plan)
        client = httpx.AsyncClient(transport=transport, trust_env=False, timeout=5.0)
        link._connection = _Connection(client, CANARY, [])
        try:
            answer = await link.post(b"{}", {}, 64 * 1024)
            unsaid(_judged(understood("shuangliu", ROWS, answer)).refused)
            understood_plainly(answer)
        except SinkError as error:
            unsaid(error)
            unsaid(error.words)
            raise
        finally:
            await link.drop()

    def take(data: bytes) -> None:
        try:
            loop.run_until_complete(one(data))
        finally:
            loop.raise_failed()

    seeds = []
    for status in (200, 302, 400, 401, 413, 429, 503):
        for body in _BODIES:
            written = json.dumps(body).encode()
            if status == 400:
                written = written.replace(b"/", b"\\/")
            more = "Retry-After: 30\r\n" if status in (429, 503) else ""
            more += f"Location: https://a.example/?{CANARY}\r\n" if status == 302 else ""
            more += f"Content-Type: application/json\r\nContent-Length: {len(written)}\r\n"
            head = f"HTTP/1.1 {status} X\r\n{more}\r\n"
            seeds.append(head.encode() + written)
    chunked = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
    body = json.dumps(_BODIES[0]).encode()
    seeds.append(chunked + f"{len(body):x}\r\n".encode() + body + b"\r\n0\r\n\r\n")
    declared = (SinkError,)
    words = (*_HEADER_WORDS, *_WORDS)
    return Decoder(
        take, tuple(seeds), declared, words, with_length, hushed=True, longest=6000, close=loop.close
    )


# MQTT


def broker() -> Decoder:
    """A case: a byte for the version, then all that a broker sends from the connection on."""
    loop = OwnTimeLoop()
    os.environ["FUZZ_CANARY"] = CANARY
    plans = {
        version: MqttSink(
            _COMMON,
            "127.0.0.1",
            1883,
            False,
            version,
            "json",
            "box",
            "energy",
            "acks",
            "box",
            Secret(env="FUZZ_CANARY"),
        )
        for version in ("5", "3.1.1")
    }
    heard: list[tuple[str, bytes, bool]] = []

    async def one(data: bytes) -> None:
        plan = plans["3.1.1" if data[:1] == b"\1" else "5"]
        link = Link(plan, lambda *said: heard.append(said))
        ours, theirs = socket.socketpair()
        link._client._create_socket = lambda: ours  # type: ignore[method-assign]
        try:
            link._connect()
            link._attach()
            theirs.setblocking(False)
            theirs.send(data[1:1500])
            waiting = asyncio.gather(link._up, return_exceptions=True)
            for _ in range(4):
                await asyncio.sleep(0)
            if link.up:
                asking = asyncio.create_task(link.subscribe("acks"))
                told = link.publish(_message())
                theirs.send(data[1500:] or b"\x40\x02\x00\x01\x90\x03\x00\x01\x00")
                await asyncio.sleep(0.01)
                await asyncio.sleep(0.01)
                asking.cancel()
                told.cancel()
                await asyncio.gather(asking, told, return_exceptions=True)
            if link._down is not None:
                unsaid(link._down)
            waiting.cancel()
            await asyncio.gather(waiting, return_exceptions=True)
        finally:
            link.drop()
            ours.close()
            theirs.close()
            heard.clear()

    def take(data: bytes) -> None:
        loop.run_until_complete(one(data))
        loop.raise_failed()

    connack5 = b"\x20\x03\x00\x00\x00"
    limits = b"\x20\x0b\x00\x00\x08\x21\x00\x0a\x27\x00\x01\x00\x00"
    reason = CANARY.encode()
    said = b"\x1f" + len(reason).to_bytes(2, "big") + reason
    refused = b"\x20" + bytes((3 + len(said), 0, 0x86, len(said))) + said
    acks = json.dumps({"accepted": KEYS}).encode()
    publish5 = b"\x30" + bytes((2 + 4 + 1 + 40,)) + b"\x00\x04acks\x00" + acks[:40]
    publish3 = b"\x32" + bytes((2 + 4 + 2 + 40,)) + b"\x00\x04acks\x00\x07" + acks[:40]
    suback5, puback5 = b"\x90\x04\x00\x01\x00\x01", b"\x40\x04\x00\x02\x10\x00"
    seeds = (
        b"\0" + connack5, b"\0" + limits, b"\0" + refused, b"\1\x20\x02\x00\x00", b"\1\x20\x02\x00\x05",
        b"\0" + connack5 + publish5 + suback5 + puback5,
        b"\1\x20\x02\x00\x00" + publish3 + b"\x90\x03\x00\x01\x80", b"\0" + connack5 + b"\xe0\x02\x8b\x00",
        b"\0" + connack5 + b"\xd0\x00", b"\0" + limits + b"\x62\x02\x00\x01",
    )  # fmt: skip
    words = (
        b"\xff\xff\xff\x7f",
        b"\xff\xff\xff\xff",
        b"\x00\x00",
        connack5,
        suback5,
        puback5,
        publish5,
        b"\x26\x00\x01a\x00\x01b",
    )

    def close() -> None:
        loop.close()
        os.environ.pop("FUZZ_CANARY", None)

    return Decoder(take, seeds, (SinkError,), words, hushed=True, longest=3000, close=close)


def _message() -> Any:
    from controller.consumption.upload.edgenode import Message

    return Message("energy/main-1", b"{}", qos=1)


def acks() -> Decoder:
    """A case: what somebody publishes on the topic of acknowledgements."""

    def take(data: bytes) -> None:
        heard = Acks("shuangliu")
        heard.expect(ROWS)
        heard.heard(data)
        outcome = _judged(heard.outcome(ROWS))
        if {KEYS[at] for at, each in enumerate(ROWS) if each.id in outcome.accepted} - _said_taken(data):
            raise Wrong("a row counts as taken that nobody said was")
        for reason in outcome.refused.values():
            reason.encode()

    one = ROWS[0]
    said: tuple[Any, ...] = (
        {"accepted": KEYS, "refused": [{"key": KEYS[0], "reason": "no"}]},
        {"refused": [{"key": KEYS[0], "reason": None}, {"key": KEYS[1]}]},
        {"site": "shuangliu", "meter": one.meter, "start_ms": one.start_ms, "revision": 0},
        [{"site": "shuangliu", "meter": one.meter, "start_ms": one.start_ms, "refused": "no such meter"}],
        [
            {
                "site": "shuangliu",
                "meter": one.meter,
                "start_ms": one.start_ms,
                "refused": [[1, {"a": "\ud800"}]],
            }
        ],
    )
    seeds = tuple(json.dumps(each).encode() for each in said)
    words = (*_WORDS, b"[" * 500 + b"]" * 500, "٣".encode(), b"1.0")
    return Decoder(take, seeds, (), words, tree=changed(), longest=6000)


def _said_taken(data: bytes) -> set[str]:
    """Keys that a message says are taken, read without care for anything else."""
    try:
        said = json.loads(data)
    except (ValueError, RecursionError):
        return set()
    found: set[str] = set()
    for item in said if isinstance(said, list) else [said]:
        if not isinstance(item, dict):
            continue
        accepted = item.get("accepted")
        for name in accepted if isinstance(accepted, list) else ():
            parts = str(name).split("/")
            if len(parts) == 4 and all(part.isdecimal() and len(part) < 20 for part in parts[2:]):
                found.add("/".join((*parts[:2], str(int(parts[2])), str(int(parts[3])))))
        if item.get("refused") is None and isinstance(item.get("revision", 0), int):
            first = "/".join(str(item.get(name)) for name in ("site", "meter", "start_ms"))
            found.add(f"{first}/{int(item.get('revision', 0))}")
    return found


def commands() -> Decoder:
    """A case: a command to a Sparkplug node."""
    node = EdgeNode("g", "shuangliu", ("main-1",), lambda: 1_772_640_000_000)

    def take(data: bytes) -> None:
        node.wants_rebirth(data)

    wanted = Metric("Node Control/Rebirth", 1, DataType.BOOLEAN, True)
    others = [Metric("a", 1, kind, 1) for kind in (DataType.INT32, DataType.INT64, DataType.DATE_TIME)]
    others += [
        Metric("b", 1, DataType.DOUBLE, 1.5),
        Metric("c", 1, DataType.STRING, "楼"),
        Metric("d", 1, DataType.STRING, None),
    ]
    seeds = tuple(
        encode(metrics, time_ms=1_772_640_000_000, seq=seq, typed=typed)
        for metrics in ([wanted], others, [wanted, *others])
        for seq in (None, 7)
        for typed in (True, False)
    )
    words = (b"\xff" * 9 + b"\1", b"\x80" * 11, b"\x12\xff\xff\xff\xff\x0f", b"\xff\xfe")
    return Decoder(take, seeds, (), words, longest=1000)
