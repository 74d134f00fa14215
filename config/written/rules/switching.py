"""What rules ask of their points while they are on, and while they are off."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any, Literal

from config.language import text
from config.plan.asks import Band, Switched
from config.plan.equipment import RUN
from config.plan.points import Point
from config.written.lower.target import Target
from config.written.model.base import Duration, Scalar
from config.written.problems import Wrong
from config.written.rules.common import ThenWritten, Threshold
from config.written.rules.making import Making
from config.written.words.parse import Said


class SwitchWritten(ThenWritten):
    """A target with its value, or with the least that others may ask of it; and what it is otherwise."""

    value: Scalar = None
    at_least: Scalar = None
    otherwise: Scalar = None
    after: Duration = 0.0

    def model_post_init(self, context: Any, /) -> None:
        super().model_post_init(context)
        if (self.value is None) is (self.at_least is None):
            raise Wrong(text("say what is asked: either value or at_least"))
        if self.at_least is not None and self.otherwise is not None:
            raise Wrong(text("otherwise does not go with at_least"))


def switched(
    making: Making, written: Sequence[SwitchWritten] | None, off: Literal["all", "motors"]
) -> tuple[Switched, ...]:
    """Every point of every target. `off`: which of them are always put into a value when the rule is off;
    others only where `otherwise` says so."""
    made: dict[int, Switched] = {}
    for index, item in enumerate(written or ()):
        path = ["then", index]
        for target in making.targets([*path, *([] if item.tag else ["target"])], item.item()):
            one = _one(making, path, item, target, off)
            if one is None:
                continue
            one = replace(one, after_s=item.after)
            if target.point.id in made:
                making.member(path, target, text("{name} is asked for twice", name=target.shown))
            made[target.point.id] = one
    return tuple(made.values())


def _one(
    making: Making, path: list[object], item: SwitchWritten, target: Target, off: str
) -> Switched | None:
    key = "value" if item.at_least is None else "at_least"
    on = making.value([*path, key], target, getattr(item, key))
    if on is None:
        return None
    if item.at_least is not None:
        if target.point.kind == "number":
            return Switched(making.ask(target, on), None, floor=True)
        making.member([*path, key], target, text("{point} is no number", point=target.shown))
        return None
    if off == "motors" and item.otherwise is None and not target.shown.endswith(f".{RUN}"):
        return Switched(making.ask(target, on), None)
    return switched_target(making, path, item.value, item.otherwise, target)


def switched_target(
    making: Making, path: list[object], value: object, otherwise: object, target: Target
) -> Switched | None:
    """The values of one target: `otherwise` None is the opposite of a switch."""
    on = making.value([*path, "value"], target, value)
    if on is None:
        return None
    if otherwise is not None:
        other = making.value([*path, "otherwise"], target, otherwise)
        if other == on:
            making.problem([*path, "otherwise"], text("otherwise is the same value"))
            return None
    elif isinstance(on, bool):
        other = not on
    else:
        if making.named.entry.lacks(*path, "otherwise"):
            return None
        making.member(
            path,
            target,
            text("{name}: say what it is otherwise", name=target.shown),
            text("something like {example}", example="otherwise: 30 %"),
        )
        return None
    return None if other is None else Switched(making.ask(target, on), making.ask(target, other))


def number_point(making: Making, path: str, name: str | None) -> Point | None:
    """The point that stands there, which is a number. None: it is lost."""
    if name is None:
        return None
    point = making.point(Said(name, 0), making.place(path))
    if point is not None and point.kind != "number":
        making.problem([path], text("{point} is no number", point=name))
        return None
    return point


def band(
    making: Making,
    point: Point | None,
    path: Sequence[object],
    start: Threshold | None,
    stop: Threshold | None,
) -> Band | None:
    """Two thresholds of `point`, written below `path` as start and stop. None: it is lost."""
    if point is None:
        return None
    found = []
    for key, threshold in (("start", start), ("stop", stop)):
        if threshold is None:
            continue
        if (amount := making.amount([*path, key], threshold.amount, point.unit)) is not None:
            found.append(amount)
    if start is None or stop is None or len(found) < 2:
        return None
    if start.below is stop.below:
        making.problem(
            [*path, "stop"],
            text("start and stop lie on the same side"),
            text("one below, the other above"),
        )
        return None
    low, high = found if start.below else reversed(found)
    if low >= high:
        making.problem([*path, "stop"], text("it would start and stop at the same time"))
        return None
    return Band(*found)
