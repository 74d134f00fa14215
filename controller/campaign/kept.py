"""What outlives a daemon's run: in real databases, or put together from what each step says has changed."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import closing
from pathlib import Path
from typing import NamedTuple, Protocol

from config.language import Text, render, text
from config.plan.clock import Now
from config.plan.places import Booking
from config.plan.site import Plan
from controller import recorder
from controller.consumption.doubts import LONGEST_MS
from controller.consumption.log import Closed
from controller.consumption.meters import Meter
from controller.consumption.records import Jump, Mark
from controller.decide.alarms.alarm import Alarm
from controller.decide.records import PersonCommand, Remembered
from controller.decide.step import Step
from controller.reasserts import Reasserts
from controller.store import ledger
from controller.store.audit import audit_log
from controller.store.control import Changes, ControlStore
from controller.store.jumps import unexplained
from controller.store.logdb import LogStore

SEEN_EVERY_MS = 60_000
"""As the daemon notes the time."""
CLOSE_S = 60.0
"""Machine seconds that a busy disk may take."""


class Begun(NamedTuple):
    """What a start finds."""

    remembered: Remembered
    marks: Mapping[str, Mark]
    jumps: Sequence[Jump] = ()


class Kept(Protocol):
    """From one run to the next."""

    def seen_ms(self) -> int:
        """Site time noted last; 0 before the first run."""

    def begin(self, plan: Plan, meters: Sequence[Meter], now: Now, /) -> Begun: ...

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


class Told:
    """Kept by nothing but what the steps have told: what one forgets to tell is forgotten."""

    def __init__(self) -> None:
        self._seen_ms = 0
        self._tables: dict[str, dict[object, object]] = {name: {} for name in _TABLES}
        self._bookings: dict[tuple[str, int, int], Booking] = {}
        self._last_alarm = 0
        self._marks: dict[str, Mark] = {}

    def seen_ms(self) -> int:
        return self._seen_ms

    def begin(self, _: Plan, meters: Sequence[Meter], __: Now) -> Begun:
        return Begun(self._remembered(), self._stand(meters))

    def register(self, meters: Sequence[Meter], _: Plan, __: Now) -> Mapping[str, Mark]:
        return self._stand(meters)

    def _stand(self, meters: Sequence[Meter]) -> Mapping[str, Mark]:
        return {meter.name: self._marks[meter.name] for meter in meters if meter.name in self._marks}

    def command(self, command: PersonCommand, wall_ms: int, alarms: Sequence[Alarm]) -> None:
        self._take(recorder.command_changes(command, wall_ms, alarms))

    def cycle(self, now: Now, step: Step, _: Plan, __: Collection[PersonCommand]) -> None:
        memory = step.memory
        if memory or not 0 <= now.wall_ms - self._seen_ms < SEEN_EVERY_MS:
            self._seen_ms = now.wall_ms
        if memory:
            self._take(
                Changes(
                    now.wall_ms,
                    (),
                    tuple(memory.overrides),
                    tuple(memory.ended),
                    tuple(memory.locks),
                    tuple(memory.unlocked),
                    tuple(memory.observe),
                    tuple(memory.outputs),
                    tuple(memory.dropped),
                    tuple(memory.rules),
                    alarms=tuple(memory.alarms),
                )
            )

    def log(self, closed: Closed) -> None:
        self._marks.update(closed.marks)

    def end(self, wall_ms: int, *, in_order: bool) -> None:
        """Nothing more: all is told already."""

    def problems(self) -> Iterator[Text]:
        """None that only this knows."""
        return iter(())

    def _take(self, changes: Changes) -> None:
        """In the order in which the store does."""
        tables = self._tables
        for ended in changes.ended:
            tables["overrides"].pop(tuple(ended), None)
        for target in changes.unlocked:
            tables["locks"].pop(target, None)
        for point in changes.dropped:
            tables["outputs"].pop(point, None)
        tables["overrides"].update({(item.point, item.slot): item for item in changes.overrides})
        tables["locks"].update({item.target: item for item in changes.locks})
        tables["observe"].update({item.target: item for item in changes.observe})
        tables["outputs"].update({item.point: item for item in changes.outputs})
        for rule in changes.rules:
            if rule.memory:
                tables["rules"][rule.rule] = rule
            else:
                tables["rules"].pop(rule.rule, None)
        for booking in changes.unbooked:
            self._bookings.pop(booking.key, None)
        self._bookings.update({item.key: item for item in changes.booked})
        for key, booking in list(self._bookings.items()):
            if booking.end_ms <= changes.forget_bookings_ms:
                del self._bookings[key]
        for alarm in changes.alarms:
            self._last_alarm = max(self._last_alarm, alarm.id)
            tables["alarms"][alarm.id] = alarm
            if alarm.over:
                del tables["alarms"][alarm.id]

    def _remembered(self) -> Remembered:
        found = {name: tuple(table.values()) for name, table in self._tables.items()}
        return Remembered(**found, bookings=tuple(self._bookings.values()), last_alarm=self._last_alarm)  # type: ignore[arg-type]


class OnDisk:
    """The daemon's own databases."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._control: ControlStore | None = None
        self._log: LogStore | None = None
        self._reasserts = Reasserts()
        self._seen_ms = 0
        self._failed: list[Text] = []

    def seen_ms(self) -> int:
        self._open()
        assert self._control is not None
        return self._control.latest_seen_ms() or 0

    def begin(self, plan: Plan, meters: Sequence[Meter], now: Now) -> Begun:
        self._open()
        assert self._control is not None
        began = self._control.begin(now.wall_ms, trusted=now.trusted, version="campaign", plan=plan.hash)
        marks = self.register(meters, plan, now)
        assert self._log is not None
        since_ms = now.wall_ms - LONGEST_MS
        jumps = self._log.ask(lambda connection: unexplained(connection, since_ms))
        self._reasserts = Reasserts()
        self._seen_ms = 0
        return Begun(began.remembered, marks, jumps)

    def register(self, meters: Sequence[Meter], plan: Plan, now: Now) -> Mapping[str, Mark]:
        assert self._log is not None
        return self._log.register(meters, now.wall_ms, plan.site.time_zone)

    def command(self, command: PersonCommand, wall_ms: int, alarms: Sequence[Alarm]) -> None:
        assert self._control is not None
        self._control.commit(recorder.command_changes(command, wall_ms, alarms))

    def cycle(self, now: Now, step: Step, plan: Plan, commands: Collection[PersonCommand]) -> None:
        assert self._control is not None
        keys = {point.id: point.key for point in plan.points} if step.set_ups or step.writes else {}
        changes = recorder.changes(step, keys, commands, self._reasserts)
        if changes is None and not 0 <= now.wall_ms - self._seen_ms < SEEN_EVERY_MS:
            changes = Changes(now.wall_ms)
        if changes is not None:
            self._seen_ms = now.wall_ms
            self._control.commit(changes)

    def log(self, closed: Closed) -> None:
        assert self._log is not None
        if closed.intervals or closed.marks:
            self._log.write(closed)

    def end(self, wall_ms: int, *, in_order: bool) -> None:
        control, log = self._control, self._log
        assert control is not None
        assert log is not None
        if in_order:
            control.commit(recorder.end(self._reasserts, wall_ms))
            control.end(wall_ms, "in order")
        lost = control.close(CLOSE_S) + log.close(CLOSE_S)
        if lost:
            self._failed.append(text("{count} commits were lost at the end of a run", count=lost))
        if control.refusal or log.refusal:
            self._failed.append(text("rows were refused: {why}", why=control.refusal or log.refusal))
        self._control = self._log = None

    def problems(self) -> Iterator[Text]:
        """Of both files, by the audit's own code."""
        yield from self._failed
        if self._control is not None:
            self.end(0, in_order=False)
        self._open()
        assert self._control is not None
        assert self._log is not None
        with closing(self._control.reader()) as connection:
            broken = ledger.broken_at(connection)
        if broken is not None:
            yield text("the ledger does not go on from its row {row}", row=broken)
        for problem in self._log.ask(lambda connection: list(audit_log(connection))):
            yield text("{meter}: {what}", meter=problem.meter, what=render(problem.what, "en"))
        self._control.close(CLOSE_S)
        self._log.close(CLOSE_S)
        self._control = self._log = None

    def _open(self) -> None:
        if self._control is None:
            # The machine's time is only for the names of files that are set aside.
            self._control = ControlStore.open(self._folder, 0)
            self._log = LogStore.open(self._folder, 0, expected=self._control.has_run())


_TABLES = ("overrides", "locks", "observe", "outputs", "rules", "alarms")


def differences(known: Remembered, kept: Remembered) -> Iterator[Text]:
    """What a daemon knew at its end and the next one does not find, or finds otherwise."""
    for name, (mine, theirs) in {
        table: (_table(table, known), _table(table, kept)) for table in (*_TABLES, "bookings")
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
