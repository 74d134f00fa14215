"""One connection to a data centre: the session over a TCP stream, every wait with its end."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from contextlib import suppress
from typing import NamedTuple, TypeAlias

from config.language import Text, text
from controller.consumption.upload.national.errors import DocumentError, NationalError
from controller.consumption.upload.national.frames import Decoder, encode
from controller.consumption.upload.national.session import (
    Acknowledged,
    Beaten,
    Event,
    Failed,
    Passed,
    Session,
    Told,
)
from controller.consumption.upload.port import Denied, Unreachable
from controller.consumption.upload.saying import cause

_READ_BYTES = 65_536
_MOST_UNREADABLE = 50
"""Documents of one connection that were none."""
_CLOSING_S = 1.0

Heard: TypeAlias = "Callable[[Link, Event], None]"


class Terms(NamedTuple):
    """Where a centre is, and how long anything there may take."""

    host: str
    port: int
    cipher_key: bytes
    timeout_s: float
    """For the connection, the handshake as a whole, an answer, and the network to take what we say."""


class Link:
    """Open from `open` until `close`, or until the other side or the network lets go: `lost` says why."""

    def __init__(
        self,
        terms: Terms,
        session: Session,
        streams: tuple[asyncio.StreamReader, asyncio.StreamWriter],
        heard: Heard,
    ) -> None:
        self._terms = terms
        self.session = session
        self._reader, self._writer = streams
        self._heard = heard
        self._decoder = Decoder(session.dialect, terms.cipher_key)
        self._clock = asyncio.get_running_loop().time
        self._changed = asyncio.Event()
        """Set, and made anew, whenever something that is waited for may have happened."""
        self._sequence = 0
        self._unreadable = 0
        self._beats_sent = 0
        self._beats_answered = 0
        self._awaited: tuple[str, str] | None = None
        """Operation and sequence of the acknowledgement that is waited for."""
        self._verdict: Passed | Failed | None = None
        self.lost: Text | str | None = None
        self.beat_s = self.heard_s = self._clock()
        """When a heartbeat was sent last, and when a document came last."""
        self._reading = asyncio.create_task(self._read(), name=f"national {terms.host}:{terms.port}")

    @classmethod
    async def open(cls, terms: Terms, session: Session, heard: Heard) -> Link:
        """Connect and be let in. Raises Unreachable, Denied. `heard` is called for what happens later on."""
        try:
            async with asyncio.timeout(terms.timeout_s):
                streams = await asyncio.open_connection(terms.host, terms.port)
        except TimeoutError:
            raise Unreachable(text("no connection in {seconds} s", seconds=terms.timeout_s)) from None
        except OSError as error:
            raise Unreachable(cause(error)) from None
        link = cls(terms, session, streams, heard)
        try:
            await link.post(session.request())
            await link._until(lambda: link._verdict is not None)
            if isinstance(link._verdict, Failed):
                raise Denied(text("the centre does not let us in ({why})", why=link._verdict.why))
        except BaseException:
            await link.close()
            raise
        return link

    async def post(self, document: bytes) -> None:
        """Send, and wait until the network takes it. Raises Unreachable."""
        self._check()
        self._sequence += 1
        try:
            self._writer.write(encode(self.session.dialect, self._terms.cipher_key, self._sequence, document))
            async with asyncio.timeout(self._terms.timeout_s):
                await self._writer.drain()
        except TimeoutError:
            self._lose(text("the centre takes nothing any more"))
        except OSError as error:
            self._lose(cause(error))
        self._check()

    async def ask(self, document: bytes, operation: str, sequence: str) -> None:
        """Send, and wait for the acknowledgement. Raises Unreachable."""
        self._awaited = (operation, sequence)
        try:
            await self.post(document)
            await self._until(lambda: self._awaited is None)
        finally:
            self._awaited = None

    async def beat(self) -> None:
        """Send a heartbeat. Raises Unreachable."""
        self.beat_s = self._clock()
        self._beats_sent += 1
        await self.post(self.session.notify())

    async def answered(self) -> None:
        """Wait until every heartbeat sent so far is answered. Raises Unreachable."""
        sent = self._beats_sent
        await self._until(lambda: self._beats_answered >= sent)

    async def close(self) -> None:
        """Let go. Nothing is heard any more."""
        self._lose(text("connection closed"))
        self._reading.cancel()
        await asyncio.wait([self._reading])
        with suppress(OSError, TimeoutError):
            async with asyncio.timeout(_CLOSING_S):
                await self._writer.wait_closed()

    # Waiting

    async def _until(self, happened: Callable[[], bool]) -> None:
        """Wait for that. Raises Unreachable when it does not come in time or cannot come any more."""
        try:
            async with asyncio.timeout(self._terms.timeout_s):
                while not happened():
                    self._check()
                    await self._changed.wait()
        except TimeoutError:
            said = text("no answer in {seconds} s", seconds=self._terms.timeout_s)
            if self._decoder.broken:
                said = text("{said}; {count} broken frames came", said=said, count=self._decoder.broken)
            raise Unreachable(said) from None

    def _check(self) -> None:
        if self.lost is not None:
            raise Unreachable(self.lost)

    def _stir(self) -> None:
        self._changed.set()
        self._changed = asyncio.Event()

    def _lose(self, why: Text | str) -> None:
        if self.lost is None:
            self.lost = why
            # Not close(): what the other side does not take would keep the socket open for ever.
            self._writer.transport.abort()
        self._stir()

    # Hearing

    async def _read(self) -> None:
        why: Text | str = text("the centre closed the connection")
        try:
            while data := await self._reader.read(_READ_BYTES):
                for frame in self._decoder.feed(data):
                    await self._take(frame.document)
        except OSError as error:
            why = cause(error)
        except (NationalError, Unreachable) as error:
            why = error.words
        finally:
            self._lose(why)

    async def _take(self, document: bytes) -> None:
        try:
            step = self.session.receive(document)
        except DocumentError as error:
            self._unreadable += 1
            if self._verdict is None or self._unreadable > _MOST_UNREADABLE:
                raise
            if self._unreadable == 1:
                self._heard(self, Told(text("the centre sent what cannot be read: {why}", why=error.words)))
            return
        self.heard_s = self._clock()
        for answer in step.answers:
            await self.post(answer)
        for event in step.events:
            self._note(event)

    def _note(self, event: Event) -> None:
        match event:
            case Passed() | Failed():
                self._verdict = event
            case Acknowledged(operation, sequence):
                if self._awaited is not None and self._is_for(self._awaited, operation, sequence):
                    self._awaited = None
            case Beaten():
                self._beats_answered = min(self._beats_answered + 1, self._beats_sent)
        self._stir()
        self._heard(self, event)

    def _is_for(self, awaited: tuple[str, str], operation: str, sequence: str) -> bool:
        unnamed = not sequence and not self.session.dialect.ack_names_sequence
        return awaited[0] == operation and (unnamed or sequence == awaited[1])
