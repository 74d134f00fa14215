"""What is kept from run to run, put together from what each step says has changed: what it forgets to tell
is forgotten."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence

from config.language import Text
from config.plan.clock import Now
from config.plan.places import Booking
from config.plan.site import Plan
from controller import recorder
from controller.campaign.kept import SEEN_EVERY_MS, TABLES, Begun
from controller.consumption.log import Closed
from controller.consumption.meters import Meter
from controller.consumption.records import Mark
from controller.decide.alarms.alarm import Alarm
from controller.decide.records import PersonCommand, Remembered
from controller.decide.step import Step
from controller.store.boots import Stood
from controller.store.control import Changes


class Told:
    """All of it."""

    def __init__(self) -> None:
        self._stood = Stood()
        self._tables: dict[str, dict[object, object]] = {name: {} for name in TABLES}
        self._bookings: dict[tuple[str, int, int], Booking] = {}
        self._last_alarm = 0
        self._marks: dict[str, Mark] = {}

    def stood(self) -> Stood:
        return self._stood

    def begin(self, _: Plan, meters: Sequence[Meter], now: Now, machine: str) -> Begun:
        self._stood = Stood(now.wall_ms, machine, now.booted_ms)
        return Begun(self._remembered(), self._stand(meters))

    def register(self, meters: Sequence[Meter], _: Plan, __: Now) -> Mapping[str, Mark]:
        return self._stand(meters)

    def _stand(self, meters: Sequence[Meter]) -> Mapping[str, Mark]:
        return {meter.name: self._marks[meter.name] for meter in meters if meter.name in self._marks}

    def command(self, command: PersonCommand, wall_ms: int, alarms: Sequence[Alarm]) -> None:
        self._take(recorder.command_changes(command, wall_ms, alarms))

    def cycle(self, now: Now, step: Step, _: Plan, __: Collection[PersonCommand]) -> None:
        memory = step.memory
        if memory or not 0 <= now.wall_ms - self._stood.seen_ms < SEEN_EVERY_MS:
            self._stood = Stood(now.wall_ms, self._stood.machine, now.booted_ms)
        if memory:
            self._take(recorder.remembered(memory, now.wall_ms))

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
            tables["overrides"].pop(ended[:2], None)
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
