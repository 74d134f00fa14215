"""An RTU device at the other end of a pseudo-terminal that is as slow as a wire. Not a floor: what is asked.

    python -m bench.floors.serial_line BAUD

A pseudo-terminal has no speed of its own. Here each byte of an answer comes when its last bit would have: the
request takes its time on the wire, then 3.5 characters of silence in which a device sees that it has ended,
then the answer, character by character; characters of ten bits (8N1), silences reckoned with eleven, as the
specification has it. Prints the terminal's path, and when a line "now" comes in, as JSON, what was answered
since the last one: see Answer. Ends with its input.
"""

from __future__ import annotations

import json
import os
import select
import struct
import sys
import time
import tty
from typing import NamedTuple

from bench.loops import undisturbed

_REQUEST = 8
_TABLE = []
for _byte in range(256):
    _sum = _byte
    for _ in range(8):
        _sum = _sum >> 1 ^ 0xA001 if _sum & 1 else _sum >> 1
    _TABLE.append(_sum)


def framed(data: bytes) -> bytes:
    """With its CRC."""
    crc = 0xFFFF
    for byte in data:
        crc = crc >> 8 ^ _TABLE[(crc ^ byte) & 0xFF]
    return data + struct.pack("<H", crc)


class Answer(NamedTuple):
    """A request that was answered; seconds of the monotonic clock."""

    asked_s: float
    """When the request had come."""
    given_s: list[float]
    """Of each byte of the answer: when it was handed over, taken just before."""


class Line:
    """One terminal, and what was said on it."""

    def __init__(self, baud: int) -> None:
        self._character_s = 10 / baud
        self._silence_s = 3.5 * 11 / baud if baud <= 19200 else 0.00175
        self.master, slave = os.openpty()
        tty.setraw(slave)
        self.path = os.ttyname(slave)
        self._slave = slave
        self.answers: list[Answer] = []

    def answer(self) -> None:
        """One request is there to be read."""
        asked_s = time.monotonic()
        request = os.read(self.master, 256)
        if framed(request[:-2]) != request or len(request) != _REQUEST:
            raise ValueError(f"not a request in one piece: {request.hex()}")
        unit, function, address, size = struct.unpack(">BBHH", request[:6])
        words = struct.pack(f">{size}H", *range(1000 + address, 1000 + address + size))
        frame = framed(bytes((unit, function, len(words))) + words)
        at_s = asked_s + _REQUEST * self._character_s + self._silence_s
        given_s = []
        for byte in frame:
            at_s += self._character_s
            time.sleep(max(0.0, at_s - time.monotonic()))
            given_s.append(time.monotonic())
            os.write(self.master, bytes((byte,)))
        self.answers.append(Answer(asked_s, given_s))

    def close(self) -> None:
        os.close(self.master)
        os.close(self._slave)


def main() -> None:
    undisturbed()
    line = Line(int(sys.argv[1]))
    print(line.path, flush=True)
    while True:
        ready, _, _ = select.select([line.master, sys.stdin], [], [])
        if line.master in ready:
            line.answer()
        if sys.stdin in ready:
            if not sys.stdin.readline():
                break
            print(json.dumps(line.answers), flush=True)
            line.answers.clear()
    line.close()


if __name__ == "__main__":
    main()
