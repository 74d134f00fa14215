"""Numbers with units as people type them: `30 %`, `22 kW`, `1,200 W`, `2000/5`, full-width signs included."""

from __future__ import annotations

import re
from collections.abc import Callable
from decimal import Decimal
from fractions import Fraction
from typing import NamedTuple

from config.language import Text, text
from config.plan.units import UNITS, Unit
from config.written.problems import Wrong, guess
from config.written.scalars import without_zeros

_WIDE = str.maketrans("０１２３４５６７８９：％，．－＋／（）　\u00a0", "0123456789:%,.-+/()  ")
_NUMBER = re.compile(r"([-+]?(?:\d{1,3}(?:,\d{3})+|\d+)(?:\.\d*)?|[-+]?\.\d+)\s*(.*)", re.DOTALL)
_DIFFERENCE = {"°C": "K"}
"""Inside unit → the unit in which differences of it may be written as well."""
_FRACTION = re.compile(r"(\d+(?:\.\d+)?)\s*/\s*(\d+(?:\.\d+)?)")
_LEADING_ZERO = re.compile(r"[-+]?0\d")
_LARGEST = 10**20
_EXAMPLES = {"time": "30 s, 5 min, 2 h", "share": "80 %", "temperature": "26 °C", "power": "3 kW"}


class Amount(NamedTuple):
    """A number exactly as written, and its unit ("" for none)."""

    number: Decimal
    unit: str


def widths(written: str) -> str:
    """Full-width digits and signs replaced by plain ones, one for one."""
    return written.translate(_WIDE)


def normal(written: str) -> str:
    """The same with outer blanks cut."""
    return widths(written).strip()


def exact(number: float | Decimal) -> Decimal:
    """The decimal that was written: 0.1 is one tenth."""
    return number if isinstance(number, Decimal) else Decimal(repr(number))


def amount(value: object) -> Amount:
    """A number with or without unit. Raises Wrong for anything else."""
    if isinstance(value, bool) or not isinstance(value, (int, float, str)):
        raise Wrong(text("this is no number"), text("a number, with its unit where it has one"))
    if not isinstance(value, str):
        return Amount(_sane(exact(value)), "")
    found = _NUMBER.fullmatch(normal(value))
    if not found:
        raise Wrong(
            text('"{value}" is no number', value=value[:60]), text("a number, with its unit where it has one")
        )
    number, unit = found.group(1), found.group(2).strip()
    if _LEADING_ZERO.match(number):
        bare = f"{without_zeros(number)} {unit}".strip()
        raise Wrong(
            text("what is meant by {written}?", written=value[:60]), hint=text("write {bare}", bare=bare)
        )
    if unit.startswith(","):
        raise Wrong(
            text('what is meant by "{value}"?', value=value[:60]),
            hint=text('write "." before decimals, nothing else'),
        )
    return Amount(_sane(Decimal(number.replace(",", ""))), unit)


def _sane(number: Decimal) -> Decimal:
    """The number, if a float can hold it with room for units and ratios. Raises Wrong."""
    if abs(number) > _LARGEST:
        raise Wrong(text("{value} is too large a number", value=f"{number:.4g}"))
    return number


def known_unit(unit: str) -> Unit:
    """The unit's record. Raises Wrong when it is not one of ours."""
    if unit not in UNITS:
        same = next((name for name in UNITS if name.casefold() == unit.casefold()), None)
        hint = text('did you mean "{name}"?', name=same) if same else guess(unit, UNITS)
        raise Wrong(text('no unit named "{unit}"', unit=unit[:30]), hint=hint)
    return UNITS[unit]


def inside(value: object, unit: str) -> Decimal:
    """`value` as a number of the inside unit `unit` ("" for a bare number).

    Raises Wrong when the unit is missing, unknown or of another quantity.
    """
    number, written = amount(value)
    if written == unit:
        return number
    if not unit:
        raise Wrong(text('"{value}" carries a unit where a bare number belongs', value=value))
    quantity = UNITS[unit].quantity
    if not written:
        whole = text('write "{value} {unit}"', value=value, unit=unit)
        if unit == "%" and 0 < number < 1:
            percent = f"{number * 100:f}".rstrip("0").rstrip(".")
            whole = text('write "{percent} %", or "{value} %"', percent=percent, value=value)
        raise Wrong(text("{value} has no unit", value=value), hint=whole)
    try:
        record = known_unit(written)
    except Wrong as error:
        hint = error.hint or _degree(number, written, unit)
        raise Wrong(error.message, text("a number in {units}", units=unit), hint) from error
    if record.inside != unit:
        raise Wrong(
            text(
                '"{value}" is {found}, not {quantity}',
                value=value,
                found=_word(record.quantity),
                quantity=_word(quantity),
            ),
            text("a number in {units}", units=unit),
        )
    return number * exact(record.factor)


def _degree(number: Decimal, written: str, unit: str) -> Text | None:
    """度 is a kilowatt-hour or a degree, by what is measured."""
    if written != "度" or unit not in ("kWh", "°C", "K"):
        return None
    return text('write "{value} {unit}"', value=number, unit=unit)


def difference(value: object, unit: str) -> Decimal:
    """`value` as a difference of two numbers of the inside unit `unit`; 0 needs none. Raises Wrong."""
    number, written = amount(value)
    if written != _DIFFERENCE.get(unit, unit) and (number or not isinstance(value, (int, float))):
        number = inside(value, unit)
    if number < 0:
        raise Wrong(text('"{value}" is less than nothing', value=value))
    return number


def duration(value: object) -> float:
    """Seconds. Raises Wrong without a unit of time."""
    number, unit = amount(value)
    if not unit:
        if number == 0 and not isinstance(value, str):
            return 0.0
        # Minutes are as probable as seconds: what was meant is not guessed.
        expected = text("a time such as {example}", example=_EXAMPLES["time"])
        raise Wrong(text("{value} has no unit", value=value), expected)
    seconds = inside(value, "s")
    if seconds < 0:
        raise Wrong(text('"{value}" is less than nothing', value=value))
    return float(seconds)


def lasting(least: str, most: str) -> Callable[[object], float]:
    """A reader of times between two, which are written as people write them."""
    low, high = duration(least), duration(most)

    def read(value: object) -> float:
        seconds = duration(value)
        if not low <= seconds <= high:
            raise Wrong(
                text('"{value}" does not fit', value=value), text("{low} to {high}", low=least, high=most)
            )
        return seconds

    return read


def ratio(value: object) -> Fraction:
    """A bare number or a fraction as transformers have it: 2000/5 is 400. Raises Wrong."""
    if isinstance(value, str) and (found := _FRACTION.fullmatch(normal(value))):
        if Decimal(found.group(2)) == 0:
            raise Wrong(text('"{value}" divides by zero', value=value))
        return Fraction(_sane(Decimal(found.group(1)))) / Fraction(_sane(Decimal(found.group(2))))
    return Fraction(inside(value, ""))


def _word(quantity: str) -> Text:
    """A quantity's name, translatable: the names in config.plan.units are message ids."""
    return Text(quantity)
