"""The receiver's HTTP side: POST /v1/intervals, GET /v1/gaps, GET /v1/heads. What goes wrong is told as a
line of JSON."""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any, TypeVar

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect, Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from config.language import text
from controller.consumption.upload.heads import HEADER, read_header
from controller.receiver.intake import MOST_PACKED, Foreign, Taken, TooMuch, take
from controller.receiver.rows import Nonsense
from controller.receiver.store import Store, gaps, heads
from controller.receiver.telling import as_json, head_as_json
from controller.receiver.tokens import Tokens
from controller.store.errors import StoreError

BODY_S = 30.0
"""Machine seconds a body may take to come in."""
RETRY_S = 30
"""What a sender is asked to wait while the disk fails."""
_T = TypeVar("_T")
_log = logging.getLogger(__name__)
_access = logging.getLogger("controller.receiver.access")


class Receiver:
    """Both resources. One thread stores; another answers about gaps."""

    def __init__(self, store: Store, tokens: Tokens | None) -> None:
        """Without `tokens` anybody who reaches it may send for any site."""
        self._store = store
        self._tokens = tokens
        self._writer = ThreadPoolExecutor(1, thread_name_prefix="receiver store")

    def app(self) -> ASGIApp:
        routes = [
            Route("/v1/intervals", self._intervals, methods=["POST"]),
            Route("/v1/gaps", self._gaps, methods=["GET"]),
            Route("/v1/heads", self._heads, methods=["GET"]),
        ]
        return Outermost(Starlette(routes=routes, exception_handlers={HTTPException: _sorry}))

    def close(self) -> None:
        """After the last request: let what is being stored end."""
        self._writer.shutdown()

    async def _intervals(self, request: Request) -> Response:
        site = self._site(request)
        packed = _packed(request)
        body = await _body(request)
        loop = asyncio.get_running_loop()
        try:
            taken = await loop.run_in_executor(
                self._writer, lambda: take(self._store, body, packed=packed, site=site)
            )
        except Nonsense as error:
            raise HTTPException(400, str(error)) from error
        except Foreign as error:
            # A matter for a person on both sides; row by row the sender would set aside all that it has.
            _log.warning("refused: %s", error)
            raise HTTPException(403, str(error)) from error
        except TooMuch as error:
            raise HTTPException(413, str(error)) from error
        except StoreError as error:
            _log.error(text("not stored: {why}", why=error.text))
            raise HTTPException(503, "not stored, try again", {"Retry-After": str(RETRY_S)}) from error
        _told(request, taken)
        await self._keep_head(request, site, taken)
        return JSONResponse(taken.answer)

    async def _keep_head(self, request: Request, site: str | None, taken: Taken) -> None:
        """Of the sender's ledger, if it tells one; the rows are answered whatever becomes of it."""
        head = read_header(request.headers.get(HEADER, ""))
        owner = site if site is not None or len(taken.sites) != 1 else next(iter(taken.sites))
        if head is None or owner is None:
            return
        try:
            loop = asyncio.get_running_loop()
            await loop.run_in_executor(self._writer, self._store.put_head, owner, head)
        except StoreError as error:
            _log.error(text("a head was not stored: {why}", why=error.text))

    async def _gaps(self, request: Request) -> Response:
        found = await self._read(request, gaps)
        return JSONResponse({"meters": [as_json(meter) for meter in found]})

    async def _heads(self, request: Request) -> Response:
        found = await self._read(request, heads)
        return JSONResponse({"heads": [head_as_json(kept) for kept in found]})

    async def _read(self, request: Request, question: Callable[[Path, str | None], list[_T]]) -> list[_T]:
        """What the store says of the site that is asked for. Raises HTTPException."""
        allowed = self._site(request)
        site = request.query_params.get("site") or allowed
        if allowed is not None and site != allowed:
            raise HTTPException(403, "this token is another site's")
        try:
            return await asyncio.to_thread(question, self._store.path.parent, site)
        except StoreError as error:
            _log.error(error.text)
            raise HTTPException(503, "cannot be read now", {"Retry-After": str(RETRY_S)}) from error

    def _site(self, request: Request) -> str | None:
        """The site that may be written to; None = any. Raises HTTPException."""
        if self._tokens is None:
            return None
        site = self._tokens.site(request.headers.get("Authorization", ""))
        if site is None:
            raise HTTPException(401, "no token that is known here", {"WWW-Authenticate": "Bearer"})
        return site


class Outermost:
    """Round the whole: one line a request in the access log, and no failure shown but as a plain 500."""

    def __init__(self, inner: ASGIApp, clock: Callable[[], float] = time.monotonic) -> None:
        self._inner = inner
        self._clock = clock

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            return
        began_s = self._clock()
        status = 0

        async def sending(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
            await send(message)

        scope["state"] = {}
        try:
            await self._inner(scope, receive, sending)
        except ClientDisconnect:
            status = status or 499
        except Exception:  # noqa: BLE001 - told in the log, never to the sender
            _log.exception("a request failed")
            if not status:
                await JSONResponse({"error": "the receiver failed"}, 500)(scope, receive, sending)
        client = scope.get("client") or ("-", 0)
        # Without the query and the headers: neither belongs in a log.
        path = bytes(scope.get("raw_path") or b"").decode("latin-1")[:100]
        spent_ms = (self._clock() - began_s) * 1000
        said = scope["state"].get("said", "")
        _access.info("%s %s %s %d %.0f ms%s", client[0], scope["method"], path, status, spent_ms, said)


async def _body(request: Request) -> bytes:
    """The body, bounded in size and time. Raises HTTPException, ClientDisconnect."""
    sorry = HTTPException(413, f"more than {MOST_PACKED} bytes")
    told = request.headers.get("Content-Length", "")
    if told.isascii() and told.isdigit() and int(told[:20]) > MOST_PACKED:
        raise sorry
    parts = bytearray()
    try:
        async with asyncio.timeout(BODY_S):
            async for part in request.stream():
                parts += part
                if len(parts) > MOST_PACKED:
                    raise sorry
    except TimeoutError:
        raise HTTPException(408, "the body took too long", {"Connection": "close"}) from None
    return bytes(parts)


def _packed(request: Request) -> bool:
    """Whether the body is gzip. Raises HTTPException."""
    kind = request.headers.get("Content-Type", "").partition(";")[0].strip().lower()
    if kind not in ("application/x-ndjson", "application/ndjson"):
        raise HTTPException(415, "application/x-ndjson, please")
    encoding = request.headers.get("Content-Encoding", "identity").strip().lower()
    if encoding not in ("gzip", "identity"):
        raise HTTPException(415, "gzip or nothing, please", {"Accept-Encoding": "gzip"})
    return encoding == "gzip"


def _told(request: Request, taken: Taken) -> None:
    sites = ",".join(sorted(taken.sites)) or "-"
    counts = f"accepted={taken.accepted} new={taken.new} refused={len(taken.refused)}"
    request.scope["state"]["said"] = f" site={sites} {counts}"
    for key, reason in taken.refused[:20]:
        _log.warning("refused %s: %s", key, reason)
    if len(taken.refused) > 20:
        _log.warning("refused %d more", len(taken.refused) - 20)


async def _sorry(_request: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)
    content: dict[str, Any] = {"error": error.detail}
    return JSONResponse(content, error.status_code, headers=dict(error.headers or {}))
