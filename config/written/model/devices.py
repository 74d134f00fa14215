"""Devices: one unit on a line, and what becomes of it when nobody talks to it."""

from __future__ import annotations

import re
from typing import Annotated, Any, NamedTuple

from pydantic import BeforeValidator, Field, WithJsonSchema

from config.language import text
from config.written.model.base import (
    NAME,
    Age,
    Duration,
    Flag,
    Hand,
    Label,
    Name,
    Poll,
    Scalar,
    Written,
    name,
)
from config.written.model.lines import host_address
from config.written.problems import Wrong

_ENDPOINT = re.compile(r"([0-9.]+)(?::(\d{1,5}))?")
_BACNET_PORT = 47808


class Stop(NamedTuple):
    """One thing to do when the daemon stops: hold, release or write `value`."""

    action: str
    value: object = None


class OnStop(NamedTuple):
    """What is done on stop: `every` point, or `points` by name (those not named hold)."""

    every: Stop
    points: dict[str, Stop]


def _stop(value: object) -> Stop:
    if value in ("hold", "release"):
        return Stop(str(value))
    if isinstance(value, dict) and set(value) == {"write"}:
        return Stop("write", value["write"])
    raise Wrong(
        text("this is nothing to do on stop"), text("hold, release or {example}", example="{write: off}")
    )


def _on_stop(value: object) -> OnStop:
    if isinstance(value, dict) and set(value) == {"points"} and isinstance(value["points"], dict):
        return OnStop(Stop("hold"), {str(key): _stop(item) for key, item in value["points"].items()})
    return OnStop(_stop(value), {})


def _endpoint(value: object) -> str:
    if isinstance(value, str) and (found := _ENDPOINT.fullmatch(value)):
        port = int(found.group(2) or _BACNET_PORT)
        if 1 <= port <= 65535:
            return f"{host_address(found.group(1))}:{port}"
    raise Wrong(
        text('"{value}" is no address', value=value),
        text("something like {example}", example="10.0.0.21:47808"),
    )


_STOP_SCHEMA: dict[str, Any] = {
    "anyOf": [
        {"enum": ["hold", "release"]},
        {
            "type": "object",
            "properties": {"write": {"type": ["string", "number", "boolean"]}},
            "required": ["write"],
            "additionalProperties": False,
        },
    ]
}
_ON_STOP_SCHEMA: dict[str, Any] = {
    "anyOf": [
        *_STOP_SCHEMA["anyOf"],
        {
            "type": "object",
            "properties": {"points": {"type": "object", "additionalProperties": _STOP_SCHEMA}},
            "required": ["points"],
            "additionalProperties": False,
        },
    ]
}


class UnheardWritten(Written):
    """What the device does when nobody talks to it: `after` and `goes_to`, or `holds_last` and why."""

    after: Duration | None = None
    goes_to: Scalar = None
    holds_last: Flag = False
    accepted: Label = ""


def _unheard(value: object) -> object:
    if isinstance(value, (dict, UnheardWritten)):
        return value
    raise Wrong(
        text("this does not say what the device does when nobody talks to it"),
        text(
            "{first} or {second}",
            first="{after: 60 s, goes_to: off}",
            second="{holds_last: true, accepted: …}",
        ),
    )


class PointOverride(Written):
    """What one device does otherwise than its profile."""

    label: Label | None = None
    poll: Poll | None = None
    max_age: Age | None = None


def _profile(value: object) -> str:
    if isinstance(value, str) and not NAME.fullmatch(value):
        raise Wrong(
            text('no profile named "{name}"', name=value[:60]),
            text("something like {example}", example="acrel-adw300"),
        )
    return name(value)


class DeviceWritten(Written):
    """One device."""

    profile: Annotated[
        str, BeforeValidator(_profile), WithJsonSchema({"type": "string", "pattern": f"^{NAME.pattern}$"})
    ]
    line: Name
    unit: Annotated[int, Field(ge=0, le=255)] | None = None
    instance: Annotated[int, Field(ge=0, le=4_194_302)] | None = None
    address: Annotated[str, BeforeValidator(_endpoint), WithJsonSchema({"type": "string"})] | None = None
    label: Label
    place: Label = ""
    tags: list[Name] = Field(default_factory=list)
    params: dict[str, Scalar] = Field(default_factory=dict)
    observe: Flag = False
    hand: Hand = 0.0
    points: dict[str, PointOverride] = Field(default_factory=dict)
    if_unheard: Annotated[UnheardWritten, BeforeValidator(_unheard)] | None = None
    on_stop: Annotated[OnStop, BeforeValidator(_on_stop), WithJsonSchema(_ON_STOP_SCHEMA)] = OnStop(
        Stop("hold"), {}
    )
    plant: dict[str, Any] = Field(default_factory=dict)
