"""Mistakes that people make in entries of every kind, each told by itself at its own place.

An entry of a golden site is named by the words with which it begins. A mistake is what stands there after
them and what is written instead, "¦" where it is told.
"""

from __future__ import annotations

from typing import NamedTuple


class Slip(NamedTuple):
    """`good` is the first of its kind after the beginning of the entry."""

    good: str
    bad: str


class Slipped(NamedTuple):
    """An entry with mistakes that have nothing to do with each other."""

    case: str
    entry: str
    slips: tuple[Slip, ...]


def _of(case: str, entry: str, *slips: tuple[str, str]) -> Slipped:
    return Slipped(case, entry, tuple(Slip(*slip) for slip in slips))


SLIPPED = (
    _of(
        "good-restart",
        "site:",
        ("name: golden", "name: ¦站点"),
        ("Asia/Shanghai", "¦Asia/Chengdu"),
        ("latitude: 30.574", "latitude: ¦305.74"),
        ("stagger: 8 s", "stagger: ¦8"),
        ("[fan-2", "[¦fan-3"),
        ("lamps_above: 2000 W", "lamps_above: ¦2000 V"),
        ("devices: 4", "devices: ¦four"),
    ),
    _of(
        "good-meters",
        "  T1:",
        ("10.0.0.11", "¦10.0.0.311"),
        ("modbus-tcp,", "modbus-tcp, ¦speed: 9600,"),
    ),
    _of(
        "good-meters",
        "  main-1: {profile",
        ("line: T1", "line: ¦T9"),
        ("unit: 1", "unit: ¦one"),
        ("tags: [incoming]", "tags: ¦incoming"),
        ("ct: 2000/5", "ct: ¦2000/5/1"),
    ),
    _of("good-meters", "  stove: {profile", ("unit: 8", "unit: ¦4"), ("label: 灶", "label: ¦2")),
    _of(
        "good-meters",
        "  purifier: {profile",
        ("line: T1", "¦lin: T1"),
        ("holds_last: true", "holds_last: ¦maybe"),
        ("unit: 7", "unit: ¦300"),
    ),
    _of(
        "good-rules-plant",
        "  hood: {kind",
        ("safe: on", "safe: ¦of"),
        ("fault: di-1.di2", "fault: ¦di-1.di22"),
        ("run_fb: di-1.di1", "run_fb: ¦di-1"),
        ("start_fail: 20 s", "start_fail: ¦20"),
    ),
    _of("good-rules-plant", "  hood: {kind", ("run_cmd: do-1.ch1", "run_cmd: ¦do-9.ch1")),
    _of(
        "good-rules-plant",
        "  blower: {kind",
        ("run_cmd: do-1.ch6", "run_cmd: ¦6"),
        ("min_on: 2 min", "min_on: ¦2"),
    ),
    _of("good-bookings", "  hall: {label", ("label: 会议大厅", "label: ¦101")),
    _of(
        "good-bookings",
        "  hall-lamp:",
        ('from: "08:00"', 'from: ¦"8:60"'),
        ("value: on", "value: ¦50 %"),
        ("before: 45 min", "before: ¦45"),
        ("place: room-1", "place: ¦room-2"),
        ("dates: 2026-10-01", "dates: ¦2026-10-32"),
        ("like: dayoff", "like: ¦day-off"),
        ("untrusted_clock: on", "untrusted_clock: ¦yes"),
    ),
    _of(
        "good-bookings",
        "  hall-lamp:",
        ("targets: lamp", "targets: ¦lmp"),
        ("default: off", "¦defualt: off"),
        ("value: on", "¦vlaue: on"),
    ),
    _of(
        "good-bookings",
        "  warm:",
        ("[hall", "[¦hal"),
        ('from: "08:30"', 'from: ¦"25:30"'),
        ("saturday:", "¦saterday:"),
        ("target: heater", "target: ¦heatre"),
        ("hood.hood_temperature\n", "¦hood.temperature\n"),
        ("heat_to: 20 °C", "heat_to: ¦20 K"),
        ("at_most: 2 h", "at_most: ¦2"),
        ("band: 1 K", "band: ¦1 °F"),
        ("on_bad_input: trip", "on_bad_input: ¦stop"),
    ),
    _of(
        "good-meters",
        "  office-rest:",
        ("sum: office-1", "sum: ¦office-9"),
        ("submeter_of: office-1", "submeter_of: ¦ofice-1"),
    ),
    _of(
        "good-meters",
        "  hall-meter:",
        ("hall-air.power", "¦hall-air.pwr"),
        ("at_most: 15 kW", "at_most: ¦[15]"),
        ("label: 空调机组（估算）", "label: ¦7"),
    ),
    _of(
        "good-meters",
        "  volts:",
        ("tag: incoming", "tag: ¦incomming"),
        ("deadband: 1 V", "deadband: ¦[1]"),
        ("every: 1 min", "every: ¦1"),
    ),
    _of(
        "good-rules",
        "  fire:",
        ("safety.di1", "¦safety.di9"),
        ("safety.di2", "¦di-1.di2"),
        ("tag: grey-supply", "tag: ¦gray-supply"),
        ("lamp]", "¦3]"),
    ),
    _of(
        "good-rules",
        "  grey-dry-run:",
        ("label: 防干抽", "label: ¦12"),
        ("di-1.di2 is inactive", "di-1.di2 is ¦inactiv"),
        ("value: off", "value: ¦of"),
        ("２００ V", "¦２００ A"),
        ("reset: auto", "reset: ¦automatic"),
        ("on_bad_input: trip", "on_bad_input: ¦tripp"),
    ),
    _of(
        "good-rules-plant",
        "  exhaust:",
        ("when:", "¦whne:"),
        ("target: hood", "target: ¦hod"),
        ("after: 20 s", "after: ¦20"),
        ("run_on: 10 min", "run_on: ¦10"),
        ("below 45 °C", "below ¦45 V"),
    ),
    _of(
        "good-rules-plant",
        "  fill:",
        ("tank.level", "¦tank.levl"),
        ("start: below ３０％", "start: ¦under 30 %"),
        ("not tank.low_switch is active", "not tank.low_switch is ¦actve"),
        ("value: night", "value: ¦nigth"),
        ("on_bad_input: hold 5 min then release", "on_bad_input: ¦hold 5 then release"),
    ),
    _of(
        "good-rules-plant",
        "  lift:",
        ("tag: lift", "tag: ¦lfit"),
        ("below 30 %", "¦downto 30 %"),
        ("above 85 %", "¦above 85 kW"),
        ("first: rested", "first: ¦rest"),
    ),
    _of(
        "good-rules-plant",
        "  air:",
        ("eq.level", "¦eqq.level"),
        ("run: 8 min", "run: ¦8"),
        ("rest: 2 min", "rest: ¦2 mins"),
        ("target: blower", "target: ¦blowr"),
    ),
    _of(
        "good-rules-plant",
        "  tap-in:",
        ("below 25 %", "¦below 25 kW"),
        ("rise: 1 %", "rise: ¦1 kW"),
        ("within: 10 min", "within: ¦10"),
        ("value: on", "value: ¦onn"),
    ),
    _of(
        "good-rules-hourly",
        "  hot-water:",
        ("[boiler]", "[¦boilr]"),
        ("06:30-18:30", "¦06:30 - 18:3"),
        ("inspection:", "¦inspections:"),
        ("is active", "is ¦activ"),
        ("low: 86 ℃", "low: ¦86 K"),
        ("warm_up: 60 min", "warm_up: ¦60"),
        ("within: 45 min", "within: ¦45"),
        ("for: 3 min", "for: ¦3"),
    ),
    _of(
        "good-rules-hourly",
        "  greening:",
        ('"04:30-07:00"', '¦"04:30"'),
        ("target: green", "target: ¦gren"),
        ("for: 20 min", "for: ¦20"),
        ("box.litres", "¦box.liter"),
        ("start: above 45 %", "start: ¦over 45 %"),
        ("above 0.3 mg/L", "above ¦0.3 NTU"),
        ("is active for 5 min", "is active for ¦5 minutes"),
        ("dry_after: 3 d", "dry_after: ¦3"),
    ),
    _of(
        "good-rules-hourly",
        "  night-fill:",
        ("stop: above 35 %", "stop: ¦to 35 %"),
        ("peak:", "¦peek:"),
        ("below 50 %", "¦below 50 kW"),
        ('"23:00-24:00"', '¦"23-24"'),
        ("otherwise: night", "otherwise: ¦nite"),
    ),
    _of(
        "good-rules-lighting",
        "  hall-lighting:",
        ("present: 60 %", "present: ¦60 kW"),
        ("absent: 30 %", "absent: ¦30 s"),
        ("run_on: 3 min", "run_on: ¦3"),
        ("dark: below １２０ lx for 2 min", "dark: ¦under 120 lx"),
    ),
    _of(
        "good-rules-lighting",
        "  fan-presence:",
        ("di-1.di2", "¦di-1.di22"),
        ("zone-1.presence", "¦zone-1.lux"),
        ("target: fan", "target: ¦fann"),
        ("run_on: 15 min", "run_on: ¦15"),
    ),
    _of(
        "good-rules-demand",
        "  demand:",
        ("main-1.p_total", "¦main-1.p_totl"),
        ("limit: 900 kW", "limit: ¦900 kWh"),
        ("tag: hall", "tag: ¦hal"),
        ("at_least_for: 5 min", "at_least_for: ¦5"),
        ("saves: １２ kW", "saves: ¦12 V"),
        ("is summer", "is ¦sumer"),
        ("on_bad_input: hold 5 min then release", "on_bad_input: ¦keep"),
    ),
    _of(
        "good-alarms",
        "  low-level:",
        ("not di-1.di2 is active", "not di-1.di2 is ¦activ"),
        ("priority: critical", "priority: ¦crit"),
        ("tag: grey-supply", "tag: ¦gray-supply"),
        ("group: grey-water", "group: ¦中水"),
        ("pump-1 is running", "pump-1 is ¦runing"),
    ),
    _of(
        "good-alarms",
        "  duty:",
        ("https://duty", "¦http://duty"),
        ("{env: DUTY_KEY}", "¦DUTY_KEY"),
        ("high]", "¦higher]"),
    ),
    _of(
        "good-sinks",
        "  broker:",
        ("host: broker.example.gov.cn", "host: ¦broker:1883"),
        ("topic: energy/shuangliu", "topic: ¦energy/#"),
        ("env: LOUGUAN_MQTT", "env: ¦LOUGUAN-MQTT"),
    ),
    _of(
        "good-sinks",
        "  province:",
        ("dialect: a", "dialect: ¦z"),
        ("crc: modbus", "crc: ¦none"),
        ("host: 10.1.2.3", "host: ¦10.1.2"),
        ("coding: 01A10", "coding: ¦1A10"),
        ("main-2: {id", "¦main-9: {id"),
    ),
    _of(
        "good-tariff-own",
        "tariff:",
        ("since: 2026-01-01", "since: ¦2026-13-01"),
        ("days: [event]", "days: [¦events]"),
        ('"02:00-04:00"', '¦"02:00"'),
        ("months: 11-4", "months: ¦11-14"),
        ("peak: 1.6", "peak: ¦high"),
        ("flat_price: 0.8 yuan/kWh", "flat_price: ¦0.8"),
    ),
    _of("good-tariff-own", "calendar:", ("kinds: [event]", "kinds: [event, ¦检查日]")),
)
