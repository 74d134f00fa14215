"""What an edit changes in the time to come: every point's values by the one plan and by the other. Pure."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import date, timedelta
from functools import partial
from types import MappingProxyType
from typing import NamedTuple

from config.plan.points import Point
from config.plan.reading import Value
from schedules.calendar import Day
from schedules.energy import Amount, Counted, Energy, Logged, Prices, Ratings, is_on, power_kw
from schedules.preview import Foreseen, Span, Timeline
from schedules.tariff import TariffHours
from schedules.unheard import Unheard, unheard

_HOUR_MS = 3_600_000
NOT_LOGGED: Mapping[str, Logged] = MappingProxyType({})
_MAY_BE_LOGGED = frozenset({Counted.FULLY, Counted.AT_MOST, Counted.NO_RATING, Counted.BY_ITSELF})
"""Of set-points and of gas a meter of electricity says nothing."""


class Side(NamedTuple):
    """One plan's word on a point."""

    point: Point
    timeline: Timeline

    def asked(self, value: Value | None) -> Value | None:
        """A value as it is compared: an enum's number may have another meaning in the other plan."""
        if value is None:
            return None
        return self.point.state_name(value) or value


class Pair(NamedTuple):
    """[start, end) in which either side asks for one value. None: nobody asks."""

    start_ms: int
    end_ms: int
    before: Value | None
    after: Value | None


class Hours(NamedTuple):
    """Hours of the window."""

    before: float
    after: float


class PointChange(NamedTuple):
    """A point that both plans command, differently."""

    key: str
    before: Side
    after: Side
    differences: tuple[Pair, ...]
    """Only where the values differ; neighbours that differ alike are one."""
    on: Hours | None
    """Hours on; None where on says nothing (modes, set-points)."""
    counted: Counted
    energy: tuple[Amount, Amount] | None
    """Before and after, while both plans ask for a value; None where it is not counted."""
    logged_by: str = ""
    """The meter, or the power, whose log is what counts."""


class _Used(NamedTuple):
    """Electricity of a point, not yet billed."""

    before: Energy
    after: Energy


class Alike(NamedTuple):
    """Points of the same programmes that differ alike and are counted alike."""

    points: tuple[PointChange, ...]
    energy: tuple[Amount, Amount] | None
    """All of theirs together, billed as one."""


class DayChange(NamedTuple):
    """A date that is of another kind, or that is a special one and goes otherwise."""

    date: date
    before: Day
    after: Day
    points: int
    """How many points differ on it."""


class Sums(NamedTuple):
    """Electricity of all points of one sort that both plans command, billed as one."""

    points: int
    before: Amount
    after: Amount


class Changes(NamedTuple):
    """All of it."""

    lost: tuple[Side, ...]
    """Commanded by the old plan alone."""
    gained: tuple[Side, ...]
    points: tuple[PointChange, ...]
    groups: tuple[Alike, ...]
    """The same points, in order of the first of each."""
    days: tuple[DayChange, ...]
    logged: Sums
    """By what was logged; what follows, by ratings."""
    fully: Sums
    at_most: Sums
    uncounted: tuple[tuple[str, Counted], ...]
    """Points that differ and are not counted, and why."""
    priced: bool
    hidden: tuple[Unheard, ...]
    """What the new plan has and nobody will hear within a year, and the old one had not or was heard."""
    logged_by: tuple[str, ...]
    """By name: what `logged` goes by."""


def compare(
    old: Foreseen,
    new: Foreseen,
    wanted: Callable[[Foreseen, Side], bool] = lambda *_: True,
    logged: Mapping[str, Logged] = NOT_LOGGED,
) -> Changes:
    """What changes when `new` comes in place of `old`; both of the same days. Of the points only those that
    are `wanted` on either side. `logged`: what has been drawn, by the keys of points."""
    before, after = _sides(old), _sides(new)
    keys = {
        key
        for foreseen, sides in ((old, before), (new, after))
        for key, side in sides.items()
        if wanted(foreseen, side)
    }
    before = {key: side for key, side in before.items() if key in keys}
    after = {key: side for key, side in after.items() if key in keys}
    tariff = new.plan.tariff or old.plan.tariff
    prices = Prices(tariff, None if tariff is None else TariffHours(tariff, new.context))
    ratings = Ratings(new.plan)
    changed: list[PointChange] = []
    sources: set[str] = set()
    used: dict[str, _Used] = {}
    sorts: dict[Counted, list[_Used]] = {Counted.LOGGED: [], Counted.FULLY: [], Counted.AT_MOST: []}
    for key, then in after.items():
        if (first := before.get(key)) is None:
            continue
        rating = ratings.of(then.point)
        found = tuple(_pairs(first.timeline.spans, then.timeline.spans))
        drawn: Callable[[Value], float] = partial(power_kw, rating)
        counted, measured = rating.counted, ""
        by = logged.get(key) if counted in _MAY_BE_LOGGED else None
        if by is not None and (drawn_by := _drawn(by, found, then.point)) is not None:
            counted, drawn, measured = Counted.LOGGED, drawn_by, by.by
            sources.add(measured)
        if counted in sorts:
            used[key] = _used(found, drawn, prices)
            sorts[counted].append(used[key])
        differing = tuple(_differences(found, first, then))
        if differing:
            on = None if rating.counted is Counted.SETTING else _on(found, first.point, then.point)
            energy = _billed([used[key]], prices) if key in used else None
            changed.append(PointChange(key, first, then, differing, on, counted, energy, measured))
    sums = {sort: Sums(len(each), *_billed(each, prices)) for sort, each in sorts.items()}
    return Changes(
        tuple(side for key, side in before.items() if key not in after),
        tuple(side for key, side in after.items() if key not in before),
        tuple(changed),
        tuple(_alike(changed, used, prices)),
        tuple(_days(old, new, changed)),
        sums[Counted.LOGGED],
        sums[Counted.FULLY],
        sums[Counted.AT_MOST],
        tuple((item.key, item.counted) for item in changed if item.energy is None),
        prices.known,
        tuple(_newly_hidden(old, new)),
        tuple(sorted(sources)),
    )


