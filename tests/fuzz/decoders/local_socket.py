"""The control socket, both ends: requests to a daemon with its stores, and what commands hear from one."""

from __future__ import annotations

import asyncio
import contextlib
import json
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from config.plan import codec
from config.plan.site import Plan
from controller.cli.speech import Failure
from controller.decide.records import PersonCommand
from controller.operations.registry import register
from controller.socket import protocol
from controller.socket.address import SocketError
from controller.socket.client import Client, RemoteError
from controller.socket.server import SocketServer, _Client
from controller.swap.offer import BadOffer, Offers, parts
from tests.controller.house import booked_house, house
from tests.controller.shell import Shell, metered, shell
from tests.fuzz.decoder import Decoder, Wrong, folder
from tests.fuzz.loop import OwnTimeLoop
from tests.fuzz.trees import JSON_WORDS, changed

_CYCLE_EVERY = 20
_REQUESTS: tuple[dict[str, Any], ...] = (
    {"op": "status"}, {"op": "overview"}, {"op": "points"}, {"op": "points", "args": {"filter": "lamp"}},
    {"op": "read", "args": {"point": "lamp.level"}}, {"op": "why", "args": {"point": "lamp.level"}},
    {"op": "set", "args": {"point": "lamp.level", "value": "35", "for_s": 3600, "reason": "访客"}},
    {"op": "set", "args": {"point": "lamp.level", "value": "35", "until": "18:00", "urgent": True}},
    {"op": "set", "args": {"point": "lamp.level", "value": "40", "until": "next"}},
    {"op": "release", "args": {"point": "lamp.level"}},
    {"op": "lock", "args": {"target": "pump", "reason": "x"}}, {"op": "unlock", "args": {"target": "pump"}},
    {"op": "observe", "args": {"target": "pump", "on": True, "reason": "x"}},
    {"op": "observe", "args": {"target": "pump", "on": False, "reason": "x"}},
    {"op": "reset", "args": {"rule": "leak", "reason": "x"}}, {"op": "alarms", "args": {"all": True}},
    {"op": "alarms", "args": {"history": True, "since_s": 3600.5}},
    {"op": "alarm-ack", "args": {"alarms": [1, 2], "reason": "seen"}},
    {"op": "alarm-shelve", "args": {"alarms": [1], "for_s": 3600, "reason": "known"}},
    {"op": "alarm-unshelve", "args": {"alarms": [1]}},
    {"op": "event-add", "args": {"place": "hall", "when": "2026-03-05 13:30-17:00", "label": "会"}},
    {"op": "event-remove", "args": {"place": "hall", "when": "2026-03-05 13:30"}}, {"op": "event-list"},
    {"op": "event-import", "args": {"bookings": [["hall", 1772700000000, 1772703600000, "会", "后勤"]]}},
    {"op": "upload"}, {"op": "subscribe", "args": {"topics": ["alarms"]}}, {"op": "unsubscribe"},
)  # fmt: skip
_AT = "2026-03-05 07:20"
_ENTRIES: tuple[dict[str, Any], ...] = tuple(
    {"op": op, "args": {"meter": "lamp", "reason": "x", **args}}
    for op, args in (
        ("log-replace-meter", {"last": "52", "first": "0", "serial": "7"}),
        ("log-replace-meter", {"last": "52", "first": "1", "at": _AT}),
        ("log-undo-replacement", {}),
        ("log-correct", {"at": _AT, "count_end": "51.5"}),
        ("log-correct", {"at": _AT, "consumption": "0.5"}),
        ("log-annotate", {"from": "2026-03-05 07:00", "to": _AT, "text": "x"}),
    )
)
_WORDS = (
    *JSON_WORDS, b"\\u0000", b"\\ud83d\\ude00", b"-Infinity", b"9" * 120, b"[[[[[[[[",
    b'"args":', b'"op":', b'"as":"x",', b'"lang":"zh_CN",', b'"lang":"\\ud800",', b"\xe4\xb8",
    b'"id":' + b"[" * 300 + b"]" * 300 + b",", b'"for_s":', b'"value":', b'"until":"next"',
    b'"2026-02-30"', b'"point":',
)  # fmt: skip


def requests() -> Decoder:
    """A case: one line, to a daemon of the small house."""
    return _asking(booked_house(), _REQUESTS)


def entries() -> Decoder:
    """A case: one line that enters something into the log of a meter, which has counted for a while."""
    return _asking(metered(), _ENTRIES)


