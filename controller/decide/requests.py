"""A request: what a programme, a rule or a person asks of one point."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from enum import Enum
from typing import NamedTuple, Protocol

from config.language import Text
from config.plan.clock import Now
from config.plan.reading import Value


class Op(Enum):
    """How a request bears on its point."""

    VALUE = "="
    CAP = "≤"
    FLOOR = "≥"


class Request(NamedTuple):
    """One request. Made by its source whenever that decides anew; the arbiter compares it with the others."""

    op: Op
    value: Value | None
    """In the point's unit. None, with `=` only, releases: the source wants its slot empty. Caps and floors
    are numbers or switches (off below on), never texts or enum states."""
    slot: int
    source: str
    """Who: "lighting.yaml:12:7", a rule's name, a person."""
    reason: Text
    since_ms: int
    """Site time from which it holds."""
    expires_ms: int | None
    """Site time at which its source decides anew, at the latest; None = when something happens."""
    order: tuple[int, ...]
    """Within one slot the smaller is heard."""
    urgent: bool = False
    """As `Override.urgent`."""


class RequestSource(Protocol):
    """Where requests come from. Programmes and people are sources; so is each rule."""

    def update(self, now: Now) -> Collection[int]:
        """Decide anew what has become due. Returns the points whose requests may have changed."""

    def requests(self, point: int) -> Iterable[Request]:
        """What stands for `point` since the last update."""

    def wake_ms(self) -> int | None:
        """Site time of the next change by the passing of time alone; None if there is none."""
