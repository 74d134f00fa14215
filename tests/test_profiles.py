"""Every profile in config/profiles is compiled and tried, simply because it is there.

One-device sites are generated for all of them; the maps that are known are held against register values worked out by
hand from the makers' scales.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import NamedTuple

import pytest
import yaml

from config.plan.codec import dump, load
from config.plan.points import BacnetObject, Point, Register
from config.plan.reading import Value
from config.plan.site import Plan
from config.written.compile import compile_site
from config.written.problems import Findings
from drivers.batching import blocks_of
from drivers.codec import Absent, decode_point, encode_point, modify, width

FOLDER = Path(__file__).resolve().parent.parent / "config" / "profiles"
FILES = {path.stem: path for path in sorted(FOLDER.glob("*.yaml"))}
REQUIRED = {
    "chint-dtsu666", "acrel-dtsd1352", "acrel-adw300", "inovance-md", "danfoss-fc51", "abb-acs355", "relay-8", "relay-16",
    "input-8", "input-16", "pulse-water", "pulse-gas", "grey-water-plant", "canteen-hood", "fume-purifier",
    "stove-controller", "gas-detector", "water-purifier", "restroom-node", "street-concentrator", "irrigation-box",
    "metered-socket", "bacnet-lighting", "bacnet-kitchen-ventilation", "bacnet-air-handler",
}  # fmt: skip
FORBIDDEN = re.compile(r"reset|reverse|revers|jog|ignit|复位|反转|点动|点火", re.IGNORECASE)


class Raw(NamedTuple):
    """A profile's file, for what only the tests need of it."""

    kind: str
    protocol: str
    params: Mapping[str, Mapping[str, str]]
    head: Mapping[str, object]


@cache
def raw(profile: str) -> Raw:
    data = yaml.load(FILES[profile].read_text(encoding="utf-8"), Loader=yaml.CBaseLoader)
    return Raw(data["kind"], data["protocol"], data.get("params", {}), data)


def one_device_site(profile: str, params: Mapping[str, str], accept: bool) -> str:
    """The smallest site that has a device of this profile."""
    bacnet = raw(profile).protocol == "bacnet"
    line = "{transport: bacnet-ip, bind: 10.0.0.2}" if bacnet else "{transport: modbus-tcp, host: 10.0.0.11}"
    facts = [f"profile: {profile}", "line: L", "label: 一台", "instance: 7" if bacnet else "unit: 1"]
    if params:
        facts.append("params: {" + ", ".join(f"{name}: {value}" for name, value in params.items()) + "}")
    if accept:
        facts.append("if_unheard: {holds_last: true, accepted: for this test}")
    return "\n".join([
        "site: {name: one, label: 一台设备, language: en,",
        "  place: {time_zone: Asia/Shanghai, latitude: 30.6, longitude: 103.9}}",
        f"lines: {{L: {line}}}",
        "devices:",
        "  it: {" + ", ".join(facts) + "}",
    ])  # fmt: skip


def compiled_text(text: str) -> Plan:
    with TemporaryDirectory() as folder:
        (Path(folder) / "site.yaml").write_text(text, encoding="utf-8")
        findings = Findings()
        plan = compile_site(Path(folder), findings)
        assert not findings.problems(), [problem.sentence("en") for problem in findings.problems()]
    assert plan is not None
    return plan


@cache
def compiled(profile: str, **params: str) -> Plan:
    """The Plan of a site with one device "it" of this profile."""
    needed = {
        name: f"1 {of['unit']}" if "unit" in of else "1"
        for name, of in raw(profile).params.items()
        if of.get("required") == "true"
    }
    commanded = any(
        "command" in point and point["command"].get("set_up") != "true"
        for point in dict(raw(profile).head["points"]).values()  # type: ignore[call-overload]
    )
    return compiled_text(one_device_site(profile, {**needed, **params}, commanded))


def points(profile: str) -> dict[str, Point]:
    return {point.name: point for point in compiled(profile).points}


def registers(profile: str) -> Iterator[tuple[Point, Register]]:
    """Every register of a profile: where points are read, and where they are written if that is elsewhere."""
    for point in points(profile).values():
        if isinstance(point.source, Register):
            yield point, point.source
        if point.command is not None and point.command.register is not None:
            yield point, point.command.register


