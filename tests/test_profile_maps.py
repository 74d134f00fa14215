"""Known register maps against values worked out by hand from the makers' scales."""

from __future__ import annotations

import pytest

from config.plan.points import Register
from config.plan.reading import Value
from drivers.codec import Absent, decode_point, encode_point
from tests.one_device import compiled, points

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
