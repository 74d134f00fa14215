"""Demand caps: what is measured, how much it may be, and what is shed in which order."""

from __future__ import annotations

from collections.abc import Sequence
from math import ceil
from typing import Annotated, Literal

from pydantic import Field

from config.language import text
from config.plan.points import Point
from config.plan.reading import Value
from config.plan.rules import STEADY, DemandCap, Shed
from config.plan.slots import Slot
from config.written.lower.target import Target
from config.written.model.base import Ahead, Lasting, Quantity, RunOn, Scalar, Written
from config.written.model.programmes import TargetNames
from config.written.rules.common import Condition, OnBadInput, RuleWritten
from config.written.rules.making import Making
from config.written.rules.presence import Contacts
from config.written.words.parse import Said

_MARGIN, _DEADBAND = 0.05, 0.10
"""Of the limit, where nothing is said."""
_BOILERS = ("heater", "water-purifier")


class ShedWritten(Written):
    """One step: targets that take turns, with the most (or the least) that is left to them."""

    targets: TargetNames
    at_most: Scalar = None
    at_least: Scalar = None
    saves: Quantity | None = None
    only_if: Condition | None = None
    at_least_for: RunOn = 300.0
    at_most_for: Lasting = 1800.0
    at_least_between: RunOn = 900.0


class DemandCapWritten(RuleWritten):
    """Keeps the mean power of any 15 minutes below `limit`."""

    kind: Literal["demand_cap"]
    power: Contacts | None = None
    counter: Contacts | None = None
    limit: Quantity
    margin: Quantity | None = None
    deadband: Quantity | None = None
    ahead: Ahead = 300.0
    restore_after: RunOn = 300.0
    stagger: RunOn = 60.0
    shed: Annotated[list[ShedWritten], Field(min_length=1)]
    on_bad_input: OnBadInput


def lower(written: DemandCapWritten, making: Making) -> DemandCap | None:
    """The record, or None with every problem told."""
    if written.slot is not None and written.slot < Slot.DEMAND_CAP:
        making.problem(["slot"], text("a demand cap stands below people"), text("slot 9 to 14"))
    if not making.lacks("on_bad_input") and written.on_bad_input.does == "trip":
        making.problem(
            ["on_bad_input"],
            text("nothing is shed for a demand that nobody has measured"),
            text("release, or hold 5 min then release"),
        )
    meters = _meters(written, making)
    limits = _limits(written, making)
    sheds = _sheds(written, making)
    if limits is not None and not making.lacks("margin"):
        _check_steps(making, meters, limits[1])
    if not meters or limits is None or not sheds:
        return None
    return DemandCap(
        tuple(point.id for point in meters),
        written.counter is not None,
        sum((point.counter.max_rate for point in meters if point.counter is not None), 0.0),
        *limits,
        ceil(written.ahead / 60),
        written.restore_after,
        written.stagger,
        sheds,
        written.on_bad_input,
    )


def _meters(written: DemandCapWritten, making: Making) -> list[Point]:
    if (written.power is None) is (written.counter is None):
        if not making.lacks("power", "counter"):
            making.problem([], text("say what measures the demand: either power or counter"))
        return []
    key, names = ("power", written.power) if written.power is not None else ("counter", written.counter)
    assert names is not None
    found: dict[int, Point] = {}
    for index, name in enumerate(names):
        point = making.point(Said(name, 0), making.place(key, index))
        if point is None:
            continue
        if point.kind != "number" or point.unit != ("kW" if key == "power" else "kWh"):
            making.problem(
                [key, index],
                text("{point} is no power", point=name)
                if key == "power"
                else text("{point} is no counter of electricity", point=name),
                text("a number in {units}", units="kW" if key == "power" else "kWh"),
            )
        elif key == "counter" and point.counter is None:
            making.problem([key, index], text("{point} is no counter of electricity", point=name))
        elif point.id in found:
            making.problem([key, index], text("{name} is named twice", name=name))
        else:
            found[point.id] = point
    return list(found.values()) if len(found) == len(names) else []


def _limits(written: DemandCapWritten, making: Making) -> tuple[float, float, float] | None:
    """Limit, margin and dead band, kW; None with every problem told."""
    limit, margin, deadband = (
        None if written_kw is None else _kw(making, key, written_kw)
        for key, written_kw in (
            ("limit", written.limit),
            ("margin", written.margin),
            ("deadband", written.deadband),
        )
    )
    if limit is not None and written.margin is None:
        margin = limit * _MARGIN
    if limit is not None and written.deadband is None:
        deadband = limit * _DEADBAND
    if limit is None or margin is None or deadband is None or making.lacks("margin", "deadband"):
        return None
    if not margin < deadband < limit:
        making.problem(
            ["limit" if written.deadband is None else "deadband"],
            text("the dead band lies between the margin and the limit"),
            text("margin < deadband < limit"),
        )
        return None
    return limit, margin, deadband


