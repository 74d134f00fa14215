"""Periods of one list: empty ones and overlapping ones."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import combinations

from config.language import text
from config.plan.programmes import Period, TimeMark
from config.written.problems import Findings

_DAY_S = 86400


def check_overlaps(periods: Sequence[Period], findings: Findings, *, repeats: bool) -> None:
    """Tell empty periods, and pairs of a list that surely overlap.

    `repeats`: the list can hold on two days running: a tail after midnight meets its own morning.
    """
    for period in periods:
        if period.start == period.end:
            findings.problem(
                period.source,
                text("the period ends where it begins"),
                hint=text("the whole day is from 00:00 to 24:00"),
            )
    lasting = [period for period in periods if period.start != period.end]
    for first, second in combinations(lasting, 2):
        if _overlap(first, second, repeats=repeats):
            findings.problem(
                second.source, text("this period overlaps with that of line {line}", line=first.source.line)
            )


def _overlap(first: Period, second: Period, *, repeats: bool) -> bool:
    """Whether they overlap on the day they start or by a tail into the next; False where the sun decides."""
    one, two = _span(first), _span(second)
    if one is None or two is None:
        return _same_base(first, second)
    shifts = (-_DAY_S, 0, _DAY_S) if repeats else (0,)
    return any(one[0] < two[1] + shift and two[0] + shift < one[1] for shift in shifts)


def _span(period: Period) -> tuple[int, int] | None:
    """[start, end) in seconds of the day it starts on, or None when it depends on the sun."""
    if period.start.base != "clock" or period.end.base != "clock":
        return None
    start, end = period.start.seconds, period.end.seconds
    return (start, end if end > start else end + _DAY_S)


def _same_base(first: Period, second: Period) -> bool:
    """Sun periods overlap when they begin alike, or lie across each other by one sign of the sun."""
    return _mark(first.start) == _mark(second.start) or (
        first.start.base == first.end.base == second.start.base == second.end.base
        and first.start.seconds < second.end.seconds
        and second.start.seconds < first.end.seconds
    )


def _mark(mark: TimeMark) -> tuple[str, int]:
    return mark.base, mark.seconds
