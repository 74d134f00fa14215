"""Tells the channels what waits for them: in order, each once, for as long as the daemon runs.

What is delivered is taken out of the outbox after that; a kill in between sends it again with the same key.
"""

from __future__ import annotations

import asyncio
import logging
import sqlite3
from collections.abc import Callable, Sequence
from contextlib import closing, suppress
from dataclasses import dataclass, field
from typing import Protocol

from config.language import Text, text
from config.plan.notify import Channel, same_channel
from controller.board import Board
from controller.consumption.upload.port import BatchRefused, Denied, SinkError, Throttled, TooLarge
from controller.consumption.upload.runner import Patience
from controller.decide.records import Notice
from controller.store import outbox
from controller.store.control import ControlStore
from controller.store.errors import StoreError
from controller.store.outbox import Waiting

_log = logging.getLogger("louguan")
_LOST_AFTER = 3
"""Failures in a row after which people are told."""
LAST_TELLING_S = 5.0
"""Machine seconds that what is just being told is waited for, before its channel becomes another."""


class Told(Protocol):
    """One other side. Raises SinkError, nothing else; BatchRefused for what it will never take."""

    async def tell(self, item: Waiting) -> None:
        """Deliver, and wait until it is taken."""

    async def close(self) -> None:
        """Let go of the connection; `tell` may be called again."""


@dataclass(slots=True)
class _Served:
    channel: Channel
    nudge: asyncio.Event = field(default_factory=asyncio.Event)
    turn: asyncio.Lock = field(default_factory=asyncio.Lock)
    """Held from when something is told until it is out of the outbox."""
    task: asyncio.Task[None] | None = None


class Notifier:
    """Used from the event loop, but for `nudge_from_thread`."""

    def __init__(
        self,
        channels: Sequence[Channel],
        control: ControlStore,
        board: Board,
        now_ms: Callable[[], int],
        make: Callable[[Channel], Told],
        patience: Patience = Patience(),
    ) -> None:
        """`make` may import and fail like a connection: SinkError."""
        self._served = {channel.name: _Served(channel) for channel in channels}
        self._control = control
        self._board = board
        self._now_ms = now_ms
        self._make = make
        self._patience = patience
        self._loop: asyncio.AbstractEventLoop | None = None

    def start(self) -> None:
        """Begin with what the run before has left."""
        self._loop = asyncio.get_running_loop()
        self._control.keep_channels(list(self._served))
        for served in self._served.values():
            self._begin(served)

    async def take(self, channels: Sequence[Channel]) -> None:
        """Others from now on; those that are as before go on undisturbed. What waits goes with the name: to
        another side if that is another, and nowhere while there is none, until the next start."""
        wanted = {channel.name: channel for channel in channels}
        gone = [
            served
            for name, served in self._served.items()
            if not same_channel(served.channel, wanted.get(name))
        ]
        await asyncio.gather(*map(self._part, gone))
        for served in gone:
            del self._served[served.channel.name]
            self._lost(served.channel, "", on=False)
        for channel in channels:
            if channel.name not in self._served:
                served = self._served[channel.name] = _Served(channel)
                self._begin(served)

    async def stop(self) -> None:
        """What is not told stays where it is."""
        await asyncio.gather(*map(_end, self._served.values()))

    def nudge_from_thread(self, _committed: object) -> None:
        """Something new waits: from the writer."""
        loop = self._loop
        if loop is not None and not loop.is_closed():
            loop.call_soon_threadsafe(self._nudge)

    def _nudge(self) -> None:
        for served in self._served.values():
            served.nudge.set()

    def _begin(self, served: _Served) -> None:
        served.task = asyncio.create_task(self._serve(served), name=f"notify {served.channel.name}")

    async def _part(self, served: _Served) -> None:
        """End it between two tellings, lest one be sent twice; or in one that takes too long."""
        with suppress(TimeoutError):
            await asyncio.wait_for(served.turn.acquire(), LAST_TELLING_S)
        await _end(served)

    async def _serve(self, served: _Served) -> None:
        channel, failures, told = served.channel, 0, None
        try:
            while True:
                try:
                    if told is None:
                        told = await asyncio.to_thread(self._make, channel)
                    await self._empty(served, told)
                except SinkError as error:
                    failures += 1
                    if failures == _LOST_AFTER or isinstance(error, Denied):
                        self._lost(channel, error.words, on=True)
                    await asyncio.sleep(self._pause_s(error, failures))
                except (sqlite3.Error, StoreError) as error:
                    _log.debug("the outbox: %s", error)
                    await asyncio.sleep(self._patience.disk_s)
                else:
                    failures = 0
                    self._lost(channel, "", on=False)
                    await served.nudge.wait()
        finally:
            if told is not None:
                await told.close()

    async def _empty(self, served: _Served, told: Told) -> None:
        """Tell all that waits."""
        channel = served.channel
        served.nudge.clear()
        while (item := await asyncio.to_thread(self._next, channel.name)) is not None:
            async with served.turn:
                try:
                    await told.tell(item)
                except (BatchRefused, TooLarge) as error:
                    # It would never be taken: what waits behind it must not wait for ever.
                    words = text("{name} does not take an alarm: {why}", name=channel.label, why=error.words)
                    self._board.tell(words)
                await asyncio.wrap_future(self._control.delivered(item))

    def _next(self, name: str) -> Waiting | None:
        with closing(self._control.reader()) as connection:
            return next(iter(outbox.waiting(connection, name, 1)), None)

    def _pause_s(self, error: SinkError, failures: int) -> float:
        if isinstance(error, Throttled):
            return error.after_s
        if isinstance(error, Denied):
            return self._patience.denied_s
        pauses_s = self._patience.pauses_s
        return pauses_s[min(failures, len(pauses_s)) - 1]

    def _lost(self, channel: Channel, why: Text | str, *, on: bool) -> None:
        words = text("{name} cannot be told of alarms: {why}", name=channel.label, why=why)
        self._board.take([Notice("notify", channel.name, words, on)], self._now_ms())


async def _end(served: _Served) -> None:
    if served.task is not None:
        served.task.cancel()
        await asyncio.gather(served.task, return_exceptions=True)
