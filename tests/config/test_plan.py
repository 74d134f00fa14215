"""What a site becomes: devices, equipment, programmes, calendar, hash."""

from __future__ import annotations

import time
from pathlib import Path

import pytest

from config.plan.devices import Unheard
from config.plan.programmes import DateRange, TimeMark
from config.plan.rules import Supervision
from config.plan.site import Rollback
from tests.config.sites import ACCEPT, SITE, compiled, plan_of

PANEL = """
unheard: {by: timer, goes_to: any, to: state, range: [5 s, 600 s], applies: [a, b]}
stop_release: true
release: {point: mode, value: auto}
points:
  a: {label: x, at: coil 1, poll: 1 s, command: {}}
  b: {label: x, at: coil 2, poll: 1 s, command: {}}
  c: {label: x, at: coil 3, poll: 1 s, command: {pulse: 1 s}}
  mode: {label: x, at: holding 1, states: {0: off, 1: auto}, poll: 1 s, command: {}}
  timer:
    {label: x, at: holding 2, type: uint16, unit: s, poll: 1 min, command: {range: [0, 600], set_up: true}}
  state: {label: x, at: holding 3, type: bool, poll: 1 min, command: {set_up: true}}
"""
STOPS = [
    ("", ["hold", "hold", "hold", "hold"], [None, None, None, None]),
    (", on_stop: hold", ["hold", "hold", "hold", "hold"], [None, None, None, None]),
    (", on_stop: release", ["hold", "hold", "hold", "write"], [None, None, None, 1]),
    (
        ", on_stop: {points: {a: {write: off}, mode: {write: off}}}",
        ["write", "hold", "hold", "write"],
        [False, None, None, 0],
    ),
]


@pytest.mark.parametrize(("written", "actions", "values"), STOPS)
def test_stopping(tmp_path: Path, written: str, actions: list[str], values: list[object]) -> None:
    site = f"devices:\n  d: {{profile: p, line: T1, unit: 1, label: x, {ACCEPT}{written}}}\n"
    stops = plan_of(tmp_path, site, PANEL).devices[0].on_stop
    assert [stop.point for stop in stops] == [0, 1, 2, 3]
    assert [stop.action for stop in stops] == actions
    assert [stop.value for stop in stops] == values


def test_what_nobody_writes_is_as_it_is_promised(tmp_path: Path) -> None:
    devices = f"""devices:
  d: {{profile: p, line: T1, unit: 1, label: x, {ACCEPT}}}
equipment:
  fan: {{kind: fan, label: x, run_cmd: d.a, run_fb: d.b}}
rules:
  on: {{kind: link, when: d.b is active, then: [{{target: fan, value: on}}], on_bad_input: trip}}
"""
    plan = plan_of(tmp_path, devices, PANEL)
    assert plan.site.rollback == Rollback(devices=2, share=20.0, within_s=300.0)
    assert {point.name: point.command.reassert_s for point in plan.points if point.command is not None} == {
        "a": 900.0, "b": 900.0, "c": None, "mode": 900.0, "timer": 900.0, "state": 900.0,
    }  # fmt: skip
    (watched,) = [rule.spec for rule in plan.rules if isinstance(rule.spec, Supervision)]
    assert (watched.start_s, watched.stop_s) == (10.0, 15.0)
    assert plan.restart is None
    (tmp_path / "site.yaml").write_text(
        SITE.replace("label: 站", "label: 站\n  restart: {}") + devices, encoding="utf-8"
    )
    restart = compiled(tmp_path).restart
    assert restart is not None
    assert (restart.after_s, restart.stagger_s) == (30.0, 5.0)


@pytest.mark.parametrize(
    ("written", "unheard"),
    [
        ("{after: 60 s, goes_to: off}", Unheard("timer", 60, False, set_up=((4, 60.0), (5, False)))),
        ("{after: 5 s, goes_to: on}", Unheard("timer", 5, True, set_up=((4, 5.0), (5, True)))),
        ("{holds_last: true, accepted: 好}", Unheard("holds-last", accepted="好", set_up=((4, 0.0),))),
    ],
)
def test_unheard(tmp_path: Path, written: str, unheard: Unheard) -> None:
    site = f"devices:\n  d: {{profile: p, line: T1, unit: 1, label: x, if_unheard: {written}}}\n"
    assert plan_of(tmp_path, site, PANEL).devices[0].unheard == unheard


def test_a_fixed_reaction_is_lowered_by_what_it_applies_to(tmp_path: Path) -> None:
    profile = PANEL.replace("goes_to: any, to: state", "goes_to: auto").replace(
        "applies: [a, b]", "applies: [mode]"
    )
    site = (
        "devices:\n  d: {profile: p, line: T1, unit: 1, label: x, if_unheard: {after: 60 s, goes_to: auto}}\n"
    )
    unheard = plan_of(tmp_path, site, profile).devices[0].unheard
    assert unheard == Unheard("timer", 60, 1, set_up=((4, 60.0),))


EQUIPMENT = f"""
devices:
  d: {{profile: p, line: T1, unit: 1, label: x, {ACCEPT}, tags: [panel]}}
equipment:
  fan:
    kind: fan
    label: 风机
    place: 屋顶
    tags: [roof]
    permit: d.a
    run_cmd: d.b
    run_fb: d.c
    rated: 1500 W
    min_on: 3 min
    min_off: 1 min
    max_off: 40 min
    starts_per_hour: 6
    safe: off
    facts: {{flow: 10000 m³/h, blades: 6}}
"""


