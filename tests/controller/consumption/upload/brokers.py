"""MQTT sinks towards a broker on the loopback."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager
from dataclasses import replace
from typing import Any

from config.plan.devices import Source
from config.plan.sinks import Common, MqttSink
from controller.consumption.upload.mqtt import MqttUpload
from controller.consumption.upload.port import Batch, Row, Stream
from tests.controller.consumption.upload.rows import key, row

NOW_MS = 1_772_700_000_000
SITE = "shuangliu"


def plan(port: int, *, timeout_s: float = 5.0, batch_rows: int = 500, **changes: Any) -> MqttSink:
    common = Common("city", "city", Source("site.yaml", 1, 1), timeout_s=timeout_s, batch_rows=batch_rows)
    made = MqttSink(common, "127.0.0.1", port, False, "5", "json", "louguan-city", "energy")
    return replace(made, **changes)


@asynccontextmanager
async def upload(made: MqttSink, meters: tuple[str, ...] = ()) -> AsyncIterator[MqttUpload]:
    sink = MqttUpload(made, site=SITE, meters=meters, now_ms=lambda: NOW_MS)
    try:
        yield sink
    finally:
        await sink.close()


def batch(rows: Iterable[Row], stream: Stream = Stream.LIVE) -> Batch:
    listed = list(rows)
    return Batch(key(listed), stream, listed)


def rows(first: int, last: int) -> list[Row]:
    return [row(number) for number in range(first, last + 1)]


def ids(found: Iterable[Row]) -> frozenset[int]:
    return frozenset(one.id for one in found)


def starts(heard: Iterable[tuple[str, bytes]]) -> list[int]:
    """start_ms of the rows that were heard."""
    return [json.loads(payload)["start_ms"] for _, payload in heard]


def acknowledgement(payload: bytes) -> dict[str, object]:
    said = json.loads(payload)
    return {name: said[name] for name in ("site", "meter", "start_ms", "revision")}