every_profile = pytest.mark.parametrize("profile", FILES)
every_drive = pytest.mark.parametrize("profile", [name for name in FILES if raw(name).kind == "drive"])


def test_the_profiles_of_the_example_site_are_there() -> None:
    assert set(FILES) >= REQUIRED


@every_profile
def test_it_compiles_into_a_plan_that_survives_the_wire(profile: str) -> None:
    plan = compiled(profile)
    assert plan.points
    assert load(dump(plan)) == plan
    assert all(re.search(r"[\u4e00-\u9fff]", name["zh"]) for name in labels(profile)), (
        "a label without Chinese"
    )
    assert all(name["en"].isascii() or "³" in name["en"] for name in labels(profile)), (
        "a label without English"
    )


def labels(profile: str) -> list[dict[str, str]]:
    head = raw(profile).head
    listed = dict(head["points"])  # type: ignore[call-overload]
    return [head["label"], *(point["label"] for point in listed.values())]  # type: ignore[list-item]


@every_profile
def test_it_says_where_its_map_comes_from(profile: str) -> None:
    assert len(str(raw(profile).head["source"])) > 40


def test_the_document_lists_every_profile() -> None:
    page = (FOLDER.parent.parent / "docs" / "profiles.md").read_text(encoding="utf-8")
    rows = {
        name: int(count)
        for cell, counts in re.findall(r"^\| (`[^|]+) \|[^|]+\|[^|]+\| ([\d, ]+) \|", page, re.MULTILINE)
        for name, count in zip(re.findall(r"`([^`]+)`", cell), counts.split(","), strict=True)
    }
    assert rows == {name: len(points(name)) for name in FILES}


# What is written can be read back


def samples(point: Point, register: Register) -> list[Value]:
    """Values that must pass through the register: all states, both positions, ends and middle of the numbers."""
    if point.kind == "bool":
        return [True, False]
    if point.kind == "enum":
        wanted = point.command.states if point.command is not None and register is not point.source else ()
        return [number for number, _ in point.states if not wanted or number in wanted]
    if point.kind == "text":
        return ["", "V2.1"]
    command = point.command
    low = command.low if command is not None and command.low is not None else point.valid_low
    high = command.high if command is not None and command.high is not None else point.valid_high
    if low is None or high is None:
        low, high = register.offset, register.offset + 40 * register.scale
    return [low, (low + high) / 2, high]


@every_profile
def test_every_register_takes_and_gives_back_its_values(profile: str) -> None:
    for point, register in registers(profile):
        for value in samples(point, register):
            raw_words = encode_point(point, register, value)
            assert len(raw_words) == width(register)
            back = decode_point(point, register, raw_words)
            if isinstance(value, float) and not isinstance(back, bool | str | Absent):
                step = abs(register.scale) * (2**-10 if register.type == "float16" else 1)
                bound = step / 2 if not register.type.startswith("float") else abs(value) * 2**-10
                assert back == pytest.approx(value, abs=max(bound * 1.001, 1e-9)), point.key
            else:
                assert back == value, point.key


@every_profile
def test_what_it_calls_not_available_is_no_value(profile: str) -> None:
    for point, register in registers(profile):
        for code in register.not_available:
            bare = Register(register.space, register.address, *_unsigned(register), order=register.order)
            words = modify(bare, code, [0] * width(bare))
            assert decode_point(point, register, words) is Absent.NOT_AVAILABLE, point.key


def _unsigned(register: Register) -> tuple[str, int]:
    size = width(register)
    return {1: "uint16", 2: "uint32", 4: "uint64"}[size], size


@every_profile
def test_reads_stay_within_what_the_device_bears(profile: str) -> None:
    plan = compiled(profile)
    limits = plan.devices[0].limits
    blocks = blocks_of(plan.points, limits)
    for block in blocks:
        most = limits.max_registers if block.space in ("holding", "input") else limits.max_bits
        assert block.size <= most
    if raw(profile).protocol == "modbus":
        assert sorted(part.point for block in blocks for part in block.parts) == [
            point.id for point in plan.points
        ]


# Fences


@every_profile
def test_life_safety_is_never_commandable(profile: str) -> None:
    for point in compiled(profile).points:
        assert point.command is None or not point.life_safety, point.key
    if raw(profile).head.get("life_safety") == "true":
        assert all(point.life_safety and point.command is None for point in compiled(profile).points)


