"""Corrections keep the sum: as rows, these intervals and this word of a person give these intervals."""

from __future__ import annotations

import pytest

from controller.consumption.audit import Fitting, Logged, audit_meter
from controller.consumption.corrections import Replacement, correct, replace
from controller.consumption.plausible import CannotCorrect
from controller.consumption.records import Flag, Interval, Mark

START = 1_772_676_000_000
QUARTER = 900_000
MODULUS = 1_000_000
FITTINGS = (Fitting(1, "", "kWh", "0.01", MODULUS, START, 0, None),)
Figures = tuple[int | None, int | None, int | None, Flag]
"""Count at the start, count at the end, consumption, flags; a recovered one counts from slot 0's end."""
NONE, PARTIAL, SUSPECT = Flag(0), Flag.PARTIAL, Flag.SUSPECT
RECOVERED = Flag.PARTIAL | Flag.RECOVERED
ESTIMATED = Flag.ESTIMATED


def rows(*figures: Figures) -> list[Interval]:
    made = []
    for slot, (start, end, consumption, flags) in enumerate(figures):
        begin = START + slot * QUARTER
        since = START + QUARTER if Flag.RECOVERED in flags else begin
        at = None if start is None else since
        made.append(Interval("main", begin, begin + QUARTER, at, start, end, consumption, None, 0, flags))
    return made


HOLE = rows(
    (0, 10, 10, NONE), (10, None, None, PARTIAL), (None, None, None, PARTIAL), (10, 40, 30, RECOVERED)
)
WHOLE = rows((0, 10, 10, NONE), (10, 20, 10, NONE), (20, 40, 20, NONE))
JUMP = rows((0, 10, 10, NONE), (None, 500, None, SUSPECT | PARTIAL), (500, 510, 10, NONE))


def after(before: list[Interval], changed: tuple[Interval, ...]) -> list[Interval]:
    by_start = {row.start_ms: row for row in (*before, *changed)}
    found = sorted(by_start.values(), key=lambda row: row.start_ms)
    end = found[-1]
    logged = [Logged(0, 1, row) for row in found]
    mark = Mark(end.end_ms, end.end_ms, end.count_end, None, None)
    assert list(audit_meter("main", FITTINGS, logged, mark)) == []
    return found


def figures(found: list[Interval]) -> list[Figures]:
    return [(row.count_start, row.count_end, row.consumption, row.flags) for row in found]


def at(slot: int) -> int:
    return START + slot * QUARTER


def test_a_consumption_that_is_said_is_taken_from_the_interval_that_recovered_it() -> None:
    found = after(HOLE, correct(HOLE, at(1), MODULUS, consumption=12).rows)
    assert figures(found)[1:] == [
        (10, 22, 12, ESTIMATED),
        (22, None, None, ESTIMATED | PARTIAL),
        (22, 40, 18, ESTIMATED | RECOVERED),
    ]


def test_a_count_that_is_said_moves_what_was_used_between_two_intervals() -> None:
    found = after(WHOLE, correct(WHOLE, at(1), MODULUS, count_end=26).rows)
    assert figures(found)[1:] == [(10, 26, 16, ESTIMATED), (26, 40, 14, ESTIMATED)]
    assert sum(row.consumption or 0 for row in found) == 40


def test_a_suspect_interval_takes_what_is_said_and_nobody_else_has_less() -> None:
    found = after(JUMP, correct(JUMP, at(1), MODULUS, consumption=7).rows)
    assert figures(found)[1:] == [(None, 500, 7, SUSPECT | PARTIAL | ESTIMATED), (500, 510, 10, NONE)]


def test_a_count_may_be_beyond_a_rollover() -> None:
    turned = rows((999_980, 999_990, 10, NONE), (999_990, 5, 15, Flag.ROLLOVER), (5, 40, 35, NONE))
    found = after(turned, correct(turned, at(1), MODULUS, consumption=9).rows)
    assert figures(found)[1:] == [
        (999_990, 999_999, 9, ESTIMATED),
        (999_999, 40, 41, ESTIMATED | Flag.ROLLOVER),
    ]


@pytest.mark.parametrize(
    ("given", "slot", "said"),
    [
        (WHOLE, 1, {"consumption": 31}),
        (WHOLE, 1, {"count_end": 5_000}),
        (WHOLE, 2, {"consumption": 3}),
        (WHOLE, 3, {"consumption": 3}),
        (WHOLE, -1, {"consumption": 3}),
        (JUMP, 1, {"count_end": 30}),
    ],
)
def test_what_cannot_be(given: list[Interval], slot: int, said: dict[str, int]) -> None:
    with pytest.raises(CannotCorrect):
        correct(given, at(slot), MODULUS, **said)


def test_a_replacement_told_afterwards_says_what_a_suspect_interval_used() -> None:
    change = replace(JUMP, Replacement(at(1) + 60_000, 14, 495, MODULUS))
    assert change.open is None
    assert figures(list(change.rows)) == [(10, 500, 4 + 5, Flag.REPLACED)]


def test_a_replacement_before_anything_is_known_since_is_left_to_the_open_slot() -> None:
    hole = HOLE[:3]
    change = replace(hole, Replacement(at(1) + 60_000, 14, 0, MODULUS))
    assert change.rows == ()
    assert change.open == (START + QUARTER, 10)


@pytest.mark.parametrize(
    "made", [Replacement(at(1) + 1, 14, 501, MODULUS), Replacement(at(1) + 1, 5, 0, None)]
)
def test_a_replacement_that_cannot_be(made: Replacement) -> None:
    with pytest.raises(CannotCorrect):
        replace(JUMP, made)
