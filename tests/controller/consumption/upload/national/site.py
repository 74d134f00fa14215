"""A site with one data centre as its sink."""

from __future__ import annotations

import asyncio
import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from typing import Any
from zoneinfo import ZoneInfo

from config.dialects import load_dialect
from config.language import Text
from config.plan.devices import Source
from config.plan.sinks import Common, NationalMeter, NationalSink, Secret
from controller.consumption.upload.national.sink import DataCentre, Secrets
from controller.consumption.upload.port import Batch, Outcome, Row, Stream
from tests.controller.consumption.upload.national.centre import (
    CIPHER_KEY,
    KEY,
    Centre,
)
from tests.controller.consumption.upload.rows import key

ZONE = ZoneInfo("Asia/Shanghai")


class Site:
    """A sink and what it told people."""

    def __init__(
        self, dialect: str, port: int, *, timeout_s: float = 3.0, set_clock: bool = False, **more: Any
    ) -> None:
        self.notices: list[str] = []
        self.clock: list[int] = []
        settings = more.pop("settings", {})
        heartbeat_s = more.pop("heartbeat_s", 60.0)
        plan = NationalSink(
            Common("province", "", Source("", 0, 0), timeout_s=timeout_s, batch_rows=3),
            host="127.0.0.1",
            port=port,
            dialect=dialect,
            building="510116A001",
            gateway="01",
            key=Secret(env="KEY"),
            cipher_key=Secret(env="AES"),
            ids=(NationalMeter("main-1", "0001", "01A10"), NationalMeter("main-2", "0002", "01B00")),
            heartbeat_s=heartbeat_s,
            set_clock=set_clock,
        )
        self.sink = DataCentre(
            plan,
            replace(load_dialect(dialect), **settings),
            Secrets(more.pop("key", KEY), more.pop("cipher_key", CIPHER_KEY)),
            ZONE,
            told=self._told,
            set_clock=self.clock.append,
            **more,
        )

    def _told(self, notice: Text) -> None:
        self.notices.append(str(notice))

    async def live(self, *rows: Row) -> Outcome:
        return await self.sink.send(Batch(key(rows), Stream.LIVE, rows))

    async def backfill(self, *rows: Row) -> Outcome:
        return await self.sink.send(Batch(key(rows), Stream.BACKFILL, rows))

    async def noticed(self, part: str) -> None:
        async with asyncio.timeout(20):
            while not any(part in notice for notice in self.notices):  # noqa: ASYNC110
                await asyncio.sleep(0.005)


@asynccontextmanager
async def site(dialect: str, server: Centre, **more: Any) -> AsyncIterator[Site]:
    made = Site(dialect, server.port, **more)
    try:
        yield made
    finally:
        await made.sink.close()


def meters(document: str) -> list[tuple[str, ...]]:
    """(meter, coding, error, value) of function 1."""
    function = r'<function id="1" coding="([^"]*)" error="([^"]*)"(?:/>|>([^<]*)</function>)'
    return re.findall(rf'<meter id="([^"]*)">{function}</meter>', document)
