"""What bookings make of the days to come: from a table, or from the daemon's own database."""

from __future__ import annotations

import json
from datetime import date
from pathlib import Path

import pytest

from controller.cli import preview_tables
from controller.cli.main import main
from controller.cli.preview_groups import groups
from controller.cli.preview_source import bookings
from controller.store.control import Changes, ControlStore
from schedules.preview import foresee
from tests.controller.house import booked_house
from tests.schedules.build import booking

SITE = """
site: {name: hall, label: 大厅, place: {time_zone: Asia/Shanghai, latitude: 30.574, longitude: 103.923}}
lines: {T1: {transport: modbus-tcp, host: 10.0.0.11}}
devices:
  relays: {profile: relay-8, line: T1, unit: 1, label: 继电器, if_unheard: {holds_last: true, accepted: 试验}}
equipment:
  lamp: {kind: lamp-group, label: 灯, switch: relays.ch1}
places:
  hall: {label: 会议大厅}
programmes:
  lamp: {label: 照明, targets: lamp, default: off, untrusted_clock: on,
    bookings: [{place: hall, before: 45 min, value: on}]}
"""
EVENTS = [
    booking("hall", "2026-03-05 13:30", "17:00", "Li"),
    booking("hall", "2026-03-06 13:30", "17:00", "Li"),
    booking("hall", "2026-03-07 09:00", "12:00", "Li"),
]


def test_days_with_other_hours_are_shown_apart(capsys: pytest.CaptureFixture[str]) -> None:
    foreseen = foresee(booked_house(), date(2026, 3, 5), 4, EVENTS)
    preview_tables.preview(foreseen, groups(foreseen, "lamp"), "en", details=True)
    lines = capsys.readouterr().out.splitlines()
    letters = [line.split()[-1] for line in lines if line[:3] == "03-"]
    assert letters == ["a", "a", "b", "c"]
    said = " ".join(" ".join(lines).split())
    assert "a 12:45 60 hall booked 13:30-17:00 (Li), from 45 min before to 15 min after" in said
    assert "b 08:15 60 hall booked 09:00-12:00 (Li), from 45 min before to 15 min after" in said


def test_the_command_takes_a_table_or_what_the_daemon_has(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    site, table = tmp_path / "site", tmp_path / "events.csv"
    site.mkdir()
    (site / "site.yaml").write_text(SITE, encoding="utf-8")
    table.write_text("地点,日期,开始,结束\n会议大厅,2026-03-05,09:00,10:00\n", encoding="utf-8")
    with pytest.raises(SystemExit):
        main(["preview", str(site), "--from", "2026-03-05", "--days", "1", "--events", str(table), "--json"])
    (point,) = json.loads(capsys.readouterr().out)["points"]
    assert [(span["from"][11:16], span["value"]) for span in point["spans"]] == [
        ("00:00", False), ("08:15", True), ("10:00", False),
    ]  # fmt: skip
    assert bookings([site], None, None, booked_house()) == ()
    store = ControlStore.open(_made(site / "data"), EVENTS[0].start_ms)
    store.commit(Changes(EVENTS[0].start_ms, booked=tuple(EVENTS))).result(10)
    store.close()
    assert list(bookings([site], None, None, booked_house())) == EVENTS
    assert list(bookings([], site / "data", None, booked_house())) == EVENTS


def _made(folder: Path) -> Path:
    folder.mkdir()
    return folder
