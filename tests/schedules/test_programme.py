"""Programmes, as a table: this programme, at this local minute, says this, until then."""

from __future__ import annotations

from datetime import date

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from config.language import render
from config.language.reasons import reason
from config.plan.programmes import CalendarPlan, Programme
from config.plan.reading import Value
from schedules.bookings import Bookings
from schedules.programme import HORIZON_DAYS, Days, Rank, Verdict, evaluate, untrusted
from tests.many import many
from tests.schedules.build import at, booked, booking, context, entry, exception, local, programme
from tests.schedules.drawn import Drawn, places_with_programmes
from tests.schedules.reference import MINUTE_MS, walk

CORRIDOR = programme(
    {"workday": [("08:00-12:00", 80.0), ("12:00-14:00", 30.0), ("14:00-18:30", 80.0)]},
    default=10.0,
    exceptions=[exception("2026-12-31", "dayoff")],
    untrusted=80.0,
)
STREET = programme({"everyday": [("sunset+10~23:00", 100.0), ("23:00~sunrise-10", 40.0)]}, untrusted=100.0)
NIGHT = programme({"friday": [("22:00-06:00", 1.0)], "everyday": [("05:00-07:00", 2.0)]}, default=0.0)
FESTIVAL = programme(
    {"everyday": [("22:00-06:00", 40.0)]},
    exceptions=[
        exception("2026-10-01", own=[("20:00-24:00", 100.0)], from_midnight=True),
        exception("2026-10-02", own=[("20:00-24:00", 90.0)]),
        exception("2026-10-01..2026-10-02", own=[("00:00-24:00", 5.0)]),
    ],
)
SUMMER = programme({"everyday": [("22:00-06:00", True)]}, default=False, effective="2026-06-01..2026-08-31")
RELEASE = programme({"workday": [("12:00-13:00", None)], "everyday": [("00:00-24:00", 1.0)]}, default=9.0)
FEAST = programme(
    {"everyday": [("22:00-06:00", 40.0)]},
    exceptions=[exception("2026-10-01", own=[("20:00-24:00", 100.0)], from_midnight=True)],
    default=5.0,
)
INSPECTED = programme({"workday": [("08:00-12:00", 80.0)], "inspection": []}, default=0.0)
DAYS = programme(
    {kind: [("08:00-09:00", kind)] for kind in ("monday", "holiday", "workday", "dayoff", "everyday")}
)
FALLBACK = programme({"workday": [("08:00-09:00", "work")], "dayoff": [("08:00-09:00", "off")]})
TWO_NIGHTS = programme(
    {"friday": [("sunset+600~sunset+540", 1.0)]},
    exceptions=[exception("2026-03-08", own=[], from_midnight=True)],
    default=0.0,
)
SUN_EMPTY = programme({"everyday": [("sunset~19:00", 1.0)]}, default=0.0)