def test_life_safety_is_told_where_it_lies() -> None:
    assert (
        raw("gas-detector").head.get("life_safety") == raw("input-8-safety").head.get("life_safety") == "true"
    )
    assert points("canteen-hood")["suppression_discharged"].life_safety
    assert points("stove-controller")["valve"].life_safety
    assert points("bacnet-air-handler")["smoke_damper_closed"].life_safety


@every_profile
def test_nothing_that_may_be_written_resets_reverses_or_ignites(profile: str) -> None:
    for point in compiled(profile).points:
        if point.command is None:
            continue
        states = [
            word
            for number, word in point.states
            if not point.command.states or number in point.command.states
        ]
        assert not [word for word in (point.name, point.label, *states) if FORBIDDEN.search(word)]


@every_profile
def test_every_number_that_may_be_written_is_fenced(profile: str) -> None:
    for point in compiled(profile).points:
        command = point.command
        if command is not None and point.kind == "number":
            assert command.low is not None, point.key
            assert command.high is not None, point.key
            assert command.low < command.high, point.key


@every_profile
def test_panels_give_modes_and_permits_but_no_run_command(profile: str) -> None:
    if raw(profile).kind != "drive":
        names = [point.name for point in compiled(profile).points if point.command is not None]
        assert not [name for name in names if re.search(r"(^|_)(run|start|stop)_?cmd|(^|_)start(_|$)", name)]


STOPS = {"inovance-md": {5, 6}, "danfoss-fc51": {0x043C}, "abb-acs355": {0x047E}}
RUNS = {"inovance-md": {1}, "danfoss-fc51": {0x047C}, "abb-acs355": {0x047F}}
"""All a drive may be told. Not among them: reverse (2; bit 15), jog (3, 4; bit 8), fault reset (7; bit 7)."""


@every_drive
def test_a_drive_can_be_stopped_and_is_told_nothing_but_run_and_stop(profile: str) -> None:
    point = points(profile)["run_cmd"]
    assert point.command is not None
    assert isinstance(point.source, Register)
    register = point.command.register or point.source
    assert set(encode_point(point, register, False)) <= STOPS[profile]
    assert set(encode_point(point, register, True)) <= RUNS[profile]
    assert set(register.on_raw) <= RUNS[profile]
    assert set(register.off_raw) <= STOPS[profile]
    assert point.command.targetable
    commanded = {name for name, item in points(profile).items() if item.command is not None}
    assert commanded == {"run_cmd", "speed", "comm_timeout"}


@every_drive
def test_a_drive_is_never_given_a_negative_speed(profile: str) -> None:
    speed = points(profile)["speed"].command
    assert speed is not None
    assert (speed.low, speed.high) == (0.0, 100.0)


@every_profile
def test_set_up_registers_are_out_of_everyones_reach(profile: str) -> None:
    mechanism = raw(profile).head.get("unheard")
    if isinstance(mechanism, dict):
        for key in ("by", "to"):
            if key in mechanism:
                command = points(profile)[mechanism[key]].command
                assert command is not None
                assert not command.targetable


@every_profile
def test_a_pulse_is_never_repeated(profile: str) -> None:
    for point in compiled(profile).points:
        if point.command is not None and point.command.pulse_s is not None:
            assert point.command.reassert_s is None, point.key


# Known maps, worked out by hand

