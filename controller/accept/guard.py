"""What lets a trial pass: the deciding code of the daemon itself, which decides here and sends nothing.

A value to try is an override of the person who tries, in an engine that observes. So everything that stands
between people and an output stands here too: protective rules, minimum run and rest times, a stove's permit,
locks, selectors, fire and gas. What only saves (programmes, and rules that people beat) is left out.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from typing import NamedTuple

from config.language import Text, text
from config.plan.clock import Now, Pace
from config.plan.points import Point
from config.plan.reading import Reading, Value
from config.plan.rules import Hazard, Rule
from config.plan.site import Plan
from config.plan.slots import Slot
from controller.accept.judging import close
from controller.cycle import Engine
from controller.decide.acceptance import accept
from controller.decide.barriers import BarrierKind, Barriers
from controller.decide.gate import PREFIX as MOTOR
from controller.decide.permits import PREFIX as PERMIT
from controller.decide.records import (
    Observe,
    Override,
    PersonCommand,
    Refused,
    Release,
    Remembered,
    RuleMemory,
)
from drivers.api import Event
from schedules.context import Context

LONGEST_MS = 3_600_000
"""A trial is over by then."""
_PATIENCE_S = 1800.0
"""For minimum run and rest times."""
_UNREAD_S = 30.0
"""For what cannot be read just now."""
_PASSAGES = (MOTOR, PERMIT)


class Waits(NamedTuple):
    """It may pass later by itself: a minimum time, or a selector whose reading has grown old."""

    why: Text
    within_s: float
    """Site seconds for which it is worth waiting."""
    timed: bool = False
    """A minimum time: it ends for sure."""


class Forbidden(NamedTuple):
    """Something stands against it."""

    why: Text


class Guard:
    """One site's. `step` is called at every turn; then what it says is as of that turn."""

    def __init__(
        self,
        plan: Plan,
        pace: Pace,
        remembered: Remembered,
        person: str,
        keep: Callable[[Sequence[RuleMemory]], None] = lambda _: None,
    ) -> None:
        """`remembered`: of the daemon that ran last; its locks, observe modes, trips and motors count. `keep`
        is told what is to be remembered of trips and motors from now on, before anything is written."""
        self.plan = plan
        self._keep = keep
        left_out = {rule.name for rule in plan.rules if not _protects(rule)}
        self._kept = {rule.name for rule in plan.rules} - left_out
        self._person = person
        self._observed = _observed(plan, remembered)
        guarding = replace(
            plan,
            programmes=(),
            rules=tuple(rule for rule in plan.rules if _protects(rule)),
            restart=None,
            site=replace(plan.site, observe=True),
        )
        known = Remembered(
            locks=remembered.locks,
            observe=(Observe("", True, person, "", 0),),
            rules=remembered.rules,
        )
        self._engine = Engine(guarding, Context.of(plan), pace, known)
        self._commands: list[PersonCommand] = []
        self._asked: dict[str, Override] = {}
        self._now = Now(0, 0, False)

    @property
    def readings(self) -> Sequence[Reading]:
        return self._engine.readings

    def online(self, device: int) -> bool | None:
        """None: not heard of yet."""
        return self._engine.online(device)

    def step(self, now: Now, events: Iterable[Event]) -> None:
        commands, self._commands = self._commands, []
        self._now = now
        for key, wish in self._asked.items():
            # What is waited for may take longer than any override may last.
            if now.wall_ms > wish.expires_ms - wish.lasting_ms // 2:
                self._asked[key] = wish._replace(set_ms=now.wall_ms, expires_ms=now.wall_ms + wish.lasting_ms)
                commands.append(self._asked[key])
        changed = self._engine.step(now, events, commands).memory.rules
        if mine := [item for item in changed if item.rule in self._kept or item.rule.startswith(_PASSAGES)]:
            self._keep(mine)

    def ask(self, point: Point, value: Value, *, urgent: bool = False) -> Text | None:
        """Ask for a value from the next step on; why it is refused at once, as it would be of any person."""
        now_ms = self._now.wall_ms
        longest_ms = min(LONGEST_MS, round(self.plan.site.override_max_s * 1000))
        wish = Override(
            point.key,
            value,
            self._person,
            "",
            now_ms,
            now_ms + longest_ms,
            Slot.PEOPLE,
            longest_ms,
            urgent=urgent,
        )
        try:
            accept(self.plan, wish, now_ms)
        except Refused as refusal:
            return refusal.text
        self._commands.append(wish)
        self._asked[point.key] = wish
        return None

    def release(self, point: Point) -> None:
        """Ask for nothing more."""
        self._asked.pop(point.key, None)
        self._commands.append(Release(point.key, self._person))

    def cannot_start_again(self, point: Point) -> Text | None:
        """Why a motor that runs is not stopped: it would stand for longer than anybody waits."""
        stands_s = self._engine.stands_s(point.id, self._now)
        if stands_s <= _PATIENCE_S:
            return None
        return text("it could be started again only after {minutes} min", minutes=f"{stands_s / 60:.0f}")

    def barred(self, point: Point) -> Waits | Forbidden | None:
        """What forbids every write to it."""
        barrier = self._engine.barrier(point.id)
        if barrier is not None and barrier.kind is BarrierKind.UNREADABLE:
            return Waits(barrier.text, _UNREAD_S)
        if barrier is not None and barrier.kind is not BarrierKind.OBSERVE:
            return Forbidden(barrier.text)
        if point.id in self._observed:
            return Forbidden(text("observe mode: nothing is sent"))
        return None

    def says(self, point: Point, value: Value) -> Waits | Forbidden | None:
        """What keeps `value`, asked for before the last step, from being sent; None: nothing."""
        barred = self.barred(point)
        if barred is not None:
            return barred
        result = self._engine.decisions[point.id]
        if result.value is not None and close(result.value, value, 0.0):
            return None
        if result.held is not None:
            return Waits(result.held.reason, _PATIENCE_S, timed=True)
        if result.winner is None:
            return Waits(text("not decided yet"), _UNREAD_S)
        reason = result.bounds[-1].reason if result.bounds else result.winner.reason
        return Forbidden(text("a protective rule wants it otherwise: {reason}", reason=reason))


def _protects(rule: Rule) -> bool:
    """Whether people do not beat it."""
    return rule.slot < Slot.PEOPLE or isinstance(rule.spec, Hazard)


def _observed(plan: Plan, remembered: Remembered) -> frozenset[int]:
    """Points under an observe mode that the files declare or a person has put on."""
    barriers = Barriers(plan, (), remembered.observe)
    targets = [""] if barriers.site_observed else barriers.parts_observed()
    return frozenset(point for target in targets for point in barriers.cover(target).points)
