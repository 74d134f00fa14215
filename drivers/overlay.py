"""Put other addresses in a Plan: those of simulators, which bind port 0 and tell where they are. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from config.language import Text, text
from config.plan.site import Plan

_LINE_KEYS = {"host": str, "port": int, "path": str, "networks": list}
_DEVICE_KEYS = {"address": str}
_TYPES = {str: text("a text"), int: text("a whole number"), list: text("a list of addresses")}


class OverlayError(ValueError):
    """The overlay does not fit the Plan; `text` says why."""

    def __init__(self, words: Text) -> None:
        super().__init__(str(words))
        self.text = words


def apply(plan: Plan, overlay: Mapping[str, Any]) -> Plan:
    """`plan` with the overlay's addresses; its hash stays that of the site's own Plan.

    `{"lines": {NAME: {"host":, "port":, "path":, "networks":}}, "devices": {NAME: {"address":}}}`, every part
    optional. Raises OverlayError for a name that the Plan does not have, an unknown key, a value of another
    type.
    """
    for part in overlay:
        if part not in ("lines", "devices"):
            raise OverlayError(text('the overlay has "{part}", which is not known here', part=part))
    lines = _changes("lines", overlay.get("lines", {}), {line.name for line in plan.lines}, _LINE_KEYS)
    devices = _changes(
        "devices", overlay.get("devices", {}), {device.name for device in plan.devices}, _DEVICE_KEYS
    )
    return replace(
        plan,
        lines=tuple(replace(line, **lines.get(line.name, {})) for line in plan.lines),
        devices=tuple(replace(device, **devices.get(device.name, {})) for device in plan.devices),
    )


def _changes(what: str, part: Any, names: set[str], keys: Mapping[str, type]) -> dict[str, dict[str, Any]]:
    if not isinstance(part, Mapping):
        raise OverlayError(text('"{part}" of the overlay is no table', part=what))
    for name, changes in part.items():
        place = f"{what}.{name}"
        if name not in names:
            raise OverlayError(text("the overlay names {place}, which the plan does not have", place=place))
        if not isinstance(changes, Mapping):
            raise OverlayError(text('"{part}" of the overlay is no table', part=place))
        for key, value in changes.items():
            if key not in keys:
                raise OverlayError(
                    text('the overlay has "{part}", which is not known here', part=f"{place}.{key}")
                )
            if type(value) is not keys[key] or (keys[key] is list and not _texts(value)):
                expected = _TYPES[keys[key]]
                raise OverlayError(
                    text(
                        '"{part}" of the overlay is not {expected}', part=f"{place}.{key}", expected=expected
                    )
                )
    return {
        name: {key: tuple(value) if keys[key] is list else value for key, value in changes.items()}
        for name, changes in part.items()
    }


def _texts(value: Any) -> bool:
    return all(isinstance(item, str) for item in value)
