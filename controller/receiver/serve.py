"""The receiver as a process: its socket, TLS, signals, and patience with those who say nothing."""

from __future__ import annotations

import asyncio
import logging
import os
import signal
import socket
import ssl
import sys
from collections.abc import Awaitable, Callable, Generator
from contextlib import contextmanager
from dataclasses import dataclass
from ipaddress import ip_address
from pathlib import Path
from zoneinfo import ZoneInfo

import uvicorn
from h11 import LocalProtocolError
from uvicorn.protocols.http.h11_impl import H11Protocol, RequestResponseCycle

from config.dialects import Dialect, DialectError, load_dialect, read_dialect
from config.language import Text, text
from config.language.details import reason
from config.language.spoken import Spoken
from controller.receiver import certificates
from controller.receiver.app import Receiver
from controller.receiver.certificates import CertificatesWrong
from controller.receiver.collected import Collected
from controller.receiver.national import KeysWrong, NationalListener, read_keys
from controller.receiver.store import Store
from controller.receiver.tokens import Tokens, TokensWrong, open_to_all, open_words
from controller.store.errors import AlreadyRunning, StoreError
from controller.store.lock import DataLock

SILENT_S = 20.0
"""Machine seconds after which a connection on which no request was begun and ended is let go."""
MOST_CONNECTIONS = 200


@dataclass(frozen=True, slots=True)
class Centre:
    """The national protocol beside HTTPS."""

    port: int
    """0 = any free one."""
    keys: Path
    dialect: str
    """Name of one, or path of a .json file."""
    zone: ZoneInfo


@dataclass(frozen=True, slots=True)
class Options:
    """How it is to be run."""

    data: Path
    host: str = "127.0.0.1"
    port: int = 0
    """0 = any free one."""
    tokens: Path | None = None
    """None: anybody may send, on a loopback address only."""
    cert: Path | None = None
    key: Path | None = None
    client_ca: Path | None = None
    """Only those whose certificate is from these authorities are served."""
    centre: Centre | None = None
    language: str = "en"
    """Of its log."""
    end_with_input: bool = False
    """It ends when its standard input does: a child that must not outlive its parent."""


class NotStarted(Exception):
    """It cannot be run like that."""

    def __init__(self, what: Text, hint: Text | str = "") -> None:
        super().__init__(str(what))
        self.what = what
        self.hint = hint


def serve(options: Options, ready: Callable[[str, int, str, int], None]) -> None:
    """Receive until SIGTERM or SIGINT. `ready(host, port, url, port of the national protocol or 0)` once it
    listens. Raises NotStarted."""
    tokens = _tokens(options)
    try:
        with DataLock(options.data):
            store = Store(options.data)
            try:
                _serve(options, Receiver(store, tokens), _centre(options, store), ready)
            finally:
                store.close()
    except (StoreError, AlreadyRunning) as error:
        raise NotStarted(error.text) from error


def _centre(options: Options, store: Store) -> NationalListener | None:
    """Raises NotStarted."""
    centre = options.centre
    if centre is None:
        return None
    try:
        if open_to_all(centre.keys.stat().st_mode):
            raise NotStarted(open_words(centre.keys))
        keys = read_keys(centre.keys)
        dialect = _dialect(centre.dialect)
    except OSError as error:
        words = text("cannot read {file}: {error}", file=str(centre.keys), error=reason(error))
        raise NotStarted(words) from error
    except KeysWrong as error:
        raise NotStarted(error.what) from error
    except DialectError as error:
        raise NotStarted(error.text) from error
    return NationalListener(dialect, keys, Collected(store), centre.zone, store.now_ms)


def _dialect(named: str) -> Dialect:
    """One that comes with louguan, or that of a file. Raises DialectError."""
    return read_dialect(Path(named)) if named.endswith(".json") else load_dialect(named)


