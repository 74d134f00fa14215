"""What people asked for, judged anew under the Plan in force, which may be another than theirs. Pure.

An override that the Plan no longer allows is ended and told, not sent to be refused. One of a point that is
gone waits for the point's return, as a lock or observe mode does for its target: that is told, too. So is a
trip of a rule that the Plan has no more: nothing holds what it held.
"""

from __future__ import annotations

from typing import NamedTuple

from config.language import Text, text
from config.plan.site import Plan
from controller.decide.acceptance import has_target, misfit
from controller.decide.records import Ended, Notice, Override, Remembered
from controller.decide.rules.registry import KINDS
from controller.decide.step import Step, Unfit

_LATCHES = frozenset(kind.latch for kind in KINDS.values() if kind.latch)


class Judged(NamedTuple):
    """The overrides that stand, and those that cannot."""

    standing: tuple[Override, ...]
    unfit: tuple[Unfit, ...]


def judge(plan: Plan, overrides: tuple[Override, ...]) -> Judged:
    """Which of the overrides `plan` allows; those of points it lacks stand."""
    known = {point.key for point in plan.points}
    unfit = [
        Unfit(override, why)
        for override in overrides
        if override.point in known and (why := misfit(plan, override)) is not None
    ]
    refused = {(item.override.point, item.override.slot) for item in unfit}
    standing = tuple(item for item in overrides if (item.point, item.slot) not in refused)
    return Judged(standing, tuple(unfit))


class Beginnings:
    """Tells, in the first step, what became of earlier commands; and later what of it is over."""

    def __init__(self, plan: Plan, remembered: Remembered, unfit: tuple[Unfit, ...]) -> None:
        self._unfit = unfit
        self._told: dict[tuple[str, str], Text] = {}
        self._begun = False
        for item in unfit:
            self._told["override-ended", item.override.point] = text(
                "{name}: what {person} set by hand is over, the plan no longer allows it: {why}",
                name=item.override.point,
                person=item.override.person,
                why=item.why,
            )
        keys = {point.key for point in plan.points}
        for override in remembered.overrides:
            if override.point not in keys:
                self._told["override-waits", override.point] = text(
                    "{name}: what {person} set by hand waits, the plan has no such point",
                    name=override.point,
                    person=override.person,
                )
        for lock in remembered.locks:
            if not has_target(plan, lock.target):
                self._told["lock-waits", lock.target] = text(
                    "{name}: the lock of {person} holds nothing, the plan has no such equipment or device",
                    name=lock.target,
                    person=lock.person,
                )
        latches = {rule.name: KINDS[type(rule.spec)].latch for rule in plan.rules}
        for kept in remembered.rules:
            held = _LATCHES.intersection(kept.memory)
            if held and latches.get(kept.rule, "") not in held:
                self._told["trip-gone", kept.rule] = text(
                    "{name} had tripped; the plan has no such rule any more, and nothing holds what it held",
                    name=kept.rule,
                )
        for observe in remembered.observe:
            if observe.observing and observe.target and not has_target(plan, observe.target):
                self._told["observe-waits", observe.target] = text(
                    "{name}: observe mode holds nothing, the plan has no such equipment or device",
                    name=observe.target,
                )

    def tell(self, step: Step) -> None:
        """Before anything is decided in `step`, and with what changed in it."""
        if not self._begun:
            self._begun = True
            step.unfit += self._unfit
            for item in self._unfit:
                override = item.override
                step.memory.end(Ended(override.point, override.slot, override.expires_ms))
            step.notices += [
                Notice(kind, subject, words, on=True) for (kind, subject), words in self._told.items()
            ]

    def follow(self, step: Step) -> None:
        """What `step` changed may be the end of a notice."""
        if not self._told:
            return
        memory = step.memory
        over = [("override-ended", item.point) for item in memory.overrides]
        over += [("override-waits", item.point) for item in memory.ended]
        over += [("lock-waits", target) for target in memory.unlocked]
        over += [("observe-waits", item.target) for item in memory.observe if not item.observing]
        for key in over:
            if (words := self._told.pop(key, None)) is not None:
                step.notices.append(Notice(*key, words, on=False))