def test_equipment(tmp_path: Path) -> None:
    fan = plan_of(tmp_path, EQUIPMENT, PANEL).equipment[0]
    assert fan.roles == (("permit", 0), ("run_cmd", 1), ("run_fb", 2))
    assert (fan.primary, fan.rated_kw, fan.safe) == (0, 1.5, False)
    assert (fan.min_on_s, fan.min_off_s, fan.max_off_s, fan.starts_per_hour) == (180, 60, 2400, 6)
    assert fan.facts == (("flow", 10000.0), ("blades", 6.0))
    assert (fan.source.line, fan.place, fan.tags) == (14, "屋顶", ("roof",))


def test_programmes(tmp_path: Path) -> None:
    schedule = """
a:
  label: 一
  targets: [{tag: roof}, d.c]
  slot: 14
  priority: 3
  default: off
  week:
    workday:
      - {from: "22:30", to: "06:00", value: on}
      - {from: sunrise + 1 h, to: sunset, value: release}
    inspection: []
  exceptions:
    - {dates: "2026-10-01..2026-10-07，2026-12-31", like: dayoff, reason: 节}
    - {dates: 2027-01-01, periods: [{from: 00:00, to: 24:00, value: on}], from_midnight: true}
  untrusted_clock: release
  effective: 2026-01-01..2026-12-31
b: {label: 二, targets: d.mode, week: {everyday: [{from: 08:00, to: 09:00, value: auto}]}}
"""
    (tmp_path / "schedules").mkdir()
    (tmp_path / "schedules" / "s.yaml").write_text(schedule, encoding="utf-8")
    calendar = "kinds: [inspection]\ndays:\n  - {dates: 2026-11-11, kind: inspection, reason: 查}\n"
    plan = plan_of(tmp_path, EQUIPMENT, PANEL, calendar=calendar)
    first, second = plan.programmes
    assert (first.targets, first.slot, first.priority) == ((0, 2), 14, 3)
    assert (first.default, first.has_default, first.untrusted, first.has_untrusted) == (
        False,
        True,
        None,
        True,
    )
    assert (second.default, second.has_default, second.has_untrusted) == (None, False, False)
    assert second.week[0].periods[0].value == 1
    night, day = first.week[0].periods
    assert (night.start, night.end, night.value) == (
        TimeMark("clock", 81_000),
        TimeMark("clock", 21_600),
        True,
    )
    assert (day.start, day.end, day.value) == (TimeMark("sunrise", 3600), TimeMark("sunset", 0), None)
    assert str(night.source) == "schedules/s.yaml:10:9"
    assert first.week[1].kind == "inspection"
    holiday, new_year = first.exceptions
    assert holiday.dates == (DateRange("2026-10-01", "2026-10-07"), DateRange("2026-12-31", "2026-12-31"))
    assert (holiday.like, holiday.reason, holiday.from_midnight) == ("dayoff", "节", False)
    assert (new_year.like, new_year.from_midnight, new_year.periods[0].end.seconds) == (None, True, 86_400)
    assert first.effective == (DateRange("2026-01-01", "2026-12-31"),)
    assert plan.calendar.own_kinds == ("inspection",)
    assert [(entry.dates.first, entry.kind) for entry in plan.calendar.entries] == [
        ("2026-11-11", "inspection")
    ]


def test_hash_follows_content(tmp_path: Path) -> None:
    site = "devices:\n  d: {profile: p, line: T1, unit: 1, label: x}\n"
    profile = "points:\n  a: {label: x, at: coil 1, poll: 1 s}\n"
    first = plan_of(tmp_path, site, profile)
    assert plan_of(tmp_path, site, profile) == first
    assert plan_of(tmp_path, site, profile.replace("1 s", "2 s")).hash != first.hash
    assert [name for name, _ in first.files] == ["profiles/p.yaml", "site.yaml"]


def test_a_large_site_is_checked_in_time(tmp_path: Path) -> None:
    """64 devices of 22 to 96 points, without the program's start, which test_program measures."""
    profiles = ["acrel-adw300", "chint-dtsu666", "grey-water-plant", "relay-8"]
    lines = "".join(
        f"  d{number}: {{profile: {profiles[number % 4]}, line: T1, unit: {number + 1}, label: x"
        f"{', ' + ACCEPT if number % 4 > 1 else ''}}}\n"
        for number in range(64)
    )
    begin = time.process_time()
    plan = plan_of(tmp_path, f"devices:\n{lines}")
    assert time.process_time() - begin < 1.5
    assert len(plan.devices) == 64


TAIL = "[{from: 22:00, to: 06:00, value: on}, {from: 05:00, to: 07:00, value: off}]"


@pytest.mark.parametrize(
    ("written", "fits"),
    [
        (f"week: {{monday: {TAIL}}}", True),
        (f"week: {{everyday: {TAIL}}}", False),
        (f"week: {{holiday: {TAIL}}}", False),
        (f"exceptions: [{{dates: 2026-01-01, periods: {TAIL}}}]", True),
        (f"exceptions: [{{dates: 2026-01-01..2026-01-02, periods: {TAIL}}}]", False),
    ],
)
def test_a_tail_meets_only_the_morning_that_can_follow(tmp_path: Path, written: str, fits: bool) -> None:
    site = f"{EQUIPMENT}programmes:\n  p: {{label: x, targets: fan, {written}}}\n"
    if fits:
        assert plan_of(tmp_path, site, PANEL).programmes
    else:
        with pytest.raises(AssertionError, match="this period overlaps with that of line"):
            plan_of(tmp_path, site, PANEL)
