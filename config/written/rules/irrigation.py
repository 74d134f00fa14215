"""Irrigation: valves one after another, each with its share of the day."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from config.language import text
from config.plan.asks import Band
from config.plan.hourly import Irrigation, Watered
from config.plan.points import Point
from config.plan.programmes import Hours
from config.written.model.base import Every, Lasting, Quantity, Written
from config.written.rules.common import Beyond, Condition, OnBadInput, RuleWritten
from config.written.rules.hours import HoursWritten, hours
from config.written.rules.making import Making
from config.written.rules.switching import band, number_point, switched_target

_CONDITIONS = ("only_if", "skip_when", "rain")
_DAY_S = 86_400


class ValveWritten(Written):
    """A valve, how long it is open a day at most, and how much water ends it before."""

    target: str
    longest: Annotated[Every, Field(alias="for")]
    water: Quantity | None = None


class IrrigationWritten(RuleWritten):
    """In its hours, on dry days and while there is water, each valve is opened for its share."""

    kind: Literal["irrigation"]
    hours: HoursWritten
    valves: Annotated[list[ValveWritten], Field(min_length=1)]
    meter: str | None = None
    level: str | None = None
    start: Beyond | None = None
    stop: Beyond | None = None
    only_if: Condition | None = None
    skip_when: Condition | None = None
    rain: Condition | None = None
    dry_after: Lasting = 0.0
    longest: Every | None = None
    most: Quantity | None = None
    on_bad_input: OnBadInput


def lower(written: IrrigationWritten, making: Making) -> Irrigation | None:
    """The record, or None with every problem told."""
    meter = None if written.meter is None else number_point(making, "meter", written.meter)
    level = _level(written, making)
    valves = _valves(written, making, meter)
    when = Hours((), making.place()) if making.lacks("hours") else hours(making, "hours", written.hours)
    conditions = {
        key: None if getattr(written, key) is None else making.condition(key) for key in _CONDITIONS
    }
    if written.rain is None and written.dry_after and not making.lacks("rain"):
        making.problem(
            ["dry_after"],
            text("after what? say what tells rain"),
            text("something like {example}", example="rain: irrigation-1.rain is active"),
        )
    most = None if written.most is None else _water(making, ["most"], written, written.most, meter)
    _note_short(written, making, when)
    told = any(conditions[key] is None and getattr(written, key) is not None for key in _CONDITIONS)
    lost = (written.meter is not None and meter is None) or (written.most is not None and most is None)
    if level is None or valves is None or told or lost:
        return None
    return Irrigation(
        when,
        valves,
        None if meter is None else meter.id,
        *level,
        conditions["only_if"],
        conditions["skip_when"],
        conditions["rain"],
        written.dry_after,
        written.longest,
        most,
        written.on_bad_input,
    )


def _level(written: IrrigationWritten, making: Making) -> tuple[int | None, Band | None] | None:
    """The level and its band, if there is one; None with every problem told."""
    said = [key for key in ("level", "start", "stop") if getattr(written, key) is not None]
    if making.lacks("level", "start", "stop"):
        _ = band(making, number_point(making, "level", written.level), [], written.start, written.stop)
        return None
    if not said:
        return None, None
    if written.level is None or written.start is None or written.stop is None:
        making.problem([said[0]], text("say all of {words}", words="level, start, stop"))
        return None
    point = number_point(making, "level", written.level)
    found = band(making, point, [], written.start, written.stop)
    if found is not None and written.start.below:
        making.problem(
            ["start"],
            text("irrigation takes water"),
            text("something like {example}", example="start: above 45 %"),
        )
        return None
    return None if point is None or found is None else (point.id, found)


def _valves(written: IrrigationWritten, making: Making, meter: Point | None) -> tuple[Watered, ...] | None:
    made: dict[int, Watered] = {}
    told = False
    for index, item in enumerate([] if making.lacks("valves") else written.valves):
        path: list[object] = ["valves", index]
        water = None if item.water is None else _water(making, [*path, "water"], written, item.water, meter)
        told = told or (item.water is not None and water is None)
        if making.named.entry.lacks(*path, "target"):
            continue
        targets = making.targets([*path, "target"], {"name": item.target})
        told = told or not targets
        for target in targets:
            then = switched_target(making, path, True, None, target)
            if then is None:
                told = True
            elif target.point.id in made:
                making.problem(path, text("{name} is named twice", name=target.shown))
            else:
                made[target.point.id] = Watered(target.point.key, then, item.longest, water)
    return None if told else tuple(made.values())


def _water(
    making: Making, path: list[object], written: IrrigationWritten, amount: object, meter: Point | None
) -> float | None:
    """An amount of water in the unit of the meter."""
    if written.meter is None and not making.lacks("meter"):
        making.problem(path, text("nothing measures that"), text("a meter"))
        return None
    if meter is None:
        return None
    found = making.amount(path, amount, meter.unit)
    if found is None:
        return None
    if found <= 0:
        making.problem(path, text("more than nothing"))
        return None
    return found


def _note_short(written: IrrigationWritten, making: Making, when: Hours) -> None:
    """Note kinds of day whose hours are too few for all valves: the last ones get less, or nothing."""
    if not making.named.entry.whole("valves"):
        return
    need_s = sum(item.longest for item in written.valves)
    need_s = need_s if written.longest is None else min(need_s, written.longest)
    for day in when.week:
        have_s = sum((one.end.seconds - one.start.seconds) % _DAY_S or _DAY_S for one in day.periods)
        if 0 < have_s < need_s:
            making.site.findings.note(
                making.place("hours", day.kind),
                text(
                    "the valves take {need}, these hours have {have}: the last get less",
                    need=f"{need_s / 60:g} min",
                    have=f"{have_s / 60:g} min",
                ),
            )
