"""What makes a row, and what does not."""

from __future__ import annotations

import json
from contextlib import suppress
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from controller.receiver.rows import Nonsense, Refused, read_line
from tests.controller.receiver.samples import sent


def test_what_a_sink_sends_is_a_row() -> None:
    site, row = read_line(json.dumps(sent(1, more="of a later version")).encode())
    assert site == "shuangliu"
    assert (row.meter, row.consumption, row.count_end, row.flags) == ("main-1", "0.07", "10.07", ())


@pytest.mark.parametrize(
    ("changed", "reason"),
    [
        ({"site": None}, "site is missing"),
        ({"meter": "a/b"}, "meter is missing"),
        ({"meter": "a\ud800"}, "meter is missing"),
        ({"meter": "x" * 101}, "meter is missing"),
        ({"quantity": "love"}, "quantity is none of"),
        ({"stream": ["live"]}, "stream is none of"),
        ({"start_ms": 1.5}, "start_ms is no whole number"),
        ({"start_ms": True}, "start_ms is no whole number"),
        ({"start_ms": -1}, "start_ms is no whole number"),
        ({"end_ms": 10**30}, "end_ms is no whole number"),
        ({"start_ms": 1, "start": None, "end_ms": 1, "end": None}, "end_ms is not after"),
        ({"start_ms": 0, "start": None}, "longer than ten years"),
        ({"start": "2026-03-04T16:15:01+00:00"}, "not the moment"),
        ({"end": "2026-03-04T16:30:00"}, "not the moment"),
        ({"from": "yesterday"}, "no ISO 8601"),
        ({"from_ms": None}, "not the moment"),
        ({"revision": None}, "revision is no whole number"),
        ({"consumption": 0.07}, "consumption is no decimal"),
        ({"consumption": "1e3"}, "consumption is no decimal"),
        ({"consumption": "NaN"}, "consumption is no decimal"),
        ({"consumption": "-0.01"}, "less than nothing"),
        ({"count_end": "9" * 25}, "count_end is no decimal"),
        ({"covered_s": -1}, "covered_s is no whole number"),
        ({"flags": "partial"}, "flags is no list"),
        ({"flags": ["Partial!"]}, "flags is no list"),
        ({"flags": ["a"] * 17}, "flags is no list"),
    ],
)
def test_what_makes_no_sense_is_refused_by_its_key(changed: dict[str, Any], reason: str) -> None:
    with pytest.raises(Refused, match=reason) as refused:
        read_line(json.dumps({**sent(1), **changed}).encode())
    assert refused.value.key == sent(1)["key"]


@pytest.mark.parametrize(
    "line",
    [
        b"{", b"[]", b"1", b"{}", b'{"key": 1}', b'{"key": ""}', b'{"key": "a\\u0000"}', b"\xff",
        b'{"key": "a", "x": NaN}', b"[" * 5000, b'{"key": "' + b"x" * 300 + b'"}',
    ],
)  # fmt: skip
def test_a_line_without_a_key_is_no_row(line: bytes) -> None:
    with pytest.raises(Nonsense):
        read_line(line)


def test_a_difference_of_meters_may_be_negative() -> None:
    changed = {"consumption": "-3", "count_start": None, "count_end": None}
    assert read_line(json.dumps({**sent(1), **changed}).encode())[1].consumption == "-3"


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=4), inner, max_size=3),
    max_leaves=5,
)


@given(st.sampled_from(sorted(sent(1))), JSON)
def test_whatever_stands_in_a_row_it_is_taken_or_refused(name: str, value: object) -> None:
    with suppress(Nonsense, Refused):
        read_line(json.dumps({**sent(1), name: value}).encode())
