"""The other end of the local socket: for the commands, the console and the tests."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import suppress
from pathlib import Path
from types import TracebackType
from typing import Any, NamedTuple, Self

from config.language import text
from controller.socket import protocol
from controller.socket.address import SocketError, connect


class RemoteError(Exception):
    """The daemon answered with an error. `message` is in the language that was asked for."""

    def __init__(self, code: str, message: str, where: str) -> None:
        super().__init__(message)
        self.code = code
        self.message = message
        self.where = where


class Event(NamedTuple):
    """One event of a subscription. Topic "dropped": we read too slowly, nothing more comes."""

    topic: str
    data: Any


class Client:
    """One connection. Requests may be made by several tasks at once; events go to one reader."""

    def __init__(
        self,
        reader: asyncio.StreamReader,
        writer: asyncio.StreamWriter,
        version: str,
        person: str,
        language: str,
    ) -> None:
        self.version = version
        """Of the daemon."""
        self._person = person
        self._language = language
        self._reader = reader
        self._writer = writer
        self._number = 0
        self._waiting: dict[int, asyncio.Future[Any]] = {}
        self._events: asyncio.Queue[Event | None] = asyncio.Queue(maxsize=1024)
        self._task = asyncio.get_running_loop().create_task(self._route(), name="socket client reader")

    @classmethod
    async def connect(
        cls, path: Path, *, person: str = "", language: str = "", timeout_s: float = 5.0
    ) -> Client:
        """Connect to the daemon at `path`. `person` is who asks, if not the user himself. Raises
        SocketError."""
        connected = connect(path, timeout_s)
        connected.setblocking(False)
        reader, writer = await asyncio.open_unix_connection(sock=connected, limit=protocol.MAX_LINE)
        try:
            async with asyncio.timeout(timeout_s):
                hello = protocol.decode(await reader.readuntil(b"\n"))
            version = _version(hello, path)
        except BaseException as error:
            writer.close()
            with suppress(ConnectionError):
                await writer.wait_closed()
            if isinstance(
                error, (TimeoutError, asyncio.IncompleteReadError, ConnectionError, protocol.RequestError)
            ):
                raise SocketError(text("{file} does not answer as louguan does", file=str(path))) from error
            raise
        return cls(reader, writer, version, person, language)

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.close()

    async def close(self) -> None:
        """Hang up. Requests still waiting fail with SocketError. May be called twice."""
        self._task.cancel()
        await asyncio.gather(self._task, return_exceptions=True)
        self._writer.close()
        with suppress(ConnectionError):
            await self._writer.wait_closed()

    async def call(self, op: str, *, timeout_s: float = 30.0, **args: Any) -> Any:
        """The result of an operation. Raises RemoteError, or SocketError when the daemon is gone or
        silent."""
        if self._task.done():
            raise _gone()
        self._number += 1
        number = self._number
        future: asyncio.Future[Any] = asyncio.get_running_loop().create_future()
        self._waiting[number] = future
        asked = {"id": number, "op": op, "args": args}
        asked |= {"as": self._person} if self._person else {}
        asked |= {"lang": self._language} if self._language else {}
        try:
            async with asyncio.timeout(timeout_s):
                self._writer.write(protocol.encode(asked))
                await self._writer.drain()
                return await future
        except TimeoutError as error:
            raise SocketError(text("louguan did not answer within {seconds} s", seconds=timeout_s)) from error
        except ConnectionError as error:
            raise _gone() from error
        finally:
            del self._waiting[number]

    async def events(self, *topics: str) -> AsyncIterator[Event]:
        """Subscribe and yield events until the daemon goes, hangs up or has dropped us (the last event)."""
        await self.call(protocol.SUBSCRIBE, topics=list(topics))
        while (event := await self._events.get()) is not None:
            yield event
            if event.topic == protocol.DROPPED:
                return

    async def _route(self) -> None:
        """Read lines and hand each to whom it belongs. Ends with the connection."""
        try:
            while True:
                said = protocol.decode(await self._reader.readuntil(b"\n"))
                if "event" in said:
                    self._keep(Event(str(said["event"]), said.get("data")))
                else:
                    self._settle(said)
        except (
            ConnectionError,
            asyncio.IncompleteReadError,
            asyncio.LimitOverrunError,
            protocol.RequestError,
        ):
            pass
        finally:
            for future in self._waiting.values():
                if not future.done():
                    future.set_exception(_gone())
            if self._events.full():
                self._events.get_nowait()
            self._events.put_nowait(None)

    def _keep(self, event: Event) -> None:
        """Queue an event; when nobody takes them, tell so instead of keeping answers waiting."""
        if self._events.full():
            while not self._events.empty():
                self._events.get_nowait()
            event = Event(protocol.DROPPED, None)
        self._events.put_nowait(event)

    def _settle(self, said: dict[str, Any]) -> None:
        number = said.get("id")
        future = self._waiting.get(number) if isinstance(number, int) else None
        if future is None or future.done():
            return
        if said.get("ok") is True:
            future.set_result(said.get("result"))
        else:
            future.set_exception(_remote(said))


def _version(hello: dict[str, Any], path: Path) -> str:
    if "error" in hello:
        raise SocketError(text("louguan refuses: {message}", message=_remote(hello).message))
    if hello.get("protocol") != protocol.PROTOCOL:
        raise SocketError(
            text(
                "{file} speaks protocol {theirs}, this command {ours}: use the same version",
                file=str(path),
                theirs=str(hello.get("protocol")),
                ours=protocol.PROTOCOL,
            )
        )
    return str(hello.get("louguan", ""))


def _remote(said: dict[str, Any]) -> RemoteError:
    error = said.get("error")
    fields = error if isinstance(error, dict) else {}
    return RemoteError(*(str(fields.get(name, "")) for name in ("code", "message", "where")))


def _gone() -> SocketError:
    return SocketError(text("louguan has hung up"))