ROWS: list[tuple[Programme, str, bool, Value | None, Rank, str]] = [
    # An office corridor on a Thursday, and the same over the New Year.
    (CORRIDOR, "2026-03-05 07:59", True, 10.0, Rank.DEFAULT, "2026-03-05 08:00"),
    (CORRIDOR, "2026-03-05 08:00", True, 80.0, Rank.PERIOD, "2026-03-05 12:00"),
    (CORRIDOR, "2026-03-05 11:59", True, 80.0, Rank.PERIOD, "2026-03-05 12:00"),
    (CORRIDOR, "2026-03-05 12:00", True, 30.0, Rank.PERIOD, "2026-03-05 14:00"),
    (CORRIDOR, "2026-03-05 18:30", True, 10.0, Rank.DEFAULT, "2026-03-06 08:00"),
    (CORRIDOR, "2026-03-06 18:30", True, 10.0, Rank.DEFAULT, "2026-03-09 08:00"),
    (CORRIDOR, "2026-09-30 18:30", True, 10.0, Rank.DEFAULT, "2026-10-01 00:00"),
    (CORRIDOR, "2026-10-01 18:30", True, 10.0, Rank.DEFAULT, "2026-10-08 00:00"),
    (CORRIDOR, "2026-10-10 09:00", True, 80.0, Rank.PERIOD, "2026-10-10 12:00"),
    (CORRIDOR, "2026-12-31 09:00", True, 10.0, Rank.DEFAULT, "2027-01-01 00:00"),
    # Street lights: the night runs on until the sun of the next day.
    (STREET, "2026-01-01 18:22", False, None, Rank.DEFAULT, "2026-01-01 18:23"),
    (STREET, "2026-01-01 18:24", True, 100.0, Rank.PERIOD, "2026-01-01 23:00"),
    (STREET, "2026-01-01 23:00", True, 40.0, Rank.PERIOD, "2026-01-02 07:51"),
    (STREET, "2026-01-02 03:00", True, 40.0, Rank.PERIOD, "2026-01-02 07:51"),
    (STREET, "2026-01-02 07:52", False, None, Rank.DEFAULT, "2026-01-02 18:24"),
    # The tail of Friday's period beats Saturday's own until it ends.
    (NIGHT, "2026-03-07 05:30", True, 1.0, Rank.PERIOD, "2026-03-07 06:00"),
    (NIGHT, "2026-03-07 06:00", True, 2.0, Rank.PERIOD, "2026-03-07 07:00"),
    (NIGHT, "2026-03-08 05:30", True, 2.0, Rank.PERIOD, "2026-03-08 07:00"),
    # An exception from midnight ends the tail, one without lets it run on. A date's first exception holds.
    (FESTIVAL, "2026-09-30 23:00", True, 40.0, Rank.PERIOD, "2026-10-01 00:00"),
    (FESTIVAL, "2026-10-01 03:00", False, None, Rank.DEFAULT, "2026-10-01 20:00"),
    (FESTIVAL, "2026-10-01 21:00", True, 100.0, Rank.EXCEPTION, "2026-10-02 00:00"),
    (FESTIVAL, "2026-10-03 21:59", False, None, Rank.DEFAULT, "2026-10-03 22:00"),
    (FESTIVAL, "2026-10-03 23:00", True, 40.0, Rank.PERIOD, "2026-10-04 06:00"),
    # Friday's from 05:00 on Saturday to 04:00 on Sunday: whichever midnight it passes may end it.
    (TWO_NIGHTS, "2026-03-07 23:00", True, 1.0, Rank.PERIOD, "2026-03-08 00:00"),
    # Effective dates: nothing before them, the last night's tail after them, no default outside.
    (SUMMER, "2026-05-31 23:00", False, None, Rank.DEFAULT, "2026-06-01 00:00"),
    (SUMMER, "2026-06-01 00:00", True, False, Rank.DEFAULT, "2026-06-01 22:00"),
    (SUMMER, "2026-09-01 05:59", True, True, Rank.PERIOD, "2026-09-01 06:00"),
    (SUMMER, "2026-09-01 06:00", False, None, Rank.DEFAULT, "2026-09-16 00:00"),
    # Exactly one list: everyday says nothing at 00:00 of a workday that has a list of its own.
    (RELEASE, "2026-03-05 11:00", True, 9.0, Rank.DEFAULT, "2026-03-05 12:00"),
    (RELEASE, "2026-03-05 12:30", True, None, Rank.PERIOD, "2026-03-05 13:00"),
    (RELEASE, "2026-03-07 12:30", True, 1.0, Rank.PERIOD, "2026-03-09 00:00"),
    # Which list: holiday before Monday before workday.
    (DAYS, "2026-03-02 08:30", True, "monday", Rank.PERIOD, "2026-03-02 09:00"),
    (DAYS, "2026-03-03 08:30", True, "workday", Rank.PERIOD, "2026-03-03 09:00"),
    (DAYS, "2026-03-07 08:30", True, "dayoff", Rank.PERIOD, "2026-03-07 09:00"),
    (DAYS, "2026-02-16 08:30", True, "holiday", Rank.PERIOD, "2026-02-16 09:00"),
    (DAYS, "2026-02-28 08:30", True, "workday", Rank.PERIOD, "2026-02-28 09:00"),
    (FALLBACK, "2026-10-05 08:30", True, "off", Rank.PERIOD, "2026-10-05 09:00"),
    (FALLBACK, "2026-09-20 08:30", True, "work", Rank.PERIOD, "2026-09-20 09:00"),
    # "sunset to 19:00" is short in winter and empty in summer.
    (SUN_EMPTY, "2026-01-01 18:30", True, 1.0, Rank.PERIOD, "2026-01-01 19:00"),
    (SUN_EMPTY, "2026-06-21 20:30", True, 0.0, Rank.DEFAULT, "2026-07-06 00:00"),
]  # fmt: skip


