"""A data centre as a Sink: rows as `report` while live, as `continuous` when they waited."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import TypeAlias
from zoneinfo import ZoneInfo

from config.dialects import Dialect
from config.language import Text, text
from config.plan.sinks import NationalSink
from controller.consumption.upload.national.documents import Identity, empty_reply
from controller.consumption.upload.national.link import Link, Terms
from controller.consumption.upload.national.rows import Packet, packets_of, sequence_of
from controller.consumption.upload.national.session import Beaten, Event, Queried, Session, Told
from controller.consumption.upload.port import Batch, Outcome, Row, SinkError, Stream, Unreachable

MOST_QUERIED_MS = 31 * 86_400_000
"""Longest time a query may ask for."""
MOST_REPLY_ROWS = 20_000
OFFLINE_S = 300.0
"""The guideline's: a centre that has said nothing for so long is not there."""

History: TypeAlias = Callable[[int, int], Awaitable[Sequence[Row] | None]]
"""The rows that end in [from_ms, to_ms), at most MOST_REPLY_ROWS; None when it cannot say. Raises nothing."""


@dataclass(frozen=True, slots=True)
class Secrets:
    """What the site shares with the centre."""

    key: str
    """For the handshake."""
    cipher_key: bytes
    """16 bytes: see cipher_key_of."""


def _untold(_: Text) -> None:
    """Nobody listens."""


class DataCentre:
    """One centre, one connection. A Sink (see upload.port); `idle` must be called about every heartbeat_s."""

    def __init__(
        self,
        plan: NationalSink,
        dialect: Dialect,
        secrets: Secrets,
        zone: ZoneInfo,
        *,
        told: Callable[[Text], None] = _untold,
        set_clock: Callable[[int], None] | None = None,
        history: History | None = None,
        period_min: int = 15,
        offline_s: float = OFFLINE_S,
    ) -> None:
        """`told`: what people should know (refused wishes of the centre). `set_clock` gets the centre's time
        (UTC ms, whole seconds) with every heartbeat, and only if the site allows it; it judges what it is
        worth. `history` answers queries; without it they get an empty reply."""
        self._plan = plan
        self._dialect = dialect
        self._secrets = secrets
        self._zone = zone
        self._told = told
        self._set_clock = set_clock
        self._history = history
        self._period_min = period_min
        self._offline_s = offline_s
        self._who = Identity(plan.building, plan.gateway)
        self._numbers = {number.meter: number for number in plan.ids}
        self._link: Link | None = None
        self._reply: asyncio.Task[None] | None = None
        self._replies = 0
        self._time_told = False

    @property
    def most_rows(self) -> int:
        return self._plan.common.batch_rows

    async def send(self, batch: Batch) -> Outcome:
        packets, refused = packets_of(self._dialect, self._who, self._numbers, batch.key, batch.rows)
        accepted: set[int] = set()
        try:
            if packets:
                link = await self._linked()
                await self._deliver(link, batch.stream, packets, accepted)
        except SinkError:
            await self._drop()
            # What the centre has is not sent again; the rest meets the error next time.
            if not accepted and not refused:
                raise
        return Outcome(frozenset(accepted), refused)

    async def idle(self) -> None:
        try:
            await self._beat(await self._linked())
        except SinkError:
            await self._drop()
            raise

    async def close(self) -> None:
        await self._drop()

    # Sending

    async def _deliver(self, link: Link, stream: Stream, packets: list[Packet], accepted: set[int]) -> None:
        await self._beat(link)
        dialect, live = self._dialect, stream is Stream.LIVE
        session = link.session
        operation, ack = ("report", dialect.report_ack) if live else ("continuous", dialect.continuous_ack)
        each = not live or dialect.report_accepted == "ack"
        for report, rows in packets:
            document = session.data(operation, report)
            if each:
                await link.ask(document, ack, report.sequence)
                accepted |= rows
                await self._beat(link)
            else:
                await link.post(document)
        if each:
            return
        if dialect.report_accepted == "heartbeat":
            await link.beat()
            await link.answered()
        for _, rows in packets:
            accepted |= rows

    async def _beat(self, link: Link) -> None:
        """A heartbeat if it is time for one. Raises Unreachable when the centre has been silent too long."""
        now_s = asyncio.get_running_loop().time()
        if now_s - link.heard_s > self._offline_s:
            raise Unreachable(text("the centre has said nothing for {seconds} s", seconds=self._offline_s))
        # A little early rather than a whole call late.
        if now_s - link.beat_s >= self._plan.heartbeat_s * 0.9:
            await link.beat()

    # The connection

    async def _linked(self) -> Link:
        if self._link is not None and self._link.lost is None:
            return self._link
        await self._drop()
        plan = self._plan
        session = Session(self._dialect, self._who, self._secrets.key, self._zone, self._period_min)
        terms = Terms(plan.host, plan.port, self._secrets.cipher_key, plan.common.timeout_s)
        self._link = await Link.open(terms, session, self._heard)
        return self._link

    async def _drop(self) -> None:
        link, reply = self._link, self._reply
        self._link = self._reply = None
        if reply is not None:
            reply.cancel()
            await asyncio.wait([reply])
        if link is not None:
            await link.close()

    # What the centre wants

    def _heard(self, link: Link, event: Event) -> None:
        match event:
            case Told(notice):
                self._told(notice)
            case Beaten(time_ms) if time_ms is not None:
                self._time_said(time_ms)
            case Queried(from_ms, to_ms):
                # One at a time: a centre that asks faster than it is answered gets fewer answers.
                if self._reply is None or self._reply.done():
                    self._reply = asyncio.create_task(self._answer(link, from_ms, to_ms), name="reply")

    def _time_said(self, time_ms: int) -> None:
        if self._plan.set_clock and self._set_clock is not None:
            self._set_clock(time_ms)
        elif not self._time_told:
            self._time_told = True
            self._told(text("the centre tells the time; the site does not let it set the clock"))

    async def _answer(self, link: Link, from_ms: int, to_ms: int) -> None:
        """Reply to a query, from the log or politely with nothing."""
        rows: Sequence[Row] | None = None
        if 0 < to_ms - from_ms <= MOST_QUERIED_MS and self._history is not None:
            rows = await self._history(from_ms, to_ms)
        self._replies += 1
        key = f"reply {self._replies} {from_ms} {to_ms}"
        packets, _ = packets_of(self._dialect, self._who, self._numbers, key, (rows or ())[:MOST_REPLY_ROWS])
        reports = [packet.report for packet in packets]
        if not reports:
            reports = [empty_reply(self._dialect, sequence_of(self._dialect, self._who, key))]
        if rows is None:
            self._told(text("the centre asked for stored data; the answer was that there is none"))
        with suppress(SinkError):  # the link knows, and the next to use it is told
            for report in reports:
                await link.post(link.session.data("reply", report))
