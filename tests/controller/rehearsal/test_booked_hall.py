"""A hall that is booked every other day, ahead of time: people come by the bookings, lamps follow them, and
the air handler learns how early it has to begin."""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest

from config.plan.clock import Now
from config.plan.reading import Reading, Value
from config.plan.site import Plan
from controller.cli.event_source import of_table
from controller.cli.main import main
from controller.cli.rehearse_source import field_of
from controller.cli.speech import Failure, set_language
from controller.clock import VirtualClock
from controller.consumption.records import Interval
from controller.decide.step import Step
from controller.rehearsal.loop import Rehearsal
from schedules.context import Context
from tests.drivers.simulators import sites
from tests.schedules.build import at, booking

SITE = """
site: {name: hall, label: 大厅, place: {time_zone: Asia/Shanghai, latitude: 30.574, longitude: 103.923}}
lines:
  T1: {transport: modbus-tcp, host: 10.0.0.11}
  B1: {transport: bacnet-ip, bind: 10.0.0.2}
devices:
  relays: {profile: relay-8, line: T1, unit: 1, label: 继电器, if_unheard: {holds_last: true, accepted: 试验}}
  air: {profile: bacnet-air-handler, line: B1, instance: 1021, address: 10.0.0.12, label: 空调,
    plant: {place: hall, volume: 3000, seats: 200}, if_unheard: {holds_last: true, accepted: 试验}}
equipment:
  lamp: {kind: lamp-group, label: 灯, rated: 2 kW, switch: relays.ch1}
  ahu: {kind: air-handler, label: 空调, rated: 15 kW, mode: air.mode, setpoint: air.setpoint,
    return_temperature: air.return_temperature, co2: air.co2, run_fb: air.run_fb}
places:
  hall: {label: 会议大厅}
programmes:
  lamp: {label: 照明, targets: lamp, default: off, untrusted_clock: on,
    bookings: [{place: hall, before: 45 min, after: 15 min, value: on}]}
  setpoint: {label: 温度, targets: ahu.setpoint, default: 22 °C}
rules:
  early: {kind: optimum_start, label: 提前启动, places: [hall],
    then: [{target: ahu, value: auto, otherwise: off}], temperature: ahu.return_temperature,
    heat_to: 20 °C, at_most: 3 h, on_bad_input: trip}
"""
DAYS = [datetime(2026, 1, 5, tzinfo=UTC) + timedelta(days=2 * number) for number in range(6)]
EVENTS = [booking("hall", f"{day:%Y-%m-%d} 09:00", "12:00") for day in DAYS]


@cache
def hall() -> tuple[Plan, dict[str, Any]]:
    with TemporaryDirectory() as folder:
        Path(folder, "site.yaml").write_text(SITE, encoding="utf-8")
        return sites.compiled(Path(folder))


class Watcher:
    """The course of some points by the minute of each day."""

    def __init__(self, plan: Plan, *keys: str) -> None:
        found = [plan.point_named(key) for key in keys]
        self.points = {key: point.id for key, point in zip(keys, found, strict=True) if point is not None}
        self.seen: dict[str, dict[int, Value | None]] = {key: {} for key in keys}

    def look(self, now: Now, _: Step, readings: Sequence[Reading]) -> None:
        for key, point in self.points.items():
            self.seen[key][now.wall_ms] = readings[point].value

    def intervals(self, rows: Sequence[Interval]) -> None:
        pass

    def at(self, key: str, day: datetime, clock: str) -> Any:
        return self.seen[key][at(f"{day:%Y-%m-%d} {clock}")]

    def minutes(self, key: str, day: datetime, value: Value) -> int:
        """In which it was so before nine."""
        nine = at(f"{day:%Y-%m-%d} 09:00")
        return sum(self.seen[key][nine - minute * 60_000] == value for minute in range(1, 400))


def test_a_hall_that_is_booked_every_other_day() -> None:
    plan, facts = hall()
    clock = VirtualClock(at("2026-01-05 00:00"))
    field = field_of(plan, facts, clock, 60.0, 1, (), EVENTS)
    watcher = Watcher(plan, "ahu.mode", "ahu.return_temperature", "air.co2", "lamp.switch")
    rehearsal = Rehearsal(plan, Context.of(plan, EVENTS), field, clock, 60.0)
    rehearsal.run(at("2026-01-16 13:00"), (watcher,))
    for day in DAYS[:5]:
        assert watcher.at("air.co2", day, "11:00") > 800, "people are in the booked hall"
        assert watcher.at("air.co2", day + timedelta(days=1), "11:00") < 700, "and in none that is not"
        assert 44 <= watcher.minutes("lamp.switch", day, True) <= 45
    begun = [watcher.minutes("ahu.mode", day, 3) for day in DAYS]
    assert begun[0] > 60, "it was assumed that a kelvin takes 20 min"
    assert all(5 <= minutes < begun[0] / 2 for minutes in begun[3:])
    warm = [watcher.at("ahu.return_temperature", day, "09:00") for day in DAYS]
    assert warm[0] > 21
    assert all(room == pytest.approx(20.0, abs=0.7) for room in warm[4:])
    (learned,) = [one.memory for one in rehearsal.engine.remembered().rules if one.rule == "early"]
    assert learned["heat-n"] == 6
    assert all(150 < float(lesson) < 300 for lesson in str(learned["heat"]).split())


def test_the_command_takes_a_table(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    Path(tmp_path, "site.yaml").write_text(SITE, encoding="utf-8")
    table = tmp_path / "events.csv"
    table.write_text("place,date,from,to\nhall,2026-01-05,09:00,12:00\n", encoding="utf-8")
    with pytest.raises(SystemExit) as ended:
        main(["rehearse", str(tmp_path), "--from", "2026-01-05", "--days", "1", "--cycle", "60s",
              "--events", str(table), "--json", "--lang", "en"])  # fmt: skip
    switched = {row["point"]: row["switched"] for row in json.loads(capsys.readouterr().out)["commanded"]}
    assert (ended.value.code or 0, switched["relays.ch1"], switched["air.mode"]) == (0, 2, 2)


def test_a_table_with_mistakes_tells_them_all(tmp_path: Path) -> None:
    table = tmp_path / "events.csv"
    table.write_text("place,date,from,to\nhal,2026-01-05,09:00,12:00\nhall,2026-01-05,0900,12:00\n")
    set_language("en")
    with pytest.raises(Failure) as failure:
        of_table(table, hall()[0])
    assert str(failure.value.hint).splitlines() == [
        'events.csv:2: no place named hal; did you mean "会议大厅 (hall)"?',
        'events.csv:3: "0900" is no time of day; write 13:30',
    ]
    with pytest.raises(Failure, match="cannot open"):
        of_table(tmp_path / "none.csv", hall()[0])
