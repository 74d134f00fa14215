"""What `louguan receive` takes: HTTP requests as they come from the connection, and the rows in them."""

from __future__ import annotations

import asyncio
import gzip
import json
from pathlib import Path
from random import Random
from typing import Any

import uvicorn
from uvicorn.server import ServerState

from controller.receiver import intake, serve
from controller.receiver.app import Receiver
from controller.receiver.intake import Foreign, TooMuch
from controller.receiver.rows import Nonsense
from controller.receiver.store import Store
from controller.receiver.tokens import Tokens
from tests.controller.receiver.samples import sent
from tests.fuzz.decoder import CANARY, Decoder, Wrong, folder, unsaid, with_length
from tests.fuzz.loop import TellingLoop
from tests.fuzz.trees import JSON_WORDS, changed

_WORDS = (
    *JSON_WORDS, b"1e3", b"7258118400001", b"\n", b"\n\n", b'"key":', b'"site":', b'"start_ms":',
    b'"flags":["a"]', b'"start":"0001-01-01T00:00:00+23:59"', b'"end":"9999-12-31T23:59:59-23:59"',
    b'"start":"2026-03-05T07:00:00.9999999"', "\u2028".encode(), b'"' + b"x" * 300 + b'"',
)  # fmt: skip


def _ndjson(*rows: dict[str, Any]) -> bytes:
    return "".join(json.dumps(each, ensure_ascii=False) + "\n" for each in rows).encode()


_PLAIN = (
    _ndjson(sent(1)),
    _ndjson(sent(1), sent(2, meter="水表-1"), sent(3, revision=2)),
    _ndjson(sent(4, count_start=None, count_end=None, consumption=None), sent(5, flags=["reset", "suspect"])),
)


def rows() -> Decoder:
    """A case: a byte that says whether it is packed, then the body."""

    def take(data: bytes) -> None:
        packed = data[:1] == b"\1"
        plain = intake.unpack(data[1:]) if packed else data[1:]
        by_site, refused = intake._read(plain, "shuangliu")
        if by_site.keys() - {"shuangliu"}:
            raise Wrong("rows of a site that may not be written to")
        for found in by_site.values():
            for row in found:
                if not 0 <= row.start_ms < row.end_ms:
                    raise Wrong("an interval that is none")
        for key, reason in refused:
            (key + reason).encode()

    seeds = [b"\0" + each for each in _PLAIN] + [b"\1" + gzip.compress(each, mtime=0) for each in _PLAIN]
    seeds.append(b"\1" + gzip.compress(b"\n" * 60_000, mtime=0))
    return Decoder(
        take,
        tuple(seeds),
        (Nonsense, TooMuch, Foreign),
        _WORDS,
        _mend_rows,
        tree=changed(1, by_line=True),
        longest=6000,
    )


def _mend_rows(data: bytes, random: Random) -> bytes:
    """What is plain, packed after all."""
    if data[:1] == b"\0" and random.random() < 0.2:
        return b"\1" + gzip.compress(data[1:], 1, mtime=0)
    return data


class _Transport(asyncio.Transport):
    """A connection whose other side takes everything."""

    def __init__(self) -> None:
        super().__init__()
        self.written = bytearray()
        self.closed = False

    def get_extra_info(self, name: str, default: Any = None) -> Any:
        return {"peername": ("127.0.0.1", 5), "sockname": ("127.0.0.1", 80)}.get(name, default)

    def write(self, data: Any) -> None:
        self.written += data

    def is_closing(self) -> bool:
        return self.closed

    def close(self) -> None:
        self.closed = True

    def abort(self) -> None:
        self.closed = True

    def pause_reading(self) -> None:
        return

    def resume_reading(self) -> None:
        return

    def set_write_buffer_limits(self, high: int | None = None, low: int | None = None) -> None:
        return


