"""Periods of one list: empty ones, overlapping ones, and lists that no day ever uses."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import combinations

from config.language import text
from config.plan.points import Point
from config.plan.programmes import WEEKDAYS, Period, Programme, TimeMark
from config.written.problems import Findings, listing

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


def note_hidden(programmes: Sequence[Programme], points: Mapping[int, Point], findings: Findings) -> None:
    """Notes on what is written and can never take effect."""
    for programme in programmes:
        _note_unused_lists(programme, findings)
    for first, second in combinations(programmes, 2):
        shared = sorted(set(first.targets) & set(second.targets))
        if not shared or first.slot != second.slot or first.effective or second.effective:
            continue
        upper, lower = (second, first) if second.priority < first.priority else (first, second)
        if upper.has_default and lower.has_default and upper.default is not None:
            findings.note(
                lower.source,
                text(
                    'default of "{lower}" is hidden for good by that of "{upper}" on {points}',
                    lower=lower.name,
                    upper=upper.name,
                    points=listing(points[number].key for number in shared),
                ),
            )


def _note_unused_lists(programme: Programme, findings: Findings) -> None:
    """`everyday` beside workday and dayoff, `workday` beside all five weekdays and makeup: no day is left."""
    kinds = {day.kind: day for day in programme.week}
    unused = []
    if {"workday", "dayoff"} <= set(kinds):
        unused.append("everyday")
    if {*WEEKDAYS[:5], "makeup"} <= set(kinds):
        unused.append("workday")
    if {*WEEKDAYS[5:], "holiday"} <= set(kinds):
        unused.append("dayoff")
    for kind in unused:
        if kind in kinds:
            at = kinds[kind].periods[0].source if kinds[kind].periods else programme.source
            findings.note(
                at,
                text(
                    '"{kind}" of "{programme}" is never used: other lists take every day',
                    kind=kind,
                    programme=programme.name,
                ),
            )
