"""How near a serial line comes to its wire: 9600 baud, polls back to back, compliant silences.

    python -m bench.modbus_rtu [--quick] [--figures FILE]

Our driver against a device in another process whose pseudo-terminal is as slow as a wire. The time of a poll
is held against what the characters and the silences of 3.5 characters take that the specification asks for,
one before the answer and one after it. That the pseudo-terminal is nowhere faster than a wire is looked at,
byte by byte, from when we sent the request; so is the silence that we keep, from the answer's last byte.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
from bisect import bisect_left
from collections.abc import Sequence
from functools import partial
from itertools import pairwise
from typing import NamedTuple

from bench.figures import Figure, asked, in_turns, tell, value
from bench.floors.serial_line import Answer
from bench.modbus_serial import Cost

_BAUD = 9600
_SILENCE_S = 3.5 * 11 / _BAUD
_BOUNDS = {10: 5.0, 125: 1.5}


class _Seen(NamedTuple):
    """Of one run."""

    above_wire: float
    """Percent that a poll takes longer than its characters and silences."""
    cpu_ms: float
    least_gap_s: float
    line_behind_ms: float
    """The least that a byte came after its last bit would have; below 0 the line is faster than a wire."""
    line_late_ms: float
    """The same of an answer's last byte, in the mean: this machine's doing, not ours."""


def wire_s(registers: int) -> float:
    """Request, silence, answer, silence."""
    return _byte_s(5 + 2 * registers) + _SILENCE_S


def _byte_s(number: int) -> float:
    """From the request's first bit to the last one of this byte of the answer, counted from 1."""
    return (8 + number) * 10 / _BAUD + _SILENCE_S


def _run(registers: int, seconds: float) -> _Seen:
    device = [sys.executable, "-m", "bench.floors.serial_line", str(_BAUD)]
    with subprocess.Popen(device, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as line:
        assert line.stdin is not None
        assert line.stdout is not None
        path = line.stdout.readline().strip()
        ours = [sys.executable, "-m", "bench.modbus_serial", path, str(_BAUD), str(registers), str(seconds)]
        done = subprocess.run(ours, stdout=subprocess.PIPE, text=True, check=True, timeout=120)
        line.stdin.write("now\n")
        line.stdin.flush()
        answers = [Answer(*one) for one in json.loads(line.stdout.readline())]
        line.stdin.close()
    cost = Cost(**json.loads(done.stdout))
    if cost.timeouts:
        print(f"{cost.timeouts} time-outs")
    return seen(cost, answers, registers)


def seen(cost: Cost, answers: Sequence[Answer], registers: int) -> _Seen:
    """What our end and the device's tell together; both have the machine's monotonic clock."""
    asked_s = [answer.asked_s for answer in answers]
    gaps_s, behind_s, late_s = [], [], []
    for sent_s, next_s in pairwise(cost.sent_s):
        # Each request is there at once, and answered before the next one is sent.
        answer = answers[bisect_left(asked_s, sent_s)]
        gaps_s.append(next_s - answer.given_s[-1])
        late = [given_s - sent_s - _byte_s(number) for number, given_s in enumerate(answer.given_s, 1)]
        behind_s.append(min(late))
        late_s.append(late[-1])
    return _Seen(
        100 * (cost.seconds / cost.polls / wire_s(registers) - 1),
        1000 * cost.cpu_s / cost.polls,
        min(gaps_s),
        1000 * min(behind_s),
        1000 * sum(late_s) / len(late_s),
    )


def main() -> int:
    """The exit code: 1 when a bound is not kept."""
    how = asked(argparse.ArgumentParser(prog="python -m bench.modbus_rtu", description=__doc__))
    runs: dict[int, list[_Seen]] = {registers: [] for registers in _BOUNDS}

    def above(registers: int) -> float:
        one = _run(registers, 0.8 if how.quick else 6.0)
        runs[registers].append(one)
        return one.above_wire

    took = in_turns({str(registers): partial(above, registers) for registers in _BOUNDS}, how.rounds)
    figures: list[Figure] = []
    for registers, at_most in _BOUNDS.items():
        what, rounds = f"RTU at {_BAUD}, {registers} registers", runs[registers]
        silences = [one.least_gap_s / _SILENCE_S for one in rounds]
        behind = [one.line_behind_ms for one in rounds]
        figures += [
            value(f"{what}: above the wire's time", took[str(registers)], "%", at_most, against="the wire"),
            value("the same: CPU a request", [one.cpu_ms for one in rounds], "ms", at_most=5.0),
            # In no round may these be less: the median of the rounds would hide one.
            value(
                "the same: shortest silence", silences, "×", at_least=1.0, against="3.5 characters"
            )._replace(value=min(silences)),
            value("the same: the line behind its wire, least", behind, "ms", at_least=0.0)._replace(
                value=min(behind)
            ),
            value(
                "the same: the line behind its wire, last byte", [one.line_late_ms for one in rounds], "ms"
            ),
        ]
    return tell(figures, how)


if __name__ == "__main__":
    sys.exit(main())
