"""Bookings as they are entered: what lies across what, and what is forgotten."""

from __future__ import annotations

import time

from hypothesis import given
from hypothesis import strategies as st

from config.plan.places import Booking
from controller.decide.booking import overlapping, rebooked
from controller.decide.records import Book
from schedules.bookings import Bookings

ITEMS = st.lists(
    st.builds(
        lambda place, start, length: Booking(place, start, start + length),
        st.sampled_from(["hall", "room"]),
        st.integers(0, 30),
        st.integers(1, 10),
    ),
    max_size=7,
)


@given(ITEMS, ITEMS)
def test_what_lies_across_is_what_shares_a_moment(standing: list[Booking], items: list[Booking]) -> None:
    known = Bookings({item.key: item for item in standing}.values())
    found = {item.key for item in overlapping(known, items)}
    assert found == {
        other.key
        for item in items
        for other in (*standing, *items)
        if other.key != item.key
        and other.place == item.place
        and set(range(item.start_ms, item.end_ms)) & set(range(other.start_ms, other.end_ms))
    }


def test_a_full_table_is_compared_at_once() -> None:
    items = [Booking("hall", number * 10, number * 10 + 9) for number in range(1000)]
    began = time.process_time()
    assert overlapping(Bookings(items), items) == []
    assert time.process_time() - began < 0.3


@given(ITEMS, ITEMS, st.integers(0, 30))
def test_what_is_entered_is_there_and_what_is_taken_out_is_not(
    standing: list[Booking], items: list[Booking], forget_ms: int
) -> None:
    known = Bookings({item.key: item for item in standing}.values())
    after = rebooked(known, Book(tuple(items), tuple(standing[:2]), "Li", forget_ms))
    gone = {item.key for item in standing[:2]}
    assert {item.key for item in after} == {item.key for item in items} | {
        item.key for item in known if item.key not in gone and item.end_ms > forget_ms
    }
    assert list(Bookings(list(after))) == list(after)
