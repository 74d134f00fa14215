"""The centre's side of the national protocol: lets collectors in, takes data, acknowledges what is kept.

Whoever has the cipher key can talk to it; only who knows a building's key may deliver, and for that building
alone. Nothing is asked of collectors and nothing in them is changed.
"""

from __future__ import annotations

import asyncio
import hmac
import json
import secrets
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple, Protocol
from zoneinfo import ZoneInfo

from config.dialects import Dialect
from config.language import Text, text
from config.language.details import detail, reason
from controller.consumption.upload.national.cipher import cipher_key_of
from controller.consumption.upload.national.documents import (
    BEAT,
    DATA,
    LOGIN,
    Identity,
    Message,
    build,
    digest,
    parse,
    read_report,
    texts,
    write_time,
)
from controller.consumption.upload.national.errors import NationalError
from controller.consumption.upload.national.frames import Decoder, encode

MOST_CALLERS = 500
_READ_BYTES = 65_536
_MOST_ROWS = 20_000
"""Values of one document."""


class Value(NamedTuple):
    """One value of one meter at one time. (building, meter, function, time_ms) names it for ever."""

    building: str
    gateway: str
    meter: str
    function: str
    time_ms: int
    coding: str
    error: str
    """The dialect's code."""
    value: str | None
    """Decimal text; None = not known."""


class Store(Protocol):
    """Where values are kept."""

    async def put(self, site: str, rows: Sequence[Value]) -> None:
        """Keep them: returns when they are safe. A value that is there already is replaced by a later one
        of its name and counted once. Raises KeepError when that cannot be; then nothing is acknowledged."""


class KeepError(Exception):
    """The store cannot keep values now."""


class KeysWrong(Exception):
    """The file of keys cannot be used. `what` says why, without the keys themselves."""

    def __init__(self, what: Text) -> None:
        super().__init__(str(what))
        self.what = what


class Building(NamedTuple):
    """Who may deliver."""

    site: str
    key: str


@dataclass(frozen=True, slots=True)
class Keys:
    """What collectors must know."""

    cipher_key: bytes
    buildings: Mapping[str, Building]


@dataclass(frozen=True, slots=True)
class Waits:
    """Machine seconds."""

    login_s: float = 30.0
    silent_s: float = 300.0
    """Without a word; the guideline's."""
    write_s: float = 30.0


def read_keys(path: Path) -> Keys:
    """Keys from a file `{"cipher_key": …, "buildings": {"510116A001": {"site": …, "key": …}}}`. Raises
    KeysWrong."""
    file = str(path)
    try:
        written = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeError) as error:
        raise KeysWrong(text("cannot read {file}: {error}", file=file, error=reason(error))) from error
    except (ValueError, RecursionError) as error:
        why = detail(str(error))
        raise KeysWrong(text("what is in {file} is no JSON: {why}", file=file, why=why)) from None
    if not isinstance(written, dict) or set(written) != {"cipher_key", "buildings"}:
        raise KeysWrong(text("{file}: expected cipher_key and buildings, nothing else", file=file))
    buildings: dict[str, Building] = {}
    listed: Any = written["buildings"]
    if not isinstance(listed, dict) or not listed:
        raise KeysWrong(text("{file}: expected at least one building in buildings", file=file))
    for name, item in listed.items():
        if not isinstance(item, dict) or set(item) != {"site", "key"}:
            words = text("{file}, building {name}: expected site and key, nothing else", file=file, name=name)
            raise KeysWrong(words)
        if not all(isinstance(said, str) and said and said.isprintable() for said in item.values()):
            words = text("{file}, building {name}: expected texts for site and key", file=file, name=name)
            raise KeysWrong(words)
        buildings[name] = Building(item["site"], item["key"])
    try:
        return Keys(cipher_key_of(str(written["cipher_key"])), buildings)
    except NationalError as error:
        raise KeysWrong(text("{file}: {why}", file=file, why=error.words)) from None