def _serve(
    options: Options,
    receiver: Receiver,
    centre: NationalListener | None,
    ready: Callable[[str, int, str, int], None],
) -> None:
    _to_standard_error(options.language)
    config = uvicorn.Config(
        receiver.app(),
        http=_Patient,
        ws="none",
        lifespan="off",
        loop="asyncio",
        log_config=None,
        access_log=False,
        server_header=False,
        limit_concurrency=MOST_CONNECTIONS,
        timeout_keep_alive=int(SILENT_S),
        timeout_graceful_shutdown=5,
        ssl_certfile=options.cert,
        ssl_keyfile=options.key,
        ssl_ca_certs=None if options.client_ca is None else str(options.client_ca),
        ssl_cert_reqs=ssl.CERT_NONE if options.client_ca is None else ssl.CERT_REQUIRED,
    )
    try:
        certificates.check(options.cert, options.key, options.client_ca)
        config.load()
    except CertificatesWrong as error:
        raise NotStarted(error.what) from error
    except OSError as error:  # what has changed since
        raise NotStarted(text("cannot receive: {error}", error=reason(error))) from error
    if config.ssl is not None:
        config.ssl.minimum_version = ssl.TLSVersion.TLSv1_2
    try:
        listening = _listen(options.host, options.port)
    except OSError as error:
        raise _not_bound(options.host, options.port, error) from error
    try:
        host, port = listening.getsockname()[:2]
        shown = f"[{host}]" if ":" in host else host
        url = f"{'https' if options.cert else 'http'}://{shown}:{port}"

        async def listens() -> None:
            bound = 0
            if centre is not None and options.centre is not None:
                try:
                    bound = await centre.start(options.host, options.centre.port)
                except OSError as error:
                    raise _not_bound(options.host, options.centre.port, error) from error
            ready(host, port, url, bound)

            if options.end_with_input:
                asyncio.get_running_loop().add_reader(sys.stdin.fileno(), _input_ended, server)

        server = _Server(config, listens, None if centre is None else centre.close)
        asyncio.run(server.serve(sockets=[listening]))
    finally:
        listening.close()
        receiver.close()


def _tokens(options: Options) -> Tokens | None:
    """Raises NotStarted where it would stand open to others."""
    local = is_loopback(options.host)
    if options.cert is None and not local:
        raise NotStarted(
            text("beyond this machine it receives by TLS only"),
            text("give --cert and --key, or bind 127.0.0.1"),
        )
    if options.tokens is None:
        if not local:
            raise NotStarted(text("beyond this machine it receives only from those who show a token"))
        return None
    try:
        return Tokens(options.tokens)
    except TokensWrong as error:
        raise NotStarted(error.what) from error


def is_loopback(host: str) -> bool:
    """Whether only this machine reaches it."""
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def _listen(host: str, port: int) -> socket.socket:
    """Raises OSError."""
    found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)
    family, kind, protocol, _, address = found[0]
    listening = socket.socket(family, kind, protocol)
    try:
        listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listening.bind(address)
        listening.listen(MOST_CONNECTIONS)
    except BaseException:
        listening.close()
        raise
    return listening


def _not_bound(host: str, port: int, error: OSError) -> NotStarted:
    return NotStarted(
        text("cannot receive at {host}, port {port}: {why}", host=host, port=port, why=reason(error))
    )


def _input_ended(server: uvicorn.Server) -> None:
    if not os.read(sys.stdin.fileno(), 4096):
        asyncio.get_running_loop().remove_reader(sys.stdin.fileno())
        server.should_exit = True


class _Server(uvicorn.Server):
    """Ends in order on a signal, and with the caller: the store is closed after it."""

    def __init__(
        self,
        config: uvicorn.Config,
        begin: Callable[[], Awaitable[None]],
        end: Callable[[], Awaitable[None]] | None,
    ) -> None:
        """`begin` once it listens, `end` when it does no more."""
        super().__init__(config)
        self._begin = begin
        self._end = end

    @contextmanager
    def capture_signals(self) -> Generator[None, None, None]:
        loop = asyncio.get_running_loop()
        for number in (signal.SIGINT, signal.SIGTERM):
            loop.add_signal_handler(number, self._leave)
        try:
            yield
        finally:
            for number in (signal.SIGINT, signal.SIGTERM):
                loop.remove_signal_handler(number)

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        if self.started:
            await self._begin()

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        if self._end is not None:
            await self._end()
        await super().shutdown(sockets)

    def _leave(self) -> None:
        self.should_exit = True


class _Patient(H11Protocol):
    """Lets go of a connection that holds on and never finishes a request's head, and answers no more on one
    that has gone wrong."""

    _tick: asyncio.TimerHandle | None = None
    _last: object = None

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        super().connection_made(transport)
        self._tick = self.loop.call_later(SILENT_S, self._look)

    def connection_lost(self, exc: Exception | None) -> None:
        if self._tick is not None:
            self._tick.cancel()
        super().connection_lost(exc)

    def send_400_response(self, msg: str) -> None:
        try:
            super().send_400_response(msg)
        except LocalProtocolError:  # an answer is under way or out already: only hanging up is left
            self.transport.close()
        if self.cycle is not None:  # of the request that was begun: nobody is there to hear of it
            self.cycle.disconnected = True
            self.cycle.message_event.set()

    def _look(self) -> None:
        cycle: RequestResponseCycle | None = self.cycle  # None until the first request's head
        if cycle is self._last and (cycle is None or cycle.response_complete):
            self.transport.close()
            return
        self._last = cycle
        self._tick = self.loop.call_later(SILENT_S, self._look)


def _to_standard_error(language: str) -> None:
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(Spoken(language))
    logging.basicConfig(level=logging.INFO, handlers=[handler], force=True)
    logging.getLogger("uvicorn.error").setLevel(logging.WARNING)
