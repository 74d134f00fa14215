"""The local socket: requests and answers, bad input, permissions, who asks, events and slow clients."""

from __future__ import annotations

import asyncio
import getpass
import json
import os
import socket
import stat
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest

from config.language import text
from controller.socket.address import SocketError
from controller.socket.client import Client, Event, RemoteError
from controller.socket.protocol import Code, RequestError
from controller.socket.server import Call, Limits, SocketServer

Serve = Callable[..., Any]


@asynccontextmanager
async def serving(path: Path, **options: Any) -> AsyncIterator[SocketServer]:
    server = SocketServer(path, "9.8.7", **options)

    async def echo(call: Call) -> Any:
        return {"args": call.args, "person": call.person, "language": call.language}

    async def refuse(call: Call) -> Any:
        raise RequestError(Code.UNKNOWN_NAME, text("no point named {name}", name=call.args["name"]), "name")

    async def broken(_: Call) -> Any:
        raise ZeroDivisionError

    async def endless(_: Call) -> Any:
        return float("nan")

    for name, handler in {"echo": echo, "refuse": refuse, "broken": broken, "endless": endless}.items():
        server.register(name, handler)
    server.offer("points", "alarms")
    await server.start()
    try:
        yield server
    finally:
        await server.stop()


@asynccontextmanager
async def raw(path: Path) -> AsyncIterator[tuple[asyncio.StreamReader, asyncio.StreamWriter]]:
    """A client that speaks bytes; the greeting is read."""
    reader, writer = await asyncio.open_unix_connection(path, limit=1 << 24)
    try:
        assert json.loads(await reader.readline()) == {"louguan": "9.8.7", "protocol": 1}
        yield reader, writer
    finally:
        writer.close()
        await writer.wait_closed()


async def ask(pipe: tuple[asyncio.StreamReader, asyncio.StreamWriter], line: bytes) -> dict[str, Any]:
    pipe[1].write(line)
    said: dict[str, Any] = json.loads(await asyncio.wait_for(pipe[0].readline(), 20))
    return said


async def test_a_request_is_answered_with_its_own_id(tmp_path: Path) -> None:
    async with serving(tmp_path / "s"), raw(tmp_path / "s") as pipe:
        said = await ask(pipe, b'{"id": "q-1", "op": "echo", "args": {"a": [1, "\xe4\xb8\xad"]}}\n')
        assert said["id"] == "q-1"
        assert said["ok"] is True
        assert said["result"]["args"] == {"a": [1, "中"]}


@pytest.mark.parametrize(
    ("line", "code", "where"),
    [
        (b"{nonsense\n", Code.BAD_REQUEST, ""),
        (b"[1, 2]\n", Code.BAD_REQUEST, ""),
        (b"\xff\xfe\n", Code.BAD_REQUEST, ""),
        (b"[" * 60_000 + b"\n", Code.BAD_REQUEST, ""),
        (b'{"id": NaN, "op": "echo"}\n', Code.BAD_REQUEST, ""),
        (b'{"id": -Infinity, "op": "echo"}\n', Code.BAD_REQUEST, ""),
        (b'{"id": 1e999, "op": "echo"}\n', Code.BAD_REQUEST, ""),
        (b'{"id": 1, "op": "echo", "args": {"a": [NaN]}}\n', Code.BAD_REQUEST, ""),
        (b'{"id": ' + b"9" * 5000 + b', "op": "echo"}\n', Code.BAD_REQUEST, ""),
        (b'{"id": 1}\n', Code.BAD_REQUEST, "op"),
        (b'{"id": 1, "op": 7}\n', Code.BAD_REQUEST, "op"),
        (b'{"id": 1, "op": "echo", "args": []}\n', Code.BAD_REQUEST, "args"),
        (b'{"id": 1, "op": "echo", "as": "a\\nb"}\n', Code.BAD_REQUEST, "as"),
        (b'{"id": 1, "op": "echo", "lang": 1}\n', Code.BAD_REQUEST, "lang"),
        (b'{"op": "x", "id": ' + b"[" * 101 + b"]" * 101 + b"}\n", Code.BAD_REQUEST, ""),
        (b'{"op": "x", "id": ' + b"[" * 982 + b"]" * 982 + b"}\n", Code.BAD_REQUEST, ""),
        (b'{"id": 1, "op": "' + b"x" * 270_000 + b'"}\n', Code.TOO_LONG, ""),
        (b'{"id": 1, "op": "reboot"}\n', Code.UNKNOWN_OP, "op"),
        (b'{"id": 1, "op": "refuse", "args": {"name": "x.y"}}\n', Code.UNKNOWN_NAME, "name"),
        (b'{"id": 1, "op": "broken"}\n', Code.INTERNAL, ""),
        (b'{"id": 1, "op": "endless"}\n', Code.INTERNAL, ""),
        (b'{"id": 1, "op": "subscribe", "args": {"topics": ["weather"]}}\n', Code.BAD_REQUEST, "topics"),
        (b'{"id": 1, "op": "subscribe", "args": {"topics": [[]]}}\n', Code.BAD_REQUEST, "topics"),
    ],
)
async def test_bad_input_is_answered_and_the_connection_goes_on(
    tmp_path: Path, line: bytes, code: str, where: str
) -> None:
    async with serving(tmp_path / "s"), raw(tmp_path / "s") as pipe:
        said = await ask(pipe, line)
        assert said["ok"] is False
        assert (said["error"]["code"], said["error"]["where"]) == (code, where)
        assert said["error"]["message"]
        assert (await ask(pipe, b'\n{"id": 2, "op": "echo"}\n'))["id"] == 2


