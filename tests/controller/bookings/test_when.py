"""Times of bookings as people type them."""

from __future__ import annotations

from dataclasses import replace

import pytest

from config.language import render
from config.plan.devices import Source
from config.plan.places import Place
from controller.bookings.when import begin, place_named, span
from controller.decide.records import Refused
from schedules.local import LocalTime
from tests.controller.house import house
from tests.schedules.build import local

SHANGHAI, BERLIN = "Asia/Shanghai", "Europe/Berlin"
AT = Source("site.yaml", 1, 1)


@pytest.mark.parametrize(
    ("written", "start", "end"),
    [
        ("2026-03-05 13:30-17:00", "2026-03-05 13:30", "2026-03-05 17:00"),
        ("2026-03-05 22:00-01:00", "2026-03-05 22:00", "2026-03-06 01:00"),
        ("2026-03-05 20:00-08:00", "2026-03-05 20:00", "2026-03-06 08:00"),
        ("2026-03-05 08:00-24:00", "2026-03-05 08:00", "2026-03-06 00:00"),
        ("2026-03-05 08:00-00:00", "2026-03-05 08:00", "2026-03-06 00:00"),
        ("2026-03-05 11:30 - 2026-03-06 10:30", "2026-03-05 11:30", "2026-03-06 10:30"),
        ("2026-03-05 22:00-24:00", "2026-03-05 22:00", "2026-03-06 00:00"),
        ("2026-03-05 22:00-00:00", "2026-03-05 22:00", "2026-03-06 00:00"),
        ("2026-03-05 09:00 - 2026-03-06 17:00", "2026-03-05 09:00", "2026-03-06 17:00"),
        ("2026-03-05T09:00-2026-03-06T17:00", "2026-03-05 09:00", "2026-03-06 17:00"),
        (" 2026/3/5 8:30 – 9:00 ", "2026-03-05 08:30", "2026-03-05 09:00"),
        ("２０２６-03-05　13：30～17：00", "2026-03-05 13:30", "2026-03-05 17:00"),
    ],
)
def test_times(written: str, start: str, end: str) -> None:
    found = span(written, LocalTime(SHANGHAI))
    assert (local(found.start_ms), local(found.end_ms)) == (start, end)


@pytest.mark.parametrize(
    ("written", "zone", "words"),
    [
        (
            "tomorrow",
            SHANGHAI,
            '"tomorrow" is no time of a booking; write 2026-03-05 13:30',
        ),
        ("2026-03-05 13:30", SHANGHAI, "is no time of a booking"),
        ("2026-02-30 13:30-17:00", SHANGHAI, '"2026-02-30" is not in the calendar'),
        ("2026-03-05 13:60-17:00", SHANGHAI, '"13:60" is no time of day'),
        ("2026-03-05 13:30-25:00", SHANGHAI, '"25:00" is no time of day'),
        ("2026-03-05 13:30-13:30", SHANGHAI, "it ends when it begins"),
        (
            "2026-03-05 11:30-10:30",
            SHANGHAI,
            (
                '"11:30-10:30" would end on the next day; if that is meant, write both dates: '
                "2026-03-05 11:30 - 2026-03-06 10:30"
            ),
        ),
        ("2026-03-05 19:59-08:00", SHANGHAI, "would end on the next day"),
        ("2026-03-05 13:30 - 2026-03-05 13:00", SHANGHAI, "ends before it begins"),
        ("2026-03-05 13:30 - 2026-04-30 13:00", SHANGHAI, "is longer than 31 days"),
        ("1026-03-05 13:30-17:00", SHANGHAI, "is not of this century"),
        # What a spring-forward night skips nobody can mean.
        ("2026-03-29 02:30-04:00", BERLIN, "2026-03-29 has no 02:30: clocks are put forward over it"),
        ("2026-03-28 23:00-02:00", BERLIN, "2026-03-29 has no 02:00"),
    ],
)
def test_what_is_no_time(written: str, zone: str, words: str) -> None:
    with pytest.raises(Refused) as refused:
        span(written, LocalTime(zone))
    assert words in str(refused.value)
    assert render(refused.value.text, "zh_CN") != str(refused.value), "in Chinese too"


def test_an_hour_that_comes_twice_is_meant_the_first_time() -> None:
    found = span("2026-10-25 02:30-03:00", LocalTime(BERLIN))
    assert found.end_ms - found.start_ms == 90 * 60_000


def test_the_beginning_alone() -> None:
    zone = LocalTime(SHANGHAI)
    assert begin("2026-03-05 13:30", zone) == span("2026-03-05 13:30-17:00", zone).start_ms
    assert begin("2026-03-05 13:30-17:00", zone) is None


def test_places_by_name_and_label() -> None:
    plan = replace(house(), places=(Place("hall", "会议大厅", AT), Place("room-1", "", AT)))
    assert place_named(plan, "hall") is place_named(plan, " 会议 大厅") is plan.places[0]
    for written, words in (
        ("hal", 'no place named hal; did you mean "会议大厅 (hall)"?'),
        ("zzz", "no place named zzz; there are hall, room-1"),
    ):
        with pytest.raises(Refused) as refused:
            place_named(plan, written)
        assert str(refused.value) == words
    with pytest.raises(Refused, match='the site declares none in its section "places"'):
        place_named(house(), "hall")
