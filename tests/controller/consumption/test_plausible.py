"""What a person says is judged as readings are: these counts, in this time, can or cannot be."""

from __future__ import annotations

import pytest

from controller.consumption.audit import Fitting, Logged, audit_meter
from controller.consumption.plausible import Anchor, Implausible, counted, from_first, limits, room, to_last
from controller.consumption.records import Flag, Interval, Mark

HOUR = 3_600_000
START = 1_772_676_000_000
QUARTER = 900_000
QUICK = limits(1_000_000, 600.0)
"""Ten quanta a minute: in an hour, and a minute more, 610; believed are twice as many, and one."""


@pytest.mark.parametrize(
    ("start", "end", "elapsed_ms", "found"),
    [
        (100, 100, 0, 0),
        (100, 1321, HOUR, 1221),
        (100, 1322, HOUR, None),
        (100, 99, HOUR, None),
        (999_990, 10, HOUR, 20),
        (999_990, 1300, HOUR, None),
        (100, 101, -1, None),
    ],
)
def test_what_can_have_been_counted(start: int, end: int, elapsed_ms: int, found: int | None) -> None:
    assert counted(QUICK, start, end, elapsed_ms) == found
    assert room(QUICK, HOUR) == 1221


def test_a_meter_whose_rate_is_not_known_is_believed() -> None:
    assert counted(limits(1_000_000, 0.0), 100, 99, 1) == 999_999
    assert counted(limits(None, 0.0), 100, 2**40, 1) == 2**40 - 100
    assert counted(limits(None, 0.0), 100, 99, HOUR) is None
    assert room(limits(None, 0.0), HOUR) is None


def test_a_refusal_says_what_is_known_and_how_far_that_goes() -> None:
    known = Anchor(START, 500)
    with pytest.raises(Implausible) as last:
        to_last(QUICK, known, START, 5, START + HOUR)
    assert (last.value.known, last.value.room, last.value.new) == (known, 1221, False)
    with pytest.raises(Implausible) as first:
        from_first(QUICK, 501, START - HOUR, known)
    assert (first.value.known, first.value.room, first.value.new) == (known, 1221, True)
    assert from_first(QUICK, 0, START - HOUR, known) == 500


def test_a_count_that_stood_before_may_have_been_left_behind() -> None:
    """A gateway repeats an old count, and the meter goes on."""
    known = Anchor(START, 500)
    with pytest.raises(Implausible):
        to_last(QUICK, known, START, 1500, START + 60_000)
    assert to_last(QUICK, known, START - HOUR, 1500, START + 60_000) == 1000


@pytest.mark.parametrize(("back", "sound"), [(12, True), (13, False)])
def test_older_revisions_are_held_to_what_was_taken_back(back: int, sound: bool) -> None:
    """It counted from 0 to 18; once that was taken for 20 of an old meter and 10 of a new one."""
    fittings = (Fitting(1, "", "kWh", "0.01", 1_000_000, START, 0, None),)
    end = START + QUARTER

    def row(count_end: int, used: int, flags: Flag) -> Interval:
        return Interval("main", START, end, START, 0, count_end, used, None, 0, flags)

    rows = [Logged(0, 1, row(18, 30, Flag.REPLACED)), Logged(1, 1, row(18, 18, Flag(0)))]
    mark = Mark(end, end, 18, None, None)
    found = list(audit_meter("main", fittings, rows, mark, undone=[(START + 60_000, back)]))
    assert (found == []) == sound
    assert list(audit_meter("main", fittings, rows, mark)) != []
    rows[1] = Logged(1, 1, row(18, 30, Flag.REPLACED))
    assert list(audit_meter("main", fittings, rows, mark, undone=[(START + 60_000, 12)])) != []
