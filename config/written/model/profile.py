"""A device profile: what one model of device is, says and takes. Data only."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, Field, WithJsonSchema

from config.language import text
from config.plan.points import Order, RawType
from config.written import addresses
from config.written.model.base import (
    NAME,
    Age,
    Duration,
    Flag,
    Name,
    Pause,
    Poll,
    Pulse,
    Quantity,
    Scalar,
    UnitName,
    Wait,
    Words,
    Written,
    name,
)
from config.written.problems import Wrong
from config.written.quantities import lasting

Kind = Literal[
    "meter",
    "drive",
    "relay",
    "input",
    "pulse",
    "panel",
    "hood",
    "purifier",
    "stove",
    "detector",
    "node",
    "street",
    "irrigation",
    "socket",
    "lighting",
    "ventilation",
    "air-handler",
]


def _states(value: object) -> dict[int, str]:
    if not isinstance(value, dict) or not value:
        raise Wrong(
            text("these are no states"), text("something like {example}", example="{0: stop, 1: auto}")
        )
    states: dict[int, str] = {}
    for number, word in value.items():
        try:
            states[int(str(number), 0)] = name(word)
        except Wrong:
            raise
        except ValueError:
            raise Wrong(
                text('"{value}" is no number of a state', value=number), text("a whole number")
            ) from None
    if len(set(states.values())) < len(states):
        raise Wrong(text("two states have the same name"))
    return states


def _verify(value: object) -> object:
    if isinstance(value, dict):
        return value
    if value in {"same", "none"}:
        return value
    raise Wrong(
        text('"{value}" is no way to verify', value=value),
        text("same, none or {example}", example="{point: run_fb, after: 2 s}"),
    )


_repeated = lasting("1 s", "7 d")


def _reassert(value: object) -> object:
    return None if value == "never" else _repeated(value)


At = Annotated[
    addresses.At,
    BeforeValidator(addresses.at),
    WithJsonSchema({"type": "string", "pattern": addresses.PATTERN}),
]
States = Annotated[
    dict[int, str],
    BeforeValidator(_states),
    WithJsonSchema(
        {
            "type": "object",
            "minProperties": 1,
            "propertyNames": {"pattern": "^(0x[0-9a-fA-F]+|[0-9]+)$"},
            "additionalProperties": {"type": "string", "pattern": f"^{NAME.pattern}$"},
        }
    ),
]
Raw = Annotated[int, Field(ge=0)]
Number = Annotated[float, Field(ge=-1e15, le=1e15)]
Positive = Annotated[float, Field(ge=1e-9, le=1e20)]
Pair = Annotated[list[Quantity], Field(min_length=2, max_length=2)]


class LimitsWritten(Written):
    """What the device can be asked at once."""

    max_registers: Annotated[int, Field(ge=1, le=125)] = 125
    max_bits: Annotated[int, Field(ge=1, le=2000)] = 2000
    max_gap: Annotated[int, Field(ge=0, le=120)] = 0
    max_properties: Annotated[int, Field(ge=1, le=100)] = 25


class ParamWritten(Written):
    """A number the site may (or must) give: a transformer's ratio, litres a pulse."""

    default: Annotated[float, Field(gt=0, le=1e9)] | None = None
    required: Flag = False
    unit: UnitName | None = None
    label: Words | None = None


class UnheardMechanism(Written):
    """What the device can do by itself when nobody talks to it."""

    by: Name
    goes_to: Scalar
    to: Name | None = None
    range: Annotated[list[Duration], Field(min_length=2, max_length=2)] | None = None
    applies: list[Name] | None = None


class ReleaseWritten(Written):
    """The point and value that hand the device back to its local logic."""

    point: Name
    value: Scalar


class CounterWritten(Written):
    """The point counts up for ever. Sizes are those of the register, before `times`, in the point's unit."""

    quantity: Literal["electricity", "water", "gas", "heat"]
    quantum: Positive
    modulus: Positive | None = None
    max_rate: Positive
    power: Name | None = None


class VerifyPoint(Written):
    """Read back from another point, after a while."""

    point: Name
    after: Wait = 0.0


class CommandWritten(Written):
    """How the point is commanded."""

    function: Literal[5, 6, 15, 16] | None = None
    at: At | None = None
    type: RawType | None = None
    order: Order | None = None
    scale: Number | None = None
    offset: Number | None = None
    bit: Annotated[int, Field(ge=0, le=63)] | None = None
    bits: Annotated[list[Raw], Field(min_length=2, max_length=2)] | None = None
    on: list[Raw] | None = None
    off: list[Raw] | None = None
    range: Pair | None = None
    states: Annotated[list[Name], Field(min_length=1)] | None = None
    pulse: Pulse | None = None
    reassert: (
        Annotated[
            float | None,
            BeforeValidator(_reassert),
            WithJsonSchema({"anyOf": [{"const": "never"}, {"type": "string"}]}),
        ]
        | None
    ) = 900.0
    verify: Annotated[
        VerifyPoint | str,
        BeforeValidator(_verify),
    ] = "same"
    verify_after: Wait = 0.0
    tolerance: Quantity | None = None
    set_up: Flag = False


class PointWritten(Written):
    """One value of the device."""

    label: Words
    at: At
    type: RawType | None = None
    order: Order = "ABCD"
    count: Annotated[int, Field(ge=1, le=125)] | None = None
    scale: Number = 1.0
    offset: Number = 0.0
    times: list[Name] = Field(default_factory=list)
    unit: UnitName | None = None
    poll: Poll
    max_age: Age | None = None
    not_available: list[Raw] = Field(default_factory=list)
    valid: Pair | None = None
    bit: Annotated[int, Field(ge=0, le=63)] | None = None
    bits: Annotated[list[Raw], Field(min_length=2, max_length=2)] | None = None
    states: States | None = None
    on: list[Raw] | None = None
    off: list[Raw] | None = None
    normally_closed: Flag = False
    cov: Annotated[float, Field(ge=0, le=1e15)] | None = None
    life_safety: Flag = False
    counter: CounterWritten | None = None
    command: CommandWritten | None = None


class ProfileWritten(Written):
    """A profile without its points, which are validated one by one."""

    profile: Name
    label: Words
    maker: str
    kind: Kind
    protocol: Literal["modbus", "bacnet"]
    source: str
    addresses: Literal["wire", "printed"] = "wire"
    limits: LimitsWritten = LimitsWritten()
    turnaround: Pause = 0.0
    quirks: list[Name] = Field(default_factory=list)
    params: dict[str, ParamWritten] = Field(default_factory=dict)
    life_safety: Flag = False
    unheard: UnheardMechanism | None = None
    stop_release: Flag = False
    release: ReleaseWritten | None = None
    plant: Name | None = None
    plant_facts: dict[str, Any] = Field(default_factory=dict)
