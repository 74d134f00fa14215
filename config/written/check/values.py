"""A written value against the point it is for: type, unit, range, states."""

from __future__ import annotations

from decimal import Decimal

from config.language import text
from config.plan.points import Kind
from config.plan.reading import Value
from config.plan.units import UNITS
from config.written.model.profile import PointWritten
from config.written.problems import Findings, Wrong, guess, one_of
from config.written.profiles import Profile
from config.written.quantities import amount, exact, inside, known_unit

LEAST_SCALE = 1e-12
"""A smaller one is a slip of the pen."""
_SWITCH: dict[str, bool] = {"on": True, "off": False, "open": True, "closed": False}


def inside_unit(point: PointWritten) -> str:
    """The unit its values have in the Plan."""
    return UNITS[point.unit].inside if point.unit else ""


def in_point_unit(point: PointWritten, value: object) -> Decimal:
    """A number of the profile, bare in the point's unit or with one, in inside units. Raises Wrong."""
    number, unit = amount(value)
    if unit:
        return inside(value, inside_unit(point))
    return number * exact(known_unit(point.unit).factor) if point.unit else number


def check_pair(
    profile: Profile, point: PointWritten, path: tuple[object, ...], pair: list[object], findings: Findings
) -> tuple[Decimal, Decimal] | None:
    """[low, high] in inside units, or None with problems told."""
    bounds = []
    for index, item in enumerate(pair):
        try:
            bounds.append(in_point_unit(point, item))
        except Wrong as error:
            findings.wrong(profile.place(*path, index), error)
    if len(bounds) < 2:
        return None
    if bounds[0] >= bounds[1]:
        findings.problem(profile.place(*path, 0), text("the lower bound comes first"))
        return None
    return bounds[0], bounds[1]


def allowed_states(point: PointWritten) -> dict[int, str]:
    """The states a command may ask for."""
    states = point.states or {}
    subset = point.command.states if point.command else None
    return {number: word for number, word in states.items() if subset is None or word in subset}


def check_value(point: PointWritten, kind: Kind, value: object) -> Value:
    """The value in engineering units, allowed by the point's command. Raises Wrong."""
    if kind == "bool":
        return _switch(value)
    if kind == "enum":
        return _state(point, value)
    if kind == "text":
        raise Wrong(text("a text cannot be commanded"))
    number = inside(value, inside_unit(point))
    if point.command is not None and point.command.range is not None:
        low, high = (in_point_unit(point, item) for item in point.command.range)
        if not low <= number <= high:
            unit = inside_unit(point)
            raise Wrong(
                text('"{value}" is out of range', value=value),
                text("{low} to {high}", low=shown(low, unit), high=shown(high, unit)),
            )
    return float(number)


def shown(number: Decimal | float, unit: str) -> str:
    """A number with its unit, as people write it."""
    return f"{float(number):g} {unit}".strip()


def _switch(value: object) -> bool:
    if isinstance(value, bool):
        return value
    if isinstance(value, str) and value in _SWITCH:
        return _SWITCH[value]
    raise Wrong(
        text('"{value}" is no position of a switch', value=value),
        text("on or off"),
        guess(value, _SWITCH) if isinstance(value, str) else None,
    )


def _state(point: PointWritten, value: object) -> int:
    allowed = allowed_states(point)
    for number, word in allowed.items():
        if value == word:
            return number
    every = point.states or {}
    words = [word for word in every.values() if word in allowed.values()]
    if value in every.values():
        raise Wrong(
            text('state "{value}" may not be commanded', value=value),
            one_of(words),
        )
    raise Wrong(
        text('no state named "{value}"', value=value),
        one_of(words),
        guess(str(value), words),
    )
