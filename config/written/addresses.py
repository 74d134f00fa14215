"""Where a value lies, as profiles write it: `holding 0x2012`, `coil 17`, `analog-output 3`."""

from __future__ import annotations

import re
from typing import NamedTuple, cast

from config.language import text
from config.plan.points import Space
from config.written.problems import Wrong, guess, one_of
from config.written.quantities import normal

SPACES: tuple[Space, ...] = ("holding", "input", "coil", "discrete")
BINARY = ("binary-input", "binary-output", "binary-value")
MULTI = ("multi-state-input", "multi-state-output", "multi-state-value")
ANALOG = (
    "analog-input",
    "analog-output",
    "analog-value",
    "accumulator",
    "integer-value",
    "positive-integer-value",
    "large-analog-value",
)
TEXT = ("characterstring-value",)
OBJECTS = (*ANALOG, *BINARY, *MULTI, *TEXT)
COMMANDABLE = frozenset(item for item in OBJECTS if item.endswith(("-output", "-value")))
MOST_INSTANCE = 4_194_302
PATTERN = r"^(holding|input|coil|discrete|[a-z-]+) +(0x[0-9a-fA-F]+|[0-9]+)$"

_AT = re.compile(r"([a-z-]+)\s+(0x[0-9a-fA-F]+|[0-9]+)")
_PRINTED = {"coil": 1, "discrete": 10001, "input": 30001, "holding": 40001}


class At(NamedTuple):
    """A written place: Modbus space and number, or BACnet object type and instance."""

    space: str
    number: int

    @property
    def modbus(self) -> bool:
        return self.space in SPACES


def at(value: object) -> At:
    """Read a place. Raises Wrong."""
    if not isinstance(value, str) or not (found := _AT.fullmatch(normal(value).lower())):
        raise Wrong(
            text('"{value}" is no place of a value', value=value),
            text("something like {example}", example="holding 0x2012, coil 3, analog-output 1"),
        )
    space, number = found.group(1), int(found.group(2), 0)
    if space not in SPACES and space not in OBJECTS:
        known = (*SPACES, *OBJECTS)
        raise Wrong(
            text('no kind of register or object named "{name}"', name=space),
            None if guess(space, known) else one_of(known),
            guess(space, known),
        )
    if number > (65535 if space in SPACES else MOST_INSTANCE) and not (space in SPACES and number >= 400_001):
        raise Wrong(text('the number in "{value}" is too large', value=value))
    return At(space, number)


def on_the_wire(place: At, printed: bool) -> tuple[Space, int]:
    """Space and 0-based address.

    `printed`: as makers print it, 40001-based (or 1-based without the leading digit). Raises Wrong when the
    printed number cannot be of that space.
    """
    space = cast(Space, place.space)
    if not printed:
        return space, place.number
    base = _PRINTED[space]
    if base <= place.number <= base + 9998 or space == "coil":
        address = place.number - base
    elif base > 1 and (six := base // 10000 * 100_000 + 1) <= place.number <= six + 65535:
        address = place.number - six
    else:
        # Some makers print 1-based numbers without the digit of the space.
        address = place.number - 1
    if not 0 <= address <= 65535:
        raise Wrong(
            text("{number} is no printed address of a {space} register", number=place.number, space=space)
        )
    return space, address
