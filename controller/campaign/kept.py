"""What outlives a daemon's run, as its next start finds it."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from typing import NamedTuple, Protocol

from config.language import Text, text
from config.plan.clock import Now
from config.plan.site import Plan
from controller.consumption.log import Closed
from controller.consumption.meters import Meter
from controller.consumption.records import Jump, Mark
from controller.decide.alarms.alarm import Alarm
from controller.decide.records import PersonCommand, Remembered
from controller.decide.step import Step
from controller.store.boots import Stood

SEEN_EVERY_MS = 60_000
"""As the daemon notes the time."""


class Begun(NamedTuple):
    """What a start finds."""

    remembered: Remembered
    marks: Mapping[str, Mark]
    jumps: Sequence[Jump] = ()


class Kept(Protocol):
    """From one run to the next."""

    def stood(self) -> Stood:
        """Where the clock of the run before stood; nothing is known before the first."""

    def begin(self, plan: Plan, meters: Sequence[Meter], now: Now, machine: str, /) -> Begun:
        """`machine`: which boot of it this is."""

    def register(self, meters: Sequence[Meter], plan: Plan, now: Now, /) -> Mapping[str, Mark]:
        """Another Plan's meters. Returns where their logs stand."""

    def command(self, command: PersonCommand, wall_ms: int, alarms: Sequence[Alarm]) -> None:
        """A person's command, before it acts."""

    def cycle(self, now: Now, step: Step, plan: Plan, commands: Collection[PersonCommand], /) -> None: ...

    def log(self, closed: Closed) -> None: ...

    def end(self, wall_ms: int, *, in_order: bool) -> None:
        """The run is over."""

    def problems(self) -> Iterator[Text]:
        """What cannot be as it is, in the end."""


TABLES = ("overrides", "locks", "observe", "outputs", "rules", "alarms")


def differences(known: Remembered, kept: Remembered) -> Iterator[Text]:
    """What a daemon knew at its end and the next one does not find, or finds otherwise."""
    for name, (mine, theirs) in {
        table: (_table(table, known), _table(table, kept)) for table in (*TABLES, "bookings")
    }.items():
        for key in sorted({*mine, *theirs}, key=str):
            if mine.get(key) != theirs.get(key):
                was, found = (str(one.get(key, "nothing")) for one in (mine, theirs))
                yield text(
                    "{table}: {key} was {was}, kept is {found}",
                    table=name,
                    key=str(key),
                    was=was,
                    found=found,
                )
    if known.last_alarm != kept.last_alarm:
        yield text(
            "alarms: the latest was {was}, kept is {found}", was=known.last_alarm, found=kept.last_alarm
        )


def _table(name: str, of: Remembered) -> dict[object, object]:
    match name:
        case "overrides":
            return {(item.point, int(item.slot)): item for item in of.overrides}
        case "locks":
            return {item.target: item for item in of.locks}
        case "observe":
            return {item.target: item for item in of.observe}
        case "outputs":
            return {item.point: item for item in of.outputs}
        case "rules":
            return {item.rule: dict(item.memory) for item in of.rules if item.memory}
        case "alarms":
            return {alarm.id: alarm for alarm in of.alarms if not alarm.over}
        case _:
            return {item.key: item for item in of.bookings}
