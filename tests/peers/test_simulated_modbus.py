"""Programs of other origins read our simulated meters and drive our simulated relay: TCP and a terminal."""

from __future__ import annotations

import struct
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from tests.peers.programs import RefusedError, mbpoll, modbus_serial
from tests.peers.simulated import Simulated, simulated, written

pytestmark = pytest.mark.peers

LINES = {
    "tcp": "lines: {L: {transport: modbus-tcp, host: 10.0.0.11}}",
    "rtu": "lines: {L: {transport: modbus-rtu, path: /dev/ttyS1, baud: 9600, parity: N}}",
}
DEVICES = """
devices:
  main: {profile: acrel-adw300, line: L, unit: 1, label: main, params: {ct: 200/5}}
  branch: {profile: chint-dtsu666, line: L, unit: 2, label: branch, params: {ct: 10}}
  relay: {profile: relay-8, line: L, unit: 3, label: relay, if_unheard: {holds_last: true, accepted: a bench}}
  water: {profile: pulse-water, line: L, unit: 4, label: water, params: {pulse: 10 L}}
"""
PLANT = """
devices:
  relay: {loads: {ch1: 3, ch2: 1.5}}
meters:
  main: {of: [relay]}
"""
MAIN, BRANCH, RELAY, WATER, NOBODY = 1, 2, 3, 4, 9


class Bench(NamedTuple):
    """A simulated line and what is behind it."""

    where: str
    """As the peers want it: HOST:PORT or a terminal's path."""
    behind: Simulated


@contextmanager
def bench(transport: str, folder: Path) -> Iterator[Bench]:
    site = written(folder, {"site.yaml": LINES[transport] + DEVICES, "plant.yaml": PLANT})
    with simulated(site) as behind:
        yield Bench(behind.line("L"), behind)


@pytest.fixture(params=LINES)
def on(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Bench]:
    with bench(request.param, tmp_path) as made:
        yield made


def settled(read: Callable[[], Any], wanted: object) -> None:
    """What is read becomes what is wanted within some looks of the plant."""
    until = time.monotonic() + 20
    while (found := read()) != wanted:
        assert time.monotonic() < until, f"{found} instead of {wanted}"


def test_mbpoll_reads_what_the_meters_really_measure(on: Bench) -> None:
    settled(lambda: on.behind.truth("branch")["p_total"] > 1, True)
    branch, water = on.behind.truth("branch"), on.behind.truth("water")
    # Registers hold the secondary side, in the meter's own steps: float, high word first.
    volts = mbpoll(on.where, BRANCH, "4:float", 0x2006, count=3)
    assert list(volts.values()) == pytest.approx([branch[f"u_{phase}"] * 10 for phase in "abc"], rel=1e-3)
    power = mbpoll(on.where, BRANCH, "4:float", 0x2012)[0x2012]
    assert power == pytest.approx(branch["p_total"] * 1000 / 10 * 10, rel=1e-3)
    energy = mbpoll(on.where, BRANCH, "4:float", 0x401E)[0x401E]
    assert energy == pytest.approx(branch["energy_import"] / 10, rel=1e-5), "mbpoll prints six digits"
    # Whole numbers of 32 bits; this meter counts hundredths, at 40 to 1.
    main = on.behind.truth("main")
    assert mbpoll(on.where, MAIN, "4:int", 62)[62] == pytest.approx(main["energy_import"] / 40 * 100, abs=1)
    # A pulse counter in input registers, low word first, and its contacts.
    low, high = mbpoll(on.where, WATER, "3", 0, count=2).values()
    assert (low + 65536 * high) * 0.01 == pytest.approx(water["volume"])
    assert mbpoll(on.where, WATER, "1", 0, count=2) == {0: 1, 1: 0}, "an unbroken wire closes its contact"


def test_modbus_serial_reads_what_the_meters_really_measure(on: Bench) -> None:
    main, branch = on.behind.truth("main"), on.behind.truth("branch")
    registers = modbus_serial(on.where, MAIN, "read", "holding", 20, 3)
    assert registers == pytest.approx([main[f"u_{phase}"] * 10 for phase in "abc"], abs=1)
    (frequency,) = modbus_serial(on.where, MAIN, "read", "holding", 58, 1)
    assert frequency == pytest.approx(main["frequency"] * 100, abs=1)
    high, low = modbus_serial(on.where, MAIN, "read", "holding", 62, 2)
    assert 65536 * high + low == pytest.approx(main["energy_import"] / 40 * 100, abs=1)
    together = modbus_serial(on.where, BRANCH, "read", "holding", 0x2006, 14)
    by_mbpoll = mbpoll(on.where, BRANCH, "4", 0x2006, count=14)
    assert together[0:6] == [by_mbpoll[0x2006 + offset] for offset in range(6)], "both see the same words"
    words = modbus_serial(on.where, BRANCH, "read", "holding", 0x401E, 2)
    (energy,) = struct.unpack(">f", struct.pack(">2H", *words))
    assert energy == pytest.approx(branch["energy_import"] / 10, abs=0.01)


def test_both_drive_the_relay_and_the_meter_follows(on: Bench) -> None:
    def power() -> float:
        high, low = modbus_serial(on.where, MAIN, "read", "holding", 36, 2)
        return float(65536 * high + low)

    assert mbpoll(on.where, RELAY, "0", 0, count=8) == dict.fromkeys(range(8), 0)
    assert power() == 0
    mbpoll(on.where, RELAY, "0", 0, write=(1,))
    assert modbus_serial(on.where, RELAY, "read", "coil", 0, 3) == [True, False, False]
    assert on.behind.truth("relay")["ch1"] is True
    settled(power, 3000 / 40)
    assert modbus_serial(on.where, RELAY, "write", "coil", 1, 1) == 1
    assert mbpoll(on.where, RELAY, "0", 0, count=3) == {0: 1, 1: 1, 2: 0}
    settled(power, 4500 / 40 // 1)
    mbpoll(on.where, RELAY, "0", 0, write=(0,))
    assert modbus_serial(on.where, RELAY, "write", "coil", 1, 0) == 1
    assert not any(modbus_serial(on.where, RELAY, "read", "coil", 0, 8))
    assert on.behind.truth("relay")["ch1"] is False
    settled(power, 0)


def test_a_unit_that_is_not_there_is_silent_and_a_wrong_address_refused(on: Bench) -> None:
    # A gateway says that nobody is there (exception 11); on a serial line there is only silence.
    with pytest.raises(RefusedError, match=r"Target device failed to respond|timed out"):
        mbpoll(on.where, NOBODY, "4", 36)
    with pytest.raises(RefusedError, match=r"exception 11|Timed out"):
        modbus_serial(on.where, NOBODY, "write", "coil", 0, 1)
    with pytest.raises(RefusedError, match="Illegal data address"):
        mbpoll(on.where, RELAY, "0", 100)
    with pytest.raises(RefusedError, match="Illegal data address"):
        modbus_serial(on.where, MAIN, "read", "holding", 9000, 1)
    with pytest.raises(RefusedError, match="Illegal data address"):
        modbus_serial(on.where, WATER, "write", "coil", 0, 1)
    assert not any(modbus_serial(on.where, RELAY, "read", "coil", 0, 8)), "and nobody else took the command"
