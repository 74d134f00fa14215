"""One HTTPS connection to one address: a POST, and what comes back.

One client with one connection, made anew after anything that went wrong, with secret and certificates read
anew. The whole of an exchange, from the name's look-up to the answer's last byte, has one time-out: a
handshake that stalls or an answer that drips ends like any other. httpx is imported at the first exchange, in
a thread: a start does not pay for it.
"""

from __future__ import annotations

import asyncio
import logging
import re
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, NamedTuple, Protocol

from config.language import text
from config.plan.sinks import HttpsSink, Tls
from controller.consumption.upload.answers import Answer
from controller.consumption.upload.port import Denied, SinkError, Unreachable
from controller.consumption.upload.saying import cause, distrust, untrusted
from controller.consumption.upload.security import read_secret, tls_context

if TYPE_CHECKING:
    import httpx

_log = logging.getLogger(__name__)
_CONNECT_S = 10.0
"""Longest wait for a connection, and again for its handshake, if the sink's own time-out is longer."""
_CLOSE_S = 2.0


class _Stream(Protocol):
    """A bare connection, below TLS."""

    async def aclose(self) -> None: ...


class _Connection(NamedTuple):
    client: httpx.AsyncClient
    token: str
    """"" = none is shown."""
    bare: list[_Stream]
    """What the client opened last, having closed what was before. A connection whose handshake is cancelled
    it forgets, and never closes."""

    async def watch(self, event: str, info: Mapping[str, Any]) -> None:
        """Told by the client at every step of a request."""
        if event == "connection.connect_tcp.complete":
            self.bare[:] = [info["return_value"]]

    async def close(self) -> None:
        await self.client.aclose()
        for stream in self.bare:
            await stream.aclose()


class HttpsLink:
    """Used from one event loop; one exchange at a time."""

    def __init__(self, plan: HttpsSink) -> None:
        self._plan = plan
        self._timeout_s = plan.common.timeout_s
        self._connection: _Connection | None = None

    async def post(self, body: bytes, headers: Mapping[str, str], most: int) -> Answer:
        """POST `body`, with the token where there is one; answers of up to `most` bytes. Raises SinkError."""
        try:
            async with asyncio.timeout(self._timeout_s):
                answer = await self._post(body, headers, most)
                if answer.status == 401 and await self._rotated():
                    await self.drop()
                    answer = await self._post(body, headers, most)
                return answer
        except BaseException as error:
            token = "" if self._connection is None else self._connection.token
            await self.drop()
            if isinstance(error, TimeoutError):
                raise Unreachable(text("no answer within {s} s", s=f"{self._timeout_s:g}")) from None
            if isinstance(error, SinkError) or not isinstance(error, Exception):
                raise
            raise self._unreachable(error, token) from error

    async def drop(self) -> None:
        """Let go of the connection; never raises for what the other side does, and takes no time."""
        connection, self._connection = self._connection, None
        if connection is None:
            return
        try:
            async with asyncio.timeout(_CLOSE_S):
                await connection.close()
        except Exception as error:  # noqa: BLE001 - it is gone, however it went
            _log.debug("closing the connection: %s", error)

    async def _post(self, body: bytes, headers: Mapping[str, str], most: int) -> Answer:
        connection = self._connection
        if connection is None:
            connection = self._connection = await self._connect()
        # An answer that unpacks to more than it weighs is none.
        sent = {**headers, "Accept": "application/json", "Accept-Encoding": "identity"}
        if connection.token:
            sent["Authorization"] = f"Bearer {connection.token}"
        async with connection.client.stream(
            "POST",
            self._plan.url,
            content=body,
            headers=sent,
            extensions={"trace": connection.watch},
        ) as response:
            if response.headers.get("Content-Encoding", "identity") != "identity":
                raise Unreachable(text("the answer is packed, which was not asked for"))
            parts = bytearray()
            async for part in response.aiter_raw():
                parts += part
                if len(parts) > most:
                    raise Unreachable(text("the answer is longer than {most} bytes", most=most))
            return _unsaid(connection.token, response.status_code, response.headers, bytes(parts))

    async def _connect(self) -> _Connection:
        client = await asyncio.to_thread(_client, self._plan.tls, self._timeout_s)
        try:
            return _Connection(client, await self._token(), [])
        except BaseException:
            await client.aclose()
            raise

    async def _token(self) -> str:
        if self._plan.token is None:
            return ""
        token = await asyncio.to_thread(read_secret, self._plan.token)
        if not token.isascii() or not token.isprintable() or " " in token:
            raise Denied(text("the token holds characters that no token may hold"))
        return token

    async def _rotated(self) -> bool:
        """Whether the token was changed since the connection was made."""
        return self._connection is not None and await self._token() != self._connection.token

    def _unreachable(self, error: Exception, token: str) -> Unreachable:
        import httpx

        if not isinstance(error, httpx.HTTPError | httpx.InvalidURL | OSError):
            _log.error("%s: %r", self._plan.common.name, error, exc_info=error)
        distrusted = distrust(error)
        said = cause(error) if distrusted is None else untrusted(distrusted)
        if _bare(token) and _bare(token) in _bare(str(said)):  # what is no HTTP is quoted, whatever it is
            said = text("what it answers is no HTTP")
        return Unreachable(said)


def _unsaid(token: str, status: int, headers: Mapping[str, str], body: bytes) -> Answer:
    """An answer without our token, should the other side say it back: people are told of answers, and what
    they are told is written down."""
    if not token:
        return Answer(status, dict(headers), body)
    clean = {name: value.replace(token, "***") for name, value in headers.items()}
    # In its place alone: all else that is escaped stays so, or what was JSON would be none.
    return Answer(status, clean, re.sub(b"".join(map(_spelled, token)), b"***", body))


def _bare(said: str) -> str:
    """Letters and digits alone: a quotation may have escaped the rest."""
    return "".join(filter(str.isalnum, said))


def _spelled(sign: str) -> bytes:
    """A pattern of a sign as it is and as JSON may write it: many write `\\/` for a slash, some `\\u002f`."""
    plain = re.escape(sign).encode()
    short = rb"|\\" + plain if sign in '/"\\' else b""
    return rb"(?:\\u00(?i:%02x)%s|%s)" % (ord(sign), short, plain)


def _client(tls: Tls, timeout_s: float) -> httpx.AsyncClient:
    """A client that goes straight to the address (no proxies, no netrc, nothing of the environment), follows
    no redirect and verifies always. Raises Denied when our own files are at fault."""
    import httpx

    # It tells every request, address and all.
    logging.getLogger("httpx").setLevel(logging.WARNING)
    return httpx.AsyncClient(
        verify=tls_context(tls),
        trust_env=False,
        follow_redirects=False,
        http2=False,
        timeout=httpx.Timeout(timeout_s, connect=min(_CONNECT_S, timeout_s)),
        limits=httpx.Limits(max_connections=1, max_keepalive_connections=1, keepalive_expiry=20.0),
        headers={"User-Agent": "louguan"},
    )