GOOD = [
    # float32 12345.0 = 0x4640E400: 1234.5 W on the secondary side, × 40 = 49.38 kW
    ("chint-dtsu666", {"ct": "200/5"}, "p_total", 0x2012, [0x4640, 0xE400], 49.38),
    ("chint-dtsu666", {"ct": "1"}, "p_total", 0x2012, [0xC640, 0xE400], -1.2345),
    ("chint-dtsu666", {"ct": "200/5"}, "u_a", 0x2006, [0x450F, 0xD000], 230.1),
    ("chint-dtsu666", {"ct": "200/5", "pt": "10000/100"}, "u_a", 0x2006, [0x450F, 0xD000], 23010.0),
    ("chint-dtsu666", {"ct": "200/5"}, "i_a", 0x200C, [0x449A, 0x4000], 49.36),
    ("chint-dtsu666", {}, "pf_total", 0x202A, [0x446D, 0x8000], 0.95),
    ("chint-dtsu666", {}, "frequency", 0x2044, [0x459C, 0x4000], 50.0),
    # float32 nearest to 1234.56 = 0x449A51EC
    ("chint-dtsu666", {"ct": "200/5"}, "energy_import", 0x401E, [0x449A, 0x51EC], 49382.4),
    ("chint-dtsu666-101e", {"ct": "200/5"}, "energy_import", 0x101E, [0x449A, 0x51EC], 49382.4),
    ("acrel-dtsd1352", {"ct": "300/5"}, "energy_import", 0x000A, [0x0001, 0xE240], 74073.6),
    ("acrel-dtsd1352", {"ct": "300/5"}, "p_total", 0x016A, [0xFFFF, 0xFA24], -90.0),
    ("acrel-dtsd1352", {}, "u_b", 0x0062, [2300], 230.0),
    ("acrel-dtsd1352", {"ct": "300/5"}, "i_c", 0x0066, [250], 150.0),
    ("acrel-dtsd1352", {}, "frequency", 0x0077, [5001], 50.01),
    ("acrel-adw300", {"ct": "2000/5"}, "p_total", 36, [0, 3000], 1200.0),
    ("acrel-adw300", {"ct": "2000/5"}, "energy_import", 62, [0, 1234], 4936.0),
    ("acrel-adw300", {}, "energy_export", 64, [0x0001, 0x0000], 655.36),
    ("inovance-md", {}, "run_cmd", 0x3000, [1], True),
    ("inovance-md", {}, "run_cmd", 0x3000, [3], False),
    ("inovance-md", {}, "speed", 0x1000, [5000], 50.0),
    ("inovance-md", {}, "frequency", 0x1001, [4000], 40.0),
    ("inovance-md", {}, "current", 0x1004, [1234], 12.34),
    ("inovance-md", {}, "fault", 0x8000, [0], False),
    ("inovance-md", {}, "fault", 0x8000, [14], True),
    ("danfoss-fc51", {}, "run_cmd", 49999, [0x047C], True),
    ("danfoss-fc51", {}, "run_cmd", 49999, [0], False),
    ("danfoss-fc51", {}, "speed_fb", 50209, [0x2000], 50.0),
    ("danfoss-fc51", {}, "running", 50199, [0x0F07], True),
    ("danfoss-fc51", {}, "fault", 50199, [0x0F07], False),
    ("danfoss-fc51", {}, "fault", 50199, [0x0008], True),
    ("danfoss-fc51", {}, "auto", 50199, [0x0200], True),
    ("abb-acs355", {}, "run_cmd", 0, [0x047F], True),
    ("abb-acs355", {}, "running", 3, [0x0237], True),
    ("abb-acs355", {}, "fault", 3, [0x0008], True),
    ("abb-acs355", {}, "frequency", 102, [475], 47.5),
    ("abb-acs355", {}, "current", 103, [0xFFF6], -1.0),
    ("pulse-water", {"pulse": "100 L"}, "volume", 0, [0xE240, 0x0001], 12345.6),
    ("pulse-water", {"pulse": "10 L"}, "flow", 2, [0x0000, 0x4020], 1.5),
    ("pulse-gas", {"pulse": "0.1 m³"}, "volume", 0x0100, [0x40E2, 0x0100, 0, 0], 12345.6),
    ("grey-water-plant", {}, "eq_level", 0, [0x0000, 0x427A], 62.5),
    ("grey-water-plant", {}, "turbidity", 20, [0x4100], 2.5),
    ("grey-water-plant", {}, "turbidity", 20, [0x7E00], Absent.NOT_AVAILABLE),
    ("grey-water-plant", {}, "eq_level", 0, [0x0000, 0x7FC0], Absent.NOT_AVAILABLE),
    ("grey-water-plant", {}, "eq_level", 0, [0x0000, 0x4348], Absent.OUT_OF_RANGE),
    ("grey-water-plant", {}, "lift2_auto", 31, [0b0100], True),
    ("grey-water-plant", {}, "alarm_membrane", 40, [0x0000, 0x0001], True),
    ("grey-water-plant", {}, "reuse_low_switch", 5, [0], True),
    ("grey-water-plant", {}, "reuse_low_switch", 5, [1], False),
    ("grey-water-plant", {}, "firmware", 70, [0x5632, 0x2E31, 0, 0], "V2.1"),
    ("canteen-hood", {}, "hood_temperature", 0, [0xFFCE], -5.0),
    ("canteen-hood", {}, "hood_temperature", 0, [0x8000], Absent.NOT_AVAILABLE),
    ("canteen-hood", {}, "ex1_mode", 0, [7], Absent.UNKNOWN_STATE),
    ("fume-purifier", {}, "fume", 0x0112, [0xC03F, 0x0000], 1.5),
    ("fume-purifier", {}, "mode", 0x0100, [0x0100], 1),
    ("fume-purifier", {}, "stage", 0x0111, [0x3000], 3),
    ("stove-controller", {}, "gas_flow", 2, [0x0000, 0x2040], 2.5),
    ("restroom-node", {}, "temperature", 2, [650], 25.0),
    ("restroom-node", {}, "fan_mode", 0, [0x0023], 2),
    ("restroom-node", {}, "urinal_permit", 0, [0x0023], True),
    # 1,767,225,600,000 ms: 2026 begins in Greenwich
    ("street-concentrator", {}, "clock", 24, [0x0000, 0x019B, 0x76DA, 0xA800], 1767225600.0),
    ("street-concentrator", {}, "lamp_001_current", 100, [352], 0.352),
    ("street-concentrator", {}, "lamp_120_current", 219, [0xFFFF], Absent.NOT_AVAILABLE),
    ("metered-socket", {}, "energy", 8, [0x4093, 0x4A00, 0, 0], 1.2345),
]


