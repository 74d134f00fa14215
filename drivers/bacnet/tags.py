"""BACnet's tagged encoding (135, clause 20.2): tags, and the values of application tags. Pure.

An own walker beside bacpypes3's because reading is the hot path: one pass over the bytes, no object tree per
property. Tests hold it against bacpypes3 both ways. What cannot be decoded raises BadFrame, nothing else.
"""

from __future__ import annotations

import struct
from typing import Final, NamedTuple, TypeAlias

from drivers.api import BadFrame

APPLICATION: Final = 0
CONTEXT: Final = 1
OPENING: Final = 2
CLOSING: Final = 3

NULL: Final = 0
BOOLEAN: Final = 1
UNSIGNED: Final = 2
SIGNED: Final = 3
REAL: Final = 4
DOUBLE: Final = 5
OCTETS: Final = 6
TEXT: Final = 7
BITS: Final = 8
ENUMERATED: Final = 9
OBJECT: Final = 12

_MAX_INSTANCE = 0x3FFFFF


class Tag(NamedTuple):
    """One tag. An application boolean, whose value stands in its length, carries it as one byte of `data`."""

    kind: int
    number: int
    data: bytes


class ObjectId(NamedTuple):
    """An object identifier: the type's number and the instance."""

    type: int
    instance: int


Tags: TypeAlias = tuple[Tag, ...]
Atom: TypeAlias = bool | int | float | str | tuple[bool, ...] | ObjectId | bytes | None
"""The value of an application tag; enumerated is int, date, time and octet string are bytes, null is None."""


def walk(data: bytes) -> list[Tag]:
    """All tags in `data`, opening and closing ones included. Raises BadFrame unless they fill it exactly."""
    tags: list[Tag] = []
    at, end = 0, len(data)
    try:
        while at < end:
            first = data[at]
            at += 1
            number = first >> 4
            if number == 15:
                number = data[at]
                at += 1
            kind, length = (first >> 3) & 1, first & 7
            if kind == CONTEXT and length >= 6:
                tags.append(Tag(OPENING if length == 6 else CLOSING, number, b""))
                continue
            if length == 5:
                length = data[at]
                at += 1
                if length == 254:
                    length = int.from_bytes(data[at : at + 2], "big")
                    at += 2
                elif length == 255:
                    length = int.from_bytes(data[at : at + 4], "big")
                    at += 4
            elif length > 5:
                raise BadFrame("application tag that opens or closes")
            if kind == APPLICATION and number == BOOLEAN:
                tags.append(Tag(kind, number, b"\1" if length else b"\0"))
                continue
            if at + length > end:
                raise BadFrame("tag longer than its frame")
            tags.append(Tag(kind, number, data[at : at + length]))
            at += length
    except IndexError:
        raise BadFrame("tag cut off") from None
    return tags


def atom(tag: Tag) -> Atom:
    """The value of an application tag. Raises BadFrame for another tag or a length its type does not have."""
    if tag.kind != APPLICATION:
        raise BadFrame("not an application tag")
    data = tag.data
    try:
        match tag.number:
            case 0:
                return None
            case 1:
                return data == b"\1"
            case 2 | 9:
                return unsigned(data)
            case 3:
                return int.from_bytes(_filled(data), "big", signed=True)
            case 4:
                return float(struct.unpack(">f", data)[0])
            case 5:
                return float(struct.unpack(">d", data)[0])
            case 7:
                return _text(data)
            case 8:
                return _bits(data)
            case 12:
                return object_id(data)
            case _:
                return data
    except struct.error:
        raise BadFrame(f"length {len(data)} for type {tag.number}") from None


def unsigned(data: bytes) -> int:
    """An unsigned or enumerated value of 1 to 8 bytes."""
    return int.from_bytes(_filled(data), "big")


def object_id(data: bytes) -> ObjectId:
    if len(data) != 4:
        raise BadFrame("object identifier that is not 4 bytes")
    word = int.from_bytes(data, "big")
    return ObjectId(word >> 22, word & _MAX_INSTANCE)


def _filled(data: bytes) -> bytes:
    if not 1 <= len(data) <= 8:
        raise BadFrame(f"integer of {len(data)} bytes")
    return data


def _bits(data: bytes) -> tuple[bool, ...]:
    if not data or data[0] > 7 or (len(data) == 1 and data[0]):
        raise BadFrame("bit string without its count of unused bits")
    bits = [bool(byte >> shift & 1) for byte in data[1:] for shift in range(7, -1, -1)]
    return tuple(bits[: len(bits) - data[0]])


_CHARSETS: Final = {0: "utf-8", 3: "utf-32-be", 4: "utf-16-be", 5: "latin-1"}
"""Clause 20.2.9; 1 (DBCS with a code page) and 2 (JIS) are refused rather than guessed."""


def _text(data: bytes) -> str:
    if not data or data[0] not in _CHARSETS:
        raise BadFrame("character string of an unknown set")
    try:
        return data[1:].decode(_CHARSETS[data[0]])
    except UnicodeDecodeError:
        raise BadFrame("character string that does not decode") from None


def tagged(kind: int, number: int, data: bytes = b"") -> bytes:
    """A tag as bytes; `kind` OPENING and CLOSING take no data."""
    if kind in (OPENING, CLOSING):
        return _head(number, 0x0E if kind == OPENING else 0x0F)
    length, flag = len(data), 0x08 if kind == CONTEXT else 0
    if length < 5:
        return _head(number, flag | length) + data
    if length < 254:
        return _head(number, flag | 5) + bytes((length,)) + data
    if length < 65536:
        return _head(number, flag | 5) + b"\xfe" + length.to_bytes(2, "big") + data
    return _head(number, flag | 5) + b"\xff" + length.to_bytes(4, "big") + data


def _head(number: int, low: int) -> bytes:
    return bytes((number << 4 | low,)) if number < 15 else bytes((0xF0 | low, number))


def context(number: int, value: int) -> bytes:
    """An unsigned or enumerated value under a context tag."""
    return tagged(CONTEXT, number, packed(value))


def context_object(number: int, what: ObjectId) -> bytes:
    return tagged(CONTEXT, number, (what.type << 22 | what.instance).to_bytes(4, "big"))


def packed(value: int) -> bytes:
    """An unsigned integer in the fewest bytes, at least one."""
    return value.to_bytes(max(1, (value.bit_length() + 7) // 8), "big")


def app_null() -> bytes:
    return tagged(APPLICATION, NULL)


def app_unsigned(value: int) -> bytes:
    return tagged(APPLICATION, UNSIGNED, packed(value))


def app_signed(value: int) -> bytes:
    size = ((value if value >= 0 else value + 1).bit_length() + 8) // 8
    return tagged(APPLICATION, SIGNED, value.to_bytes(size, "big", signed=True))


def app_enumerated(value: int) -> bytes:
    return tagged(APPLICATION, ENUMERATED, packed(value))


def app_real(value: float) -> bytes:
    return tagged(APPLICATION, REAL, struct.pack(">f", value))


def app_double(value: float) -> bytes:
    return tagged(APPLICATION, DOUBLE, struct.pack(">d", value))


def app_text(value: str) -> bytes:
    return tagged(APPLICATION, TEXT, b"\0" + value.encode())
