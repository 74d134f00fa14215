"""Tariffs: the table of hours, shipped or the site's own, and what the site pays by it."""

from __future__ import annotations

import re
from typing import Annotated, Any, NamedTuple

from pydantic import BaseModel, BeforeValidator, Field, WithJsonSchema

from config.language import text
from config.written.model.base import Flag, Label, Name, Words, Written, each
from config.written.model.site import DATE_PATTERN
from config.written.problems import Wrong
from config.written.quantities import inside, normal
from config.written.times import date_ranges, time_mark

_DAY_S = 86400
_MONTHS = re.compile(r"(\d{1,2})(?:\s*-\s*(\d{1,2}))?")
_HOURS = re.compile(r"(\d[\d:]*)\s*-\s*(\d[\d:]*)")
_CLOCK = r"\s*[0-9０-９]{1,2}[:：][0-9０-９]{2}\s*"
_HOURS_SCHEMA: dict[str, Any] = {"type": "string", "pattern": f"^{_CLOCK}[-－]{_CLOCK}$"}
_MONTH_SCHEMA: dict[str, Any] = {
    "anyOf": [
        {"type": "integer", "minimum": 1, "maximum": 12},
        {"type": "string", "pattern": r"^\s*[0-9０-９]{1,2}(\s*[-－]\s*[0-9０-９]{1,2})?\s*$"},
    ]
}


class Hours(NamedTuple):
    """[start, end) of a day, seconds after midnight; end ≤ start crosses midnight."""

    start_s: int
    end_s: int


def _months(value: object) -> tuple[int, ...]:
    """`[3-6, 10, 11]`, `12-2`, `7`: every month once, in the order written."""
    months: list[int] = []
    for item in value if isinstance(value, list) else [value]:
        found = None if isinstance(item, bool) else _MONTHS.fullmatch(normal(str(item)))
        first, last = (int(found[1]), int(found[2] or found[1])) if found else (0, 0)
        if not (1 <= first <= 12 and 1 <= last <= 12):
            raise Wrong(
                text('"{value}" is no month', value=item),
                text("something like {example}", example="7, 3-6, 12-2"),
            )
        months += [(month - 1) % 12 + 1 for month in range(first, (last if last >= first else last + 12) + 1)]
    if not months:
        raise Wrong(text("there is no month here"), text("something like {example}", example="7, 3-6, 12-2"))
    return tuple(dict.fromkeys(months))


def _hours(value: object) -> Hours:
    """`22:00-08:00`."""
    parts = _HOURS.fullmatch(normal(value)) if isinstance(value, str) else None
    if parts is None:
        raise Wrong(
            text('"{value}" is no span of hours', value=value),
            text("something like {example}", example="22:00-08:00"),
        )
    start, end = (time_mark(part).seconds for part in parts.groups())
    if start % _DAY_S == end % _DAY_S and (start, end) != (0, _DAY_S):
        raise Wrong(
            text("the period ends where it begins"), hint=text("the whole day is from 00:00 to 24:00")
        )
    return Hours(start % _DAY_S, end)


def _date(value: object) -> str:
    dates = date_ranges(value)
    if len(dates) != 1 or dates[0].first != dates[0].last:
        raise Wrong(
            text('"{value}" is no date', value=value), text("something like {example}", example="2026-10-01")
        )
    return dates[0].first


def _price(value: object) -> float:
    price = inside(value, "yuan/kWh")
    if price <= 0:
        raise Wrong(text('"{value}" is no price', value=value), text("more than nothing"))
    return float(price)


Months = Annotated[
    tuple[int, ...],
    BeforeValidator(_months),
    WithJsonSchema(
        {"anyOf": [*_MONTH_SCHEMA["anyOf"], {"type": "array", "minItems": 1, "items": _MONTH_SCHEMA}]}
    ),
]
Spans = Annotated[
    list[Annotated[Hours, BeforeValidator(_hours)]],
    BeforeValidator(each),
    WithJsonSchema({"anyOf": [_HOURS_SCHEMA, {"type": "array", "items": _HOURS_SCHEMA}]}),
]
Factor = Annotated[float, Field(gt=0, le=100)]


class HoursWritten(Written):
    """The hours of each period; those in none are flat."""

    sharp: Spans = Field(default_factory=list)
    peak: Spans = Field(default_factory=list)
    flat: Spans = Field(default_factory=list)
    valley: Spans = Field(default_factory=list)
    deep_valley: Spans = Field(default_factory=list)


class FactorsWritten(Written):
    """Prices as multiples of the flat price."""

    sharp: Factor | None = None
    peak: Factor | None = None
    flat: Factor | None = None
    valley: Factor | None = None
    deep_valley: Factor | None = None


class SeasonWritten(Written):
    """The hours of some months, on all days or on some kinds of day."""

    months: Months
    days: list[Name] = Field(default_factory=list)
    hours: HoursWritten


class TableWritten(Written):
    """A tariff as its notice has it; the form of the files that come with louguan."""

    label: Words
    document: Label
    since: Annotated[
        str, BeforeValidator(_date), WithJsonSchema({"type": "string", "pattern": f"^{DATE_PATTERN}$"})
    ]
    version: Label = ""
    source: Label = ""
    seasons: Annotated[list[SeasonWritten], Field(min_length=1)]
    factors: FactorsWritten


Price = Annotated[
    float,
    BeforeValidator(_price),
    WithJsonSchema({"type": "string", "pattern": "[0-9０-９].*/(kWh|度)\\s*$"}),
]


class UseWritten(Written):
    """A tariff that comes with louguan."""

    use: Name
    flat_price: Price | None = None
    by_period: Flag = True


class OwnWritten(TableWritten):
    """A tariff written into the site."""

    flat_price: Price | None = None
    by_period: Flag = True


TARIFFS: tuple[type[BaseModel], ...] = (UseWritten, OwnWritten)
