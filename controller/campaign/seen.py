"""What a judge gets to see of each step, and what it says when something cannot be as it is."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple, Protocol

from config.language import Text
from config.plan.clock import Now
from config.plan.reading import Reading
from config.plan.site import Plan
from controller.campaign.ground import Had
from controller.campaign.troubles import Troubles
from controller.consumption.meters import Meter
from controller.consumption.records import Interval
from controller.decide.alarms.alarm import Alarm
from controller.decide.arbiter import Result
from controller.decide.explain import Explanation
from controller.decide.records import PersonCommand
from controller.decide.step import Step


class Breach(NamedTuple):
    """Something that must never be so."""

    judge: str
    subject: str
    """Point, equipment, rule, meter or alarm."""
    words: Text
    at_s: int = 0
    """True seconds since the beginning."""


class Asked(Protocol):
    """What a running daemon can be asked."""

    def barrier(self, point: int, /) -> object | None: ...
    def left(self, point: int, /) -> bool: ...
    def explain(self, point: int, now: Now, /) -> Explanation: ...
    def alarms(self) -> Sequence[Alarm]: ...


@dataclass(frozen=True, slots=True)
class Seen:
    """One step. Readings and decisions by the ids of `plan`."""

    plan: Plan
    now: Now
    gone_s: float
    """True seconds since the beginning."""
    run_s: float
    """Of these since the daemon started."""
    cycle_s: float
    step: Step
    readings: Sequence[Reading]
    decisions: Mapping[int, Result]
    commands: Sequence[PersonCommand]
    """Of people, carried out in this step."""
    intervals: Sequence[Interval]
    meters: Sequence[Meter]
    engine: Asked
    troubles: Troubles
    had: Callable[[int], Had]
    """What devices of commanded points have."""
    boot: str = ""
    """Which boot of the machine this is."""
    began: bool = False
    """The first step of a run: nothing has been read yet."""
    swapped: bool = False
    """The first step of another Plan."""
    plain: bool = False
    """And that asks for nothing else than the one before."""
    last: bool = False
    """Its writes are the last to these points: the run ends, or they leave the Plan."""


class Judge(Protocol):
    """Looks at each step of one story, and remembers what it needs."""

    def look(self, seen: Seen, /) -> Iterable[Breach]: ...
