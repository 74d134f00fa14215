"""Programmes of every sort at places and nights of every sort, for hypothesis."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from typing import NamedTuple

from hypothesis import strategies as st

from config.plan.devices import Source
from config.plan.places import Booking
from config.plan.programmes import WEEKDAYS, Programme
from config.written.recurring import MONTHS, NTHS
from schedules.context import Context
from tests.schedules.build import at, booked, context, exception, programme

MARKS = st.one_of(
    st.sampled_from(["00:00", "01:30", "02:00", "02:30", "03:00", "06:00", "12:00", "22:00", "23:30"]),
    st.sampled_from(["sunrise", "sunrise-10", "sunset", "sunset+10", "sunset+300"]),
)
PERIOD = st.builds(
    lambda start, end, value: (f"{start}~{end}", value),
    MARKS,
    MARKS | st.just("24:00"),
    st.integers(1, 4) | st.none(),
)
LISTS = st.lists(PERIOD, max_size=3)
KINDS = ["holiday", "makeup", "workday", "dayoff", "everyday", "friday", "saturday", "sunday", "thursday"]
EXCEPTIONS = st.builds(
    lambda first, last, like, own, cut, over: (first, max(first, last), like, own, cut, over),
    st.integers(-1, 3),
    st.integers(-1, 3),
    st.none() | st.sampled_from(KINDS),
    LISTS,
    st.booleans(),
    st.booleans(),
)
PLACES = st.sampled_from(["hall", "room"])
BOOKED = st.builds(
    booked, PLACES, st.integers(10, 12) | st.none(), st.sampled_from([0, 45, 1500]), st.sampled_from([0, 15])
)
NIGHTS = [
    ("Asia/Shanghai", 30.574, 103.923, "2026-10-08"),
    ("Asia/Shanghai", 30.574, 103.923, "2026-02-13"),
    ("Europe/Berlin", 52.5, 13.4, "2026-03-28"),
    ("Europe/Berlin", 52.5, 13.4, "2026-10-24"),
    ("Africa/Cairo", 30.0, 31.2, "2026-04-23"),
    ("America/St_Johns", 47.5, -52.7, "2010-11-06"),
    ("Europe/Oslo", 69.65, 18.96, "2026-06-20"),
]


class Drawn(NamedTuple):
    """A place with the day to begin at, and programmes that all aim at point 0."""

    place: tuple[str, float, float, str]
    programmes: tuple[Programme, ...]
    bookings: tuple[Booking, ...]

    def context(self) -> Context:
        return context(*self.place[:3], bookings=self.bookings)


@st.composite
def places_with_programmes(draw: st.DrawFn, most: int) -> Drawn:
    """One to `most` programmes."""
    place = draw(st.sampled_from(NIGHTS))
    first = date.fromisoformat(place[3])
    names = [date.fromordinal(first.toordinal() + shift).isoformat() for shift in range(-1, 4)]
    count = draw(st.integers(1, most))
    programmes = tuple(draw(_programmes(number, names)) for number in range(count))
    begin = at(f"{place[3]} 00:00", "UTC")
    minutes = st.tuples(PLACES, st.integers(-3000, 6000), st.sampled_from([1, 30, 300, 2000]))
    taken = {
        (name, begin + start * 60_000, begin + (start + length) * 60_000)
        for name, start, length in draw(st.lists(minutes, max_size=4))
    }
    return Drawn(place, programmes, tuple(Booking(*item) for item in sorted(taken)))


@st.composite
def _dates(draw: st.DrawFn, first: str, last: str) -> str:
    """Those days of this year, of every year, or one of them by its place in its month."""
    day = date.fromisoformat(first)
    nth = draw(st.sampled_from([list(NTHS)[(day.day - 1) // 7], "last"]))
    weekday = f"{nth} {WEEKDAYS[day.weekday()]}"
    month = f"{weekday} of {MONTHS[day.month - 1]}"
    return draw(st.sampled_from([f"{first}..{last}", f"{first[5:]}..{last[5:]}", weekday, month]))


@st.composite
def _programmes(draw: st.DrawFn, number: int, names: list[str]) -> Programme:
    week = draw(st.dictionaries(st.sampled_from(KINDS), LISTS, max_size=4))
    default = draw(st.none() | st.integers(7, 8))
    exceptions = draw(st.lists(EXCEPTIONS, max_size=2))
    effective = draw(st.none() | st.tuples(st.integers(-1, 2), st.integers(-1, 3)))
    made = programme(
        week,
        default=default,
        exceptions=[
            exception(
                draw(_dates(names[low + 1], names[high + 1])),
                like,
                () if like else own,
                cut,
                over_bookings=over,
            )
            for low, high, like, own, cut, over in exceptions
        ],
        bookings=[
            replace(item, source=Source("lighting.yaml", 70 + row, 5))
            for row, item in enumerate(draw(st.lists(BOOKED, max_size=2)))
        ],
        effective=None
        if effective is None
        else draw(_dates(*(names[shift + 1] for shift in sorted(effective)))),
        priority=draw(st.sampled_from([10, 10, 5])),
        number=number,
        name=f"programme-{number}",
    )
    return replace(made, slot=draw(st.sampled_from([15, 15, 15, 12])))
