"""Exact arithmetic between what is written and what the Plan holds."""

from __future__ import annotations

from collections.abc import Mapping
from fractions import Fraction
from math import prod

from config.plan.units import UNITS
from config.written.model.profile import PointWritten
from config.written.quantities import exact


def fraction(number: float) -> Fraction:
    """The fraction that was written: 0.1 is one tenth."""
    return Fraction(exact(number))


def unit_factor(point: PointWritten) -> Fraction:
    """Inside unit per written unit."""
    return fraction(UNITS[point.unit].factor) if point.unit else Fraction(1)


def ratio_of(point: PointWritten, params: Mapping[str, Fraction]) -> Fraction:
    """What the site's numbers (transformer ratios, litres a pulse) make of the register's value."""
    return prod((params.get(name, Fraction(1)) for name in point.times), start=Fraction(1))


def decimal_text(number: Fraction) -> str | None:
    """The number as exact decimal text without exponent, or None when it has none (one third)."""
    rest, digits = number.denominator, 0
    for prime in (2, 5):
        count = 0
        while rest % prime == 0:
            rest //= prime
            count += 1
        digits = max(digits, count)
    if rest != 1:
        return None
    whole = abs(number.numerator) * 10**digits // number.denominator
    shown = f"{whole:0{digits + 1}d}"
    sign = "-" if number < 0 else ""
    return sign + (f"{shown[:-digits]}.{shown[-digits:]}" if digits else shown)
