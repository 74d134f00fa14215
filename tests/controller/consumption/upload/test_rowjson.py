"""Rows as JSON, and acknowledgements of them."""

from __future__ import annotations

import json
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from controller.consumption.upload.acks import Acks
from controller.consumption.upload.port import Outcome, Stream
from controller.consumption.upload.rowjson import flag_words, row_json
from tests.controller.consumption.upload.rows import row

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(),
    lambda inner: (
        st.lists(inner)
        | st.dictionaries(st.sampled_from(["site", "meter", "start_ms", "refused", "accepted", "key"]), inner)
    ),
    max_leaves=8,
)


def test_a_row_as_json() -> None:
    made = row(3)._replace(flags=3, peak=None, count_start=None, quantum="0.001")
    assert row_json("s", made, Stream.BACKFILL) == {
        "key": "s/main-1/1772642700000/0", "site": "s", "meter": "main-1",
        "quantity": "electricity", "unit": "kWh", "stream": "backfill",
        "start": "2026-03-04T16:45:00.000+00:00", "start_ms": 1_772_642_700_000,
        "end": "2026-03-04T17:00:00.000+00:00", "end_ms": 1_772_643_600_000, "revision": 0,
        "from": "2026-03-04T16:45:00.000+00:00", "from_ms": 1_772_642_700_000,
        "count_start": None, "count_end": "3.007", "consumption": "0.007", "peak": None, "covered_s": 900,
        "flags": ["partial", "recovered"], "quantum": "0.001", "peak_unit": "kW",
    }  # fmt: skip


@given(st.integers(0, 10**18), st.sampled_from(["1", "0.01", "0.000000001", "0.0625", "1000", "1E+3"]))
def test_numbers_are_exact_and_plain(quanta: int, quantum: str) -> None:
    said = row_json("s", row(1)._replace(consumption=quanta, quantum=quantum), Stream.LIVE)["consumption"]
    assert isinstance(said, str)
    assert Decimal(said) == Decimal(quantum) * quanta
    assert "E" not in said


def test_flags_of_a_newer_version_keep_their_number() -> None:
    assert flag_words(1 | 512 | 1024) == ["partial", "other-1536"]
    assert flag_words(0) == []


@pytest.mark.parametrize(
    "said",
    [
        b"", b"\xff", b"7", b"[[]]", b'{"site": "s"}', b"[" * 100_000,
        b'{"site": "s", "meter": "main-1", "start_ms": "1", "revision": 0}',
        b'{"site": "other", "meter": "main-1", "start_ms": 1772640900000, "revision": 0}',
        b'{"site": "s", "meter": "main-1", "start_ms": 1772640900000, "revision": 1}',
    ],
)  # fmt: skip
def test_what_is_no_acknowledgement_of_ours_is_passed_over(said: bytes) -> None:
    acks = Acks("s")
    acks.expect([row(1)])
    acks.heard(said)
    assert acks.outcome([row(1)]) == Outcome(frozenset(), {})


@given(JSON)
def test_no_message_does_harm(said: Any) -> None:
    Acks("s").heard(json.dumps(said).encode())


def test_only_what_was_sent_can_be_acknowledged_and_little_is_remembered() -> None:
    acks = Acks("s", most=3)
    said = [json.dumps(row_json("s", row(number), Stream.LIVE)).encode() for number in range(6)]
    acks.heard(said[1])
    assert acks.expect([row(1)]) == [row(1)], "nobody can take it before it was sent"
    acks.heard(said[1])
    assert acks.expect([row(1), row(2)]) == [row(2)]
    acks.expect([row(3), row(4), row(5)])
    acks.heard(said[2])
    assert acks.outcome([row(1), row(2)]) == Outcome(frozenset(), {}), "forgotten: sent again"


def test_the_answer_of_a_web_service_is_understood() -> None:
    acks = Acks("s")
    acks.expect([row(1), row(2), row(3)])
    names = [f"s/main-1/{row(number).start_ms}/0" for number in (1, 2)]
    acks.heard(json.dumps({"accepted": [names[0], "s/main-1/x/0", "", 7]}).encode())
    acks.heard(json.dumps({"refused": [{"key": names[1], "reason": "no such meter"}, 7, {}]}).encode())
    assert acks.outcome([row(1), row(2), row(3)]) == Outcome(frozenset({1}), {2: "no such meter"})