@pytest.mark.parametrize(
    ("profile", "params", "name", "address", "words", "value"), GOOD, ids=lambda item: str(item)[:40]
)
def test_known_registers_mean_what_the_map_says(
    profile: str, params: dict[str, str], name: str, address: int, words: list[int], value: Value | Absent
) -> None:
    plan = compiled(profile, **params)
    point = next(point for point in plan.points if point.name == name)
    assert isinstance(point.source, Register)
    assert point.source.address == address
    decoded = decode_point(point, point.source, words)
    if isinstance(value, float):
        assert decoded == pytest.approx(value, rel=1e-9)
    else:
        assert decoded is value if isinstance(value, bool | Absent) else decoded == value


WRITTEN: list[tuple[str, str, Value, int, int, list[int]]] = [
    # profile, point, value, function, address, words
    ("inovance-md", "run_cmd", True, 6, 0x2000, [1]),
    ("inovance-md", "run_cmd", False, 6, 0x2000, [6]),
    ("inovance-md", "speed", 60.0, 6, 0x1000, [6000]),
    ("danfoss-fc51", "run_cmd", True, 6, 49999, [0x047C]),
    ("danfoss-fc51", "run_cmd", False, 6, 49999, [0x043C]),
    ("danfoss-fc51", "speed", 50.0, 6, 50009, [0x2000]),
    ("abb-acs355", "run_cmd", False, 6, 0, [0x047E]),
    ("abb-acs355", "speed", 60.0, 6, 1, [12000]),
    ("relay-8", "ch3", True, 5, 2, [1]),
    ("irrigation-box", "v4_permit", True, 15, 3, [1]),
    ("grey-water-plant", "plant_mode", 1, 6, 0, [1]),
    ("grey-water-plant", "pressure_setpoint", 350_000.0, 16, 20, [0x0000, 0x43AF]),
    ("grey-water-plant", "chlorine_setpoint", 1.5, 6, 22, [0x3E00]),
    ("canteen-hood", "ex1_min_speed", 60.0, 6, 4, [600]),
    ("canteen-hood", "run_on", 600.0, 6, 6, [10]),
    ("fume-purifier", "mode", 1, 16, 0x0100, [0x0100]),
    ("street-concentrator", "group2_level", 40.0, 6, 1, [40]),
]


@pytest.mark.parametrize(("profile", "name", "value", "function", "address", "words"), WRITTEN)
def test_commands_go_out_as_the_map_says(
    profile: str, name: str, value: Value, function: int, address: int, words: list[int]
) -> None:
    point = points(profile)[name]
    assert point.command is not None
    register = point.command.register or point.source
    assert isinstance(register, Register)
    assert (point.command.function, register.address) == (function, address)
    assert encode_point(point, register, value) == words


def test_a_field_of_a_shared_word_leaves_its_neighbours_alone() -> None:
    point = points("restroom-node")["fan_mode"]
    assert point.command is not None
    assert point.command.bit_in_word
    assert isinstance(point.source, Register)
    assert encode_point(point, point.source, 1, [0x8023]) == [0x8013]


