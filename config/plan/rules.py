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


RuleSpec: TypeAlias = Interlock | Hazard


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
