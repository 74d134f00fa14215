"""What is written in programmes and can never take effect: lists that no day uses, and what others hide."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from itertools import combinations, product

from config.language import text
from config.plan.points import Point
from config.plan.programmes import BUILT_IN_KINDS, WEEKDAYS, Period, Programme
from config.written.problems import Findings, listing

_DAY_S = 86400
_ORDINARY = ("workday", "dayoff")
_Stretch = tuple[int, int]
"""[from, to) in seconds of a day."""


def note_hidden(programmes: Sequence[Programme], points: Mapping[int, Point], findings: Findings) -> None:
    """Notes on what is written and can never take effect."""
    for programme in programmes:
        _note_unused_lists(programme, findings)
    for first, second in combinations(programmes, 2):
        shared = sorted(set(first.targets) & set(second.targets))
        if not shared or first.slot != second.slot:
            continue
        upper, lower = (second, first) if second.priority < first.priority else (first, second)
        on = listing(points[number].key for number in shared)
        _note_periods(upper, lower, on, findings)
        _note_default(upper, lower, on, findings, above=True)
        _note_default(lower, upper, on, findings, above=False)


def _note_periods(upper: Programme, lower: Programme, on: str, findings: Findings) -> None:
    """An active period hides those of programmes that come after its own, but no exception, nor what one is
    like."""
    days, likes = _Days(upper), {item.like for item in lower.exceptions if item.like is not None}
    lists = [entry for entry in lower.week if not any(_may_be_meant(entry.kind, like) for like in likes)]
    for period in (period for entry in lists for period in entry.periods):
        if days.hold(period):
            findings.note(
                period.source,
                text(
                    'this period of "{lower}" is hidden for good by "{upper}" on {points}',
                    lower=lower.name,
                    upper=upper.name,
                    points=on,
                ),
            )


def _note_default(over: Programme, under: Programme, on: str, findings: Findings, *, above: bool) -> None:
    """Whatever their order, a default is heard only where no period of the other holds. `above`: so it is
    where its default does not come first either."""
    if not under.has_default:
        return
    if _Days(over).fill():
        words = text(
            'default of "{lower}" is hidden for good by the periods of "{upper}" on {points}',
            lower=under.name,
            upper=over.name,
            points=on,
        )
    elif above and over.has_default and not over.effective:
        words = text(
            'default of "{lower}" is hidden for good by that of "{upper}" on {points}',
            lower=under.name,
            upper=over.name,
            points=on,
        )
    else:
        return
    findings.note(under.source, words)


def _may_be_meant(kind: str, like: str) -> bool:
    """Whether the list of `kind` may be that of an exception like another kind of day."""
    if kind in (like, "everyday") or like not in BUILT_IN_KINDS:
        return True
    return kind in _ORDINARY and like not in (*_ORDINARY, "everyday")


class _Days:
    """When some period of a programme holds on every day there is, whatever kinds this one and the one before
    are of."""

    def __init__(self, programme: Programme) -> None:
        week = {entry.kind: entry.periods for entry in programme.week}
        liked = "everyday" in {item.like for item in programme.exceptions}
        ordinary = not liked and set(_ORDINARY) <= week.keys()
        if ordinary:
            week.pop("everyday", None)  # no day has it
        every = ordinary or "everyday" in week
        own = [item.periods for item in programme.exceptions if item.like is None]
        lists = [*week.values(), *own]
        self._lists = lists if every and not programme.effective else []
        # The tail of the day before may be cut off.
        cut = any(item.from_midnight for item in programme.exceptions)
        self._before: list[tuple[Period, ...]] = [*lists, ()] if cut else lists

    def hold(self, period: Period) -> bool:
        """Throughout `period`, on whatever day it begins."""
        stretches = [*_begins((period,)), *_tails((period,))]
        return bool(stretches) and all(map(self._cover, stretches))

    def fill(self) -> bool:
        """All the time."""
        return self._cover((0, _DAY_S))

    def _cover(self, stretch: _Stretch) -> bool:
        pairs = product(self._before, self._lists)
        return bool(self._lists) and all(
            _covers((*_tails(before), *_begins(today)), stretch) for before, today in pairs
        )


def _covers(stretches: Sequence[_Stretch], wanted: _Stretch) -> bool:
    reached, end = wanted
    for start, stop in sorted(stretches):
        if start <= reached:
            reached = max(reached, stop)
    return reached >= end


def _begins(periods: Sequence[Period]) -> Iterator[_Stretch]:
    """What periods hold of the day they begin on; nothing of those that the sun moves."""
    for start, end in _clocked(periods):
        yield start, end if end > start else _DAY_S


def _tails(periods: Sequence[Period]) -> Iterator[_Stretch]:
    """And of the day after."""
    for start, end in _clocked(periods):
        if 0 < end < start:
            yield 0, end


def _clocked(periods: Sequence[Period]) -> Iterator[_Stretch]:
    for period in periods:
        if period.start.base == period.end.base == "clock" and period.start != period.end:
            yield period.start.seconds, period.end.seconds


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