def test_a_counter_is_kept_in_quanta_of_the_primary_side() -> None:
    counter = next(
        p for p in compiled("chint-dtsu666", ct="200/5").points if p.name == "energy_import"
    ).counter
    assert counter is not None
    assert (float(counter.quantum), counter.modulus, counter.max_rate) == (0.4, 100_000_000, 2400.0)
    pulses = next(p for p in compiled("pulse-water", pulse="10 L").points if p.name == "volume").counter
    assert pulses is not None
    assert (float(pulses.quantum), pulses.modulus, pulses.max_rate) == (0.01, 2**32, 60.0)


# Together they use all that a profile can say


def test_every_feature_of_the_codec_is_used_somewhere() -> None:
    all_registers = [(point, register) for name in FILES for point, register in registers(name)]
    wide = [register for _, register in all_registers if width(register) > 1 and register.type != "string"]
    assert {register.order for register in wide} == {"ABCD", "DCBA", "BADC", "CDAB"}
    assert {register.type for _, register in all_registers} == {
        "bool", "int16", "uint16", "int32", "uint32", "int64", "uint64", "float16", "float32", "float64", "string"
    }  # fmt: skip
    assert {register.space for _, register in all_registers} == {"coil", "discrete", "holding", "input"}
    commands = [(point, point.command) for name in FILES for point in compiled(name).points if point.command]
    assert {command.function for _, command in commands} == {0, 5, 6, 15, 16}
    assert {command.verify for _, command in commands} >= {"same", "point"}
    used = {
        "one bit": any(register.bit is not None and register.bits == 1 for _, register in all_registers),
        "a field": any(register.bits > 1 for _, register in all_registers),
        "bit of 32": any((register.bit or 0) >= 16 for _, register in all_registers),
        "enum": any(point.kind == "enum" for point, _ in all_registers),
        "scale": any(register.scale not in (0, 1) for _, register in all_registers),
        "offset": any(register.offset != 0 for _, register in all_registers),
        "not available": any(register.not_available for _, register in all_registers),
        "on codes": any(register.on_raw for _, register in all_registers),
        "off codes": any(register.off_raw for _, register in all_registers),
        "normally closed": any(point.normally_closed for point, _ in all_registers),
        "valid": any(point.valid_high is not None for point, _ in all_registers),
        "shared word": any(command.bit_in_word for _, command in commands),
        "written elsewhere": any(command.register is not None for _, command in commands),
        "pulse": any(command.pulse_s is not None for _, command in commands),
        "never repeated": any(command.reassert_s is None for _, command in commands),
        "waits to verify": any(command.verify_after_s > 0 for _, command in commands),
        "tolerance": any(command.tolerance > 0 for _, command in commands),
        "states subset": any(command.states for _, command in commands),
        "set-up": any(not command.targetable for _, command in commands),
        "counter": any(point.counter for point, _ in all_registers),
        "counter that rolls over": any(point.counter and point.counter.modulus for point, _ in all_registers),
        "printed addresses": any(raw(name).head.get("addresses") == "printed" for name in FILES),
        "gaps": any(compiled(name).devices[0].limits.max_gap > 0 for name in FILES),
        "no gaps": any(compiled(name).devices[0].limits.max_gap == 0 for name in FILES),
        "short reads": any(compiled(name).devices[0].limits.max_registers < 20 for name in FILES),
        "turnaround": any(compiled(name).devices[0].turnaround_s > 0 for name in FILES),
        "unheard to a value": any("to" in (raw(name).head.get("unheard") or ()) for name in FILES),
        "release": any(raw(name).head.get("stop_release") == "true" for name in FILES),
    }
    assert [name for name, is_used in used.items() if not is_used] == []


def test_the_bacnet_profiles_use_objects_of_every_sort() -> None:
    objects = [
        point.source
        for name in FILES
        for point in compiled(name).points
        if isinstance(point.source, BacnetObject)
    ]
    assert {item.object_type for item in objects} >= {
        "analog-input", "analog-output", "analog-value", "binary-input", "multi-state-value", "multi-state-output",
        "accumulator", "character-string-value", "positive-integer-value",
    }  # fmt: skip
    assert any(item.cov_increment is None for item in objects)
    assert any(item.cov_increment == 0 for item in objects)
    assert any(item.scale == 100 for item in objects)