def _sides(foreseen: Foreseen) -> dict[str, Side]:
    points = foreseen.plan.points
    return {
        points[number].key: Side(points[number], timeline)
        for timeline in foreseen.timelines
        for number in timeline.points
    }


def _pairs(before: Sequence[Span], after: Sequence[Span]) -> Iterator[Pair]:
    """Both over one window, side by side."""
    left = right = 0
    while left < len(before) and right < len(after):
        one, other = before[left], after[right]
        start, end = max(one.start_ms, other.start_ms), min(one.end_ms, other.end_ms)
        if start < end:
            yield Pair(start, end, one.value, other.value)
        left += one.end_ms == end
        right += other.end_ms == end


def _differences(pairs: Sequence[Pair], before: Side, after: Side) -> Iterator[Pair]:
    last: Pair | None = None
    for pair in pairs:
        if before.asked(pair.before) == after.asked(pair.after):
            continue
        if last is not None and last[1:] == (pair.start_ms, pair.before, pair.after):
            last = last._replace(end_ms=pair.end_ms)
            continue
        if last is not None:
            yield last
        last = pair
    if last is not None:
        yield last


def _on(pairs: Sequence[Pair], before: Point, after: Point) -> Hours | None:
    asked = [(pair, is_on(before, pair.before), is_on(after, pair.after)) for pair in pairs]
    if all(one is None and other is None for _, one, other in asked):
        return None
    lengths = [((pair.end_ms - pair.start_ms) / _HOUR_MS, one, other) for pair, one, other in asked]
    return Hours(
        sum(hours for hours, one, _ in lengths if one), sum(hours for hours, _, other in lengths if other)
    )


def _drawn(by: Logged, pairs: Sequence[Pair], point: Point) -> Callable[[Value], float] | None:
    """What each value draws that either plan asks for while the other asks too; None unless that is known of
    all: half by a meter and half by a rating is a difference of the two."""
    asked = {value for pair in pairs for value in pair[2:] if None not in pair[2:] and value is not None}
    kw = {value: by.drawn_kw(point, value) for value in asked}
    known = {value: each for value, each in kw.items() if each is not None}
    return known.__getitem__ if asked and len(known) == len(kw) else None


def _used(pairs: Sequence[Pair], drawn_kw: Callable[[Value], float], prices: Prices) -> _Used:
    before = after = Energy()
    for pair in pairs:
        if pair.before is None or pair.after is None:
            continue  # what an uncommanded lamp draws, nobody knows
        before = before.plus(prices.used(drawn_kw(pair.before), pair.start_ms, pair.end_ms))
        after = after.plus(prices.used(drawn_kw(pair.after), pair.start_ms, pair.end_ms))
    return _Used(before, after)


def _billed(parts: Iterable[_Used], prices: Prices) -> tuple[Amount, Amount]:
    """All of them together."""
    before = after = Energy()
    for part in parts:
        before, after = before.plus(part.before), after.plus(part.after)
    return prices.amount(before), prices.amount(after)


def _alike(points: Iterable[PointChange], used: Mapping[str, _Used], prices: Prices) -> Iterator[Alike]:
    found: dict[tuple[object, ...], list[PointChange]] = {}
    for item in points:
        names = tuple(programme.name for programme in item.after.timeline.programmes)
        found.setdefault((names, item.differences, item.on, item.counted), []).append(item)
    for group in found.values():
        parts = [used[item.key] for item in group if item.key in used]
        yield Alike(tuple(group), _billed(parts, prices) if parts else None)


def _days(old: Foreseen, new: Foreseen, changed: Sequence[PointChange]) -> Iterator[DayChange]:
    midnight = new.context.local.midnight
    for day in new.window.dates():
        start, end = midnight(day), midnight(day + timedelta(days=1))
        before, after = old.context.calendar.kind(day), new.context.calendar.kind(day)
        differing = sum(
            any(pair.start_ms < end and start < pair.end_ms for pair in item.differences) for item in changed
        )
        special = any(found.origin != "weekday" or not found.announced for found in (before, after))
        if before.kinds != after.kinds or (special and differing):
            yield DayChange(day, before, after, differing)


def _newly_hidden(old: Foreseen, new: Foreseen) -> Iterator[Unheard]:
    first = new.window.first
    found = unheard(new.plan.programmes, new.context, first)
    names = {item.programme.name for item in found}
    points = {point for item in old.plan.programmes if item.name in names for point in item.targets}
    concerned = [item for item in old.plan.programmes if points & set(item.targets)]
    were = {_identity(item) for item in unheard(concerned, old.context, first)}
    yield from (item for item in found if _identity(item) not in were)


def _identity(item: Unheard) -> tuple[str, str, Value | None]:
    """What lasts over an edit that moves lines."""
    return item.programme.name, str(item.what), item.value
