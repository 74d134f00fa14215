"""What a decision depends on beyond the image and the time: all of it, keyed by names, kept over restarts."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import NamedTuple

from config.language import Text, render
from config.plan.places import Booking
from config.plan.reading import Value
from config.plan.slots import Slot
from controller.decide.alarms.alarm import Alarm


class Override(NamedTuple):
    """A person's command on a point. One a point and slot: the later replaces the earlier."""

    point: str
    """"device.point"."""
    value: Value
    person: str
    reason: str
    set_ms: int
    expires_ms: int
    """Absolute site time; an untrusted clock counts on from the last stored time."""
    slot: int = Slot.PEOPLE
    lasting_ms: int = 0
    """How long it was to last; 0 = until a time. When the clock is put right, what was to last two hours
    still does (`set_ms` and `expires_ms` move with the clock); what was to last until six still does, too."""
    trusted: bool = True
    """Whether the clock that `expires_ms` was reckoned by was trusted."""
    urgent: bool = False
    """It may break a motor's minimum run time, never a rest time."""


class Release(NamedTuple):
    """A person takes an override back."""

    point: str
    person: str
    slot: int = Slot.PEOPLE


class Lock(NamedTuple):
    """A maintenance lock on an equipment or a device: nothing is written to it from any slot."""

    target: str
    person: str
    reason: str
    since_ms: int


class Unlock(NamedTuple):
    """A person takes a maintenance lock away."""

    target: str
    person: str


class Observe(NamedTuple):
    """Observe mode switched on or off by a person; target "" is the site. Overrules the site files."""

    target: str
    observing: bool
    person: str
    reason: str
    since_ms: int


class Reset(NamedTuple):
    """A person resets a trip."""

    rule: str
    person: str
    reason: str


class Book(NamedTuple):
    """Bookings of places that a person enters and takes out."""

    added: tuple[Booking, ...]
    removed: tuple[Booking, ...]
    person: str
    forget_ms: int = 0
    """What had ended by then is forgotten."""


class Acknowledge(NamedTuple):
    """A person has seen these alarms."""

    alarms: tuple[int, ...]
    person: str
    comment: str = ""


class Shelve(NamedTuple):
    """A person does not want to hear of these alarms until then."""

    alarms: tuple[int, ...]
    until_ms: int
    person: str
    reason: str


class Unshelve(NamedTuple):
    """A person wants to hear of them again."""

    alarms: tuple[int, ...]
    person: str


AlarmCommand = Acknowledge | Shelve | Unshelve
PersonCommand = Override | Release | Lock | Unlock | Observe | Reset | Book | AlarmCommand


class Output(NamedTuple):
    """What was last sent to a point, or found there and taken over."""

    point: str
    value: Value
    slot: int
    since_ms: int
    left: tuple[int, ...] = ()
    """BACnet: other slots in which an earlier value of ours may still stand."""


class RuleMemory(NamedTuple):
    """What a rule remembers."""

    rule: str
    memory: Mapping[str, bool | int | float | str]
    """Keys that end in `_ms` are site times. Empty: nothing."""


class Remembered(NamedTuple):
    """All of it at one moment."""

    overrides: tuple[Override, ...] = ()
    locks: tuple[Lock, ...] = ()
    observe: tuple[Observe, ...] = ()
    outputs: tuple[Output, ...] = ()
    rules: tuple[RuleMemory, ...] = ()
    bookings: tuple[Booking, ...] = ()
    alarms: tuple[Alarm, ...] = ()
    last_alarm: int = 0
    """Number of the latest alarm there ever was."""


class Ended(NamedTuple):
    """An override that is over."""

    point: str
    slot: int
    until_ms: int = 0
    """It was to last until then; another one may have been committed since. 0: a person let the point go."""
    moved: bool = False
    """The clock was put right in the same step: what is stored of it has another end."""


@dataclass(slots=True)
class Changed:
    """What one step changed of it, to be stored in one commit."""

    overrides: list[Override] = field(default_factory=list)
    ended: list[Ended] = field(default_factory=list)
    locks: list[Lock] = field(default_factory=list)
    unlocked: list[str] = field(default_factory=list)
    observe: list[Observe] = field(default_factory=list)
    outputs: list[Output] = field(default_factory=list)
    dropped: list[str] = field(default_factory=list)
    """Points no longer commanded."""
    rules: list[RuleMemory] = field(default_factory=list)
    alarms: list[Alarm] = field(default_factory=list)

    def end(self, ended: Ended) -> None:
        """An override is over, be it that it was set, or moved, in this very step: what is stored in one
        commit has no order."""
        self.overrides = [item for item in self.overrides if (item.point, item.slot) != ended[:2]]
        self.ended.append(ended)

    def unlock(self, target: str) -> None:
        """A lock is gone, be it that it was put on in this very step."""
        self.locks = [item for item in self.locks if item.target != target]
        self.unlocked.append(target)

    def __bool__(self) -> bool:
        return bool(
            self.overrides
            or self.ended
            or self.locks
            or self.unlocked
            or self.observe
            or self.outputs
            or self.dropped
            or self.rules
            or self.alarms
        )


class Notice(NamedTuple):
    """What people are told once when it begins and once when it ends."""

    kind: str
    """One of alarms/classes.py."""
    subject: str
    """A device's, equipment's or point's name; "" for the site."""
    text: Text
    on: bool
    muted: bool = False
    """It is so, but people are not to be told while it is so: a suppressed alarm."""


class Refused(Exception):
    """A person's command that cannot be carried out; `text` says why."""

    def __init__(self, text: Text) -> None:
        super().__init__(render(text, "en"))
        self.text = text