@pytest.mark.parametrize("number", [b"NaN", b"Infinity", b"-1e400", b"7" * 5000])
async def test_a_number_that_is_none_is_named_and_answered_without_an_id(
    tmp_path: Path, number: bytes
) -> None:
    async with serving(tmp_path / "s", language="zh_CN"), raw(tmp_path / "s") as pipe:
        said = await ask(pipe, b'{"id": ' + number + b', "op": "echo"}\n')
        assert said["id"] is None
        assert said["error"]["message"].startswith("不接受的数：" + number.decode()[:5])


async def test_what_is_no_json_is_said_in_chinese(tmp_path: Path) -> None:
    async with serving(tmp_path / "s", language="zh_CN"), raw(tmp_path / "s") as pipe:
        said = await ask(pipe, b'{"id": }\n')
        assert "此处应有一个值（第 1 行第 8 列，位置 7）" in said["error"]["message"]


async def test_a_text_that_utf8_cannot_carry_does_no_harm(tmp_path: Path) -> None:
    async with serving(tmp_path / "s"), raw(tmp_path / "s") as pipe:
        said = await ask(
            pipe,
            b'{"id": "\\ud800", "op": "echo", "args": {"reason": "\\uD83D x", "smile": "\\ud83d\\ude00"}}\n',
        )
        assert said["result"]["args"] == {"reason": "? x", "smile": "😀"}


async def test_messages_come_in_the_language_asked_for(tmp_path: Path) -> None:
    async with serving(tmp_path / "s", language="en"):
        for language, words in (
            ("", "unknown operation 'x'"),
            ("en", "unknown operation"),
            ("zh_CN", "没有"),
        ):
            async with await Client.connect(tmp_path / "s", language=language) as client:
                with pytest.raises(RemoteError, match=words):
                    await client.call("x")


@pytest.mark.parametrize("language", ["de", "0", "../../../../tmp", "zh_CN/../zh_CN", "EN"])
async def test_a_language_that_is_not_spoken_gets_the_daemons_own(tmp_path: Path, language: str) -> None:
    async with serving(tmp_path / "s", language="zh_CN"), raw(tmp_path / "s") as pipe:
        asked = {"id": 1, "op": "refuse", "args": {"name": "x"}, "lang": language}
        said = await ask(pipe, json.dumps(asked).encode() + b"\n")
        assert said["error"]["message"] == "没有名为 x 的点位"