class NationalListener:
    """A TCP server for collectors of one dialect."""

    def __init__(
        self,
        dialect: Dialect,
        keys: Keys,
        store: Store,
        zone: ZoneInfo,
        now_ms: Callable[[], int],
        waits: Waits = Waits(),
    ) -> None:
        """`now_ms` is told to collectors with every heartbeat; UTC milliseconds."""
        self.dialect = dialect
        self.keys = keys
        self.store = store
        self.zone = zone
        self.now_ms = now_ms
        self.waits = waits
        self._server: asyncio.Server | None = None
        self._callers: set[asyncio.Task[None]] = set()

    async def start(self, host: str, port: int) -> int:
        """Listen; returns the port. Raises OSError."""
        self._server = await asyncio.start_server(self._serve, host, port)
        bound: int = self._server.sockets[0].getsockname()[1]
        return bound

    async def close(self) -> None:
        """Let go of everybody."""
        if self._server is not None:
            self._server.close()
        for task in self._callers:
            task.cancel()
        await asyncio.gather(*self._callers, return_exceptions=True)
        if self._server is not None:
            await self._server.wait_closed()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        if len(self._callers) >= MOST_CALLERS:
            writer.transport.abort()
            return
        self._callers.add(task)
        try:
            # Cancelled by `close` alone. asyncio's streams report a connection whose task was cancelled as a
            # failure, with its traceback.
            with suppress(OSError, TimeoutError, NationalError, KeepError, asyncio.CancelledError):
                await _Caller(self, reader, writer).run()
        finally:
            self._callers.discard(task)
            writer.transport.abort()


class _Caller:
    """One collector's connection."""

    def __init__(
        self, listener: NationalListener, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> None:
        self._listener = listener
        self._reader = reader
        self._writer = writer
        self._who = Identity("", "")
        self._challenge = ""
        self._site: str | None = None
        """Of the building that was let in."""
        self._sent = 0

    async def run(self) -> None:
        """Until the collector goes, is silent too long, or talks nonsense."""
        listener = self._listener
        loop = asyncio.get_running_loop()
        decoder = Decoder(listener.dialect, listener.keys.cipher_key)
        login_by_s = loop.time() + listener.waits.login_s
        while True:
            until_s = login_by_s if self._site is None else loop.time() + listener.waits.silent_s
            async with asyncio.timeout_at(until_s):
                data = await self._reader.read(_READ_BYTES)
            if not data:
                return
            for frame in decoder.feed(data):
                if not await self._take(parse(listener.dialect, frame.document)):
                    return

    async def _take(self, message: Message) -> bool:
        """Answer. False: the connection is to end."""
        if message.group == LOGIN:
            return await self._login(message)
        if self._site is None or message.who != self._who:
            return False
        if (message.group, message.operation) == (BEAT, "notify"):
            listener = self._listener
            said = write_time(listener.dialect, listener.now_ms(), listener.zone)
            await self._say(BEAT, "time", time=said)
        elif message.group == DATA and message.operation in ("report", "continuous", "reply"):
            await self._keep(self._site, message)
        return True

    async def _login(self, message: Message) -> bool:
        listener = self._listener
        if message.operation == "request" and not self._challenge:
            self._who = message.who
            self._challenge = f"{secrets.randbelow(10**8):08d}"
            await self._say(LOGIN, "sequence", sequence=self._challenge)
            return True
        if message.operation != "md5" or not self._challenge or self._site is not None:
            return False
        building = listener.keys.buildings.get(self._who.building)
        # An unknown building takes as long as a known one.
        key = secrets.token_hex() if building is None else building.key
        proof = digest(listener.dialect, self._challenge, key).encode()
        said = message.content.of("md5").lower().encode()
        passed = hmac.compare_digest(proof, said) and building is not None and message.who == self._who
        await self._say(LOGIN, "result", result="pass" if passed else "fail")
        if passed and building is not None:
            self._site = building.site
        return passed

    async def _keep(self, site: str, message: Message) -> None:
        """Store a data document; acknowledge what is safe."""
        listener = self._listener
        report = read_report(listener.dialect, message, listener.zone)
        rows: dict[tuple[str, str], Value] = {}
        for meter in report.meters:
            for each in meter.functions:
                if report.time_ms is not None:
                    rows[meter.id, each.id] = Value(
                        *self._who,
                        meter.id,
                        each.id,
                        report.time_ms,
                        each.coding,
                        each.error,
                        each.value or None,
                    )
        if len(rows) > _MOST_ROWS:
            raise KeepError("too many values")
        if rows:
            await listener.store.put(site, tuple(rows.values()))
        if message.operation == "continuous":
            await self._say(DATA, listener.dialect.continuous_ack, sequence=report.sequence)
        elif message.operation == "report" and listener.dialect.report_accepted == "ack":
            await self._say(DATA, listener.dialect.report_ack, sequence=report.sequence)

    async def _say(self, group: str, operation: str, **said: str) -> None:
        listener = self._listener
        self._sent += 1
        document = build(listener.dialect, self._who, group, operation, texts(**said))
        self._writer.write(encode(listener.dialect, listener.keys.cipher_key, self._sent, document))
        async with asyncio.timeout(listener.waits.write_s):
            await self._writer.drain()
