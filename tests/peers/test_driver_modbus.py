"""Our Modbus driver reads and commands a libmodbus server, over TCP and over a pseudo-terminal."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any

import pytest

from config.plan.reading import Quality
from config.plan.site import Plan
from drivers.api import Fate
from tests.peers.driving import driving
from tests.peers.programs import libmodbus_rtu, libmodbus_tcp, mbpoll, modbus_serial, serial_line
from tests.peers.simulated import compiled, written

pytestmark = pytest.mark.peers

UNIT = 7
PROFILE = """\
profile: libmodbus-tables
label: {zh: 对照表, en: known tables}
maker: libmodbus
kind: panel
protocol: modbus
source: peers/libmodbus_server.c
addresses: wire
limits: {max_registers: 60, max_bits: 60, max_gap: 8}
points:
  word: {label: {zh: a, en: a}, at: holding 7, type: uint16, poll: 1 s,
    command: {function: 6, range: [0, 60000]}}
  flag: {label: {zh: b, en: b}, at: holding 9, bit: 3, poll: 1 s, command: {function: 6}}
  next_flag: {label: {zh: c, en: c}, at: holding 9, bit: 4, poll: 1 s}
  mode: {label: {zh: d, en: d}, at: holding 30, type: uint16, states: {1030: rest, 5: work}, poll: 1 s,
    command: {function: 16}}
  warm: {label: {zh: e, en: e}, at: holding 100, type: float32, unit: °C, poll: 1 s,
    command: {function: 16, range: [-300, 300]}}
  swapped: {label: {zh: f, en: f}, at: holding 102, type: float32, order: CDAB, poll: 1 s,
    command: {function: 16, range: [-10, 10]}}
  big: {label: {zh: g, en: g}, at: holding 104, type: uint32, unit: Wh, poll: 1 s}
  minus: {label: {zh: h, en: h}, at: holding 106, type: int16, scale: 0.1, unit: °C, poll: 1 s}
  absent: {label: {zh: i, en: i}, at: holding 40, type: uint16, not_available: [1040], poll: 1 s}
  beyond: {label: {zh: j, en: j}, at: holding 250, type: uint16, poll: 1 s}
  level: {label: {zh: k, en: k}, at: input 50, type: uint16, scale: 0.01, unit: "%", poll: 1 s}
  lamp: {label: {zh: l, en: l}, at: coil 3, poll: 1 s, command: {function: 5}}
  valve: {label: {zh: m, en: m}, at: coil 4, poll: 1 s, command: {function: 15}}
  door: {label: {zh: n, en: n}, at: discrete 1, poll: 1 s}
  wire: {label: {zh: o, en: o}, at: discrete 2, normally_closed: true, poll: 1 s}
"""
KNOWN: dict[str, float] = {
    "word": 1007, "mode": 1030, "warm": 123.5, "swapped": -7.25, "big": 4_000_000, "minus": -4, "level": 20.5,
    "flag": False, "next_flag": True, "lamp": True, "valve": False, "door": True, "wire": True,
}  # fmt: skip
"""What peers/libmodbus_server.c starts with, in engineering units."""


class Foreign:
    """Where the libmodbus server is; it is run and ended at the test's will, always in the same place."""

    def __init__(self, transport: str, ends: tuple[str, str]) -> None:
        self.transport = transport
        self.ours, self._theirs = ends
        self._port = 0

    def serving(self) -> AbstractContextManager[object]:
        if self.transport == "modbus-rtu":
            return libmodbus_rtu(self._theirs, UNIT)
        if not self._port:
            with libmodbus_tcp() as port:
                self._port = port
        return libmodbus_tcp(self._port)

    @property
    def where(self) -> str:
        """For the other peers."""
        return self.ours if self.transport == "modbus-rtu" else f"127.0.0.1:{self._port}"

    def plan(self, folder: Path) -> Plan:
        address = (
            f"path: {self.ours}, baud: 9600, parity: N"
            if self.transport == "modbus-rtu"
            else f"host: 127.0.0.1, port: {self._port}"
        )
        site = written(folder, {
            "site.yaml": f"""
lines: {{L: {{transport: {self.transport}, {address}, timeout: 300 ms}}}}
devices:
  it: {{profile: libmodbus-tables, line: L, unit: {UNIT}, label: it,
    if_unheard: {{holds_last: true, accepted: a bench}}}}
""",
            "profiles/libmodbus-tables.yaml": PROFILE,
        })  # fmt: skip
        return compiled(site)