async def test_who_asks_is_the_kernels_word_and_what_he_calls_himself(tmp_path: Path) -> None:
    user = getpass.getuser()
    async with serving(tmp_path / "s"):
        async with await Client.connect(tmp_path / "s") as client:
            assert (await client.call("echo"))["person"] == user
        async with await Client.connect(tmp_path / "s", person="王工") as client:
            assert (await client.call("echo"))["person"] == f"王工 ({user})"


async def test_only_the_owner_may_speak_or_a_group_where_given(tmp_path: Path) -> None:
    async with serving(tmp_path / "own"):
        assert stat.S_IMODE((tmp_path / "own").stat().st_mode) == 0o600
    async with serving(tmp_path / "group", mode=0o660, gid=os.getgid()):
        found = (tmp_path / "group").stat()
        assert (stat.S_IMODE(found.st_mode), found.st_gid) == (0o660, os.getgid())


async def test_the_socket_goes_with_the_server_and_a_stale_one_is_replaced(tmp_path: Path) -> None:
    path = tmp_path / "s"
    left = socket.socket(socket.AF_UNIX)
    left.bind(str(path))
    left.close()
    async with serving(path), await Client.connect(path) as client:
        assert client.version == "9.8.7"
    assert not path.exists()


async def test_a_living_socket_and_a_file_are_not_replaced(tmp_path: Path) -> None:
    path = tmp_path / "s"
    async with serving(path):
        with pytest.raises(SocketError, match="another louguan"):
            await SocketServer(path, "1").start()
        async with await Client.connect(path) as client:
            await client.call("echo")
    path.write_text("precious")
    with pytest.raises(SocketError, match="not a socket"):
        await SocketServer(path, "1").start()
    assert path.read_text() == "precious"


async def test_a_path_longer_than_the_kernels_limit_works(tmp_path: Path) -> None:
    folder = tmp_path / ("x" * 120) / "data"
    folder.mkdir(parents=True)
    async with serving(folder / "louguan.sock"), await Client.connect(folder / "louguan.sock") as client:
        assert (await client.call("echo", a=1))["args"] == {"a": 1}
    assert not list(folder.iterdir())


async def test_nobody_there_is_said_plainly(tmp_path: Path) -> None:
    with pytest.raises(SocketError, match="no louguan runs here"):
        await Client.connect(tmp_path / "s")


async def test_a_stranger_behind_the_socket_is_noticed(tmp_path: Path) -> None:
    def speak(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"220 smtp ready\n")
        writer.close()

    server = await asyncio.start_unix_server(speak, tmp_path / "s")
    with pytest.raises(SocketError, match="does not answer as louguan"):
        await Client.connect(tmp_path / "s")
    server.close()
    await server.wait_closed()


async def test_one_client_too_many_is_told_so_and_a_place_comes_free(tmp_path: Path) -> None:
    async with serving(tmp_path / "s", limits=Limits(clients=2)) as server:
        first = await Client.connect(tmp_path / "s")
        async with await Client.connect(tmp_path / "s"):
            with pytest.raises(SocketError, match="too many clients"):
                await Client.connect(tmp_path / "s")
            await first.close()
            async with asyncio.timeout(20):
                while len(server._clients) > 1:  # noqa: ASYNC110 - a client that goes tells nobody
                    await asyncio.sleep(0.005)
            async with await Client.connect(tmp_path / "s") as third:
                await third.call("echo")


async def test_events_reach_subscribers_of_their_topic_only(tmp_path: Path) -> None:
    async with (
        serving(tmp_path / "s") as server,
        await Client.connect(tmp_path / "s") as one,
        await Client.connect(tmp_path / "s") as other,
    ):
        await asyncio.gather(
            one.call("subscribe", topics=["points"]), other.call("subscribe", topics=["alarms"])
        )
        assert (server.subscribers("points"), server.subscribers("alarms")) == (1, 1)
        server.publish("points", {"lamp.level": 80})
        server.publish("alarms", ["fire"])
        assert await anext(one.events("points")) == Event("points", {"lamp.level": 80})
        assert await anext(other.events("alarms")) == Event("alarms", ["fire"])
        await one.call("unsubscribe")
        assert server.subscribers("points") == 0


