"""Every profile in config/profiles is compiled and tried, simply because it is there.

One-device sites are generated for all of them. The maps that are known are held against register values in
test_profile_maps.py.
"""

from __future__ import annotations

import re
from typing import cast

import pytest

from config.plan.codec import dump, load
from config.plan.points import BacnetObject, Point, RawType, Register
from config.plan.reading import Value
from drivers.bacnet.names import object_type
from drivers.batching import blocks_of
from drivers.codec import Absent, decode_point, encode_point, modify, width
from tests.one_device import FILES, FOLDER, compiled, points, raw, registers

REQUIRED = {
    "chint-dtsu666", "acrel-dtsd1352", "acrel-adw300", "inovance-md", "danfoss-fc51", "abb-acs355",
    "relay-8", "relay-16", "input-8", "input-16", "pulse-water", "pulse-gas", "grey-water-plant",
    "canteen-hood", "fume-purifier", "stove-controller", "gas-detector", "water-purifier",
    "restroom-node", "street-concentrator", "irrigation-box", "metered-socket", "bacnet-lighting",
    "bacnet-kitchen-ventilation", "bacnet-air-handler",
}  # fmt: skip
FORBIDDEN = re.compile(r"reset|reverse|revers|jog|ignit|复位|反转|点动|点火", re.IGNORECASE)

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
    return [head["label"], *(point["label"] for point in head["points"].values())]


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
    """Values that must pass the register: all states, both positions, ends and middle of the numbers."""
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
            plain = cast(RawType, f"uint{16 * width(register)}")
            bare = Register(register.space, register.address, plain, width(register), register.order)
            words = modify(bare, code, [0] * width(bare))
            assert decode_point(point, register, words) is Absent.NOT_AVAILABLE, point.key


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


# Together they use all that a profile can say


def test_every_feature_of_the_codec_is_used_somewhere() -> None:
    all_registers = [(point, register) for name in FILES for point, register in registers(name)]
    wide = [register for _, register in all_registers if width(register) > 1 and register.type != "string"]
    assert {register.order for register in wide} == {"ABCD", "DCBA", "BADC", "CDAB"}
    assert {register.type for _, register in all_registers} == {
        "bool", "int16", "uint16", "int32", "uint32", "int64", "uint64", "float16", "float32", "float64",
        "string",
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
        "analog-input", "analog-output", "analog-value", "binary-input", "multi-state-value",
        "multi-state-output", "accumulator", "positive-integer-value",
    }  # fmt: skip
    assert all(object_type(item.object_type) >= 0 for item in objects), "a name the driver does not know"
    assert any(item.cov_increment is None for item in objects)
    assert any(item.cov_increment == 0 for item in objects)
    assert any(item.scale == 100 for item in objects)
