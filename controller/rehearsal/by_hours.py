"""What stands for rules that save where they are left out: the same hours, and a plain float switch. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace

from config.plan.asks import Switched
from config.plan.hourly import Heater, Irrigation, TariffShift
from config.plan.programmes import BookedPeriod, DayList, Period, Programme, TimeMark
from config.plan.rules import Level, OptimumStart, Rule

_DAY_S = 86_400
_PRIORITY = 10


def programmes_for(rule: Rule) -> Iterator[Programme]:
    """A programme for each point that the rule would switch, with its hours; their ids are all 0. Nothing for
    a rule that knows no hours."""
    match rule.spec:
        case Heater(boilers=boilers, wanted=wanted):
            # Where a condition alone says when, nobody switches it off by a clock.
            week = None if wanted is None else wanted.week
            for boiler in boilers:
                yield _programme(rule, boiler.heat, week)
        case Irrigation():
            yield from _watering(rule, rule.spec)
        case OptimumStart(occupied=occupied, then=then, at_most_s=early_s):
            for one in then:
                week = tuple(
                    DayList(day.kind, tuple(_earlier(period, early_s, one) for period in day.periods))
                    for day in occupied.week
                )
                bookings = tuple(
                    replace(booked, before_s=booked.before_s + early_s, value=one.on.value)
                    for booked in occupied.bookings
                )
                yield _programme(rule, one, week, bookings)


def float_switch(rule: Rule) -> Rule | None:
    """The rule that fills by the same level whatever it costs; None for one of another kind."""
    match rule.spec:
        case TariffShift() as shift:
            band = dict(shift.bands).get("flat", shift.least)
            return replace(rule, spec=Level(shift.level, band, shift.only_if, shift.then, shift.on_bad_input))
    return None


def _programme(
    rule: Rule,
    switched: Switched,
    week: Sequence[DayList] | None,
    bookings: tuple[BookedPeriod, ...] = (),
) -> Programme:
    """`week` None: always on."""
    rest = None if switched.off is None else switched.off.value
    on = switched.on.value
    return Programme(
        id=0,
        name=rule.name,
        label=rule.label,
        targets=(switched.on.point,),
        slot=rule.slot,
        priority=_PRIORITY,
        default=on if week is None else rest,
        has_default=week is None or switched.off is not None,
        untrusted=None,
        has_untrusted=False,
        week=tuple(
            DayList(day.kind, tuple(replace(period, value=on) for period in day.periods))
            for day in week or ()
        ),
        exceptions=(),
        effective=(),
        source=rule.source,
        bookings=bookings,
    )


def _earlier(period: Period, by_s: float, switched: Switched) -> Period:
    """Begins so much earlier; by the clock not before midnight."""
    seconds = period.start.seconds - round(by_s)
    if period.start.base == "clock":
        seconds = max(0, seconds)
    return replace(period, start=replace(period.start, seconds=seconds), value=switched.on.value)


def _watering(rule: Rule, spec: Irrigation) -> Iterator[Programme]:
    """One valve after another from the beginning of each day's first hours, each for its time."""
    behind_s = 0
    for valve in spec.valves:
        for_s = round(valve.for_s)
        week = [
            DayList(day.kind, tuple(_turn(day.periods[0], behind_s, for_s)) if day.periods else ())
            for day in spec.hours.week
        ]
        yield _programme(rule, valve.then, week)
        behind_s += for_s


def _turn(hours: Period, behind_s: int, for_s: int) -> Iterator[Period]:
    start, end = hours.start, hours.end
    if start.base == end.base:
        length_s = end.seconds - start.seconds
        if start.base == "clock" and length_s <= 0:
            length_s += _DAY_S
        for_s = min(for_s, length_s - behind_s)
    if for_s > 0:
        begins = _after(start, behind_s)
        yield replace(hours, start=begins, end=_after(begins, for_s))


def _after(mark: TimeMark, by_s: int) -> TimeMark:
    seconds = mark.seconds + by_s
    return TimeMark(
        mark.base, (seconds - 1) % _DAY_S + 1 if mark.base == "clock" and seconds > _DAY_S else seconds
    )