@pytest.fixture(params=["modbus-tcp", "modbus-rtu"])
def foreign(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Foreign]:
    with serial_line(tmp_path) as ends:
        yield Foreign(request.param, ends)


async def test_every_table_type_and_order_is_read_right(foreign: Foreign, tmp_path: Path) -> None:
    with foreign.serving():
        async with driving(foreign.plan(tmp_path)) as it:
            await it.online(now=True)
            found = await it.readings(*KNOWN, "absent", "beyond")
    assert {name: found[name].value for name in KNOWN} == pytest.approx(KNOWN)
    bits = [name for name in KNOWN if isinstance(KNOWN[name], bool)]
    assert {type(found[name].value) for name in bits} == {bool}
    assert {found[name].quality for name in KNOWN} == {Quality.GOOD}
    for name in ("absent", "beyond"):
        assert (found[name].value, found[name].quality) == (None, Quality.BAD)


COMMANDS: tuple[tuple[str, Any], ...] = (
    ("word", 59_999), ("flag", True), ("mode", 5), ("warm", -12.25), ("swapped", 3.5), ("lamp", False),
    ("valve", True),
)  # fmt: skip


async def test_what_is_commanded_stands_in_the_foreign_tables(foreign: Foreign, tmp_path: Path) -> None:
    with foreign.serving():
        async with driving(foreign.plan(tmp_path)) as it:
            await it.online(now=True)
            for name, value in COMMANDS:
                report = await it.write(f"it.{name}", value)
                assert (report.fate, report.value) == (Fate.READ_BACK, value), name
            assert (await it.write("it.word", 60_001)).fate is Fate.REJECTED, "out of its range"
            assert (await it.reading("it.word", 59_999)).quality is Quality.GOOD, "polled too"
        # The line is free again: a client of another origin looks at what stands there.
        where, look = foreign.where, asyncio.to_thread
        assert await look(mbpoll, where, UNIT, "4", 7) == {7: 59_999}
        assert await look(mbpoll, where, UNIT, "4", 9) == {9: 1009 | 1 << 3}, (
            "no other bit of the word has changed"
        )
        assert await look(mbpoll, where, UNIT, "4", 30) == {30: 5}
        assert await look(mbpoll, where, UNIT, "4:float", 100) == {100: -12.25}
        assert await look(modbus_serial, where, UNIT, "read", "holding", 102, 2) == [0, 0x4060]
        assert await look(modbus_serial, where, UNIT, "read", "coil", 2, 4) == [False, False, True, False]


async def test_a_server_that_restarts_is_missed_and_found_again(foreign: Foreign, tmp_path: Path) -> None:
    with foreign.serving():
        plan = foreign.plan(tmp_path)
    async with driving(plan) as it:
        with foreign.serving():
            assert (await it.online(now=True)).device == 0
            assert (await it.write("it.word", 1)).fate is Fate.READ_BACK
            await it.reading("it.word", 1)
        lost = await it.online(now=False)
        assert lost.detail
        assert (await it.write("it.word", 2)).fate is Fate.NOT_SENT
        with foreign.serving():
            await it.online(now=True)
            assert (await it.reading("it.word", 1007)).quality is Quality.GOOD, "as the tables start"
            assert (await it.write("it.word", 3)).fate is Fate.READ_BACK
