"""The payload of Sparkplug B: as much of its Protocol Buffers message as louguan writes and reads. Pure.

Written out by hand from the message's field numbers (Eclipse Sparkplug 3.0, section 6), since it takes four
kinds of field and a library for it costs more memory than the rest of the upload.
"""

from __future__ import annotations

import struct
from collections.abc import Iterable, Iterator, Sequence
from enum import IntEnum
from typing import NamedTuple, TypeAlias

Value: TypeAlias = int | float | bool | str | None

MOST_BYTES = 65_536
"""A longer command is not read."""


class DataType(IntEnum):
    """Those that are used here, by their number in the specification."""

    INT32 = 3
    INT64 = 4
    DOUBLE = 10
    BOOLEAN = 11
    STRING = 12
    DATE_TIME = 13
    """Milliseconds since 1970, UTC."""


class Metric(NamedTuple):
    """One value. None is a null that is said."""

    name: str
    time_ms: int
    type: DataType
    value: Value
    historical: bool = False


# Fields of Payload
_TIMESTAMP, _METRICS, _SEQ = 1, 2, 3
# Fields of Metric
_NAME, _METRIC_TIMESTAMP, _DATATYPE, _IS_HISTORICAL, _IS_NULL = 1, 3, 4, 5, 7
_INT, _LONG, _DOUBLE, _BOOLEAN, _STRING = 10, 11, 13, 14, 15
# Wire types
_VARINT, _FIXED64, _BYTES, _FIXED32 = 0, 1, 2, 5


def encode(metrics: Iterable[Metric], *, time_ms: int | None, seq: int | None, typed: bool) -> bytes:
    """A payload. `typed`: with the metrics' types, as births want them and data do not. A death has no
    `seq`."""
    parts = [] if time_ms is None else [_number(_TIMESTAMP, time_ms)]
    parts += [_block(_METRICS, _metric(metric, typed)) for metric in metrics]
    if seq is not None:
        parts.append(_number(_SEQ, seq))
    return b"".join(parts)


def decode(payload: bytes) -> list[tuple[str, Value]]:
    """Name and value of each metric of a command. Raises ValueError for what is no such message."""
    if len(payload) > MOST_BYTES:
        raise ValueError("too long")
    found = []
    for number, value in _fields(payload):
        if number == _METRICS and isinstance(value, bytes):
            found.append(_named(value))
    return found


def _metric(metric: Metric, typed: bool) -> bytes:
    parts = [_block(_NAME, metric.name.encode()), _number(_METRIC_TIMESTAMP, metric.time_ms)]
    if typed:
        parts.append(_number(_DATATYPE, metric.type))
    if metric.historical:
        parts.append(_number(_IS_HISTORICAL, 1))
    parts.append(_value(metric.type, metric.value))
    return b"".join(parts)


def _value(kind: DataType, value: Value) -> bytes:
    if value is None:
        return _number(_IS_NULL, 1)
    if isinstance(value, str):
        return _block(_STRING, value.encode())
    if kind is DataType.BOOLEAN:
        return _number(_BOOLEAN, int(bool(value)))
    if kind is DataType.DOUBLE:
        return _tag(_DOUBLE, _FIXED64) + struct.pack("<d", value)
    # Signed numbers travel as the unsigned ones of the same bits.
    if kind is DataType.INT32:
        return _number(_INT, int(value) & 0xFFFF_FFFF)
    return _number(_LONG, int(value) & 0xFFFF_FFFF_FFFF_FFFF)


def _tag(number: int, wire: int) -> bytes:
    return _varint(number << 3 | wire)


def _number(number: int, value: int) -> bytes:
    return _tag(number, _VARINT) + _varint(value)


def _block(number: int, value: bytes) -> bytes:
    return _tag(number, _BYTES) + _varint(len(value)) + value


def _varint(value: int) -> bytes:
    found = bytearray()
    while value > 0x7F:
        found.append(value & 0x7F | 0x80)
        value >>= 7
    found.append(value)
    return bytes(found)


# Reading


def _named(metric: bytes) -> tuple[str, Value]:
    name = ""
    value: Value = None
    for number, found in _fields(metric):
        if number == _NAME and isinstance(found, bytes):
            name = found.decode()
        elif number == _BOOLEAN:
            value = bool(found)
        elif number in (_INT, _LONG) and isinstance(found, int):
            value = found
        elif number == _STRING and isinstance(found, bytes):
            value = found.decode()
        elif number == _DOUBLE and isinstance(found, bytes) and len(found) == 8:
            value = struct.unpack("<d", found)[0]
    return name, value


def _fields(message: bytes) -> Iterator[tuple[int, int | bytes]]:
    """Number and value of every field: an int of a varint, bytes of all else."""
    at = 0
    while at < len(message):
        tag, at = _read_varint(message, at)
        wire = tag & 7
        if wire == _VARINT:
            value, at = _read_varint(message, at)
            yield tag >> 3, value
            continue
        if wire == _BYTES:
            length, at = _read_varint(message, at)
        elif wire in (_FIXED64, _FIXED32):
            length = 8 if wire == _FIXED64 else 4
        else:
            raise ValueError("no such kind of field")
        if at + length > len(message):
            raise ValueError("cut off")
        yield tag >> 3, message[at : at + length]
        at += length


def _read_varint(message: Sequence[int], at: int) -> tuple[int, int]:
    value = 0
    for shift in range(0, 70, 7):
        if at >= len(message):
            raise ValueError("cut off")
        byte = message[at]
        at += 1
        value |= (byte & 0x7F) << shift
        if byte < 0x80:
            return value & 0xFFFF_FFFF_FFFF_FFFF, at
    raise ValueError("a number without end")
