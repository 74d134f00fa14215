"""What electricity costs, as on a bill: what was used in each period of the tariff at its price, rounded half
up to the fen, and the sum of these. Pure.

Every total in yuan is of such a bill, so that what is printed adds up and all that tell it agree to the fen.
"""

from __future__ import annotations

from collections.abc import Iterable
from decimal import ROUND_HALF_UP, Decimal

from config.plan.tariff import Tariff

FEN = 2
"""Digits of yuan."""


def rounded(number: Decimal | float, digits: int) -> Decimal:
    """Half up on the decimal: 28.05 is 28.1, 2.55 is 2.6."""
    exact = number if isinstance(number, Decimal) else Decimal(repr(number))
    return exact.quantize(Decimal(1).scaleb(-digits), ROUND_HALF_UP) + 0


def price(tariff: Tariff, period: str) -> Decimal | None:
    """Yuan a kWh, as it was written; None where nobody said one."""
    if tariff.flat_price is None:
        return None
    factors: dict[str, float] = dict(tariff.factors) if tariff.by_period else {}
    return Decimal(repr(tariff.flat_price)) * Decimal(repr(factors.get(period, 1.0)))


def line(tariff: Tariff, period: str, kwh: Decimal) -> Decimal | None:
    """Yuan of one period, a line of the bill; None where no price is known."""
    each = price(tariff, period)
    return None if each is None else rounded(kwh * each, FEN)


def total(lines: Iterable[Decimal | None]) -> Decimal | None:
    """Yuan of the whole bill; None where a line is not known, or there is none."""
    found = list(lines)
    known = [each for each in found if each is not None]
    return sum(known, Decimal(0)) if known and len(known) == len(found) else None
