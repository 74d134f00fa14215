"""A web server that takes batches and does as it is told, faults included: real sockets, real TLS."""

from __future__ import annotations

import asyncio
import gzip
import json
import ssl
from collections.abc import Callable, Mapping
from decimal import Decimal
from types import TracebackType
from typing import Any, NamedTuple, Self

from tests.controller.consumption.upload.contract import Name
from tests.ports import lasting_port


class Request(NamedTuple):
    """One POST."""

    headers: Mapping[str, str]
    """Names in small letters."""
    rows: list[dict[str, Any]]
    body: bytes = b""
    """As it came, where it came unpacked."""

    @property
    def keys(self) -> list[str]:
        return [one["key"] for one in self.rows]


class Reply(NamedTuple):
    """What is sent back."""

    status: int = 200
    body: object = None
    """Bytes as they are; anything else as JSON."""
    headers: Mapping[str, str] = {}
    sent: int | None = None
    """Only so many bytes of the body, and then …"""
    then: str = "close"
    """"close", "reset" or "stall"."""


class Web:
    """Listens on a free port of 127.0.0.1; `async with`. Keeps what it accepted, once."""

    def __init__(
        self, tls: ssl.SSLContext | None, answer: Callable[[Web, Request], Reply] | None = None
    ) -> None:
        self.tls = tls
        self.answer = answer or (lambda web, request: web.take(request))
        self.requests: list[Request] = []
        self.stored: dict[str, dict[str, Any]] = {}
        self.connections = 0
        self.port = lasting_port()
        self.may_answer = asyncio.Event()
        """Until it is set nothing is answered."""
        self.may_answer.set()
        self._server: asyncio.Server | None = None
        self._open: set[asyncio.StreamWriter] = set()

    @property
    def url(self) -> str:
        return f"{'https' if self.tls else 'http'}://127.0.0.1:{self.port}/v1/intervals"

    def take(self, request: Request) -> Reply:
        """Store, and say so; what consumes less than nothing is refused."""
        bad = {one["key"] for one in request.rows if (one["consumption"] or "").startswith("-")}
        for one in request.rows:
            if one["key"] not in bad:
                self.stored.setdefault(one["key"], one)
        refused = [{"key": key, "reason": "less than nothing"} for key in bad]
        return Reply(body={"accepted": [key for key in request.keys if key not in bad], "refused": refused})

    def content(self) -> list[tuple[Name, Decimal | None]]:
        return [
            (
                (one["meter"], one["start_ms"], one["revision"]),
                None if one["consumption"] is None else Decimal(one["consumption"]),
            )
            for one in self.stored.values()
        ]

    async def start(self) -> None:
        """Listen, always at the same port."""
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", self.port, ssl=self.tls)

    async def stop(self) -> None:
        """Be gone, in the middle of whatever is under way."""
        server, self._server = self._server, None
        if server is None:
            return
        server.close()
        while self._open:
            for writer in list(self._open):
                writer.transport.abort()
            await asyncio.sleep(0.001)
        await server.wait_closed()

    async def __aenter__(self) -> Self:
        await self.start()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.stop()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.connections += 1
        self._open.add(writer)
        try:
            while await self._one(reader, writer):
                pass
        except (OSError, asyncio.IncompleteReadError):
            pass
        finally:
            self._open.discard(writer)
            writer.transport.abort()

    async def _one(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> bool:
        """One request and its answer; whether the connection goes on."""
        head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1").split("\r\n")
        headers = {
            name.lower(): value.strip()
            for name, _, value in (line.partition(":") for line in head[1:] if line)
        }
        body = await reader.readexactly(int(headers["content-length"]))
        if headers["content-type"] == "application/json":
            request = Request(headers, [json.loads(body)], body)
        else:
            assert headers["content-encoding"] == "gzip"
            request = Request(headers, [json.loads(line) for line in gzip.decompress(body).splitlines()])
        self.requests.append(request)
        await self.may_answer.wait()
        reply = self.answer(self, request)
        told = reply.body if isinstance(reply.body, bytes) else json.dumps(reply.body).encode()
        lines = [f"HTTP/1.1 {reply.status} Somehow", f"Content-Length: {len(told)}"]
        lines += [f"{name}: {value}" for name, value in reply.headers.items()]
        writer.write("\r\n".join([*lines, "", ""]).encode() + told[: reply.sent])
        await writer.drain()
        if reply.sent is None:
            return True
        if reply.then == "stall":
            await reader.read()
        elif reply.then == "close":
            writer.close()
            await writer.wait_closed()
        return False
