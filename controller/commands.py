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
        if self.owing:
            changes = self._paid(changes, engine)
        asked = _rows(self.unheard)
        if asked:
            changes = replace(
                changes,
                overrides=tuple(item for item in changes.overrides if _of_slot(item) not in asked),
                ended=tuple(item for item in changes.ended if _of_slot(item) not in asked),
                locks=tuple(item for item in changes.locks if ("lock", item.target, 0) not in asked),
                unlocked=tuple(target for target in changes.unlocked if ("lock", target, 0) not in asked),
                observe=tuple(item for item in changes.observe if ("observe", item.target, 0) not in asked),
            )
        awaited = self.awaited
        if changes.alarms and awaited:
            changes = replace(changes, alarms=engine.alarms_with(changes.alarms, awaited, now))
        return changes

    def _paid(self, changes: Changes, engine: Engine) -> Changes:
        """With all as it stands of what others may have been left to store, and have not."""
        owed, self.owing = self.owing, set()
        stands = engine.remembered()
        overrides = tuple(item for item in stands.overrides if _of_slot(item) in owed)
        locks = tuple(item for item in stands.locks if ("lock", item.target, 0) in owed)
        gone = owed.difference(map(_of_slot, overrides), _rows(locks))
        return replace(
            changes,
            overrides=(*(item for item in changes.overrides if _of_slot(item) not in owed), *overrides),
            ended=(*changes.ended, *(Ended(name, slot) for what, name, slot in gone if what == "slot")),
            locks=(*(item for item in changes.locks if ("lock", item.target, 0) not in owed), *locks),
            unlocked=(*changes.unlocked, *(name for what, name, _ in gone if what == "lock")),
            observe=(
                *(item for item in changes.observe if ("observe", item.target, 0) not in owed),
                *(item for item in stands.observe if ("observe", item.target, 0) in owed),
            ),
        )

    def _heard(self, command: PersonCommand) -> None:
        self.unheard = [one for one in self.unheard if one is not command]


def _rows(commands: Iterable[PersonCommand]) -> set[Row]:
    rows = set()
    for command in commands:
        match command:
            case Override() | Release():
                rows.add(_of_slot(command))
            case Lock() | Unlock():
                rows.add(("lock", command.target, 0))
            case Observe():
                rows.add(("observe", command.target, 0))
            case _:
                pass
    return rows


def _of_slot(item: Override | Release | Ended) -> Row:
    return "slot", item.point, item.slot


def stored(accepted: Iterable[Accepted]) -> list[PersonCommand]:
    """Those that are stored as they were acted on."""
    return [item.committed for item in accepted if not item.put_right_ms]


def applied(accepted: Sequence[Accepted]) -> None:
    """A cycle has acted on them."""
    for item in accepted:
        if not item.applied.done():
            item.applied.set_result(None)