def http() -> Decoder:
    """A case: all that a client sends on one connection (TLS taken off)."""
    place = folder("receiver")
    tokens = Path(place.name) / "tokens"
    tokens.write_text(f"shuangliu {CANARY}\n")
    tokens.chmod(0o600)
    loop = TellingLoop()  # rows are stored by a thread, whose time is the machine's
    store = Store(Path(place.name) / "data")
    receiver = Receiver(store, Tokens(tokens))
    config = uvicorn.Config(
        receiver.app(),
        http=serve._Patient,
        ws="none",
        lifespan="off",
        log_config=None,
        access_log=False,
        server_header=False,
        limit_concurrency=serve.MOST_CONNECTIONS,
        timeout_keep_alive=int(serve.SILENT_S),
    )
    config.load()
    state = ServerState()

    async def one(data: bytes) -> None:
        protocol = serve._Patient(config, state, {})
        transport = _Transport()
        protocol.connection_made(transport)
        at = 0
        while at < len(data) and not transport.closed:
            protocol.data_received(data[at : at + 900])
            at += 900
            await asyncio.sleep(0)
        for _ in range(5):
            await asyncio.sleep(0)
        # A whole request is answered; one that waits for more is hung up on.
        while state.tasks and not transport.closed and not _waits(protocol.cycle):
            await asyncio.wait(list(state.tasks), timeout=10.0)
        protocol.connection_lost(None)
        if state.tasks:
            await asyncio.wait(list(state.tasks), timeout=10.0)
        if state.tasks:
            raise Wrong("a request that does not end")
        if transport.written and not transport.written.startswith(b"HTTP/1.1 "):
            raise Wrong("an answer that is none")
        if b" 500 " in transport.written[:20]:
            raise Wrong("the receiver failed")
        unsaid(bytes(transport.written))

    def take(data: bytes) -> None:
        loop.run_until_complete(one(data))
        loop.raise_failed()

    def close() -> None:
        receiver.close()
        store.close()
        loop.close()
        place.cleanup()

    seeds = [_post(body, packed) for body in _PLAIN for packed in (True, False)]
    seeds += [_get(path) for path in ("/v1/gaps?site=shuangliu", "/v1/heads", "/v1/gaps?site=%ff%00", "/")]
    seeds.append(_get("/v1/heads") * 3)
    chunked = _post(_PLAIN[0], False).partition(b"\r\n\r\n")
    body = b"\r\n\r\n" + f"{len(_PLAIN[0]):x}\r\n".encode() + _PLAIN[0] + b"\r\n0\r\n\r\n"
    head = b"\r\n".join(line for line in chunked[0].split(b"\r\n") if b"Content-Length" not in line)
    seeds.append(head + b"\r\nTransfer-Encoding: chunked" + body)
    words = (
        b"\r\n", b"\r\n\r\n", b"Expect: 100-continue\r\n", b"Content-Length: 99999999999999999999\r\n",
        b"Content-Length: -1\r\n", b"Transfer-Encoding: chunked\r\n", b"ffffffffffffffff\r\n",
        b"Connection: upgrade\r\nUpgrade: websocket\r\n", b"HTTP/1.0", b"HTTP/9.9",
        b"GET http://x/ HTTP/1.1\r\n", b"%ff", b"%00", b"Louguan-Ledger-Head: 1:" + b"a" * 64 + b":1\r\n",
        b"Louguan-Ledger-Head: 999999999999999999:" + b"a" * 64 + b":999999999999999\r\n", b"\xff", b"\0",
        "²".encode(), *_WORDS,
    )  # fmt: skip
    return Decoder(take, tuple(seeds), (), words, with_length, longest=6000, close=close)


def _waits(cycle: Any) -> bool:
    """Whether a request's body has not come whole."""
    return cycle is None or bool(cycle.more_body)


def _head(line: str, **more: str) -> bytes:
    headers = {"Host": "a", "Authorization": f"Bearer {CANARY}", **more}
    return "\r\n".join(
        (line, *(f"{name.replace('_', '-')}: {value}" for name, value in headers.items()), "", "")
    ).encode()


def _get(path: str) -> bytes:
    return _head(f"GET {path} HTTP/1.1")


def _post(body: bytes, packed: bool) -> bytes:
    more = {"Content_Type": "application/x-ndjson"}
    if packed:
        body = gzip.compress(body, mtime=0)
        more["Content_Encoding"] = "gzip"
    more["Louguan_Ledger_Head"] = f"5:{'a' * 64}:1772640000000"
    return _head("POST /v1/intervals HTTP/1.1", **more, Content_Length=str(len(body))) + body
