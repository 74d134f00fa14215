"""What is tried of an output: one small step away from how it was found, and back. Pure."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import NamedTuple

from config.language import Text, text
from config.plan.equipment import FEEDBACK, RUN
from config.plan.points import BacnetObject, Point, Register
from config.plan.reading import Value
from config.plan.rules import Supervision
from config.plan.site import Plan
from config.plan.slots import Slot
from controller.accept.judging import close

STEP_SHARE = 0.05
"""Of its range, by which a number is moved."""
SWITCHING, OFF = "switching", "off"
DANGERS: Mapping[str, Text] = {
    SWITCHING: text("outputs are switched: on, off, and states of machines"),
}
"""What is only done where it is allowed; the words are those of bench files."""
START_S, STOP_S, OPEN_S, SPEED_S = 10.0, 15.0, 60.0, 30.0
"""How long feedback may take where no rule says, site seconds."""


class Found(NamedTuple):
    """How an output was found."""

    value: Value | None
    slots: Mapping[int, Value]
    """Of its priority array, on BACnet."""


class Feedback(NamedTuple):
    """A point that is to follow an output."""

    point: int
    on_s: float
    off_s: float
    """Within so many site seconds after it was switched on, or off; of a number both are the same."""
    tolerance: float = 0.0
    sure: bool = True
    """False: a permit may stand for it, so that nothing need follow when it is switched on."""


def in_slots(point: Point) -> bool:
    """Whether it is commanded through a priority array."""
    return isinstance(point.source, BacnetObject) and point.source.commandable


def step(point: Point, found: Found, allow: Collection[str], *, named: bool) -> Value | Text:
    """The value to try, or why the output is left alone. `named`: the person named this very point."""
    command = point.command
    if point.life_safety:
        return text("life safety is never commanded")
    if command is None or not command.targetable or point.kind == "text":
        return text("it is not commanded")
    if point.kind != "number" and SWITCHING not in allow:
        return text("it is only switched with --allow switching")
    if command.pulse_s is not None and not named:
        return text("a momentary output cannot be put back: it is tried only when it is named itself")
    if command.verify == "none" and not named:
        return text(
            "it cannot be read back, so it could not be put back: it is tried only when it is named itself"
        )
    if found.value is None:
        return text("how it stands cannot be read, so it could not be put back")
    if in_slots(point):
        above = min((slot for slot in found.slots if slot < Slot.PEOPLE), default=None)
        if above is not None:
            return text("another master commands it in slot {slot}, above ours", slot=above)
        returns = found.slots.get(Slot.PEOPLE)
    else:
        returns = found.value
    if returns is not None and (kept := _cannot_return(point, returns)) is not None:
        return kept
    value = _other(point, found.value)
    return text("there is no second value that may be written") if value is None else value


def feedbacks(plan: Plan, point: Point) -> tuple[Feedback, ...]:
    """What is to follow it, by the roles of its equipment."""
    found = []
    for equipment in plan.equipment:
        roles = dict(equipment.roles)
        if roles.get(RUN) == point.id and FEEDBACK in roles:
            start_s, stop_s = _supervised(plan, point.id)
            found.append(Feedback(roles[FEEDBACK], start_s, stop_s))
        if roles.get("open") == point.id and "open_fb" in roles:
            found.append(Feedback(roles["open_fb"], OPEN_S, OPEN_S, sure=False))
        if roles.get("speed") == point.id and "speed_fb" in roles:
            found.append(Feedback(roles["speed_fb"], SPEED_S, SPEED_S, _width(point) * STEP_SHARE / 2))
    return tuple(one for one in found if plan.points[one.point].kind in ("bool", "number"))


def runs(plan: Plan, point: Point) -> int | None:
    """Of a speed: the point that says whether its machine runs; a standing one has no speed to show."""
    for equipment in plan.equipment:
        roles = dict(equipment.roles)
        if roles.get("speed") == point.id:
            return roles.get(FEEDBACK)
    return None


def _supervised(plan: Plan, command: int) -> tuple[float, float]:
    for rule in plan.rules:
        if isinstance(rule.spec, Supervision) and rule.spec.command == command:
            return rule.spec.start_s, rule.spec.stop_s
    return START_S, STOP_S


def _cannot_return(point: Point, found: Value) -> Text | None:
    """Why what was found could not be written again."""
    command = point.command
    assert command is not None
    if point.kind == "enum" and found not in (command.states or [number for number, _ in point.states]):
        return text("it stands at a state that may not be written, so it could not be put back")
    if point.kind == "number" and not isinstance(found, str):
        low, high = command.low, command.high
        if low is None or high is None or not low <= found <= high:
            return text("it stands outside of what may be written, so it could not be put back")
    return None


def _other(point: Point, found: Value) -> Value | None:
    command = point.command
    assert command is not None
    if point.kind == "bool":
        return not found
    if point.kind == "enum":
        states = command.states or tuple(number for number, _ in point.states)
        others = [state for state in states if state != found]
        # A machine that is switched off would have to rest before it is back.
        return next((state for state in others if point.state_name(state) != OFF), next(iter(others), None))
    if isinstance(found, str) or command.low is None or command.high is None:
        return None
    by = max(STEP_SHARE * _width(point), 3 * command.tolerance, 2 * _grain(point))
    start = min(max(float(found), command.low), command.high)
    up, down = round(start + by, 6), round(start - by, 6)
    value = up if up <= command.high else down
    return None if value < command.low or close(value, found, command.tolerance) else value


def _width(point: Point) -> float:
    command = point.command
    if command is None or command.low is None or command.high is None:
        return 0.0
    return command.high - command.low


def _grain(point: Point) -> float:
    """The smallest step that its register knows."""
    register = point.source if point.command is None else point.command.register or point.source
    if not isinstance(register, Register) or register.type.startswith("float"):
        return 0.0
    return abs(register.scale)
