"""Tariffs: which hours are dear and which cheap."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, TypeAlias

TariffPeriod: TypeAlias = Literal["sharp", "peak", "flat", "valley", "deep_valley"]
TARIFF_PERIODS: tuple[TariffPeriod, ...] = ("sharp", "peak", "flat", "valley", "deep_valley")
"""尖, 峰, 平, 谷, 深谷; dearest first."""


@dataclass(frozen=True, slots=True)
class TariffSpan:
    """[start, end) of a local day, seconds after midnight; never across midnight: a night is two."""

    start_s: int
    end_s: int
    """Up to 86400."""
    period: TariffPeriod


@dataclass(frozen=True, slots=True)
class TariffSeason:
    """What holds in these months. Of several that fit a date the first one counts."""

    months: tuple[int, ...]
    """1 to 12."""
    kinds: tuple[str, ...]
    """Kinds of day on which it holds (as in programmes); empty = on all."""
    spans: tuple[TariffSpan, ...]
    """In order, without overlap; what they leave is flat."""


@dataclass(frozen=True, slots=True)
class Tariff:
    """Time-of-use periods of electricity, and what they cost against flat."""

    name: str
    label: str
    document: str
    """The notice it is from, with its date."""
    since: str
    """ISO date from which the notice holds."""
    seasons: tuple[TariffSeason, ...]
    factors: tuple[tuple[TariffPeriod, float], ...]
    """Price of a period as a multiple of the flat price."""
    flat_price: float | None
    """Yuan per kWh; None = nobody said."""
    by_period: bool
    """The site pays by period; else the flat price at all hours."""
