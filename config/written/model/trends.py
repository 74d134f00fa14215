"""Points whose course is kept."""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import BeforeValidator, WithJsonSchema

from config.language import text
from config.written.model.base import Every, Quantity, Written, each
from config.written.problems import Wrong

_ONE_OR_MORE: dict[str, Any] = {
    "anyOf": [{"type": "string"}, {"type": "array", "minItems": 1, "items": {"type": "string"}}]
}
_BY_TAG: dict[str, Any] = {
    "type": "object",
    "properties": {"tag": {"type": "string"}, "point": _ONE_OR_MORE, "role": _ONE_OR_MORE},
    "required": ["tag"],
    "minProperties": 2,
    "maxProperties": 2,
    "additionalProperties": False,
}
_ITEM: dict[str, Any] = {"anyOf": [{"type": "string"}, _BY_TAG]}


def _points(value: object) -> list[object]:
    return each(value) or [_item(None)]


def _item(item: object) -> dict[str, Any]:
    """{"name": …} or {"tag": …, "point" or "role": [names]}."""
    if isinstance(item, str) and item:
        return {"name": item}
    if isinstance(item, dict) and isinstance(item.get("tag"), str) and len(item) == 2:
        key = next(iter(set(item) - {"tag"}))
        named = item[key] if isinstance(item[key], list) else [item[key]]
        if key in ("point", "role") and named and all(isinstance(part, str) and part for part in named):
            return {"tag": item["tag"], key: named}
    raise Wrong(
        text("this is no point"),
        text("names, or {example}", example="{tag: meter, point: u_a}, {tag: tanks, role: level}"),
    )


class TrendWritten(Written):
    """Points of one unit or of several, and how closely they are followed."""

    points: Annotated[
        list[Annotated[dict[str, Any], BeforeValidator(_item)]],
        BeforeValidator(_points),
        WithJsonSchema({"anyOf": [*_ITEM["anyOf"], {"type": "array", "minItems": 1, "items": _ITEM}]}),
    ]
    deadband: Quantity | None = None
    every: Every = 10.0
