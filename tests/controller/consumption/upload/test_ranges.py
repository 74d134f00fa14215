"""Ranges against a plain set."""

from __future__ import annotations

from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from controller.consumption.upload.ranges import Ranges

MOST = 30
SPANS = st.tuples(st.integers(1, MOST), st.integers(0, 6)).map(lambda span: (span[0], span[0] + span[1]))
EDITS = st.lists(st.tuples(st.booleans(), SPANS), max_size=15)


@given(EDITS, st.integers(0, MOST), SPANS)
def test_against_a_plain_set(
    edits: list[tuple[bool, tuple[int, int]]], since: int, window: tuple[int, int]
) -> None:
    made, plain = Ranges(), set[int]()
    for put, (first, last) in edits:
        numbers = range(first, last + 1)
        if put:
            made.add(first, last)
            plain.update(numbers)
        else:
            made.remove(first, last)
            plain.difference_update(numbers)
    assert {number for number in range(1, MOST + 10) if number in made} == plain
    assert len(made) == len(plain)
    kept = list(made)
    assert all(one[1] + 1 < other[0] for one, other in pairwise(kept)), "merged, in order"
    mark = since
    while mark + 1 in plain:
        mark += 1
    assert made.watermark(since) == mark
    missing = [number for first, last in made.holes(*window) for number in range(first, last + 1)]
    assert missing == [number for number in range(window[0], window[1] + 1) if number not in plain]
    assert list(Ranges(kept)) == kept
