"""What a programme is held against: the same site without it. Pure functions of the Plan.

`left_alone` is the building as people leave it: lamps full from the first to the last who has a hand on the
switch, heaters always permitted, every panel in its own automatic mode, set-points at what the busiest hour
needs. `time_clock` is the same building with plain timers: two values, by the weekday, at fixed times. Both
keep what protects machines and runs them, and lose what saves: so neither is made worse than it would be.
Rules that save go by their hours alone (`by_hours`), and what is booked is switched by hand, in both.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import date, timedelta
from typing import Literal, NamedTuple

from config.plan.points import Point
from config.plan.programmes import (
    WEEKDAYS,
    BookedPeriod,
    DateRange,
    DayList,
    ExceptionEntry,
    Period,
    Programme,
    TimeMark,
)
from config.plan.reading import Value
from config.plan.rules import Cycling, Duty, Hazard, Interlock, Level, Link, MakeUp, RuleSpec, Supervision
from config.plan.site import Plan
from controller.rehearsal.by_hours import float_switch, programmes_for
from schedules.calendar import kinds_like
from schedules.context import Context

LIGHTS_OUT_S = 22 * 3600
"""When the watchman switches off what people left on."""
TIMER_STEP_S = 15 * 60
"""What timers are set by: sunset is taken so much earlier at most, sunrise later."""
KEPT: tuple[type[RuleSpec], ...] = (Cycling, Duty, Hazard, Interlock, Level, Link, MakeUp, Supervision)
"""Rules without which machines would stand still or come to harm: panels have these of their own."""
_KINDS = (*WEEKDAYS, "workday", "dayoff", "everyday")

Use = Literal["lamp", "heater", "mode", "switch", "setting", "people"]
"""Of what a programme commands. people: theirs in any case (who may cook, and when)."""


class _Target(NamedTuple):
    """What a programme commands."""

    point: Point
    use: Use
    fallback: Value | None
    """What its device goes to when nobody talks to it; None: it stays as it is."""


def left_alone(plan: Plan) -> Plan:
    """Nobody commands but people with a hand on the switch."""
    return _of(plan, lambda programme: _left(programme, _target(plan, programme)))


def time_clock(plan: Plan, context: Context, first: date, days: int) -> Plan:
    """Timers, set once for these days: by the sun of the first, by weekdays also on holidays."""
    special = tuple(_special(context, first - timedelta(days=1), days + 2))
    at = _fixed(context, first)

    def timed(programme: Programme) -> Programme:
        target = _target(plan, programme)
        if target.use in ("mode", "setting", "people"):
            return _left(programme, target)
        week = tuple(
            replace(one, periods=tuple(_two_valued(one.periods, _on(programme, target), programme, at)))
            for one in _ordinary(programme)
        )
        dates = (DateRange(day.isoformat(), day.isoformat()) for day in special)
        weekdays = tuple(
            ExceptionEntry((one,), WEEKDAYS[day.weekday()], (), False, "", programme.source)
            for one, day in zip(dates, special, strict=True)
        )
        hands = _by_hand(programme, target)
        return replace(programme, week=week, exceptions=weekdays if week else (), bookings=hands)

    return _of(plan, timed)


Baseline = Literal["default", "time-clock"]


def baseline(name: Baseline, plan: Plan, context: Context, first: date, days: int) -> Plan:
    """By the word that people use for it."""
    return left_alone(plan) if name == "default" else time_clock(plan, context, first, days)


def _of(plan: Plan, changed: Callable[[Programme], Programme]) -> Plan:
    written = [*plan.programmes, *(made for rule in plan.rules for made in programmes_for(rule))]
    programmes = tuple(changed(replace(one, id=number)) for number, one in enumerate(written))
    kept = (rule if isinstance(rule.spec, KEPT) else float_switch(rule) for rule in plan.rules)
    return replace(plan, programmes=programmes, rules=tuple(rule for rule in kept if rule is not None))


def _target(plan: Plan, programme: Programme) -> _Target:
    """All targets of a programme are of one kind: the first stands for them."""
    point = plan.points[programme.targets[0]]
    roles = {number: (item.kind, role) for item in plan.equipment for role, number in item.roles}
    kind, role = roles.get(point.id, ("", ""))
    unheard = plan.devices[point.device].unheard
    goes_to = None if unheard is None else unheard.goes_to
    use: Use = "setting"
    if kind == "lamp-group" and role in ("level", "switch"):
        use = "lamp"
    elif role == "heater_permit" or (kind == "heater" and role in ("permit", "switch")):
        use = "heater"
    elif kind == "stove":
        use = "people"
    elif point.kind == "enum":
        use = "mode"
    elif point.kind == "bool":
        use = "switch"
    fits = point.kind == "enum" and isinstance(goes_to, int | float) and not isinstance(goes_to, bool)
    known = fits and any(number == goes_to for number, _ in point.states)
    return _Target(point, use, goes_to if known else None)


def _left(programme: Programme, target: _Target) -> Programme:
    """A programme as nobody's hand but people's would have it."""
    ordinary = _ordinary(programme)
    bare = replace(programme, week=ordinary, exceptions=())
    match target.use:
        case "lamp":
            on = _on(programme, target)
            week = (replace(one, periods=tuple(_hours(one.periods, on, programme))) for one in ordinary)
            return replace(bare, week=tuple(week), bookings=_by_hand(programme, target))
        case "heater":
            return _always(programme, True)
        case "mode":
            rests = target.point.state_name(programme.default) if programme.default is not None else None
            automatic = next((number for number, word in target.point.states if word == "auto"), None)
            left = automatic if target.fallback is None else target.fallback
            # What rests unless somebody wants it is switched on by hand, at the hours that the programme has.
            return bare if rests == "off" or left is None else _always(programme, left)
        case "people":
            return programme
        case "switch":
            return bare
        case "setting":
            values = [programme.default, *(period.value for one in ordinary for period in one.periods)]
            values += [booked.value for booked in programme.bookings]
            numbers = [value for value in values if isinstance(value, int | float)]
            return _always(programme, max(numbers)) if ordinary and numbers else bare


def _by_hand(programme: Programme, target: _Target) -> tuple[BookedPeriod, ...]:
    """Whoever has booked switches on what the programme would, with what the switch gives."""
    on, rest = _on(programme, target), programme.default
    floor = rest if isinstance(rest, int | float) else 0
    return tuple(
        replace(booked, value=on)
        if isinstance(booked.value, int | float) and booked.value > floor
        else booked
        for booked in programme.bookings
    )


def _always(programme: Programme, value: Value) -> Programme:
    return replace(programme, default=value, has_default=True, week=(), exceptions=(), bookings=())


def _ordinary(programme: Programme) -> tuple[DayList, ...]:
    """Its lists without those of holidays and of the site's own days."""
    return tuple(one for one in programme.week if one.kind in _KINDS)


