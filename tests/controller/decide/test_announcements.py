"""The alarm that next year's days off are not known: when it begins, and when it ends."""

from __future__ import annotations

from datetime import date

import pytest

from config.plan.clock import Now
from config.plan.programmes import CalendarEntry, CalendarPlan
from controller.decide.announcements import Announcements, unannounced_year
from controller.decide.step import Step
from schedules.calendar import Calendar
from tests.controller.house import house
from tests.controller.rig import Rig
from tests.schedules.build import at, context, entry

WRITTEN = (entry("2027-01-01..2027-01-03", "holiday"), entry("2027-10-01..2027-10-07", "holiday"))


@pytest.mark.parametrize(
    ("day", "country", "entries", "year"),
    [
        ("2026-11-30", "CN", (), None),
        ("2026-12-01", "CN", (), 2027),
        ("2026-12-31", "CN", (), 2027),
        ("2027-01-01", "CN", (), 2027),
        ("2025-12-31", "CN", (), None),
        ("2026-12-01", "none", (), None),
        ("2026-12-01", "CN", WRITTEN, None),
        # New Year alone is not the notice.
        ("2026-12-01", "CN", WRITTEN[:1], 2027),
        ("2027-06-01", "CN", WRITTEN, None),
        ("2027-12-01", "CN", WRITTEN, 2028),
    ],
)
def test_which_year_is_not_known(
    day: str, country: str, entries: tuple[CalendarEntry, ...], year: int | None
) -> None:
    calendar = Calendar(CalendarPlan(country, (), entries))  # type: ignore[arg-type]
    assert unannounced_year(calendar, date.fromisoformat(day)) == year


def told(announcements: Announcements, moment: str, *, trusted: bool = True) -> list[tuple[str, bool]]:
    step = Step(at(moment))
    announcements.look(Now(at(moment), 0, trusted), step)
    return [(notice.kind, notice.on) for notice in step.notices]


def test_it_is_told_once_and_ends_with_a_clock_that_was_wrong() -> None:
    announcements = Announcements(context())
    assert told(announcements, "2026-11-30 23:59") == []
    assert announcements.wake_ms() == at("2026-12-01 00:00")
    assert told(announcements, "2026-12-01 00:00") == [("calendar", True)]
    assert announcements.wake_ms() == at("2027-01-01 00:00")
    assert told(announcements, "2026-12-01 00:01") == []
    assert told(announcements, "2027-01-01 00:00") == []
    assert told(announcements, "2026-11-01 08:00", trusted=False) == []
    assert told(announcements, "2026-11-01 08:00") == [("calendar", False)]


def test_it_begins_again_at_a_start_and_not_where_the_days_are_written() -> None:
    assert told(Announcements(context()), "2026-12-05 08:00") == [("calendar", True)]
    written = Announcements(context(calendar=CalendarPlan("CN", (), WRITTEN)))
    assert told(written, "2026-12-05 08:00") == []


def test_the_cycle_tells_it() -> None:
    made = Rig(house(), at("2026-11-30 23:59"))
    assert not [notice for notice in made.step().notices if notice.kind == "calendar"]
    (notice,) = [notice for notice in made.step(60).notices if notice.kind == "calendar"]
    assert notice.on
    assert "2027" in str(notice.text)
    assert not [notice for notice in made.step(3600).notices if notice.kind == "calendar"]
