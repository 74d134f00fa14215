"""What optimum start says of times that are of another day."""

from __future__ import annotations

from config.language import render
from config.language.reasons import reason
from tests.controller.decide.rules.test_optimum_start import say
from tests.schedules.build import at, booking


def test_a_time_of_another_day_has_its_date() -> None:
    """A booking over midnight ends on another day, and the people of one early in the morning come on the day
    after it has begun for them. What is said does not change at midnight."""
    long = (booking("hall", "2026-03-05 23:00", "2026-03-06 16:00"),)
    for minute in ("2026-03-05 23:30", "2026-03-06 09:00"):
        words = say(at(minute), 21.0, bookings=long).outcome.requests[0][1].reason
        assert str(words) == "early: people are there until 2026-03-06 16:00"
        assert render(reason(str(words)), "zh_CN") == render(words, "zh_CN")
    night = (booking("hall", "2026-03-06 01:00", "04:00"),)
    for minute in ("2026-03-05 23:30", "2026-03-06 00:30"):
        words = say(at(minute), 10.0, {"early": True}, bookings=night).outcome.requests[0][1].reason
        assert "before people come at 2026-03-06 01:00" in str(words)
        assert render(reason(str(words)), "zh_CN") == render(words, "zh_CN")
    (remark,) = say(at("2026-03-05 12:00"), 21.0, bookings=night).outcome.remarks
    assert str(remark) == "people come at 2026-03-06 01:00; the room is as it should be"
