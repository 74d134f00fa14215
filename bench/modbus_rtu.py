"""How near a serial line comes to its wire: 9600 baud, polls back to back, compliant silences.

    python -m bench.modbus_rtu [--quick] [--figures FILE]

Our driver against a device in another process whose pseudo-terminal is as slow as a wire. The time of a poll
is held against what the characters and the silences of 3.5 characters take that the specification asks for,
one before the answer and one after it. The silence that we keep is looked at from the device's end.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
from functools import partial
from typing import NamedTuple

from bench.figures import Figure, asked, in_turns, tell, value
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
    device_late_ms: float


def wire_s(registers: int) -> float:
    """Request, silence, answer, silence."""
    return (8 + 5 + 2 * registers) * 10 / _BAUD + 2 * _SILENCE_S


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
        _, least_gap_s, late_s = (float(word) for word in line.stdout.readline().split())
        line.stdin.close()
    cost = Cost(**json.loads(done.stdout))
    if cost.timeouts:
        print(f"{cost.timeouts} time-outs")
    above = 100 * (cost.seconds / cost.polls / wire_s(registers) - 1)
    return _Seen(above, 1000 * cost.cpu_s / cost.polls, least_gap_s, 1000 * late_s)


def main() -> int:
    """The exit code: 1 when a bound is not kept."""
    how = asked(argparse.ArgumentParser(prog="python -m bench.modbus_rtu", description=__doc__))
    seen: dict[int, list[_Seen]] = {registers: [] for registers in _BOUNDS}

    def above(registers: int) -> float:
        one = _run(registers, 0.8 if how.quick else 6.0)
        seen[registers].append(one)
        return one.above_wire

    took = in_turns({str(registers): partial(above, registers) for registers in _BOUNDS}, how.rounds)
    figures: list[Figure] = []
    for registers, at_most in _BOUNDS.items():
        what, rounds = f"RTU at {_BAUD}, {registers} registers", seen[registers]
        silences = [one.least_gap_s / _SILENCE_S for one in rounds]
        figures += [
            value(f"{what}: above the wire's time", took[str(registers)], "%", at_most, against="the wire"),
            value("the same: CPU a request", [one.cpu_ms for one in rounds], "ms", at_most=5.0),
            value("the same: shortest silence", silences, "×", at_least=1.0, against="3.5 characters"),
            value("the same: the device's own lateness", [one.device_late_ms for one in rounds], "ms"),
        ]
    return tell(figures, how)


if __name__ == "__main__":
    sys.exit(main())
