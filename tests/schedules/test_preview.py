"""Timelines of the time to come: a table of who is heard, then any programmes, minute by minute."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import date
from itertools import pairwise

import pytest
from hypothesis import given, settings

from config.plan.programmes import CalendarPlan, Programme
from config.plan.reading import Value
from schedules.context import Context
from schedules.preview import Span, Timeline, Window, foresee, timelines
from schedules.programme import course, evaluate
from tests.plans import LEVEL, SHUANGLIU, PlanMaker
from tests.schedules.build import at, context, entry, exception, local, programme
from tests.schedules.drawn import Drawn, places_with_programmes
from tests.schedules.reference import MINUTE_MS, Said, walk

Slot = tuple[int, int, int, int]
_BEATS = {
    name: place for place, name in enumerate(("above bookings", "booking", "exception", "period", "default"))
}


def of(*programmes: Programme, start: str = "2026-03-05", days: int = 1) -> Timeline:
    """The timeline of point 0."""
    numbered = [replace(item, id=number) for number, item in enumerate(programmes)]
    place = context()
    found = timelines(numbered, place, Window.of(place, date.fromisoformat(start), days))
    return next(timeline for timeline in found if 0 in timeline.points)


def words(span: Span) -> str:
    """ "08:00-12:00 80.0 day <night"."""
    winner = "-" if span.winner is None else span.winner.programme.name
    hidden = "".join(f" <{heard.programme.name}={heard.value}" for heard in span.hidden)
    return f"{local(span.start_ms)[11:]}-{local(span.end_ms)[11:]} {span.value} {winner}{hidden}"


DAY = programme({"workday": [("08:00-18:00", 80.0)]}, default=10.0, name="day")
NIGHT = programme({"everyday": [("20:00-06:00", 40.0)]}, default=0.0, name="night")
FEAST = programme({}, exceptions=[exception("2026-03-05", own=[("07:00-09:00", 100.0)])], name="feast")
RELEASED = programme({"everyday": [("12:00-13:00", None)]}, name="released")


@pytest.mark.parametrize(
    ("programmes", "spans"),
    [
        ([DAY], ["00:00-08:00 10.0 day", "08:00-18:00 80.0 day", "18:00-00:00 10.0 day"]),
        # A period beats a default; among defaults the order of the files.
        (
            [DAY, NIGHT],
            [
                "00:00-06:00 40.0 night <day=10.0",
                "06:00-08:00 10.0 day <night=0.0",
                "08:00-18:00 80.0 day <night=0.0",
                "18:00-20:00 10.0 day <night=0.0",
                "20:00-00:00 40.0 night <day=10.0",
            ],
        ),
        # The declared priority beats the order of the files.
        (
            [DAY, replace(NIGHT, priority=5)],
            [
                "00:00-06:00 40.0 night <day=10.0",
                "06:00-08:00 0.0 night <day=10.0",
                "08:00-18:00 80.0 day <night=0.0",
                "18:00-20:00 0.0 night <day=10.0",
                "20:00-00:00 40.0 night <day=10.0",
            ],
        ),
        # An exception beats a period.
        (
            [DAY, FEAST],
            [
                "00:00-07:00 10.0 day",
                "07:00-08:00 100.0 feast <day=10.0",
                "08:00-09:00 100.0 feast <day=80.0",
                "09:00-18:00 80.0 day",
                "18:00-00:00 10.0 day",
            ],
        ),
        # A release that is heard empties its slot, even of what is behind it; a lower slot is heard first.
        (
            [replace(DAY, priority=11), RELEASED],
            [
                "00:00-08:00 10.0 day",
                "08:00-12:00 80.0 day",
                "12:00-13:00 None - <released=None <day=80.0",
                "13:00-18:00 80.0 day",
                "18:00-00:00 10.0 day",
            ],
        ),
        (
            [DAY, replace(RELEASED, slot=12)],
            [
                "00:00-08:00 10.0 day",
                "08:00-12:00 80.0 day",
                "12:00-13:00 80.0 day <released=None",
                "13:00-18:00 80.0 day",
                "18:00-00:00 10.0 day",
            ],
        ),
        (
            [DAY, replace(FEAST, slot=12)],
            [
                "00:00-07:00 10.0 day",
                "07:00-08:00 100.0 feast <day=10.0",
                "08:00-09:00 100.0 feast <day=80.0",
                "09:00-18:00 80.0 day",
                "18:00-00:00 10.0 day",
            ],
        ),
    ],
)
def test_who_is_heard_and_who_is_hidden(programmes: list[Programme], spans: list[str]) -> None:
    assert [words(span) for span in of(*programmes).spans] == spans


def test_why_where_and_until_when() -> None:
    first, second, third = of(DAY).spans
    assert second.winner is not None
    assert (str(second.winner.reason), str(second.winner.source)) == (
        "workday 08:00-18:00",
        "lighting.yaml:10:7",
    )
    assert [first.change_ms, second.change_ms] == [second.start_ms, third.start_ms]
    # The window ends; the value does not.
    assert third.change_ms is not None
    assert local(third.change_ms) == "2026-03-06 08:00"
    assert of(programme({}, default=1.0)).spans[0].change_ms is None


def test_a_change_behind_the_winner_is_no_change_of_value() -> None:
    quiet = programme({}, default=5.0, priority=1, name="quiet")
    spans = of(quiet, programme({}, default=6.0, name="other"), FEAST, start="2026-03-05").spans
    before, feast, after = spans
    assert [span.value for span in spans] == [5.0, 100.0, 5.0]
    assert (before.change_ms, feast.change_ms, after.change_ms) == (feast.start_ms, after.start_ms, None)
    hidden = of(programme({}, default=1.0, priority=1), programme({"everyday": [("08:00-09:00", 1.0)]}))
    assert [span.change_ms for span in hidden.spans] == [None, None, None]


def test_points_of_the_same_programmes_share_a_timeline() -> None:
    both, one = replace(DAY, targets=(0, 1, 2)), replace(NIGHT, targets=(1,), id=1)
    place = context()
    found = timelines([both, one], place, Window.of(place, date(2026, 3, 5), 1))
    assert [(item.points, len(item.programmes)) for item in found] == [((0, 2), 1), ((1,), 2)]


def slowly(
    programmes: Sequence[Programme], place: Context, first: date, days: int
) -> Iterator[tuple[int, Value | None, list[int]]]:
    """(instant, value, who asks in the order of being heard), by the rules of slots and days alone."""
    walks = [walk(item, place, first, days) for item in programmes]
    for minute in zip(*walks, strict=True):
        said = {item.id: what for item, (_, what) in zip(programmes, minute, strict=True)}
        asking = sorted((_place(item, said[item.id]), item.id) for item in programmes if said[item.id][0])
        value, emptied = None, set()
        for place_in_line, number in asking:
            slot = place_in_line[0]
            if slot not in emptied and value is None:
                value = said[number][1]
            emptied.add(slot)
        yield minute[0][0], value, [number for _, number in asking]


def _place(item: Programme, said: Said) -> Slot:
    return item.slot, _BEATS[said[2]], item.priority, item.id


@settings(max_examples=25)
@given(drawn=places_with_programmes(3))
def test_every_minute_is_as_the_rules_have_it(drawn: Drawn) -> None:
    compare_by_the_minute(drawn)


@pytest.mark.slow
@pytest.mark.timeout(1800)
@settings(max_examples=2000)
@given(drawn=places_with_programmes(3))
def test_every_minute_of_thousands(drawn: Drawn) -> None:
    compare_by_the_minute(drawn)


def compare_by_the_minute(drawn: Drawn) -> None:
    zone, *_, start = drawn.place
    place, first = drawn.context(), date.fromisoformat(start)
    (found,) = timelines(drawn.programmes, place, Window.of(place, first, 3))
    number = 0
    before: tuple[Value | None, int | None] | None = None
    for wall_ms, value, asking in slowly(drawn.programmes, place, first, 3):
        while found.spans[number].end_ms <= wall_ms:
            number += 1
        span = found.spans[number]
        assert span.start_ms <= wall_ms
        heard = [] if span.winner is None else [span.winner]
        assert span.value == value, local(wall_ms, zone)
        assert sorted(asking) == sorted(item.programme.id for item in (*heard, *span.hidden))
        assert [item.programme.id for item in span.hidden] == [
            item for item in asking if not heard or item != heard[0].programme.id
        ]
        # The next change is exact: to the minute in which the slow reading first says something else.
        if before is not None and before[0] != value:
            assert before[1] is not None
            assert wall_ms - MINUTE_MS < before[1] <= wall_ms
        elif before is not None and before[1] is not None and before[1] <= wall_ms:
            # Two changes between two minutes, the second back again: the slow reading sees neither.
            there = next(span for span in found.spans if span.start_ms == before[1])
            assert there.value != value
            assert wall_ms - MINUTE_MS < there.start_ms < there.end_ms <= wall_ms
        before = (value, span.change_ms)


@settings(max_examples=40)
@given(drawn=places_with_programmes(1))
def test_a_course_is_what_the_programme_says_at_each_instant(drawn: Drawn) -> None:
    place, (what,) = drawn.context(), drawn.programmes
    window = Window.of(place, date.fromisoformat(drawn.place[3]), 4)
    stretches = course(what, place, window.start_ms, window.end_ms)
    assert (stretches[0].start_ms, stretches[-1].end_ms) == (window.start_ms, window.end_ms)
    assert all(before.end_ms == after.start_ms for before, after in pairwise(stretches))
    moment = window.start_ms
    for stretch in stretches:
        verdict = evaluate(what, place, moment)
        assert stretch.start_ms == moment
        assert (verdict.asks, verdict.value, verdict.rank, verdict.source, verdict.reason) == stretch[2:]
        moment = verdict.until_ms
    assert moment >= window.end_ms


@pytest.mark.parametrize(
    ("zone", "start", "hours"),
    [
        ("Europe/Berlin", "2026-03-29", 23),
        ("Europe/Berlin", "2026-10-25", 25),
        ("Asia/Shanghai", "2026-03-05", 24),
    ],
)
def test_a_day_is_as_long_as_its_clocks_have_it(zone: str, start: str, hours: int) -> None:
    place = context(zone, 52.5, 13.4)
    window = Window.of(place, date.fromisoformat(start), 1)
    (found,) = timelines([DAY], place, window)
    assert sum(span.end_ms - span.start_ms for span in found.spans) == hours * 3_600_000
    assert local(found.spans[0].start_ms, zone) == f"{start} 00:00"
    assert at(f"{start} 00:00", zone) == window.start_ms


def test_a_change_is_known_only_if_every_day_until_then_is() -> None:
    """Of 2027 the site has written one day down; of the others nobody knows."""
    calendar = CalendarPlan("CN", (), (entry("2027-01-08", "holiday"),))
    maker = PlanMaker(SHUANGLIU, calendar)
    level = maker.add_point(maker.add_device("lamp"), "level", LEVEL)
    maker.add_programme(
        programme({"workday": [("08:00-18:00", 80.0)]}, default=10.0, targets=(level,), name="work")
    )
    maker.add_programme(
        programme({"holiday": [("00:00-24:00", 5.0)]}, targets=(level,), name="feast", priority=-1)
    )
    foreseen = foresee(maker.build(), date(2026, 12, 31), 9)
    told = [
        (local(span.change_ms or 0), foreseen.change_announced(span))
        for span in foreseen.timelines[0].spans
        if span.value == 10.0
    ]
    assert told[0] == ("2026-12-31 08:00", True)
    assert told[1] == ("2027-01-01 08:00", False)
    assert told[-1] == ("2027-01-08 00:00", False), "that day is written, those before it are not"
