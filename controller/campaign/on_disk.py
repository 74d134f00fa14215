"""What is kept from run to run, in the daemon's own databases."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import closing
from dataclasses import replace
from pathlib import Path

from config.language import Text, render, text
from config.plan.clock import Now
from config.plan.site import Plan
from controller import recorder
from controller.campaign.kept import SEEN_EVERY_MS, Begun
from controller.consumption.doubts import LONGEST_MS
from controller.consumption.log import Closed
from controller.consumption.meters import Meter
from controller.consumption.records import Mark
from controller.decide.alarms.alarm import Alarm
from controller.decide.records import PersonCommand
from controller.decide.step import Step
from controller.reasserts import Reasserts
from controller.store import ledger
from controller.store.audit import audit_log
from controller.store.boots import Stood
from controller.store.control import Changes, ControlStore
from controller.store.jumps import unexplained
from controller.store.logdb import LogStore

CLOSE_S = 60.0
"""Machine seconds that a busy disk may take."""


class OnDisk:
    """The daemon's own databases."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._control: ControlStore | None = None
        self._log: LogStore | None = None
        self._reasserts = Reasserts()
        self._seen_ms = 0
        self._failed: list[Text] = []

    def stood(self) -> Stood:
        self._open()
        assert self._control is not None
        return self._control.stood()

    def begin(self, plan: Plan, meters: Sequence[Meter], now: Now, machine: str) -> Begun:
        self._open()
        assert self._control is not None
        began = self._control.begin(
            now.wall_ms,
            trusted=now.trusted,
            version="campaign",
            plan=plan.hash,
            machine=machine,
            booted_ms=now.booted_ms,
        )
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
            self._control.commit(replace(changes, booted_ms=now.booted_ms))

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
