"""Site and calendar: who, where, and what kind of day it is."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, Field, WithJsonSchema

from config.language import text
from config.plan.programmes import BUILT_IN_KINDS, DateRange
from config.plan.zones import known_zone
from config.written.model.base import Flag, Label, Lasting, Name, Quantity, Stagger, Wait, Written, name
from config.written.problems import Wrong
from config.written.quantities import duration, inside
from config.written.rules.common import EquipmentNames
from config.written.times import date_ranges

DATE_PATTERN = r"\s*[0-9]{4}-[0-9]{1,2}-[0-9]{1,2}\s*"
_RANGE = rf"{DATE_PATTERN}(\.\.{DATE_PATTERN})?"
_DATES_SCHEMA: dict[str, Any] = {"type": "string", "pattern": f"^{_RANGE}([,，]{_RANGE})*$"}


def _zone(value: object) -> str:
    try:
        if isinstance(value, str) and value:
            known_zone(value)
            return value
    except (OSError, ValueError, KeyError):
        pass
    raise Wrong(
        text('no time zone named "{name}"', name=value),
        text("something like {example}", example="Asia/Shanghai"),
    )


def _interval(value: object) -> float:
    seconds = duration(value)
    if seconds < 60 or seconds > 3600 or 3600 % seconds:
        raise Wrong(
            text('"{value}" does not divide the hour', value=value), text("1 min to 60 min, such as 15 min")
        )
    return seconds


def _size(value: object) -> float:
    """Megabytes."""
    size = inside(value, "MB")
    if size <= 0:
        raise Wrong(text('"{value}" leaves nothing to be written', value=value))
    return float(size)


def _share(value: object) -> float:
    """Percent."""
    share = float(inside(value, "%"))
    if not 0 < share <= 100:
        raise Wrong(text('"{value}" is no share', value=value), text("more than 0 % and at most 100 %"))
    return share


def _own_kind(value: object) -> str:
    if value in BUILT_IN_KINDS:
        raise Wrong(text('"{name}" is a kind of day already', name=value))
    return name(value)


Zone = Annotated[str, BeforeValidator(_zone), WithJsonSchema({"type": "string"})]
Interval = Annotated[float, BeforeValidator(_interval), WithJsonSchema({"type": "string"})]
Dates = Annotated[
    tuple[DateRange, ...],
    BeforeValidator(date_ranges),
    WithJsonSchema({"anyOf": [_DATES_SCHEMA, {"type": "array", "minItems": 1, "items": _DATES_SCHEMA}]}),
]
Size = Annotated[
    float, BeforeValidator(_size), WithJsonSchema({"type": "string", "pattern": r"[0-9０-９]\s*[kMG]B\s*$"})
]
"""Megabytes (10⁶ bytes)."""
Share = Annotated[
    float,
    BeforeValidator(_share),
    WithJsonSchema({"type": "string", "pattern": r"[0-9０-９]\s*[%％]\s*$"}),
]


class PlaceWritten(Written):
    """Where the site lies; degrees, north and east positive."""

    time_zone: Zone
    latitude: Annotated[float, Field(ge=-66, le=66)]
    longitude: Annotated[float, Field(ge=-180, le=180)]


class LogWritten(Written):
    """The consumption log."""

    interval: Interval = 900.0
    full_disk: Literal["keep", "drop_oldest"] = "keep"
    flash_budget: Size = 1000.0


class OverrideWritten(Written):
    """What people may override."""

    at_most: Lasting = 86400.0


class RestartWritten(Written):
    """After the power came back motors start one by one."""

    after: Wait = 30.0
    stagger: Stagger = 5.0
    order: EquipmentNames = Field(default_factory=list)
    lamps_above: Quantity | None = None
    devices: Annotated[int, Field(ge=2, le=100)] = 3
    within: Wait = 60.0


class RollbackWritten(Written):
    """When an edit is taken back by itself: devices that it touched reject writes."""

    devices: Annotated[int, Field(ge=1)] = 2
    share: Share = 20.0
    within: Lasting = 300.0


class ShelvingWritten(Written):
    """For how long people may shelve an alarm."""

    at_most: Lasting = 86400.0


class SiteWritten(Written):
    """The site itself."""

    name: Name
    label: Label
    place: PlaceWritten
    language: Literal["zh_CN", "en"] = "zh_CN"
    calendar: Literal["CN", "none"] = "CN"
    log: LogWritten = LogWritten()
    override: OverrideWritten = OverrideWritten()
    shelving: ShelvingWritten = ShelvingWritten()
    observe: Flag = False
    restart: RestartWritten | None = None
    apply: Literal["by_hand", "watched"] = "by_hand"
    rollback: RollbackWritten = RollbackWritten()


class DayWritten(Written):
    """The site's own word on dates."""

    dates: Dates
    kind: Name
    reason: Label = ""


class CalendarWritten(Written):
    """The site's calendar: its own kinds of day, and which dates are what."""

    kinds: list[Annotated[str, BeforeValidator(_own_kind), WithJsonSchema({"type": "string"})]] = Field(
        default_factory=list
    )
    days: list[DayWritten] = Field(default_factory=list)
