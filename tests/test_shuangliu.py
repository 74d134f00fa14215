"""The example compound: whole, within its wires' time, and kept to the hours that were asked for."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from datetime import datetime
from functools import cache
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
import yaml

from config.plan.devices import Device
from config.plan.equipment import KINDS
from config.plan.meters import meter_names
from config.plan.reading import Value
from config.plan.rules import Hazard, Link
from config.plan.site import Plan
from config.written.compile import compile_site
from config.written.problems import Findings
from config.written.rules.asking import asked
from drivers.batching import blocks_of
from schedules.calendar import Calendar
from schedules.context import Context
from schedules.local import LocalTime
from schedules.programme import evaluate
from schedules.sun import Sun

SITE = Path(__file__).resolve().parent.parent / "config" / "sites" / "shuangliu"
ZONE = ZoneInfo("Asia/Shanghai")
CHARACTER_S = 10 / 9600
"""One character at 9600 8N1."""
SILENCE_S = 3.5 * 11 / 9600
DELAY_S = 0.05
"""What a slow meter takes before it answers."""


@cache
def plan() -> Plan:
    findings = Findings()
    made = compile_site(SITE, findings)
    assert made is not None, [problem.sentence("en") for problem in findings.problems()]
    return made


def on_line(name: str) -> Iterator[Device]:
    line = next(line for line in plan().lines if line.name == name)
    return (device for device in plan().devices if device.line == line.id)


def test_it_has_the_lines_devices_and_points_of_the_compound() -> None:
    lines = {line.name: line.transport for line in plan().lines}
    assert lines == {
        "S1": "modbus-rtu",
        "S2": "modbus-rtu",
        "S3": "modbus-rtu",
        "S4": "modbus-rtu",
        "T1": "modbus-tcp",
        "T2": "modbus-rtu-over-tcp",
        "B1": "bacnet-ip",
    }
    assert 60 <= len(plan().devices) <= 72
    assert len(plan().points) >= 600
    assert len(list(on_line("S3"))) == 20
    assert len(list(on_line("B1"))) == 5
    profiles = Counter(device.profile for device in plan().devices)
    assert profiles["restroom-node"] == 8
    assert profiles["stove-controller"] == 4
    assert profiles["water-purifier"] == 7
    assert profiles["pulse-water"] == 7
    assert profiles["pulse-gas"] == 1
    assert profiles["fume-purifier"] == 2
    quantities = Counter(point.counter.quantity for point in plan().points if point.counter)
    assert quantities["electricity"] >= 20
    assert (quantities["water"], quantities["gas"]) == (7, 1)


def test_every_kind_of_equipment_but_the_heater_is_there() -> None:
    kinds = Counter(item.kind for item in plan().equipment)
    # The only heaters of this compound are the purifiers' own.
    assert set(kinds) == set(KINDS) - {"heater"}
    assert kinds["pump"] == 6
    assert kinds["tank"] == 3
    assert kinds["stove"] == 4
    assert sum(1 for item in plan().equipment if "corridor-lights" in item.tags) == 24
    assert sum(
        item.rated_kw or 0 for item in plan().equipment if "street-lights" in item.tags
    ) == pytest.approx(9.6)


def test_labels_are_chinese() -> None:
    labels = [
        *(device.label for device in plan().devices),
        *(item.label for item in plan().equipment),
        *(programme.label for programme in plan().programmes),
        *(point.label for point in plan().points),
    ]
    assert not [label for label in labels if not any("\u4e00" <= sign <= "\u9fff" for sign in label)]


def test_every_commanded_device_says_what_it_does_unheard_and_on_stop() -> None:
    for device in plan().devices:
        commanded = [plan().points[number].command for number in device.points]
        if any(command is not None and command.targetable for command in commanded):
            assert device.unheard is not None, device.name
            assert device.on_stop, device.name


def commanded() -> set[int]:
    """Every point that a programme aims at, or that a rule may ask something of."""
    asked_of = {claim.ask.point for rule in plan().rules for claim in asked(rule)}
    return asked_of.union(*(programme.targets for programme in plan().programmes))


def test_life_safety_and_vending_are_watched_only() -> None:
    targets = {plan().points[number].key for number in commanded()}
    assert not [key for key in targets if key.startswith(("gas-alarm.", "canteen-di.", "vending-"))]
    assert all(
        plan().points[number].life_safety
        for device in ("gas-alarm", "canteen-di")
        for number in points_of(device)
    )


def points_of(name: str) -> tuple[int, ...]:
    return next(device.points for device in plan().devices if device.name == name)


def test_the_tree_is_that_of_the_simulated_wiring() -> None:
    """Each meter is below the one that the plant puts before it, and every meter but the incoming ones is."""
    wiring = yaml.load((SITE / "plant.yaml").read_text(encoding="utf-8"), yaml.CBaseLoader)["meters"]
    behind = {part: meter for meter, facts in wiring.items() for part in facts["of"]}
    below = {item.meter: item.of for item in plan().metering.submeters}
    devices = {
        meter.name: plan().devices[plan().points[meter.point].device].name
        for meter in plan().metering.integrated
    }
    # Greening is fed from the reuse main; the plant knows that of the box, not of its meter.
    assert below.pop("water-greening") == "water-reuse"
    assert below == {meter: behind[devices.get(meter, meter)] for meter in below}
    logged = meter_names(plan().points, {device.id: device.name for device in plan().devices}).values()
    alone = {"main-1", "main-2", "water-main", "water-reuse", "water-greening", "gas-canteen"}
    assert set(logged) - set(below) == alone


def test_the_totals_of_the_energy_office() -> None:
    totals = {
        meter.name: {(part.meter, part.sign) for part in meter.parts} for meter in plan().metering.virtual
    }
    assert totals["whole-site"] == {("main-1", 1), ("main-2", 1)}
    shares = ("lighting-total", "cooling-total", "motors-total", "special-total")
    counted = Counter(part for name in shares for part in totals[name])
    # The four shares of the statistics have each of the branch meters once.
    branches = {item.meter for item in plan().metering.submeters if item.of in ("main-1", "main-2")}
    assert {meter for meter, sign in counted if sign > 0} == branches | {"hall-air-energy"}
    assert counted["hall-air-energy", 1] == counted["hall-air-energy", -1] == 1
    assert set(counted.values()) == {1}
    assert plan().tariff is not None
    assert len(plan().trends) > 20


def test_nothing_touches_a_motor_command_or_a_drive() -> None:
    """The panels start and stop their machines."""
    for number in commanded():
        point = plan().points[number]
        assert "drive" not in plan().devices[point.device].name
        assert point.name != "run_cmd"


def test_the_rules_are_those_of_the_compound() -> None:
    rules = {rule.name: rule for rule in plan().rules}
    assert {name: (type(rule.spec).__name__, rule.slot) for name, rule in rules.items()} == {
        "fire": ("Hazard", 5),
        "gas-leak": ("Hazard", 5),
        "exhaust-follows-stoves": ("Link", 7),
        "fumes-1": ("Link", 7),
        "fumes-2": ("Link", 7),
        "reuse-quality": ("Interlock", 5),
        "tap-water": ("MakeUp", 10),
        "corridor-lighting": ("Lighting", 11),
        "street-lighting": ("Lighting", 11),
        "hall-early": ("OptimumStart", 13),
        "canteen-tea": ("Heater", 13),
        "conference-tea": ("Heater", 13),
        "irrigation": ("Irrigation", 10),
        "reuse-by-night": ("TariffShift", 13),
        "demand": ("DemandCap", 9),
        "reuse-low": ("Watch", 15),
        "reuse-turbid": ("Watch", 15),
        "hood-hot": ("Watch", 15),
    }
    for name in ("fire", "gas-leak"):
        spec = rules[name].spec
        assert isinstance(spec, Hazard)
        assert all(plan().points[contact].life_safety for contact in spec.contacts)
        kitchen = {item.name for item in plan().equipment if {"canteen-air", "cooking"} & set(item.tags)}
        assert set(spec.yields) == kitchen
        assert len(kitchen) == 9
    exhaust = rules["exhaust-follows-stoves"].spec
    assert isinstance(exhaust, Link)
    assert exhaust.run_on_s == 600
    least = {plan().points[item.on.point].key: item.on.value for item in exhaust.then if item.floor}
    assert least == {"hood.ex1_min_speed": 60.0, "hood.ex2_min_speed": 60.0, "kitchen-air.min_speed": 60.0}


def wire_share(line: str) -> tuple[float, float]:
    """(share of the time the line is busy, seconds to read every point of its fastest period once)."""
    busy = fastest = 0.0
    quickest = min(plan().points[number].poll_s for device in on_line(line) for number in device.points)
    for device in on_line(line):
        for block in blocks_of([plan().points[number] for number in device.points], device.limits):
            registers = block.space in ("holding", "input")
            answer = 5 + (2 * block.size if registers else -(-block.size // 8))
            seconds = (8 + answer) * CHARACTER_S + 2 * SILENCE_S + DELAY_S + device.turnaround_s
            busy += seconds / block.period_s
            fastest += seconds if block.period_s == quickest else 0
    return busy, fastest


def test_twenty_meters_are_swept_in_three_seconds() -> None:
    busy, sweep = wire_share("S3")
    assert {
        plan().points[n].poll_s for d in on_line("S3") for n in d.points if plan().points[n].name == "p_total"
    } == {3}
    assert sweep < 3
    # Room for a dead meter's time-outs and for reads ahead of their turn.
    assert busy < 0.85


@pytest.mark.parametrize("line", ["S1", "S2", "S4"])
def test_a_serial_line_is_not_asked_for_more_than_it_can_carry(line: str) -> None:
    busy, _ = wire_share(line)
    assert busy < 0.9


@cache
def context() -> Context:
    place = plan().site
    local = LocalTime(place.time_zone)
    return Context(local, Calendar(plan().calendar), Sun(place.latitude, place.longitude, local))


def wanted(key: str, moment: str) -> Value | None:
    """What the best of the point's programmes asks for at a local time."""
    point = plan().point_named(key)
    assert point is not None, key
    wall_ms = int(datetime.fromisoformat(moment).replace(tzinfo=ZONE).timestamp() * 1000)
    verdicts = [
        (verdict.rank, programme.priority, programme.id, verdict.value)
        for programme in plan().programmes
        if point.id in programme.targets and (verdict := evaluate(programme, context(), wall_ms)).asks
    ]
    if not verdicts:
        return None
    value = min(verdicts, key=lambda item: item[:3])[3]
    return point.state_name(value) if point.kind == "enum" and value is not None else value


