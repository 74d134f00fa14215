"""The daemon's end of the local socket: transport only, the operations are registered by the composition
root.

Everything runs in the daemon's event loop. A client that is slow, silent, babbling or gone costs the others
and the control nothing: lines, queues and the number of clients are bounded.
"""

from __future__ import annotations

import asyncio
import logging
import pwd
from collections.abc import Awaitable, Callable
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, NamedTuple

from config.language import text
from controller.socket import address, protocol
from controller.socket.protocol import Code, Request, RequestError

_log = logging.getLogger(__name__)
_STUCK_S = 30.0
"""Machine seconds after which a client that takes nothing any more is disconnected."""
_FAREWELL_S = 1.0
"""Machine seconds in which a client that has hung up may still take its answers."""


class Call(NamedTuple):
    """One request as a handler sees it."""

    op: str
    args: dict[str, Any]
    person: str
    """The user at the other end, by the kernel's word, and who he says he is: "li" or "王工 (li)"."""
    language: str


Handler = Callable[[Call], Awaitable[Any]]
"""Answers one operation with what JSON can carry, or raises RequestError."""


@dataclass(frozen=True, slots=True)
class Limits:
    clients: int = 32
    queue: int = 256
    """Lines that may wait for one client; more events than that end its subscription."""
    request: int = protocol.MAX_REQUEST


@dataclass(eq=False, slots=True)
class _Client:
    writer: asyncio.StreamWriter
    user: str
    lines: asyncio.Queue[bytes | None]
    """None ends them."""
    topics: set[str] = field(default_factory=set)
    dropped: bool = False
    """Its subscription was ended for slowness and it has not been told yet."""