@pytest.mark.parametrize(("what", "minute", "asks", "value", "rank", "until"), ROWS)
def test_at_this_minute(
    what: Programme, minute: str, asks: bool, value: Value | None, rank: Rank, until: str
) -> None:
    verdict = evaluate(what, context(), at(minute))
    assert (verdict.asks, verdict.value, verdict.rank, local(verdict.until_ms)) == (asks, value, rank, until)


def test_reasons_name_the_day_and_the_period() -> None:
    def reason(minute: str, what: Programme = CORRIDOR) -> str:
        return str(evaluate(what, context(), at(minute)).reason)

    assert reason("2026-03-05 09:00") == "workday 08:00-12:00"
    assert reason("2026-03-05 19:00") == "outside its periods"
    assert reason("2027-03-04 09:00") == "workday, days off not announced yet, 08:00-12:00"
    assert reason("2026-03-05 20:00", STREET) == "every day sunset + 10 min-23:00"
    assert reason("2026-10-01 21:00", FESTIVAL) == "exception: test 20:00-24:00"
    assert reason("2026-05-01 21:00", SUMMER) == "outside its effective dates"


@pytest.mark.parametrize(
    ("what", "minute", "said", "line"),
    [
        (CORRIDOR, "2026-12-31 10:00", "exception: test (like day off)", 50),
        (CORRIDOR, "2026-10-01 10:00", "holiday", 1),
        (CORRIDOR, "2026-03-07 10:00", "", 1),
        (CORRIDOR, "2026-10-10 19:00", "", 1),
        (FEAST, "2026-10-01 03:00", "exception: test", 50),
        (INSPECTED, "2026-03-06 09:00", "inspection", 1),
    ],
)
def test_what_has_made_it_the_default_is_named(what: Programme, minute: str, said: str, line: int) -> None:
    """An exception, a holiday or an own kind of day, where a plain weekday would have its own word."""
    calendar = CalendarPlan("CN", ("inspection",), (entry("2026-03-06", "inspection"),))
    found = evaluate(what, context(calendar=calendar), at(minute))
    assert str(found.reason) == (f"outside its periods ({said})" if said else "outside its periods")
    assert (found.rank, found.source.line) == (Rank.DEFAULT, line)
    assert render(reason(str(found.reason)), "zh_CN") == render(found.reason, "zh_CN")


def test_the_sites_own_kind_of_day_beats_a_holiday() -> None:
    calendar = CalendarPlan("CN", ("inspection",), (entry("2026-10-01", "inspection"),))
    shown = programme({"inspection": [("00:00-24:00", 100.0)], "holiday": [("00:00-24:00", 5.0)]})
    assert evaluate(shown, context(calendar=calendar), at("2026-10-01 08:00")).value == 100.0
    assert evaluate(CORRIDOR, context(calendar=calendar), at("2026-10-01 09:00")).value == 10.0


def test_an_untrusted_clock_asks_for_what_is_declared_or_nothing() -> None:
    assert untrusted(STREET, 0)[:3] == (True, 100.0, Rank.DEFAULT)
    assert untrusted(SUMMER, 0)[:2] == (False, None)


def test_street_lights_in_the_far_north() -> None:
    """In the polar night they burn round the clock; in the polar day what the sun commands stays dark."""
    north = context("Europe/Oslo", 69.65, 18.96)
    lamps = programme({"everyday": [("sunset~sunrise", 100.0)]})
    for hour in range(24):
        assert evaluate(lamps, north, at(f"2026-01-05 {hour:02}:30", "Europe/Oslo")).asks
        assert not evaluate(lamps, north, at(f"2026-06-21 {hour:02}:30", "Europe/Oslo")).asks