def _on(programme: Programme, target: _Target) -> Value:
    """What a switch gives: all that there is where lamps are, else the most that the programme asks."""
    command = target.point.command
    if target.point.kind == "bool":
        return True
    if target.use == "lamp" and command is not None and command.high is not None:
        return command.high
    asked = [period.value for one in programme.week for period in one.periods]
    asked += [booked.value for booked in programme.bookings]
    return max((value for value in asked if isinstance(value, int | float)), default=programme.default or 0)


def _used(periods: tuple[Period, ...], programme: Programme) -> list[Period]:
    """Periods in which more is asked for than at rest, in order."""
    rest = programme.default
    floor = rest if isinstance(rest, int | float) else 0
    return [period for period in periods if isinstance(period.value, int | float) and period.value > floor]


def _hours(periods: tuple[Period, ...], on: Value, programme: Programme) -> Iterator[Period]:
    """From when the first would have light until the watchman's round; outdoors from dusk to dawn."""
    used = _used(periods, programme)
    if not used:
        return
    first, last = used[0], used[-1]
    end = last.end
    if first.start.base == "clock" and end.base == "clock" and first.start.seconds < end.seconds:
        end = TimeMark("clock", max(end.seconds, LIGHTS_OUT_S))
    yield Period(first.start, end, on, first.source)


def _two_valued(
    periods: tuple[Period, ...], on: Value, programme: Programme, at: Callable[[TimeMark], TimeMark]
) -> Iterator[Period]:
    """The same hours with one value, those that follow each other as one, at fixed times."""
    running: Period | None = None
    for period in _used(periods, programme):
        if running is not None and running.end == period.start:
            running = replace(running, end=period.end)
            continue
        if running is not None:
            yield replace(running, start=at(running.start), end=at(running.end), value=on)
        running = period
    if running is not None:
        yield replace(running, start=at(running.start), end=at(running.end), value=on)


def _fixed(context: Context, first: date) -> Callable[[TimeMark], TimeMark]:
    """Times by the sun as a timer has them: that day's, to a quarter of an hour, so that it is never dark."""

    def at(mark: TimeMark) -> TimeMark:
        if mark.base == "clock":
            return mark
        seconds = (context.moment(mark, first) - context.local.midnight(first)) // 1000
        steps = seconds // TIMER_STEP_S if mark.base == "sunset" else -(-seconds // TIMER_STEP_S)
        return TimeMark("clock", steps * TIMER_STEP_S)

    return at


def _special(context: Context, first: date, days: int) -> Iterator[date]:
    """Dates that are not what their weekday is: timers do not know of them."""
    for number in range(days):
        day = first + timedelta(days=number)
        kind = context.calendar.kind(day)
        if kind.kinds != kinds_like(WEEKDAYS[day.weekday()], kind):
            yield day
