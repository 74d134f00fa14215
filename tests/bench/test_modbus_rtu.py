"""The bench of a serial line tells of a line that is faster than its wire, and its own line never is."""

from __future__ import annotations

import os
import time

import pytest

from bench.floors.serial_line import Answer, Line, framed
from bench.modbus_rtu import seen, wire_s
from bench.modbus_serial import Cost

CHARACTER_S = 10 / 9600
SILENCE_S = 3.5 * 11 / 9600
BYTES = 25  # of 10 registers


def answered(sent_s: float, early_s: float = 0.0) -> Answer:
    """As a wire would have it, but for the byte in the middle, which may come early."""
    given_s = [sent_s + (8 + number) * CHARACTER_S + SILENCE_S for number in range(1, BYTES + 1)]
    given_s[BYTES // 2] -= early_s
    return Answer(sent_s, given_s)


def test_what_was_seen_on_a_wire() -> None:
    sent_s = [100.0 + number * wire_s(10) for number in range(4)]
    answers = [answered(one) for one in [sent_s[0] - 1.0, *sent_s]]  # and one of the time before
    told = seen(Cost(sent_s, 0.006, 0), answers, 10)
    assert told.above_wire == pytest.approx(0.0, abs=1e-6)
    assert told.cpu_ms == pytest.approx(2.0)
    assert told.least_gap_s == pytest.approx(SILENCE_S)
    assert told.line_behind_ms == pytest.approx(0.0, abs=1e-6)


def test_one_byte_before_its_time_is_seen() -> None:
    sent_s = [100.0 + number * wire_s(10) for number in range(4)]
    answers = [answered(one, early_s=0.002 if one == sent_s[1] else 0.0) for one in sent_s]
    assert seen(Cost(sent_s, 0.006, 0), answers, 10).line_behind_ms == pytest.approx(-2.0)


def test_the_line_is_nowhere_faster_than_a_wire() -> None:
    line = Line(9600)
    asking = os.open(line.path, os.O_RDWR | os.O_NOCTTY)
    request = framed(bytes((1, 3, 0, 0, 0, 10)))
    sent_s = []
    for _ in range(2):
        sent_s.append(time.monotonic())
        os.write(asking, request)
        line.answer()
        told = b""
        while len(told) < BYTES:
            told += os.read(asking, BYTES)
        assert framed(told[:-2]) == told
        time.sleep(SILENCE_S)
    os.close(asking)
    line.close()
    assert seen(Cost([*sent_s, time.monotonic()], 0.0, 0), line.answers, 10).line_behind_ms >= 0.0
    assert [len(answer.given_s) for answer in line.answers] == [BYTES, BYTES]