class SocketServer:
    """Listens on one unix socket. Made, given handlers, started; stopped once."""

    def __init__(
        self,
        path: Path,
        version: str,
        *,
        language: str = "en",
        mode: int = 0o600,
        gid: int | None = None,
        limits: Limits = Limits(),
    ) -> None:
        """`mode` 0o660 with `gid` lets a group in. `language` is that of messages where a client asks for
        none."""
        self._path = path
        self._version = version
        self._language = language
        self._mode = mode
        self._gid = gid
        self._limits = limits
        self._handlers: dict[str, Handler] = {}
        self._topics: set[str] = set()
        self._clients: set[_Client] = set()
        self._tasks: set[asyncio.Task[None]] = set()
        self._server: asyncio.Server | None = None
        self._started = False
        self._inode = 0

    def register(self, op: str, handler: Handler) -> None:
        """Answer `op` by `handler`. One handler an operation."""
        if op in self._handlers or op in (protocol.SUBSCRIBE, protocol.UNSUBSCRIBE):
            raise ValueError(f"{op} is registered already")
        self._handlers[op] = handler

    def offer(self, *topics: str) -> None:
        """Events of these topics may be subscribed to."""
        self._topics.update(topics)

    async def start(self) -> None:
        """Listen. Raises SocketError."""
        bound = address.bind(self._path, mode=self._mode, gid=self._gid)
        self._started, self._inode = True, self._path.stat().st_ino
        try:
            self._server = await asyncio.start_unix_server(
                self._accept, sock=bound, limit=self._limits.request
            )
        except BaseException:
            bound.close()
            raise

    async def look(self) -> None:
        """Listen anew if somebody has removed the socket. Clients that are connected stay so. Raises
        SocketError."""
        if not self._started or self._is_there():
            return
        server, self._server = self._server, None
        if server is not None:
            server.close()
        await self.start()
        _log.warning(text("{file} was removed and is there again", file=str(self._path)))

    def _is_there(self) -> bool:
        try:
            return self._path.lstat().st_ino == self._inode
        except FileNotFoundError:
            return False
        except OSError:  # nobody can tell, and a new one could not be made either
            return True

    async def stop(self) -> None:
        """Hear no more, let go of all clients, remove the socket. What a handler is at is cancelled."""
        self._started = False
        server, self._server = self._server, None
        if server is not None:
            server.close()
        for task in list(self._tasks):
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        if server is not None:
            await server.wait_closed()
        with suppress(FileNotFoundError):
            if self._path.stat().st_ino == self._inode:
                self._path.unlink()

    def publish(self, topic: str, data: Any) -> None:
        """Send an event to whoever subscribed. Never blocks; who does not keep up loses the subscription."""
        wanted = [client for client in self._clients if topic in client.topics]
        if not wanted:
            return
        line = protocol.event(topic, data)
        for client in wanted:
            try:
                client.lines.put_nowait(line)
            except asyncio.QueueFull:
                client.topics.clear()
                client.dropped = True
                _log.info("a subscriber (%s) read too slowly and was dropped", client.user)

    def subscribers(self, topic: str) -> int:
        """How many listen: what nobody wants need not be made."""
        return sum(topic in client.topics for client in self._clients)

    def _accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.get_running_loop().create_task(self._serve(reader, writer), name="socket client")
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        # Nothing is left in the transport's own buffer: a client's backlog is its queue, which is bounded.
        writer.transport.set_write_buffer_limits(high=0)
        client = _Client(writer, _user(writer), asyncio.Queue(self._limits.queue))
        crowded = len(self._clients) >= self._limits.clients
        loop = asyncio.get_running_loop()
        tasks = [loop.create_task(_send(client), name="socket sender")]
        try:
            if crowded:
                error = RequestError(Code.TOO_MANY, text("too many clients; try again later"))
                client.lines.put_nowait(protocol.failure(None, error, self._language))
                client.lines.put_nowait(None)
            else:
                self._clients.add(client)
                client.lines.put_nowait(protocol.greeting(self._version))
                tasks.append(loop.create_task(self._receive(client, reader), name="socket receiver"))
                await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
            # The client has said all it wanted, or may not: what is answered already still goes out.
            await asyncio.wait(tasks[:1], timeout=_FAREWELL_S)
        finally:
            self._clients.discard(client)
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)
            if writer.transport.get_write_buffer_size():
                writer.transport.abort()
            writer.close()
            with suppress(ConnectionError):
                await writer.wait_closed()

    async def _receive(self, client: _Client, reader: asyncio.StreamReader) -> None:
        """Answer one request after the other until the client hangs up."""
        with suppress(ConnectionError):
            while True:
                try:
                    line = await _line(reader)
                except RequestError as error:
                    await client.lines.put(protocol.failure(None, error, self._language))
                    continue
                if line is None:
                    break
                if line.strip():
                    await client.lines.put(await self._answer(client, line))
        await client.lines.put(None)

    async def _answer(self, client: _Client, line: bytes) -> bytes:
        request_id, language = None, self._language
        try:
            data = protocol.asked(line)
            request_id = data.get("id")
            request = protocol.request(data)
            language = request.language or language
            return protocol.answer(request_id, await self._result(client, request, language))
        except RequestError as error:
            return protocol.failure(request_id, error, language)
        except Exception:  # noqa: BLE001 - a handler's bug is its client's and the log's, never the server's end
            _log.exception("a request failed: %.200r", line)
            return protocol.failure(
                request_id,
                RequestError(Code.INTERNAL, text("internal error; see the daemon's log")),
                language,
            )

    async def _result(self, client: _Client, request: Request, language: str) -> Any:
        if request.op == protocol.SUBSCRIBE:
            return self._subscribe(client, request)
        if request.op == protocol.UNSUBSCRIBE:
            client.topics.clear()
            return {"topics": []}
        handler = self._handlers.get(request.op)
        if handler is None:
            raise RequestError(
                Code.UNKNOWN_OP, text("unknown operation {op}", op=repr(request.op[:100])), "op"
            )
        person = f"{request.person} ({client.user})" if request.person else client.user
        return await handler(Call(request.op, dict(request.args), person, language))

    def _subscribe(self, client: _Client, request: Request) -> Any:
        topics = request.args.get("topics")
        if not isinstance(topics, list) or not topics or not self._topics.issuperset(map(str, topics)):
            offered = ", ".join(sorted(self._topics))
            raise RequestError(
                Code.BAD_REQUEST, text("topics must be some of: {offered}", offered=offered), "topics"
            )
        client.topics = set(topics)
        client.dropped = False
        return {"topics": sorted(client.topics)}


async def _send(client: _Client) -> None:
    """Write what waits for the client until it is gone, stuck or done (None)."""
    with suppress(ConnectionError, TimeoutError):
        while (line := await client.lines.get()) is not None:
            await _write(client, line)
            if client.dropped and client.lines.empty():
                client.dropped = False
                await _write(client, protocol.event(protocol.DROPPED, None))


async def _write(client: _Client, line: bytes) -> None:
    client.writer.write(line)
    async with asyncio.timeout(_STUCK_S):
        await client.writer.drain()


async def _line(reader: asyncio.StreamReader) -> bytes | None:
    """The next line, None at the end. Raises RequestError for one that is too long, which is skipped."""
    too_long = False
    while True:
        try:
            line = await reader.readuntil(b"\n")
        except asyncio.IncompleteReadError:
            return None
        except asyncio.LimitOverrunError as error:
            await reader.readexactly(error.consumed)
            too_long = True
            continue
        if too_long:
            raise RequestError(Code.TOO_LONG, text("the line is too long"))
        return line


def _user(writer: asyncio.StreamWriter) -> str:
    """The name of the user at the other end."""
    uid = address.credentials(writer.get_extra_info("socket")).uid
    try:
        return pwd.getpwuid(uid).pw_name
    except KeyError:
        return f"uid {uid}"
