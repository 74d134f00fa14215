"""The HTTPS sink: batches of NDJSON, gzipped, POSTed, answered row by row. docs/upload.md is its wire format.

One client with one connection, made anew after anything that went wrong, with secret and certificates read
anew. The whole of an exchange, from the name's look-up to the answer's last byte, has one time-out: a
handshake that stalls or an answer that drips ends like any other. httpx is imported at the first batch, in a
thread: a start does not pay for it.
"""

from __future__ import annotations

import asyncio
import gzip
import json
import logging
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple, Protocol

from config.language import text
from config.plan.sinks import HttpsSink, Tls
from controller.consumption.upload import heads
from controller.consumption.upload.answers import Answer, failure, understood
from controller.consumption.upload.heads import HeadNow
from controller.consumption.upload.port import (
    Batch,
    Denied,
    Outcome,
    Row,
    SinkError,
    Stream,
    TooLarge,
    Unreachable,
)
from controller.consumption.upload.rowjson import row_json
from controller.consumption.upload.saying import cause, distrust, untrusted
from controller.consumption.upload.security import read_secret, tls_context
from controller.consumption.upload.wire import FORMAT

if TYPE_CHECKING:
    import httpx

_log = logging.getLogger(__name__)
_CONNECT_S = 10.0
"""Longest wait for a connection, and again for its handshake, if the sink's own time-out is longer."""
_IN_THREAD_ROWS = 50
"""Batches of more rows are packed beside the control's loop."""
_IN_THREAD_BYTES = 64 * 1024
_ANSWER_BYTES = 64 * 1024
"""Longest answer, beside what its rows may need."""
_ANSWER_ROW_BYTES = 1024
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


class HttpsUpload:
    """The Sink of one HttpsSink. Used from one event loop; `send` one at a time."""

    def __init__(self, plan: HttpsSink, site: str, head: HeadNow = heads.nothing) -> None:
        """`site` names the rows' origin for the other side; `head` is the ledger's, told with each batch."""
        self._plan = plan
        self._site = site
        self._head = head
        self._timeout_s = plan.common.timeout_s
        self._most_rows = plan.common.batch_rows
        self._connection: _Connection | None = None

    @property
    def most_rows(self) -> int:
        return self._most_rows

    async def send(self, batch: Batch) -> Outcome:
        try:
            async with asyncio.timeout(self._timeout_s):
                answer = await self._exchange(batch)
        except BaseException as error:
            await self._drop()
            if isinstance(error, TimeoutError):
                raise Unreachable(text("no answer within {s} s", s=f"{self._timeout_s:g}")) from None
            if isinstance(error, SinkError) or not isinstance(error, Exception):
                raise
            raise self._unreachable(error) from error
        return await self._heard(batch, answer)

    async def idle(self) -> None:
        """Nothing to say: a connection that is not used may end."""

    async def close(self) -> None:
        # What a cut connection held down may be tried again after it.
        self._most_rows = self._plan.common.batch_rows
        await self._drop()

    # One exchange

    async def _exchange(self, batch: Batch) -> Answer:
        body = await self._packed(batch)
        answer = await self._post(batch, body)
        if answer.status == 401 and await self._rotated():
            await self._drop()
            answer = await self._post(batch, body)
        return answer

    async def _heard(self, batch: Batch, answer: Answer) -> Outcome:
        """What the answer means. Raises SinkError."""
        rows = len(batch.rows)
        if not (200 <= answer.status < 300):
            # Whatever it is, the next try is to start from scratch.
            await self._drop()
        if answer.status == 413:
            # A limit of the other side's, which the runner cannot know; given up with the last row at fault.
            self._most_rows = max(1, rows // 2) if rows > 1 else self._plan.common.batch_rows
            raise TooLarge(failure(answer))
        if len(answer.body) > _IN_THREAD_BYTES:
            return await asyncio.to_thread(understood, self._site, batch.rows, answer)
        return understood(self._site, batch.rows, answer)

    async def _packed(self, batch: Batch) -> bytes:
        if len(batch.rows) > _IN_THREAD_ROWS:
            return await asyncio.to_thread(pack, self._site, batch.rows, batch.stream)
        return pack(self._site, batch.rows, batch.stream)

    async def _post(self, batch: Batch, body: bytes) -> Answer:
        connection = self._connection
        if connection is None:
            connection = self._connection = await self._connect()
        headers = {
            "Content-Type": "application/x-ndjson",
            "Content-Encoding": "gzip",
            "Accept": "application/json",
            # An answer that unpacks to more than it weighs is none.
            "Accept-Encoding": "identity",
            "Idempotency-Key": batch.key,
            "Louguan-Format": FORMAT,
        }
        if (head := self._head()) is not None:
            headers[heads.HEADER] = heads.header(head)
        if connection.token:
            headers["Authorization"] = f"Bearer {connection.token}"
        most = _ANSWER_BYTES + _ANSWER_ROW_BYTES * len(batch.rows)
        async with connection.client.stream(
            "POST",
            self._plan.url,
            content=body,
            headers=headers,
            extensions={"trace": connection.watch},
        ) as response:
            if response.headers.get("Content-Encoding", "identity") != "identity":
                raise Unreachable(text("the answer is packed, which was not asked for"))
            parts = bytearray()
            async for part in response.aiter_raw():
                parts += part
                if len(parts) > most:
                    raise Unreachable(text("the answer is longer than {most} bytes", most=most))
            return Answer(response.status_code, dict(response.headers), bytes(parts))

    # The connection

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

    async def _drop(self) -> None:
        """Let go of the connection; never raises for what the other side does, and takes no time."""
        connection, self._connection = self._connection, None
        if connection is None:
            return
        try:
            async with asyncio.timeout(_CLOSE_S):
                await connection.close()
        except Exception as error:  # noqa: BLE001 - it is gone, however it went
            _log.debug("closing the connection: %s", error)

    def _unreachable(self, error: Exception) -> Unreachable:
        import httpx

        if not isinstance(error, httpx.HTTPError | httpx.InvalidURL | OSError):
            _log.error("sink %s: %r", self._plan.common.name, error, exc_info=error)
        distrusted = distrust(error)
        return Unreachable(cause(error) if distrusted is None else untrusted(distrusted))


def pack(site: str, rows: Sequence[Row], stream: Stream) -> bytes:
    """The body of a batch; the same bytes for the same rows."""
    lines = "".join(
        json.dumps(row_json(site, row, stream), ensure_ascii=False, separators=(",", ":")) + "\n"
        for row in rows
    )
    return gzip.compress(lines.encode(), 6, mtime=0)


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
