"""Meters beside those that devices are, and what hangs below what."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, ConfigDict, WithJsonSchema

from config.language import text
from config.written.model.base import NAME, Label, Quantity, Written, each, name
from config.written.problems import Wrong

METER_NAME = rf"{NAME.pattern}(\.{NAME.pattern})?"
"""A device, `device.point` where a device has several counters, or a name of one's own."""
OF_SUMS = ("sum", "minus")
OF_INTEGRALS = ("integrate", "at_most", "quantity", "quantum")
OF_SIMULATOR = ("of", "remainder")
"""Keys of the section of the same name in plant.yaml."""
_TAG_SCHEMA: dict[str, Any] = {
    "type": "object",
    "properties": {"tag": {"type": "string"}},
    "required": ["tag"],
    "additionalProperties": False,
}
_PART_SCHEMA: dict[str, Any] = {"anyOf": [{"type": "string"}, _TAG_SCHEMA]}
_PARTS_SCHEMA: dict[str, Any] = {
    "anyOf": [*_PART_SCHEMA["anyOf"], {"type": "array", "minItems": 1, "items": _PART_SCHEMA}]
}


def meter_name(value: object) -> str:
    """What a meter may be called, "device.point" included. Raises Wrong."""
    owner, dot, part = str(value).partition(".")
    if dot and part and isinstance(value, str):
        name(owner)
        name(part)
        return value
    return name(value)


def _parts(value: object) -> list[object]:
    items = each(value)
    if not items:
        raise Wrong(text("there is no meter here"), text("names, or {example}", example="{tag: lighting}"))
    return items


def _part(item: object) -> dict[str, str]:
    """{"name": …} or {"tag": …}."""
    if isinstance(item, str) and item:
        return {"name": item}
    if isinstance(item, dict) and set(item) == {"tag"} and isinstance(item["tag"], str):
        return dict(item)
    raise Wrong(text("this is no meter"), text("names, or {example}", example="{tag: lighting}"))


Parts = Annotated[
    list[Annotated[dict[str, str], BeforeValidator(_part)]],
    BeforeValidator(_parts),
    WithJsonSchema(_PARTS_SCHEMA),
]


class MeterWritten(Written):
    """A sum of meters, the integral of a power or flow, or a word on a meter that a device is."""

    model_config = ConfigDict(
        json_schema_extra={
            "minProperties": 1,
            "not": {"required": ["sum", "integrate"]},
            "dependentRequired": {"minus": ["sum"], **{key: ["integrate"] for key in OF_INTEGRALS[1:]}},
        }
    )

    label: Label | None = None
    sum: Parts | None = None
    minus: Parts | None = None
    integrate: Label | None = None
    at_most: Quantity | None = None
    quantity: Literal["electricity", "water", "gas", "heat"] | None = None
    quantum: Quantity | None = None
    submeter_of: Label | None = None
