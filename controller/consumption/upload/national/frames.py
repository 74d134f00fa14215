"""Frames to bytes and back: head, LEN, SEQ, enciphered document, CRC, tail. Pure.

A decoder takes the stream in any pieces, finds frames among junk, and gives up by FrameError when more work
went into junk than it puts up with. It holds at most one frame's bytes.
"""

from __future__ import annotations

import binascii
from typing import NamedTuple

from config.dialects import Dialect
from config.dialects.checks import PARTS, Part
from controller.consumption.upload.national.cipher import BLOCK, decrypt, encrypt
from controller.consumption.upload.national.errors import FrameError

MOST_BYTES = 262_144
"""Of one frame, unless its reader says otherwise."""
MOST_JUNK = 262_144
"""Bytes looked at in vain in a row, bytes of broken frames counted as often as they were looked at."""
_LENGTH = _SEQUENCE = 4
_CRC = 2
_SEQUENCES = 1 << 32


class Frame(NamedTuple):
    """One frame that was whole."""

    sequence: int
    """SEQ: means nothing to us."""
    document: bytes
    """Deciphered, without what follows the last `>`; empty when there is none (the key may be wrong)."""


def encode(dialect: Dialect, key: bytes, sequence: int, document: bytes) -> bytes:
    """A frame. `sequence` is taken modulo 2³²; `key` has 16 bytes."""
    cipher = encrypt(dialect, key, document)
    parts: dict[Part, bytes] = {
        "head": dialect.head,
        "length": (_counted(dialect) + len(cipher)).to_bytes(_LENGTH, dialect.length_order),
        "sequence": (sequence % _SEQUENCES).to_bytes(_SEQUENCE, dialect.sequence_order),
        "cipher": cipher,
    }
    covered = b"".join(data for part, data in parts.items() if part in dialect.crc_covers)
    return (
        b"".join(parts.values()) + crc_of(dialect, covered).to_bytes(_CRC, dialect.crc_order) + dialect.tail
    )


def crc_of(dialect: Dialect, data: bytes) -> int:
    """The dialect's CRC-16 of `data`."""
    if dialect.crc == "xmodem":
        return binascii.crc_hqx(data, 0)
    crc = 0xFFFF
    for byte in data:
        crc = (crc >> 8) ^ _MODBUS[(crc ^ byte) & 0xFF]
    return crc


def _modbus_table() -> tuple[int, ...]:
    table = []
    for byte in range(256):
        crc = byte
        for _ in range(8):
            crc = (crc >> 1) ^ 0xA001 if crc & 1 else crc >> 1
        table.append(crc)
    return tuple(table)


_MODBUS = _modbus_table()


def _counted(dialect: Dialect) -> int:
    """What LEN counts besides the cipher."""
    sizes = {"length": _LENGTH, "sequence": _SEQUENCE, "crc": _CRC}
    return sum(size for part, size in sizes.items() if part in dialect.length_counts)


class Decoder:
    """One direction of one connection."""

    def __init__(
        self, dialect: Dialect, key: bytes, most_bytes: int = MOST_BYTES, most_junk: int = MOST_JUNK
    ) -> None:
        self._dialect = dialect
        self._key = key
        self._most_bytes = most_bytes
        self._most_junk = most_junk
        self._held = bytearray()
        self._junk = 0
        """Looked at in vain since the last good frame."""
        self.broken = 0
        """Candidates whose tail, length or CRC was wrong, in all."""

    @property
    def holds(self) -> int:
        """Bytes that wait for the rest of a frame."""
        return len(self._held)

    def feed(self, data: bytes) -> list[Frame]:
        """The frames that `data` completes. Raises FrameError, after which the connection is of no use."""
        found: list[Frame] = []
        self._held += data
        while (frame := self._next()) is not None:
            found.append(frame)
        return found

    def _next(self) -> Frame | None:
        """The first whole frame held; None when more bytes are needed. Leaves the start of a candidate, or
        nothing."""
        head = self._dialect.head
        while True:
            at = self._held.find(head)
            if at < 0:
                self._skip(max(0, len(self._held) - len(head) + 1))
                return None
            self._skip(at)
            size = self._size(0)
            if size is None:
                return self._behind()
            if size and (frame := self._whole(0, size)) is not None:
                return self._take(size, frame)
            self._skip(1)

    def _behind(self) -> Frame | None:
        """A whole frame behind the start of one that was cut off; the start is then given up."""
        at = self._held.find(self._dialect.head, 1)
        while at > 0:
            size = self._size(at)
            if size and (frame := self._whole(at, size)) is not None:
                return self._take(at + size, frame)
            self._spend(1)
            at = self._held.find(self._dialect.head, at + 1)
        return None

    def _size(self, at: int) -> int | None:
        """Bytes of the candidate there; 0 = it cannot be a frame; None = it is not all there."""
        dialect = self._dialect
        ahead = len(dialect.head) + _LENGTH
        if len(self._held) - at < ahead:
            return None
        said = int.from_bytes(self._held[at + ahead - _LENGTH : at + ahead], dialect.length_order)
        cipher = said - _counted(dialect)
        size = ahead + _SEQUENCE + cipher + _CRC + len(dialect.tail)
        if cipher <= 0 or cipher % BLOCK or size > self._most_bytes:
            self.broken += 1
            return 0
        return size if len(self._held) - at >= size else None

    def _whole(self, at: int, size: int) -> Frame | None:
        """The frame there, if it is one."""
        dialect = self._dialect
        if not self._held.endswith(dialect.tail, at, at + size):
            self.broken += 1
            return None
        data = bytes(self._held[at : at + size])
        ahead = len(dialect.head)
        ends = (ahead, ahead + _LENGTH, ahead + _LENGTH + _SEQUENCE, size - len(dialect.tail) - _CRC)
        starts = (0, *ends[:-1])
        parts = {part: data[a:b] for part, a, b in zip(PARTS, starts, ends, strict=False)}
        covered = b"".join(piece for part, piece in parts.items() if part in dialect.crc_covers)
        crc = int.from_bytes(data[ends[-1] : ends[-1] + _CRC], dialect.crc_order)
        if crc_of(dialect, covered) != crc:
            self.broken += 1
            self._spend(size)
            return None
        plain = decrypt(self._key, parts["cipher"])
        sequence = int.from_bytes(parts["sequence"], dialect.sequence_order)
        return Frame(sequence, plain[: plain.rfind(b">") + 1])

    def _take(self, size: int, frame: Frame) -> Frame:
        del self._held[:size]
        self._junk = 0
        return frame

    def _skip(self, count: int) -> None:
        del self._held[:count]
        self._spend(count)

    def _spend(self, work: int) -> None:
        self._junk += work
        if self._junk > self._most_junk:
            self._held.clear()
            raise FrameError("more junk than frames")
