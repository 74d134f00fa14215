"""Put other addresses in a Plan: those of simulators, which bind port 0 and tell where they are. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from config.plan.site import Plan

_LINE_KEYS = {"host": str, "port": int, "path": str}
_DEVICE_KEYS = {"address": str}


def apply(plan: Plan, overlay: Mapping[str, Any]) -> Plan:
    """`plan` with the overlay's addresses; its hash stays that of the site's own Plan.

    `{"lines": {NAME: {"host":, "port":, "path":}}, "devices": {NAME: {"address":}}}`, every part optional.
    Raises ValueError for a name the Plan does not have, an unknown key or a value of another type.
    """
    unknown = set(overlay) - {"lines", "devices"}
    if unknown:
        raise ValueError(f"the overlay has unknown parts: {', '.join(sorted(unknown))}")
    lines = _changes(overlay.get("lines", {}), {line.name for line in plan.lines}, _LINE_KEYS, "line")
    devices = _changes(
        overlay.get("devices", {}), {device.name for device in plan.devices}, _DEVICE_KEYS, "device"
    )
    return replace(
        plan,
        lines=tuple(replace(line, **lines.get(line.name, {})) for line in plan.lines),
        devices=tuple(replace(device, **devices.get(device.name, {})) for device in plan.devices),
    )


def _changes(part: Any, names: set[str], keys: Mapping[str, type], what: str) -> dict[str, dict[str, Any]]:
    if not isinstance(part, Mapping):
        raise ValueError(f"the overlay's {what}s are not a mapping")
    for name, changes in part.items():
        if name not in names:
            raise ValueError(f"the overlay names {what} {name!r}, which the plan does not have")
        if not isinstance(changes, Mapping):
            raise ValueError(f"the overlay gives {what} {name!r} no mapping")
        for key, value in changes.items():
            if key not in keys:
                raise ValueError(f"the overlay gives {what} {name!r} an unknown {key!r}")
            if type(value) is not keys[key]:
                raise ValueError(
                    f"the overlay gives {what} {name!r} a {key} that is not {keys[key].__name__}"
                )
    return {name: dict(changes) for name, changes in part.items()}