HOURS: list[tuple[str, str, Value | None]] = [
    # Wednesday 4 March 2026, a workday; Saturday 7 March; 1 May, a holiday; 18 June, inspection
    ("corridor-1-zone-1", "2026-03-04 07:59", 10.0),
    ("corridor-1-zone-1", "2026-03-04 08:00", 80.0),
    ("corridor-1-zone-1", "2026-03-04 12:30", 30.0),
    ("corridor-3-zone-8", "2026-03-04 18:29", 80.0),
    ("corridor-3-zone-8", "2026-03-04 18:30", 10.0),
    ("corridor-1-zone-1", "2026-03-07 09:00", 10.0),
    ("corridor-1-zone-1", "2026-02-28 09:00", 80.0),  # a Saturday that is worked
    ("corridor-1-zone-1", "2026-06-18 19:00", 100.0),
    ("corridor-1-zone-1", "2026-12-31 09:00", 10.0),  # stocktaking
    ("street-1", "2026-03-04 21:00", 100.0),
    ("street-2", "2026-03-05 02:00", 40.0),
    ("street-3", "2026-10-01 02:00", 40.0),  # the eve's tail runs on into the holiday
    ("street-1", "2026-03-04 12:00", 0.0),
    ("hall-air-handler", "2026-03-04 10:00", "standby"),
    ("hall-air-handler", "2026-03-07 10:00", "off"),
    ("hall-air-handler.setpoint", "2026-07-15 10:00", 26.0),
    ("hall-air-handler.setpoint", "2026-12-15 10:00", 20.0),
    ("hall-air-handler.setpoint", "2026-04-15 10:00", None),
    ("cooker-1", "2026-03-04 05:30", True),
    ("cooker-1", "2026-03-04 14:00", False),
    ("cooker-4", "2026-03-04 18:59", True),
    ("exhaust-1", "2026-03-04 12:00", "auto"),
    ("exhaust-1.min_speed", "2026-03-04 12:00", 60.0),
    ("exhaust-2.min_speed", "2026-03-04 22:00", 30.0),
    ("fume-purifier-1", "2026-03-04 03:00", "linked"),
    ("restroom-fan-1", "2026-03-04 10:00", "presence"),
    ("restroom-fan-1", "2026-05-01 10:00", "minimum"),
    ("grey-water", "2026-03-04 12:00", "auto"),
    ("grey-water", "2026-03-05 02:00", "night"),
    ("lift-2", "2026-03-02 10:00", "auto"),  # Monday
    ("lift-2", "2026-03-03 10:00", "standby"),
    ("flushing-valve", "2026-03-04 03:00", True),
]


@pytest.mark.parametrize(("key", "moment", "value"), HOURS)
def test_the_hours_are_those_of_the_compound(key: str, moment: str, value: Value | None) -> None:
    assert wanted(key, moment) == value


def test_every_lamp_has_a_value_for_a_clock_that_cannot_be_trusted() -> None:
    lamps = {
        number
        for item in plan().equipment
        if item.kind == "lamp-group"
        for role, number in item.roles
        if role in ("level", "switch")
    }
    covered = {
        number for programme in plan().programmes if programme.has_untrusted for number in programme.targets
    }
    assert not [plan().points[number].key for number in lamps - covered]
