"""Equipment: points of several devices bound to the roles of one pump, fan, lamp group …"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import NamedTuple

from config.plan.devices import Source
from config.plan.reading import Value


class Role(NamedTuple):
    """What a role of a kind of equipment takes."""

    kinds: tuple[str, ...]
    """Point kinds that fit ("bool", "number", "enum")."""
    command: bool = False
    """Bound to a commandable point."""
    gated: bool = False
    """A raw motor command: reachable only by what keeps minimum run and rest times, never by a programme."""


_STATE = Role(("bool", "enum"))
_MODE = Role(("enum", "bool"), command=True)
_SWITCH = Role(("bool",), command=True)
_MEASURE = Role(("number",))
_SETPOINT = Role(("number",), command=True)
_MOTOR = Role(("bool",), command=True, gated=True)
_COMMON: dict[str, Role] = {
    "fault": _STATE,
    "auto": _STATE,
    "power": _MEASURE,
    "energy": _MEASURE,
    "run_hours": _MEASURE,
}
_MACHINE: dict[str, Role] = {
    "mode": _MODE,
    "permit": _SWITCH,
    "run_cmd": _MOTOR,
    "run_fb": _STATE,
    "speed": _SETPOINT,
    "speed_fb": _MEASURE,
    **_COMMON,
}

KINDS: dict[str, dict[str, Role]] = {
    "pump": {**_MACHINE, "pressure": _MEASURE, "pressure_setpoint": _SETPOINT, "flow": _MEASURE},
    "fan": {**_MACHINE, "min_speed": _SETPOINT},
    "lamp-group": {
        "level": _SETPOINT,
        "switch": _SWITCH,
        "presence": _STATE,
        "lux": _MEASURE,
        "current": _MEASURE,
        **_COMMON,
    },
    "valve": {"open": _SWITCH, "position": _SETPOINT, "open_fb": _STATE, "flow": _MEASURE, **_COMMON},
    "heater": {
        "permit": _SWITCH,
        "setpoint": _SETPOINT,
        "temperature": _MEASURE,
        "run_fb": _STATE,
        **_COMMON,
    },
    "fume-purifier": {**_MACHINE, "fume": _MEASURE, "filter": _MEASURE},
    "water-purifier": {
        "heater_permit": _SWITCH,
        "setpoint": _SETPOINT,
        "temperature": _MEASURE,
        "flush": _SWITCH,
        "filter_litres": _MEASURE,
        "level": _MEASURE,
        "litres": _MEASURE,
        "run_fb": _STATE,
        **_COMMON,
    },
    "stove": {"permit": _SWITCH, "flame": _STATE, "gas": _MEASURE, **_COMMON},
    "air-handler": {
        **_MACHINE,
        "setpoint": _SETPOINT,
        "supply_temperature": _MEASURE,
        "return_temperature": _MEASURE,
        "co2": _MEASURE,
        "filter": _STATE,
    },
    "tank": {
        "level": _MEASURE,
        "low_switch": _STATE,
        "high_switch": _STATE,
        "chlorine": _MEASURE,
        "turbidity": _MEASURE,
        "inflow": _MEASURE,
    },
    "socket": {"switch": _SWITCH, "current": _MEASURE, **_COMMON},
    "process": {
        **_MACHINE,
        "setpoint": _SETPOINT,
        "turbidity": _MEASURE,
        "chlorine": _MEASURE,
    },
}
"""kind → role → what fits. `process` is a whole panel that runs its machines itself (a grey-water plant)."""

RUN = "run_cmd"
"""The role that starts and stops a motor."""
FEEDBACK = "run_fb"
"""The role that says that it runs."""
AUTO = "auto"
"""The role of a selector, and its state that hands over to us."""
PRIMARY: dict[str, tuple[str, ...]] = {
    "pump": ("mode", "permit"),
    "fan": ("mode", "permit", "min_speed"),
    "lamp-group": ("level", "switch"),
    "valve": ("open", "position"),
    "heater": ("permit",),
    "fume-purifier": ("mode", "permit"),
    "water-purifier": ("heater_permit",),
    "stove": ("permit",),
    "air-handler": ("mode", "permit"),
    "tank": (),
    "socket": ("switch",),
    "process": ("mode", "permit"),
}
"""What a bare equipment name means as a target: the first of these roles that is bound."""


@dataclass(frozen=True, slots=True)
class Equipment:
    """One piece of equipment; shares one namespace with devices."""

    id: int
    name: str
    label: str
    kind: str
    roles: tuple[tuple[str, int], ...]
    """(role, point id)."""
    primary: int | None = None
    """Point id of the primary command role."""
    tags: tuple[str, ...] = ()
    place: str = ""
    rated_kw: float | None = None
    min_on_s: float = 0.0
    min_off_s: float = 0.0
    starts_per_hour: float | None = None
    max_off_s: float | None = None
    safe: Value | None = None
    observe: bool = False
    hand_s: float | None = None
    """A held value that changed by itself counts as a person's hand and is left alone for so long; 0 = it is
    asserted again; None = as its device says."""
    facts: tuple[tuple[str, float], ...] = field(default=())
    """Other sizes the engineer declared (capacity in m³, flow in m³/h, lamps …), inside units."""
    source: Source = Source("", 0, 0)