def _asking(plan: Plan, asked: Sequence[dict[str, Any]]) -> Decoder:
    place = folder("socket")
    stack = contextlib.ExitStack()
    loop = OwnTimeLoop(threads=True)
    made: Shell = stack.enter_context(shell(Path(place.name), plan))
    server = SocketServer(Path(place.name) / "s", "1")
    register(server, made.daemon)
    accept = made.daemon.accept

    async def committed(command: PersonCommand) -> None:
        await accept(command)

    made.daemon.command = committed  # type: ignore[method-assign]
    made.house_answers()
    for minute in range(40):
        if made.plan.point_named("lamp.energy") is not None:
            made.read("lamp.energy", 50 + minute * 0.05)
        made.cycle(60 if minute else 1)
    client = _Client(None, "li", asyncio.Queue())  # type: ignore[arg-type]
    count = 0

    def take(data: bytes) -> None:
        nonlocal count
        line = data.replace(b"\n", b" ")
        answer = loop.run_until_complete(server._answer(client, line))
        loop.raise_failed()
        if answer.count(b"\n") != 1 or not answer.endswith(b"\n"):
            raise Wrong("an answer that is no line")
        said = protocol.decode(answer)
        if "ok" not in said:
            raise Wrong("an answer that does not say how it went")
        if not said["ok"] and said["error"]["code"] == protocol.Code.INTERNAL:
            raise Wrong("an internal error")
        count += 1
        if count % _CYCLE_EVERY == 0:
            made.cycle()

    def close() -> None:
        pending = asyncio.all_tasks(loop)
        for task in pending:
            task.cancel()
        if pending:
            loop.run_until_complete(asyncio.wait(pending))
        loop.close()
        stack.close()
        place.cleanup()

    seeds = [
        json.dumps({"id": number, **each}, ensure_ascii=False).encode() for number, each in enumerate(asked)
    ]
    return Decoder(take, tuple(seeds), (), _WORDS, tree=changed(), longest=6000, close=close)


class _Writer:
    def close(self) -> None:
        return

    async def wait_closed(self) -> None:
        return

    def write(self, data: bytes) -> None:
        assert data

    async def drain(self) -> None:
        return


def answers() -> Decoder:
    """A case: what a daemon sends after its greeting, while a command waits for an answer."""
    loop = OwnTimeLoop()

    async def one(data: bytes) -> None:
        reader = asyncio.StreamReader(limit=protocol.MAX_LINE)
        client = Client(reader, _Writer(), "1", "li", "en")  # type: ignore[arg-type]
        try:
            waiting = asyncio.create_task(client.call("status", timeout_s=1.0))
            await asyncio.sleep(0)
            reader.feed_data(data)
            reader.feed_eof()
            try:
                await waiting
            except RemoteError as error:
                str(error)
            await asyncio.sleep(0)
        finally:
            await client.close()

    def take(data: bytes) -> None:
        try:
            loop.run_until_complete(one(data))
        finally:
            loop.raise_failed()

    lines = (
        protocol.answer(1, {"a": [1, 2.5, "楼"]}),
        protocol.failure(1, protocol.RequestError("refused", "no", "x"), "en"),
        protocol.event("alarms", {"alarm": 3}),
        protocol.event(protocol.DROPPED, None),
        protocol.greeting("1"),
    )
    seeds = (*lines, b"".join(lines))
    return Decoder(
        take,
        seeds,
        (SocketError, Failure),
        (*_WORDS, b"\n"),
        tree=changed(by_line=True),
        longest=6000,
        close=loop.close,
    )


def offers() -> Decoder:
    """A case: the parts of a Plan's JSON, one a line, as `louguan apply` sends them."""
    pieces = list(parts(codec.dump(house())))

    def take(data: bytes) -> None:
        found = Offers()
        for number, part in enumerate(_lines(data)):
            found.take("a" * 64, number, part)
        content = found.content("a" * 64)
        try:
            codec.load(content)
        except ValueError:
            return

    import base64
    import zlib

    small = base64.b64encode(zlib.compress(b'{"format":4,"hash":""}'))
    bomb = base64.b64encode(zlib.compress(b"0" * 300_000))
    seeds = (small, small[:9] + b"\n" + small[9:], bomb, "\n".join(pieces).encode()[:20_000])
    return Decoder(take, seeds, (BadOffer,), (b"=", b"\n", b"A" * 50, b"eJw", b"+/"), longest=25_000)


def _lines(data: bytes) -> Iterator[str]:
    yield from data.decode("latin-1").split("\n")