@pytest.mark.parametrize(
    ("utc", "value"),
    [
        ("2026-03-29 00:59", 0.0),
        ("2026-03-29 01:00", 1.0),  # 02:30 does not exist: its period begins at 03:00 summer time
        ("2026-03-29 01:29", 1.0),
        ("2026-03-29 01:30", 0.0),
        ("2026-10-25 00:29", 0.0),
        ("2026-10-25 00:30", 1.0),  # 02:30 the first time
        ("2026-10-25 01:30", 1.0),  # 02:30 again: still the same period
        ("2026-10-25 02:29", 1.0),
        ("2026-10-25 02:30", 0.0),
    ],
)
def test_clocks_that_change(utc: str, value: float) -> None:
    what = programme({"everyday": [("02:30-03:30", 1.0)]}, default=0.0)
    assert evaluate(what, context("Europe/Berlin", 52.5, 13.4), at(utc, "UTC")).value == value


@settings(max_examples=many(100))
@given(drawn=places_with_programmes(1))
def test_against_a_minute_by_minute_reading_of_the_rules(drawn: Drawn) -> None:
    zone, *_, start = drawn.place
    first, what = date.fromisoformat(start), drawn.programmes[0]
    place_context = drawn.context()
    names_of = {rank: rank.name.lower().replace("_", " ") for rank in Rank}
    verdict = None
    for wall_ms, said in walk(what, place_context, first, 3):
        # Asked anew only where it said that something changes: so `until_ms` is tested to the minute.
        if verdict is None or wall_ms >= verdict.until_ms:
            changes = verdict is not None and verdict.until_ms < wall_ms - MINUTE_MS
            assert not changes
            verdict = evaluate(what, place_context, wall_ms)
            assert verdict.until_ms > wall_ms
        assert (verdict.asks, verdict.value, names_of[verdict.rank]) == said, local(wall_ms, zone)


@settings(max_examples=many(60))
@given(drawn=places_with_programmes(1), minutes=st.lists(st.integers(-5 * 1440, 25 * 1440), max_size=12))
def test_one_that_was_asked_before_says_what_one_asked_for_the_first_time_says(
    drawn: Drawn, minutes: list[int]
) -> None:
    zone, *_, start = drawn.place
    place_context, first = drawn.context(), at(f"{start} 00:00", zone)
    days, unbooked = Days(drawn.programmes[0], place_context), place_context._replace(bookings=Bookings(()))
    for number, minute in enumerate(minutes):
        days.rebook(unbooked if number % 3 == 1 else place_context)
        wall_ms = first + minute * MINUTE_MS
        assert days.verdict(wall_ms) == evaluate(drawn.programmes[0], days.context, wall_ms)
        assert len(days._own) <= 5, "no more than the days around"


@settings(max_examples=many(100))
@given(
    minute=st.integers(0, 40 * 1440),
    what=st.sampled_from([CORRIDOR, STREET, NIGHT, FESTIVAL, SUMMER, RELEASE]),
)
def test_until_is_the_very_next_change(minute: int, what: Programme) -> None:
    start = at("2026-09-20 00:00") + minute * MINUTE_MS
    said = evaluate(what, context(), start)
    before = evaluate(what, context(), said.until_ms - 1)
    after = evaluate(what, context(), said.until_ms)

    def told(found: Verdict) -> tuple[object, ...]:
        why = found.reason if found.rank is Rank.DEFAULT and found.asks else None
        return found.asks, found.value, found.rank, found.source, why

    assert told(before) == told(said)
    assert told(after) != told(said) or said.until_ms - start > (HORIZON_DAYS - 1) * 86_400_000


