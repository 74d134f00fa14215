"""Programmes: what a target is to do when."""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import BeforeValidator, Field, WithJsonSchema

from config.language import text
from config.plan.programmes import TimeMark
from config.plan.slots import Slot
from config.written.model.base import Flag, Label, Name, RunOn, Scalar, Written, each
from config.written.model.dates import RecurringDates
from config.written.model.slots import ProgrammeSlot
from config.written.problems import Wrong
from config.written.times import time_mark

_CLOCK = r"[0-9０-９]{1,2}[:：][0-9０-９]{2}([:：][0-9０-９]{2})?"
_SUN = r"(sunrise|sunset)(\s*[-+－＋].+)?"
Time = Annotated[
    TimeMark,
    BeforeValidator(time_mark),
    WithJsonSchema({"type": "string", "pattern": rf"^\s*({_CLOCK}|{_SUN})\s*$"}),
]
_TAG_SCHEMA: dict[str, Any] = {
    "type": "object",
    "properties": {"tag": {"type": "string"}, "role": {"type": "string"}},
    "required": ["tag"],
    "additionalProperties": False,
}
_TARGET_SCHEMA: dict[str, Any] = {"anyOf": [{"type": "string"}, _TAG_SCHEMA]}


def _targets(value: object) -> list[object]:
    items = each(value)
    if not items:
        raise Wrong(text("there is no target"), text("names, or {example}", example="{tag: corridor}"))
    return items


def _target(item: object) -> dict[str, str]:
    """{"name": …} or {"tag": …, "role": …}."""
    if isinstance(item, str) and item:
        return {"name": item}
    if (
        isinstance(item, dict)
        and "tag" in item
        and set(item) <= {"tag", "role"}
        and all(isinstance(part, str) for part in item.values())
    ):
        return dict(item)
    raise Wrong(text("this is no target"), text("names, or {example}", example="{tag: corridor}"))


TargetNames = Annotated[
    list[Annotated[dict[str, str], BeforeValidator(_target)]],
    BeforeValidator(_targets),
    WithJsonSchema(
        {"anyOf": [*_TARGET_SCHEMA["anyOf"], {"type": "array", "minItems": 1, "items": _TARGET_SCHEMA}]}
    ),
]


class PeriodWritten(Written):
    """[from, to) of a day."""

    start: Annotated[Time, Field(alias="from")]
    end: Annotated[Time, Field(alias="to")]
    value: Scalar


class ExceptionWritten(Written):
    """Dates that go otherwise: like another kind of day, or by periods of their own."""

    dates: RecurringDates
    like: Name | None = None
    periods: list[PeriodWritten] | None = None
    from_midnight: Flag = False
    over_bookings: Flag = False
    reason: Label = ""


class BookedWritten(Written):
    """A value while a place is booked, and for a time before and after."""

    place: Name
    before: RunOn = 0.0
    after: RunOn = 0.0
    value: Scalar


class ProgrammeWritten(Written):
    """A weekly programme."""

    label: Label
    targets: TargetNames
    default: Scalar = None
    week: dict[str, list[PeriodWritten]] = Field(default_factory=dict)
    exceptions: list[ExceptionWritten] = Field(default_factory=list)
    bookings: list[BookedWritten] = Field(default_factory=list)
    untrusted_clock: Scalar = None
    slot: ProgrammeSlot = int(Slot.PROGRAMME)
    priority: Annotated[int, Field(ge=1, le=16)] = 10
    effective: RecurringDates | None = None
