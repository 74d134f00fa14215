"""One Sparkplug B edge node: the site is the node, its meters are the devices. Says what to publish, and
publishes nothing itself. Pure but for what it remembers: the sequence numbers, and each meter's newest row.

A row is one DDATA message. Its numbers are metrics of their own for those who draw curves; the metric `row`
holds all of it as JSON, exact and with its key, for those who keep the books.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterable
from decimal import Decimal
from typing import NamedTuple

from controller.consumption.upload.port import Row, Stream
from controller.consumption.upload.rowjson import flag_words, peak, row_json
from controller.consumption.upload.sparkplug import DataType, Metric, Value, decode, encode

REBIRTH = "Node Control/Rebirth"
_MODULUS = 256
_LONGEST_SEQ = 255


class Message(NamedTuple):
    """What is published where."""

    topic: str
    payload: bytes
    qos: int = 0
    retain: bool = False


class EdgeNode:
    """The messages of one node over all its connections."""

    def __init__(
        self, group: str, site: str, meters: Iterable[str], now_ms: Callable[[], int], first_bd_seq: int = 0
    ) -> None:
        """`meters` are born with the node; another one is when its first row comes."""
        self._site = site
        self._group = _id(group)
        self._node = _id(site)
        self._now_ms = now_ms
        self._bd_seq = (first_bd_seq - 1) % _MODULUS
        self._seq = 0
        self._last: dict[str, Row | None] = dict.fromkeys(meters)

    @property
    def command_topic(self) -> str:
        return f"spBv1.0/{self._group}/NCMD/{self._node}"

    def connecting(self) -> Message:
        """The will of a new connection: the node's death."""
        self._bd_seq = (self._bd_seq + 1) % _MODULUS
        return self.death()

    def death(self) -> Message:
        """The death of this connection's birth; no sequence number."""
        payload = encode([self._birth_and_death()], time_ms=self._now_ms(), seq=None, typed=True)
        return Message(self._topic("NDEATH"), payload, qos=1)

    def births(self) -> list[Message]:
        """The node and all its devices, with what was sent of them last. The sequence starts anew."""
        self._seq = 0
        now_ms = self._now_ms()
        control = Metric(REBIRTH, now_ms, DataType.BOOLEAN, False)
        metrics = [self._birth_and_death(), control]
        node = Message(self._topic("NBIRTH"), encode(metrics, time_ms=now_ms, seq=self._next(), typed=True))
        return [node, *(self._device_birth(meter) for meter in self._last)]

    def data(self, row: Row, stream: Stream) -> list[Message]:
        """A row; before it, its meter's birth if it has none. Call it in the order of publishing."""
        messages = []
        if row.meter not in self._last:
            self._last[row.meter] = None
            messages.append(self._device_birth(row.meter))
        historical = stream is Stream.BACKFILL
        payload = encode(
            self._metrics(row, stream, historical), time_ms=self._now_ms(), seq=self._next(), typed=False
        )
        messages.append(Message(self._topic("DDATA", row.meter), payload))
        last = self._last[row.meter]
        if last is None or not historical or last.end_ms <= row.end_ms:
            self._last[row.meter] = row
        return messages

    def size(self, row: Row, stream: Stream) -> tuple[str, int]:
        """Topic and most bytes of the payload of a row, without counting it as sent."""
        metrics = self._metrics(row, stream, historical=True)
        payload = encode(metrics, time_ms=self._now_ms(), seq=_LONGEST_SEQ, typed=False)
        return self._topic("DDATA", row.meter), len(payload)

    def wants_rebirth(self, payload: bytes) -> bool:
        """Whether a command asks for all births again. Other commands are none of ours."""
        try:
            return any(name == REBIRTH and value is True for name, value in decode(payload))
        except ValueError:
            return False

    def _device_birth(self, meter: str) -> Message:
        row = self._last[meter]
        metrics = _unknown(self._now_ms()) if row is None else self._metrics(row, Stream.LIVE, False)
        payload = encode(metrics, time_ms=self._now_ms(), seq=self._next(), typed=True)
        return Message(self._topic("DBIRTH", meter), payload)

    def _birth_and_death(self) -> Metric:
        return Metric("bdSeq", self._now_ms(), DataType.INT64, self._bd_seq)

    def _next(self) -> int:
        seq = self._seq
        self._seq = (seq + 1) % _MODULUS
        return seq

    def _topic(self, kind: str, meter: str = "") -> str:
        device = f"/{_id(meter)}" if meter else ""
        return f"spBv1.0/{self._group}/{kind}/{self._node}{device}"

    def _metrics(self, row: Row, stream: Stream, historical: bool) -> list[Metric]:
        values: tuple[Value, ...] = (
            json.dumps(row_json(self._site, row, stream), ensure_ascii=False, separators=(",", ":")),
            row.unit,
            _float(row.exact(row.count_start)),
            _float(row.exact(row.count_end)),
            _float(row.exact(row.consumption)),
            _float(peak(row)),
            row.start_ms,
            row.end_ms,
            row.revision,
            row.covered_s,
            " ".join(flag_words(row.flags)),
        )
        return [
            Metric(name, row.end_ms, kind, value, historical)
            for (name, kind), value in zip(_METRICS, values, strict=True)
        ]


_METRICS = (
    ("row", DataType.STRING),
    ("unit", DataType.STRING),
    ("count_start", DataType.DOUBLE),
    ("count_end", DataType.DOUBLE),
    ("consumption", DataType.DOUBLE),
    ("peak", DataType.DOUBLE),
    ("start", DataType.DATE_TIME),
    ("end", DataType.DATE_TIME),
    ("revision", DataType.INT32),
    ("covered_s", DataType.INT32),
    ("flags", DataType.STRING),
)
"""What a device reports: name and type of each metric."""


def _unknown(now_ms: int) -> list[Metric]:
    return [Metric(name, now_ms, kind, None) for name, kind in _METRICS]


def _float(number: Decimal | None) -> float | None:
    return None if number is None else float(number)


def _id(name: str) -> str:
    """A name as an id, which must not hold what topics are made of."""
    return re.sub(r"[+/#\x00]", "-", name)