def _check_steps(making: Making, meters: Sequence[Point], margin: float) -> None:
    """Counts that move in steps which are more than the margin would shed for nothing."""
    step = sum(float(point.counter.quantum) for point in meters if point.counter is not None)
    kw = step * 3600 / (STEADY * 60)
    if kw > margin:
        making.problem(
            ["counter"],
            text(
                "counts of {step} kWh tell the power of {minutes} min to {kw} kW, the margin is {margin} kW",
                step=f"{step:g}",
                minutes=STEADY,
                kw=f"{kw:g}",
                margin=f"{margin:g}",
            ),
            hint=text("go by power, or give it a wider margin"),
        )


def _kw(making: Making, key: str, written: object, *path: object) -> float | None:
    number = making.amount([*path, key], written, "kW")
    if number is not None and number <= 0:
        making.problem([*path, key], text("{value} is no power to go by", value=written))
        return None
    return number


def _sheds(written: DemandCapWritten, making: Making) -> tuple[Shed, ...]:
    made: dict[str, Shed] = {}
    for step, item in enumerate([] if making.lacks("shed") else written.shed):
        path: list[object] = ["shed", step]
        if any(making.named.entry.lacks(*path, key) for key in ("at_most", "at_least", "targets")):
            continue
        if (item.at_most is None) is (item.at_least is None):
            making.problem(path, text("say what is left to it: either at_most or at_least"))
            continue
        if item.at_most_for < item.at_least_for and making.named.entry.whole(*path):
            making.problem([*path, "at_most_for"], text("at_most_for is less than at_least_for"))
        only_if = None if item.only_if is None else making.condition(*path, "only_if")
        always = item.only_if is None and not making.named.entry.lacks(*path, "only_if")
        if item.at_least is not None and always:
            making.site.findings.note(
                making.place(*path, "at_least"),
                text("this sheds while it cools; while it heats it would take more: only_if says when"),
            )
        saves = None if item.saves is None else _kw(making, "saves", item.saves, *path)
        for target in _targets(making, path, item.targets):
            bound = _bound(making, path, item, target)
            found = None if bound is None else _saving(making, path, item, target, saves)
            if bound is None or found is None:
                continue
            kw, of_level = found
            name = f"{target.shown} {bound:g}"
            if name in made:
                making.member(path, target, text("{name} is asked for twice", name=target.shown))
            made[name] = Shed(
                name,
                step,
                target.point.id,
                bound,
                item.at_least is not None,
                kw,
                of_level,
                item.at_least_for,
                item.at_most_for,
                item.at_least_between,
                only_if,
            )
    return tuple(made.values())


def _targets(making: Making, path: list[object], written: Sequence[dict[str, str]]) -> list[Target]:
    found: list[Target] = []
    for index, target in enumerate(written):
        found += making.targets([*path, "targets", index], target)
    return found


def _bound(making: Making, path: list[object], item: ShedWritten, target: Target) -> Value | None:
    """What is left to it, where that can take something away."""
    key, said = ("at_most", item.at_most) if item.at_least is None else ("at_least", item.at_least)
    point, command = target.point, target.point.command
    if point.kind not in ("number", "bool"):
        making.member(
            [*path, key],
            target,
            text("{point} is no number and no switch: nothing caps it", point=target.shown),
        )
        return None
    value = making.value([*path, key], target, said)
    if value is None or isinstance(value, str) or command is None:
        return None
    if point.kind == "bool" and (key == "at_least" or value is True):
        making.member(
            [*path, key],
            target,
            text("{name}: to shed a switch is to put it off", name=target.shown),
            text("at_most: off"),
        )
        return None
    if key == "at_least" and point.unit != "°C":
        making.member(
            [*path, key],
            target,
            text(
                "{name}: to shed it is to bring it down; only a temperature may be held up", name=target.shown
            ),
            text("at_most: {value}", value=said),
        )
        return None
    if key == "at_least" and target.kind in _BOILERS:
        making.member(
            [*path, key],
            target,
            text("{name}: a boiler that is held up takes more", name=target.shown),
            text("at_most: {value}", value=said),
        )
        return None
    edge = command.high if key == "at_most" else command.low
    if point.kind == "number" and edge is not None and float(value) == edge:
        making.member(
            [*path, key], target, text("{name}: that takes nothing away from it", name=target.shown)
        )
        return None
    return value


def _saving(
    making: Making, path: list[object], item: ShedWritten, target: Target, saves: float | None
) -> tuple[float, bool] | None:
    """kW that it saves, and whether that is in proportion to its level."""
    if item.saves is not None:
        return None if saves is None else (saves, False)
    owner = target.shown.partition(".")[0]
    equipment = making.site.equipment.get(owner)
    if making.named.entry.lacks(*path, "saves") or making.site.lost.lost_part(owner, "rated"):
        return None
    rated = None if equipment is None else equipment.rated_kw
    if rated is not None and rated > 0:
        if target.point.kind == "bool":
            return rated, False
        if target.point.unit == "%" and item.at_most is not None:
            return rated, True
    making.member(
        path,
        target,
        text("{name}: how much it saves is not known", name=target.shown),
        text("something like {example}", example="saves: 4 kW"),
    )
    return None