HALL = programme({"workday": [("08:00-12:00", 1.0)]}, default=0.0, bookings=[booked("hall", 2.0, 45, 15)])
CLEANED = programme(
    {"everyday": [("00:00-24:00", 1.0)]},
    exceptions=[
        exception("2026-03-06", own=[("10:00-11:00", 5.0)]),
        exception("2026-03-07", "dayoff", over_bookings=True),
        exception("2026-03-08", own=[("22:00-02:00", 6.0)], over_bookings=True),
    ],
    default=0.0,
    bookings=[booked("hall", 2.0), booked("room", 3.0)],
)
EVENTS = [
    booking("hall", "2026-03-05 13:30", "17:00", "Wang", "training"),
    booking("hall", "2026-03-05 16:30", "18:00"),
    booking("hall", "2026-03-06 09:00", "2026-03-07 12:00"),
    booking("hall", "2026-03-09 01:00", "03:00"),
    booking("room", "2026-03-05 12:00", "14:00"),
    booking("hall", "2026-10-01 09:00", "10:00"),
]


@pytest.mark.parametrize(
    ("what", "minute", "value", "rank", "until"),
    [
        # Off by default, on while booked, and 45 min before: also on top of the week's own periods.
        (HALL, "2026-03-05 12:44", 0.0, Rank.DEFAULT, "2026-03-05 12:45"),
        (HALL, "2026-03-05 12:45", 2.0, Rank.BOOKING, "2026-03-05 18:15"),
        (HALL, "2026-03-05 18:14", 2.0, Rank.BOOKING, "2026-03-05 18:15"),
        (HALL, "2026-03-05 18:15", 0.0, Rank.DEFAULT, "2026-03-06 08:00"),
        (HALL, "2026-03-06 08:14", 1.0, Rank.PERIOD, "2026-03-06 08:15"),
        (HALL, "2026-03-06 08:15", 2.0, Rank.BOOKING, "2026-03-07 12:15"),
        # A holiday cancels no booking.
        (HALL, "2026-10-01 08:15", 2.0, Rank.BOOKING, "2026-10-01 10:15"),
        # An exception does not either, unless it says so: from that midnight to the next.
        (CLEANED, "2026-03-06 10:30", 2.0, Rank.BOOKING, "2026-03-07 00:00"),
        (CLEANED, "2026-03-07 10:00", 1.0, Rank.ABOVE_BOOKINGS, "2026-03-08 00:00"),
        # And the tail of a period that stands above bookings runs on over one.
        (CLEANED, "2026-03-09 01:30", 6.0, Rank.ABOVE_BOOKINGS, "2026-03-09 02:00"),
        (CLEANED, "2026-03-09 02:00", 2.0, Rank.BOOKING, "2026-03-09 03:00"),
        # Of two places that are booked the first written is heard.
        (CLEANED, "2026-03-05 13:29", 3.0, Rank.BOOKING, "2026-03-05 13:30"),
        (CLEANED, "2026-03-05 13:30", 2.0, Rank.BOOKING, "2026-03-05 18:00"),
    ],
)
def test_bookings(what: Programme, minute: str, value: float, rank: Rank, until: str) -> None:
    said = evaluate(what, context(bookings=EVENTS), at(minute))
    assert (said.value, said.rank, local(said.until_ms)) == (value, rank, until)


def test_why_it_is_on_names_the_bookings() -> None:
    said = evaluate(HALL, context(bookings=EVENTS), at("2026-03-05 12:50"))
    assert str(said.reason) == (
        "hall booked 13:30-17:00 (Wang, training), 16:30-18:00 (Li), from 45 min before to 15 min after"
    )
    assert local(said.since_ms) == "2026-03-05 12:45"
    for line, words in (
        (booked("hall", 1.0, 45), "45 min before"),
        (booked("hall", 1.0, 0, 15), "15 min after"),
    ):
        only = evaluate(programme({}, bookings=[line]), context(bookings=EVENTS), at("2026-03-07 11:00"))
        assert str(only.reason).startswith("hall booked 2026-03-06 09:00-2026-03-07 12:00 (Li), ")
        assert str(only.reason).endswith(words)
        for told in (said.reason, only.reason):
            assert render(reason(render(told, "en")), "zh_CN") == render(told, "zh_CN"), "from the ledger too"
