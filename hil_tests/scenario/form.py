"""What a scenario says. Times are seconds of the site unless a name says otherwise."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, NamedTuple, TypeAlias

from config.plan.devices import Source


class Mistake(NamedTuple):
    """Something in a scenario's file that cannot be played."""

    at: Source
    says: str
    """What was found, what was expected, what was probably meant."""

    def __str__(self) -> str:
        return f"{self.at}: {self.says}"


class Unfit(Exception):
    """A file, or one scenario for its site, with all its mistakes."""

    def __init__(self, mistakes: list[Mistake]) -> None:
        super().__init__("\n".join(map(str, mistakes)))
        self.mistakes = mistakes


class Line(NamedTuple):
    """One sentence as it was written."""

    at: Source
    words: str


@dataclass(frozen=True, slots=True)
class Expect:
    """All sentences become true, together, before so much time has passed."""

    at: Source
    sentences: tuple[Line, ...]
    within_s: float


@dataclass(frozen=True, slots=True)
class Wait:
    """Time passes, and every sentence is true all the while."""

    at: Source
    sentences: tuple[Line, ...]
    seconds: float | None
    until_s: int | None
    """Seconds of the local day; the next time that it is so late, after the beginning or the wait before."""


@dataclass(frozen=True, slots=True)
class Deed:
    """Something is done to the plant, its devices, the daemon, or by a person."""

    at: Source
    verb: str
    what: Any
    """As written: a word, a list, or a table."""


Step: TypeAlias = Expect | Wait | Deed


@dataclass(frozen=True, slots=True)
class Scenario:
    """One story: where and when it begins, and what happens in it."""

    at: Source
    name: str
    title: str
    site: str
    """A folder: one of hil_tests/sites or config/sites, or a path from the scenario's file."""
    start: str
    """Local time of the site, ISO."""
    speed: float
    seed: int
    quick: bool
    """Played by `make test` too."""
    daemon: bool
    """Runs and hears every device before the first step."""
    proves: tuple[str, ...]
    """Rows of the table in docs/reliability.md: "fault / system"."""
    search: bool
    """BACnet devices to which the site gives no address are searched for, as on its own network."""
    plant: Mapping[str, Any]
    """Laid over the site's plant.yaml."""
    steps: tuple[Step, ...]

    def length_s(self) -> float:
        """Machine seconds that it takes, roughly: its waits, and half of what is expected."""
        clock = datetime.fromisoformat(self.start)
        begins_s = now_s = clock.hour * 3600.0 + clock.minute * 60 + clock.second
        for step in self.steps:
            match step:
                case Expect():
                    now_s += step.within_s / 2
                case Wait(seconds=None, until_s=until_s) if until_s is not None:
                    now_s += (until_s - now_s) % 86_400
                case Wait(seconds=seconds) if seconds is not None:
                    now_s += seconds
        return (now_s - begins_s) / self.speed
