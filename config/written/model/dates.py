"""Dates in programmes, which may come again."""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import BeforeValidator, WithJsonSchema

from config.plan.programmes import WEEKDAYS, SomeDates
from config.written.model.site import DATE_PATTERN
from config.written.recurring import MONTHS, NTHS, recurring_dates

_DAY = r"\s*[0-9]{1,2}-[0-9]{1,2}\s*"
_NTH = rf"\s*({'|'.join(NTHS)})\s+({'|'.join(WEEKDAYS)})(\s+of\s+({'|'.join(MONTHS)}))?\s*"
_ONE = rf"({DATE_PATTERN}(\.\.{DATE_PATTERN})?|{_DAY}(\.\.{_DAY})?|{_NTH})"
_SCHEMA: dict[str, Any] = {"type": "string", "pattern": f"^{_ONE}([,，]{_ONE})*$"}

RecurringDates = Annotated[
    tuple[SomeDates, ...],
    BeforeValidator(recurring_dates),
    WithJsonSchema({"anyOf": [_SCHEMA, {"type": "array", "minItems": 1, "items": _SCHEMA}]}),
]
