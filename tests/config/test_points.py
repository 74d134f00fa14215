"""What a profile's points become: every field that drivers rely on."""

from __future__ import annotations

from pathlib import Path

import pytest

from config.plan.devices import StopAction
from config.plan.points import BacnetObject, Command, Counter, Register
from tests.config.sites import ACCEPT, one_point, plan_of


@pytest.mark.parametrize(
    ("written", "register"),
    [
        (
            "at: holding 0x10, type: int16, scale: 0.1, offset: 5, unit: °C",
            Register("holding", 16, "int16", scale=0.1, offset=5),
        ),
        (
            "at: input 7, type: uint32, order: CDAB, scale: 2, unit: W",
            Register("input", 7, "uint32", 2, "CDAB", scale=0.002),
        ),
        (
            "at: input 7, type: int16, offset: 100, unit: W",
            Register("input", 7, "int16", scale=0.001, offset=0.1),
        ),
        (
            "at: holding 3, type: float64, not_available: [0x7FF8000000000000]",
            Register("holding", 3, "float64", 4, not_available=(0x7FF8000000000000,)),
        ),
        ("at: holding 3, type: string, count: 6", Register("holding", 3, "string", 6)),
        ("at: coil 9", Register("coil", 9, "bool")),
        ("at: discrete 9, normally_closed: true", Register("discrete", 9, "bool")),
        ("at: holding 4, bit: 3", Register("holding", 4, "uint16", bit=3)),
        ("at: holding 4, type: uint16, bits: [4, 7]", Register("holding", 4, "uint16", bit=4, bits=4)),
        (
            "at: holding 4, type: bool, on: [1, 2], off: [6]",
            Register("holding", 4, "bool", on_raw=(1, 2), off_raw=(6,)),
        ),
        ("at: holding 4, on: [5]", Register("holding", 4, "uint16", on_raw=(5,))),
    ],
)
def test_registers(tmp_path: Path, written: str, register: Register) -> None:
    point = one_point(tmp_path, f"points:\n  a: {{label: x, poll: 10 s, {written}}}\n")
    assert point.source == register
    assert (point.max_age_s, point.poll_s) == (30, 10)


@pytest.mark.parametrize(
    ("printed", "space", "address"),
    [
        ("holding 40001", "holding", 0),
        ("holding 49999", "holding", 9998),
        ("holding 400001", "holding", 0),
        ("holding 465536", "holding", 65535),
        ("holding 1", "holding", 0),
        ("holding 4097", "holding", 4096),
        ("input 30011", "input", 10),
        ("discrete 10001", "discrete", 0),
        ("coil 17", "coil", 16),
    ],
)
def test_printed_addresses(tmp_path: Path, printed: str, space: str, address: int) -> None:
    kind = ", type: uint16" if space in {"holding", "input"} else ""
    point = one_point(
        tmp_path, f"addresses: printed\npoints:\n  a: {{label: x, poll: 1 s, at: {printed}{kind}}}\n"
    )
    assert isinstance(point.source, Register)
    assert (point.source.space, point.source.address) == (space, address)


COMMANDS = [
    ("at: coil 1, command: {}", Command(function=5)),
    ("at: coil 1, command: {function: 15, reassert: never}", Command(function=15, reassert_s=None)),
    (
        "at: coil 1, command: {pulse: 500 ms}",
        Command(function=5, pulse_s=0.5, reassert_s=None, verify="none"),
    ),
    ("at: holding 1, bit: 2, command: {}", Command(function=6, bit_in_word=True)),
    (
        "at: holding 1, type: int16, scale: 0.1, unit: kPa, command: {range: [0, 10 kPa], verify_after: 1 s}",
        Command(low=0, high=10_000, function=6, verify_after_s=1, tolerance=50),
    ),
    (
        "at: holding 1, type: uint32, command: {range: [0, 10], tolerance: 2, verify: none, reassert: 1 min}",
        Command(low=0, high=10, function=16, tolerance=2, verify="none", reassert_s=60),
    ),
    (
        "at: holding 1, states: {0: off, 1: auto, 2: hand}, command: {states: [auto, off]}",
        Command(function=6, states=(0, 1)),
    ),
    (
        "at: holding 1, on: [1], off: [3], command: {at: holding 9, off: [6], verify: {point: a, after: 5s}}",
        Command(
            function=6,
            register=Register("holding", 9, "bool", on_raw=(1,), off_raw=(6,)),
            verify="point",
            verify_point=0,
            verify_after_s=5,
        ),
    ),
    (
        "at: discrete 1, command: {at: coil 4}",
        Command(function=5, register=Register("coil", 4, "bool")),
    ),
    (
        "at: input 1, type: uint16, command: {at: holding 9, scale: 0.5, range: [0, 100]}",
        Command(
            low=0, high=100, function=6, register=Register("holding", 9, "uint16", scale=0.5), tolerance=0.25
        ),
    ),
    (
        "at: holding 1, type: uint16, unit: s, command: {range: [0, 60], set_up: true}",
        Command(low=0, high=60, function=6, targetable=False, tolerance=0.5),
    ),
]


@pytest.mark.parametrize(("written", "command"), COMMANDS, ids=[written for written, _ in COMMANDS])
def test_commands(tmp_path: Path, written: str, command: Command) -> None:
    device = f"unit: 1{'' if 'set_up' in written else ', ' + ACCEPT}"
    point = one_point(tmp_path, f"points:\n  a: {{label: x, poll: 1 s, {written}}}\n", device)
    assert point.command == command