async def test_a_slow_subscriber_is_dropped_told_so_and_holds_up_nobody(tmp_path: Path) -> None:
    loop = asyncio.get_running_loop()
    async with (
        serving(tmp_path / "s", limits=Limits(queue=20)) as server,
        raw(tmp_path / "s") as (reader, writer),
        await Client.connect(tmp_path / "s") as brisk,
    ):
        await ask((reader, writer), b'{"id": 1, "op": "subscribe", "args": {"topics": ["points"]}}\n')
        # Nothing is taken from here on: the kernel's buffer and the reader's own fill up, then the queue.
        writer.transport.pause_reading()  # type: ignore[attr-defined]
        began = loop.time()
        for _ in range(100):
            server.publish("points", "x" * 100_000)
            await asyncio.sleep(0)
        assert server.subscribers("points") == 0
        assert (await brisk.call("echo"))["person"]
        assert loop.time() - began < 10
        writer.transport.resume_reading()  # type: ignore[attr-defined]
        topics: list[str] = []
        while not topics or topics[-1] != "dropped":
            topics.append(json.loads(await asyncio.wait_for(reader.readline(), 20))["event"])
        assert 1 <= len(topics) < 100
        assert (await ask((reader, writer), b'{"id": 2, "op": "echo"}\n'))["ok"] is True


async def test_a_client_that_asks_and_never_reads_holds_up_nobody(tmp_path: Path) -> None:
    async with (
        serving(tmp_path / "s", limits=Limits(queue=4)),
        raw(tmp_path / "s") as (_, writer),
        await Client.connect(tmp_path / "s") as brisk,
    ):
        writer.transport.pause_reading()  # type: ignore[attr-defined]
        line = json.dumps({"id": 1, "op": "echo", "args": {"long": "x" * 50_000}}).encode() + b"\n"
        for _ in range(100):
            writer.write(line)
        await asyncio.sleep(0.1)
        assert (await brisk.call("echo"))["person"]
        writer.transport.abort()


async def test_answers_still_reach_a_client_that_has_shut_its_side(tmp_path: Path) -> None:
    async with serving(tmp_path / "s"), raw(tmp_path / "s") as (reader, writer):
        for number in range(50):
            writer.write(b'{"id": %d, "op": "echo"}\n' % number)
        writer.write_eof()
        lines = (await asyncio.wait_for(reader.read(), 20)).splitlines()
        assert [json.loads(line)["id"] for line in lines] == list(range(50))


async def test_requests_of_several_tasks_share_one_connection(tmp_path: Path) -> None:
    async with serving(tmp_path / "s"), await Client.connect(tmp_path / "s") as client:
        said = await asyncio.gather(*(client.call("echo", number=number) for number in range(40)))
        assert [one["args"]["number"] for one in said] == list(range(40))


async def test_a_stopping_server_ends_its_clients_waits(tmp_path: Path) -> None:
    started = asyncio.Event()

    async def slow(_: Call) -> Any:
        started.set()
        await asyncio.sleep(60)

    server = SocketServer(tmp_path / "s", "1")
    server.register("slow", slow)
    await server.start()
    async with await Client.connect(tmp_path / "s") as client:
        waiting = asyncio.create_task(client.call("slow"))
        await started.wait()
        await server.stop()
        with pytest.raises(SocketError, match="hung up"):
            await waiting
        with pytest.raises(SocketError, match="hung up"):
            await client.call("slow")


@pytest.mark.leaks_allowed("libuv keeps one pipe for the life of the process")
def test_it_works_on_the_faster_loop_too(tmp_path: Path) -> None:
    uvloop = pytest.importorskip("uvloop")

    async def main() -> Any:
        async with serving(tmp_path / "s"), await Client.connect(tmp_path / "s", person="李") as client:
            return await client.call("echo", a=1)

    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        said = runner.run(main())
    assert said == {"args": {"a": 1}, "person": f"李 ({getpass.getuser()})", "language": "en"}


def test_an_operation_has_one_handler() -> None:
    async def handler(_: Call) -> Any:
        return None

    server = SocketServer(Path("s"), "1")
    server.register("status", handler)
    for taken in ("status", "subscribe"):
        with pytest.raises(ValueError, match="registered"):
            server.register(taken, handler)
