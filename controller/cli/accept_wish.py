"""What is written on the command line of accept, turned into points, values and devices. Raises Failure."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from config.language import Text, text
from config.plan.points import Point
from config.plan.reading import Value
from config.plan.site import Plan
from controller.accept.judging import MEASURED_SHARE
from controller.accept.session import Wish
from controller.accept.trials import DANGERS
from controller.cli.speech import Failure
from controller.decide.records import Refused
from controller.operations.finding import find_point, find_target
from controller.operations.wishes import value_of
from controller.socket.protocol import RequestError

ALL = "all"
FAILED = "failed"
_TOLERANCES = ("±", "+-")


class ByHand(NamedTuple):
    """What an instrument showed."""

    point: Point
    value: Value
    tolerance: float


def wish_of(
    plan: Plan,
    write: Sequence[str],
    allow: Sequence[str],
    lose: Sequence[str],
    again: Sequence[str],
    *,
    forget: bool,
) -> Wish:
    """All of it."""
    for word in allow:
        if word not in DANGERS:
            known = ", ".join(DANGERS)
            raise Failure(text("--allow takes {known}, not {given}", known=known, given=word), code=2)
    written, named, set_up = _to_write(plan, write)
    repeated = frozenset[int]().union(*(_meant(plan, name).points for name in again if name != FAILED))
    return Wish(
        written,
        named,
        set_up,
        frozenset(allow),
        tuple(dict.fromkeys(_device(plan, name) for name in lose)),
        repeated,
        FAILED in again,
        forget,
    )


def without_output(write: Sequence[str], wish: Wish) -> Text | None:
    """What is said where there is nothing to be written of all that was named."""
    if not write or wish.write:
        return None
    if ALL in write:
        return text(
            "there is nothing to be written: --write all is the outputs of all equipment, and this site has "
            "none; name devices or points"
        )
    return text("there is nothing to be written: {names} has no output", names=", ".join(write))


def noted(plan: Plan, written: str) -> tuple[Point, str]:
    """ "POINT=what there is to say"."""
    name, _, words = written.partition("=")
    if not words.strip():
        raise Failure(text("{given}: write POINT=words", given=written), code=2)
    return _point(plan, name.strip()), words.strip()


def measured(plan: Plan, written: str) -> ByHand:
    """ "POINT=21.4", "POINT=21.4±0.5", "POINT=on"."""
    name, _, shown = written.partition("=")
    if not shown.strip():
        raise Failure(text("{given}: write POINT=21.4 or POINT=21.4±0.5", given=written), code=2)
    point = _point(plan, name.strip())
    sign = next((sign for sign in _TOLERANCES if sign in shown), None)
    first, _, last = shown.partition(sign) if sign else (shown, "", "")
    try:
        value = value_of(point, first)
        if not isinstance(value, float):
            return ByHand(point, value, 0.0)
        tolerance = abs(value) * MEASURED_SHARE if sign is None else value_of(point, last)
    except Refused as refusal:
        raise Failure(refusal.text, code=2) from refusal
    assert isinstance(tolerance, float)
    return ByHand(point, value, tolerance)


def _to_write(plan: Plan, names: Sequence[str]) -> tuple[frozenset[int], frozenset[int], frozenset[int]]:
    """Points, those of them named themselves, and devices whose set-up registers may be written too."""
    points, named, set_up = set[int](), set[int](), set[int]()
    for name in sorted(names, key=lambda name: name != ALL):
        meant = _meant(plan, name)
        if meant.kind == "point":
            named |= meant.points
        else:
            points |= {number for number in meant.points if _commanded(plan, number)}
        if meant.kind == "device":
            set_up |= {plan.points[number].device for number in meant.points}
        if meant.kind == ALL:
            # What is bound to nothing may be wired to anything; a stove's gas is released by name alone.
            points &= {
                point
                for equipment in plan.equipment
                for _, point in equipment.roles
                if equipment.kind != "stove"
            }
            set_up |= {device.id for device in plan.devices}
    return frozenset(points | named), frozenset(named), frozenset(set_up)


def _commanded(plan: Plan, number: int) -> bool:
    command = plan.points[number].command
    return command is not None and command.targetable


class _Meant(NamedTuple):
    kind: str
    """all, device, equipment or point."""
    points: frozenset[int]


def _meant(plan: Plan, name: str) -> _Meant:
    if name == ALL:
        return _Meant(ALL, frozenset(range(len(plan.points))))
    if plan.point_named(name) is None or "." not in name:
        try:
            target = find_target(plan, name)
        except RequestError:
            pass
        else:
            for device in plan.devices:
                if device.name == target:
                    return _Meant("device", frozenset(device.points))
            roles = next(item.roles for item in plan.equipment if item.name == target)
            return _Meant("equipment", frozenset(point for _, point in roles))
    return _Meant("point", frozenset({_point(plan, name).id}))


def _point(plan: Plan, name: str) -> Point:
    try:
        return find_point(plan, name)
    except RequestError as error:
        raise Failure(error.text, code=2) from error


def _device(plan: Plan, name: str) -> int:
    try:
        target = find_target(plan, name)
    except RequestError as error:
        raise Failure(error.text, code=2) from error
    for device in plan.devices:
        if device.name == target:
            return device.id
    raise Failure(text("{name} is no device: only whole devices are disconnected", name=name), code=2)