def test_bacnet_objects(tmp_path: Path) -> None:
    profile = """
points:
  level:
    {label: x, at: analog-output 3, scale: 100, unit: "%", cov: 0.01, poll: 60 s, command: {range: [0, 100]}}
  on: {label: x, at: binary-input 1, cov: 0, poll: 60 s}
  mode: {label: x, at: multi-state-value 4, states: {1: off, 2: auto}, poll: 60 s}
"""
    site = (
        "devices:\n  d: {profile: p, line: B1, instance: 12, address: 10.0.0.9, label: x, on_stop: release, "
    )
    site += f"{ACCEPT}}}\n"
    plan = plan_of(tmp_path, site, profile, "bacnet")
    assert [point.source for point in plan.points] == [
        BacnetObject("analog-output", 3, 0.01, 100.0, commandable=True),
        BacnetObject("binary-input", 1, 0.0),
        BacnetObject("multi-state-value", 4),
    ]
    assert [point.kind for point in plan.points] == ["number", "bool", "enum"]
    command = plan.points[0].command
    assert command is not None
    assert (command.function, command.register) == (0, None)
    assert (plan.devices[0].instance, plan.devices[0].address) == (12, "10.0.0.9:47808")
    assert plan.devices[0].on_stop == (StopAction(0, "release"),)


@pytest.mark.parametrize("kind", ["integer-value", "positive-integer-value"])
def test_what_holds_whole_numbers_rounds_what_is_written(tmp_path: Path, kind: str) -> None:
    profile = f"points:\n  ppm: {{label: x, at: {kind} 1, poll: 60 s, command: {{range: [600, 1200]}}}}\n"
    site = "devices:\n  d: {profile: p, line: B1, instance: 12, address: 10.0.0.9, label: x, "
    plan = plan_of(tmp_path, f"{site}{ACCEPT}}}\n", profile, "bacnet")
    command = plan.points[0].command
    assert command is not None
    assert command.tolerance == 0.5


@pytest.mark.parametrize(
    ("params", "quantum", "scale", "rate"),
    [
        ("", "0.01", 0.01, 60.0),
        ("ct: 2000/5, pt: 1", "4", 4.0, 24_000.0),
        ("ct: 3, pt: 0.1", "0.003", 0.003, 18.0),
    ],
)
def test_counters_are_exact(tmp_path: Path, params: str, quantum: str, scale: float, rate: float) -> None:
    profile = """
params: {ct: {default: 1}, pt: {default: 1}}
points:
  e:
    label: x
    at: holding 1
    type: uint32
    scale: 0.01
    times: [ct, pt]
    unit: kWh
    poll: 10 s
    counter: {quantity: electricity, quantum: 0.01, modulus: 42949672.96, max_rate: 60, power: p}
  p: {label: x, at: holding 9, type: int32, times: [ct], unit: W, poll: 10 s, valid: [-5, 5]}
"""
    point = one_point(tmp_path, profile, f"unit: 1, params: {{{params}}}")
    assert point.counter == Counter("electricity", quantum, 2**32, rate, power_point=1)
    assert isinstance(point.source, Register)
    assert point.source.scale == scale


def test_pulses_are_counted_in_the_written_unit(tmp_path: Path) -> None:
    profile = """
params: {pulse: {required: true, unit: L}}
points:
  v:
    label: x
    at: input 1
    type: uint32
    times: [pulse]
    unit: L
    poll: 10 s
    counter: {quantity: water, quantum: 1, modulus: 4294967296, max_rate: 6000}
"""
    for given in ("100", "100 L", "0.1 m³"):
        point = one_point(tmp_path, profile, f"unit: 1, params: {{pulse: {given}}}")
        assert point.counter == Counter("water", "0.1", 2**32, 600.0)
        assert isinstance(point.source, Register)
        assert (point.source.scale, point.unit) == (0.1, "m³")


def test_overrides_and_ages(tmp_path: Path) -> None:
    profile = "points:\n  a: {label: {zh: 甲, en: a}, at: coil 1, poll: 1 s, max_age: 20 s}\n"
    assert one_point(tmp_path, profile).label == "甲"
    point = one_point(tmp_path, profile, "unit: 1, points: {a: {label: 乙, poll: 4 s, max_age: 5 s}}")
    assert (point.label, point.poll_s, point.max_age_s, point.key) == ("乙", 4, 5, "d.a")
    (tmp_path / "site.yaml").write_text("")
    english = plan_of(tmp_path, "devices:\n  d: {profile: p, line: T1, unit: 1, label: x}\n", profile)
    assert english.points[0].max_age_s == 20
    assert one_point(tmp_path, "points:\n  a: {label: x, at: coil 1, poll: 1 s}\n").max_age_s == 5


def test_life_safety_covers_the_whole_profile(tmp_path: Path) -> None:
    assert one_point(
        tmp_path, "life_safety: true\npoints:\n  a: {label: x, at: coil 1, poll: 1 s}\n"
    ).life_safety
    assert one_point(
        tmp_path, "points:\n  a: {label: x, at: coil 1, poll: 1 s, life_safety: true}\n"
    ).life_safety
