"""Rules: what is asked of points by what is read, rather than by the time of day. One record a kind."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, TypeAlias

from config.plan.conditions import Condition
from config.plan.devices import Source
from config.plan.reading import Value


@dataclass(frozen=True, slots=True)
class BadInput:
    """What a rule does while what it looks at cannot be decided."""

    does: Literal["trip", "hold", "release"]
    """trip: as if its condition were true. hold: what it asked for stands for `hold_s`, then release: it asks
    for nothing."""
    hold_s: float = 0.0


@dataclass(frozen=True, slots=True)
class Ask:
    """One value for one point."""

    point: int
    value: Value
    safe: bool = False
    """It is the equipment's declared safe value: within one slot it beats others."""


@dataclass(frozen=True, slots=True)
class Interlock:
    """A trip: when its condition comes true it asks for its values until it is reset."""

    when: Condition
    when_said: str
    """As written."""
    then: tuple[Ask, ...]
    until: Condition | None
    """With reset auto; None = as soon as `when` is false."""
    until_said: str
    reset: Literal["auto", "manual"]
    on_bad_input: BadInput


@dataclass(frozen=True, slots=True)
class Withdrawal:
    """A motor whose standing run command is withdrawn after a fire has stopped it."""

    command: int
    feedback: int


@dataclass(frozen=True, slots=True)
class Hazard:
    """Fire or gas: while it lasts, and until a person resets it, nothing is written to what yields to it."""

    hazard: Literal["fire", "gas"]
    contacts: tuple[int, ...]
    """Points of contacts that are closed when all is well. One that cannot be read counts as active."""
    yields: tuple[str, ...]
    """Names of equipment."""
    withdrawals: tuple[Withdrawal, ...]
    """On fire only."""


@dataclass(frozen=True, slots=True)
class Presence:
    """Something is asked for while somebody is there, and for a while after."""

    contacts: tuple[int, ...]
    """Active while somebody is there; one is enough."""
    then: tuple[Ask, ...]
    run_on_s: float
    on_bad_input: BadInput
    """trip: as if somebody were there."""


@dataclass(frozen=True, slots=True)
class Lamp:
    """One lamp group under a lighting rule."""

    name: str
    """Of the equipment; the rule remembers by it."""
    command: int
    presence: tuple[int, ...]
    lux: int | None


@dataclass(frozen=True, slots=True)
class Levels:
    """Bounds of what programmes ask of lamps, in the unit of their command; None: no such bound."""

    at_least: Value | None
    """Always: for safety."""
    present: Value | None
    """The least while somebody is there and daylight does not do."""
    absent: Value | None
    """The most while nobody is."""
    dark: Value | None
    """The least while it is dark."""
    bright: Value | None
    """The most while daylight does."""


@dataclass(frozen=True, slots=True)
class Daylight:
    """When it is dark and when bright, in lx; in between as before."""

    dark_below: float
    dark_s: float
    """For so long it must be below without a break."""
    bright_above: float
    bright_s: float


@dataclass(frozen=True, slots=True)
class Lighting:
    """Programme, presence and daylight of lamps in one result: the programme's level is the base, and the
    rule keeps it within bounds. Contacts that cannot be read count as somebody there, light that cannot be
    read as dark."""

    lamps: tuple[Lamp, ...]
    levels: Levels
    run_on_s: float
    daylight: Daylight | None


RuleSpec: TypeAlias = Interlock | Hazard | Presence | Lighting


@dataclass(frozen=True, slots=True)
class Rule:
    """One rule. What it remembers is kept by its name, over restarts and edits."""

    id: int
    """In the order declared: within one slot the earlier is heard."""
    name: str
    label: str
    slot: int
    source: Source
    spec: RuleSpec
