"""What one box can take, worked out from measured costs: the tables of docs/scale.md.

    python -m bench.scale

Costs are CPU of one core of the machine that docs/performance.md speaks of, as measured there; nothing is
measured here. Wire times follow from the protocol.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import NamedTuple

from bench.measure import table

BUDGET = 1 / 3
"""Of one core: the rest is for exports, backups, the check of an edit, and days that are not like others."""
FIXED_MS = 5.0
"""CPU of a second in which nothing is polled."""
REQUEST_MS = 0.25
"""CPU of one request with all that follows: frames, image, step, log, disk (the hour at 5,000 points: 26 ms a
second for 103 requests)."""
VALUES = 6.4
"""Values that a request brings there, merged as their profiles allow."""
USUAL_S = 48.6
"""Points over requests a second there: how many of them, at their profiles' polls, make one request a
second."""
CHECK_FIXED_S, CHECK_POINT_S = 0.48, 70e-6
"""CPU of the compiler: a site of nothing, and more for each point."""
CHECK_LIMIT_S = 5.0
"""After that the compiler gives up (`config.written.limits`)."""
CHECK_POINTS = 8000
"""So many points it takes within its 100 MB."""
FIXED_MIB, POINT_KIB = 50.0, 8.2
"""Resident memory of the daemon, with BACnet, and more for each point."""
ROW_BYTES, ROWS_A_YEAR = 31, 35_040
"""Of the log: an interval of 15 min with its feed, its share of the days that are kept."""
LINE_SHARE = 0.7
"""Of a serial line's time that polls may take: the rest is for commands and for devices in trouble."""


class Box(NamedTuple):
    """A class of machines."""

    name: str
    speed: float
    """Of one of its cores against the machine that was measured."""


BOXES = (Box("x86 mini PC", 1.0), Box("Cortex-A53", 0.25))


Tables = Callable[[], tuple[list[str], list[list[str]]]]
"""Heads and rows."""


class Serial(NamedTuple):
    """A line of Modbus RTU, 8 data bits, no parity, one stop bit."""

    baud: int
    answers_s: float = 0.01
    """What a device takes before it answers."""

    @property
    def silence_s(self) -> float:
        """Between two frames: 3.5 characters of 11 bits, from 19,200 baud on 1.75 ms."""
        return 3.5 * 11 / self.baud if self.baud <= 19_200 else 0.00175

    def wire_s(self, registers: int) -> float:
        """Request of 8 bytes and answer of 5 with the registers, 10 bits a byte."""
        return (8 + 5 + 2 * registers) * 10 / self.baud

    def read_s(self, registers: int) -> float:
        """From one request to the next."""
        return self.wire_s(registers) + 2 * self.silence_s + self.answers_s


def requests_a_second(box: Box) -> float:
    """Within the budget."""
    return (1000 * BUDGET * box.speed - FIXED_MS) / REQUEST_MS


def points_checked(box: Box) -> int:
    """How large a site its compiler takes, by time and by memory."""
    in_time = (CHECK_LIMIT_S * box.speed - CHECK_FIXED_S) / CHECK_POINT_S
    return max(0, min(CHECK_POINTS, int(in_time)))


def resident_mib(points: int) -> float:
    return FIXED_MIB + points * POINT_KIB / 1024


def log_mb(meters: int, years: float) -> float:
    return meters * years * ROWS_A_YEAR * ROW_BYTES / 1e6


def of_boxes() -> tuple[list[str], list[list[str]]]:
    """Requests, values and points that a box takes."""
    rows = []
    for box in BOXES:
        requests = requests_a_second(box)
        points = min(points_checked(box), int(requests * USUAL_S))
        rows.append(
            [
                box.name,
                _round(requests),
                _round(requests * VALUES),
                _round(requests * USUAL_S),
                _round(points_checked(box)),
                _round(points),
                f"{resident_mib(points):.0f} MiB",
            ]
        )
    heads = ["", "requests/s", "values/s", "points by CPU", "points by the check", "points", "resident"]
    return heads, rows


def of_lines() -> tuple[list[str], list[list[str]]]:
    """What serial lines carry."""
    rows = []
    for baud in (9_600, 19_200, 115_200):
        line = Serial(baud)
        for registers in (10, 40, 125):
            took_s = line.read_s(registers)
            rows.append(
                [
                    f"{baud:,}",
                    f"{registers}",
                    f"{line.wire_s(registers) * 1000:.1f} ms",
                    f"{took_s * 1000:.1f} ms",
                    f"{1 / took_s:.1f}",
                    f"{registers / 2 / took_s:.0f}",
                    f"{math.floor(10 * LINE_SHARE / took_s)}",
                ]
            )
    heads = ["baud", "registers", "on the wire", "each read", "reads/s", "floats/s", "devices at 10 s"]
    return heads, rows


def of_logs() -> tuple[list[str], list[list[str]]]:
    """What logs take of a disk."""
    rows = [
        [f"{meters}", *(f"{log_mb(meters, years):,.0f} MB" for years in (1, 3, 5))]
        for meters in (34, 200, 1000)
    ]
    return ["meters", "a year", "3 years", "5 years"], rows


def _round(number: float) -> str:
    """To two digits: more is not known."""
    place = 10 ** (math.floor(math.log10(number)) - 1)
    return f"{number // place * place:,.0f}"


def main() -> None:
    for heads, rows in (of_boxes(), of_lines(), of_logs()):
        print(table(heads, rows), end="\n\n")


if __name__ == "__main__":
    main()
