"""People's commands on their way to the cycle: checked, committed, and only then acted on.

Between the commit of one and its cycle others are committed, and cycles that have not heard of it commit
what they have. None of these undoes another: see `stored` and `as_awaited`.
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
from controller.decide.records import AlarmCommand, Override, PersonCommand, Release
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
    since: int = 0
    """Of `Commands.rewritten` before it was committed."""
    anew: bool = False
    """A cycle that had not heard of it has stored overrides since, this one's perhaps: it is stored again."""

    @property
    def command(self) -> PersonCommand:
        """By the clock of now."""
        return put_right(self.committed, self.put_right_ms)


class Commands:
    """Those of one daemon. Used from the event loop."""

    def __init__(self, now: Callable[[], Now]) -> None:
        self._now = now
        self.waiting: list[Accepted] = []
        """Committed, for the next cycle."""
        self.awaited: list[AlarmCommand] = []
        """What people said of alarms, committed or about to be, until a cycle has heard of it."""

        self.rewritten = 0
        """Cycles that have stored overrides as the clock had moved them, or their ends."""

    async def accept(
        self, command: PersonCommand, now: Now, control: ControlStore, engine: Callable[[], Engine]
    ) -> asyncio.Future[None]:
        """Check and commit it; the future resolves when a cycle has acted on it. Raises Refused,
        StoreError."""
        engine().accept(command, now)
        alarms: tuple[Alarm, ...] = ()
        if isinstance(command, AlarmCommand):
            alarms = engine().alarms_after(command, now, self.awaited)
            self.awaited.append(command)
        changes, since = recorder.command_changes(command, now.wall_ms, alarms), self.rewritten
        try:
            await asyncio.wrap_future(control.commit(changes, within_s=PERSON_COMMIT_S))
        except BaseException:
            if isinstance(command, AlarmCommand):
                self._heard(command)
                engine().store_alarms_anew()
            raise
        # The clock may have been put right while the command was being committed.
        right_ms = self._now().put_right_ms - now.put_right_ms
        applied: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self.waiting.append(Accepted(command, right_ms, applied, since))
        return applied

    def take(self) -> list[Accepted]:
        """Those that wait, for a cycle."""
        taken, self.waiting = self.waiting, []
        for item in taken:
            self._heard(item.committed)
        return [
            item._replace(anew=item.since != self.rewritten)
            if isinstance(item.committed, Override | Release)
            else item
            for item in taken
        ]

    def recorded(self, changes: Changes) -> None:
        """A cycle stores this."""
        self.rewritten += bool(changes.overrides or changes.ended)

    def as_awaited(self, changes: Changes, engine: Engine, now: Now) -> Changes:
        """What a cycle stores of alarms, with what people have said of them that it has not heard of."""
        if not (changes.alarms and self.awaited):
            return changes
        return replace(changes, alarms=engine.alarms_with(changes.alarms, self.awaited, now))

    def _heard(self, command: PersonCommand) -> None:
        self.awaited = [one for one in self.awaited if one is not command]


def stored(accepted: Iterable[Accepted]) -> list[PersonCommand]:
    """Those that are stored as they were acted on."""
    return [item.committed for item in accepted if not item.put_right_ms and not item.anew]


def applied(accepted: Sequence[Accepted]) -> None:
    """A cycle has acted on them."""
    for item in accepted:
        if not item.applied.done():
            item.applied.set_result(None)
