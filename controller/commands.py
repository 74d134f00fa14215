"""People's commands on their way to the cycle: checked, committed, and only then acted on.

Between the commit of one and its cycle others are committed, and cycles that have not heard of it commit
what they have. None of these undoes another: see `unheard` and `as_asked`.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from typing import NamedTuple

from config.plan.clock import Now
from controller import recorder
from controller.cycle import Engine
from controller.decide.alarms.alarm import Alarm
from controller.decide.records import (
    AlarmCommand,
    Ended,
    Lock,
    Observe,
    Override,
    PersonCommand,
    Release,
    Remembered,
    Unlock,
)
from controller.decide.timekeeping import put_right
from controller.store.control import Changes, ControlStore

PERSON_COMMIT_S = 5.0
"""A person's command that cannot be committed by then is refused."""


class Accepted(NamedTuple):
    """A person's command that is committed and waits for its cycle."""

    committed: PersonCommand
    put_right_ms: int
    """By how much the clock was put right while it was being committed."""
    applied: asyncio.Future[None]

    @property
    def command(self) -> PersonCommand:
        """By the clock of now."""
        return put_right(self.committed, self.put_right_ms)


Row = tuple[str, str, int]
"""What is stored once: of a slot, a lock or an observed target."""


class Commands:
    """Those of one daemon. Used from the event loop."""

    def __init__(self, now: Callable[[], Now]) -> None:
        self._now = now
        self.waiting: list[Accepted] = []
        """Committed, for the next cycle."""
        self.unheard: list[PersonCommand] = []
        """Committed or about to be, until a cycle has heard of it. What it is about is its own in the store
        until then: a cycle that knows less stores nothing of it."""
        self.owing: set[Row] = set()
        """What cycles may have left to commands that could not be committed."""

    async def accept(
        self, command: PersonCommand, now: Now, control: ControlStore, engine: Callable[[], Engine]
    ) -> asyncio.Future[None]:
        """Check and commit it; the future resolves when a cycle has acted on it. Raises Refused,
        StoreError."""
        engine().accept(command, now)
        alarms: tuple[Alarm, ...] = ()
        if isinstance(command, AlarmCommand):
            alarms = engine().alarms_after(command, now, self.awaited)
        self.unheard.append(command)
        changes = recorder.command_changes(command, now.wall_ms, alarms)
        try:
            await asyncio.wrap_future(control.commit(changes, within_s=PERSON_COMMIT_S))
        except BaseException:
            self._heard(command)
            self.owing |= _rows((command,))
            if isinstance(command, AlarmCommand):
                engine().store_alarms_anew()
            raise
        # The clock may have been put right while the command was being committed.
        right_ms = self._now().put_right_ms - now.put_right_ms
        applied: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self.waiting.append(Accepted(command, right_ms, applied))
        return applied

    def take(self) -> list[Accepted]:
        """Those that wait, for a cycle."""
        taken, self.waiting = self.waiting, []
        for item in taken:
            self._heard(item.committed)
        return taken

    @property
    def awaited(self) -> list[AlarmCommand]:
        """What people said of alarms that no cycle has heard of."""
        return [command for command in self.unheard if isinstance(command, AlarmCommand)]

    def as_asked(self, changes: Changes, engine: Engine, now: Now) -> Changes:
        """What a cycle stores: nothing that undoes what people have asked for and it has not heard of."""
        owed, self.owing = self.owing, set()
        if owed:
            changes = _as_it_stands(_without(changes, owed), owed, engine.remembered())
        changes = _without(changes, _rows(self.unheard))
        awaited = self.awaited
        if changes.alarms and awaited:
            changes = replace(changes, alarms=engine.alarms_with(changes.alarms, awaited, now))
        return changes

    def _heard(self, command: PersonCommand) -> None:
        self.unheard = [one for one in self.unheard if one is not command]


def _row(item: PersonCommand | Ended) -> Row | None:
    """What it is about; None for what a cycle stores nothing of."""
    match item:
        case Override() | Release() | Ended():
            return "slot", item.point, item.slot
        case Lock() | Unlock():
            return _lock(item.target)
        case Observe():
            return "observe", item.target, 0
        case _:
            return None


def _lock(target: str) -> Row:
    return "lock", target, 0


def _rows(items: Iterable[PersonCommand]) -> set[Row]:
    return {row for item in items if (row := _row(item)) is not None}


def _without(changes: Changes, rows: set[Row]) -> Changes:
    if not rows:
        return changes
    return replace(
        changes,
        overrides=tuple(item for item in changes.overrides if _row(item) not in rows),
        ended=tuple(item for item in changes.ended if _row(item) not in rows),
        locks=tuple(item for item in changes.locks if _row(item) not in rows),
        unlocked=tuple(target for target in changes.unlocked if _lock(target) not in rows),
        observe=tuple(item for item in changes.observe if _row(item) not in rows),
    )


def _as_it_stands(changes: Changes, rows: set[Row], stands: Remembered) -> Changes:
    """With what stands of these rows, and the end of those of which nothing does."""
    overrides = tuple(item for item in stands.overrides if _row(item) in rows)
    locks = tuple(item for item in stands.locks if _row(item) in rows)
    gone = rows - _rows((*overrides, *locks))
    return replace(
        changes,
        overrides=(*changes.overrides, *overrides),
        ended=(*changes.ended, *(Ended(name, slot) for what, name, slot in gone if what == "slot")),
        locks=(*changes.locks, *locks),
        unlocked=(*changes.unlocked, *(name for what, name, _ in gone if what == "lock")),
        observe=(*changes.observe, *(item for item in stands.observe if _row(item) in rows)),
    )


def stored(accepted: Iterable[Accepted]) -> list[PersonCommand]:
    """Those that are stored as they were acted on."""
    return [item.committed for item in accepted if not item.put_right_ms]


def applied(accepted: Sequence[Accepted]) -> None:
    """A cycle has acted on them."""
    for item in accepted:
        if not item.applied.done():
            item.applied.set_result(None)
