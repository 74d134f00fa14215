"""What is read together, and what of it comes again: all of it once, and what stands as the same tuple."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from drivers.simulators.rounds import Block

POINTS = tuple(range(0, 200, 2))


@given(st.lists(st.frozensets(st.sampled_from(POINTS)) | st.frozensets(st.integers(0, 200), max_size=4)))
def test_whatever_moves_each_other_point_comes_again_once(reads: list[frozenset[int]]) -> None:
    block = Block(POINTS)
    for fresh in reads:
        again = [point for points in block.without(fresh) for point in points]
        assert sorted(again) == [point for point in POINTS if point not in fresh]


def test_what_stands_is_the_same_tuple_while_others_move() -> None:
    block = Block(POINTS)
    block.without({2, 4})
    still = block.without(set())[0]
    assert len(still) == 98
    for fresh in ({2}, {4}, set(), {2, 4}):
        assert block.without(fresh)[0] is still


def test_nothing_moves_and_both_are_the_same() -> None:
    block = Block(POINTS)
    block.without({2, 4})
    assert [id(points) for points in block.without(set())] == [id(points) for points in block.without(set())]


def test_when_everything_was_looked_up_it_stands_again() -> None:
    """Once an hour; what moves each minute is known from the minute before."""
    block = Block(POINTS)
    block.without({6})
    block.without({2, 4})
    block.without(set(POINTS))
    assert block.without(set()) == [tuple(point for point in POINTS if point not in (2, 4)), (2, 4)]


def test_nothing_at_all_is_no_tuple() -> None:
    assert Block(()).without({3}) == []
