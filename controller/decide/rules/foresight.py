"""What a rule will ask for by the passing of time alone, if all that it looks at stays as it reads."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import NamedTuple

from config.plan.reading import Value
from config.plan.rules import Rule
from controller.decide.requests import Op, Request
from controller.decide.rules.look import Look, Memory, Outcome
from controller.decide.rules.registry import KINDS

HORIZON_MS = 48 * 3_600_000
"""How far ahead."""
_MOST = 64
"""So many looks ahead: one that looks every second is not followed for hours."""


class Change(NamedTuple):
    """From then on it asks something else of one point, or says another reason for it."""

    at_ms: int
    """By the wall clock."""
    requests: tuple[Request, ...]
    """All of it; empty: nothing any more."""
    last: bool = False
    """Beyond it nothing can be told of the rule. It may ask just the same of this point as before."""


class Ahead(NamedTuple):
    """How one rule is looked at in times to come."""

    rule: Rule
    outcome: Outcome
    """Its last."""
    memory: Memory
    look: Callable[[int, Memory], Look]
    """It at a time by the wall clock, with what it remembers then."""
    wall_ms: int
    """Now,"""
    now_ms: int
    """and as rules count."""


def changes(ahead: Ahead, point: int) -> Iterator[Change]:
    """In the order of time. Of a rule whose machines answer what it asks, up to its first change: beyond it
    they would have to answer. Nothing where something that it looks at has not been read yet."""
    kind = KINDS[type(ahead.rule.spec)]
    outcome, memory, at_ms = ahead.outcome, ahead.memory, ahead.wall_ms
    unread = ahead.look(at_ms, memory).never_read
    if not kind.foreseeable or any(map(unread, kind.points(ahead.rule.spec))):
        return
    asked, told = _of(outcome, point), _told(outcome)
    for _ in range(_MOST):
        due_ms = _due_ms(ahead, outcome)
        if due_ms is None or not at_ms < due_ms <= ahead.wall_ms + HORIZON_MS:
            return
        at_ms, look = due_ms, ahead.look(due_ms, memory)
        kind.decide(ahead.rule.spec, look)
        outcome = look.outcome()
        memory = outcome.memory
        last = kind.answered and _told(outcome) != told
        if (asks := _of(outcome, point)) != asked or last:
            asked = asks
            yield Change(at_ms, asks, last)
        if last:
            return


def _due_ms(ahead: Ahead, outcome: Outcome) -> int | None:
    """When it looks again."""
    found = []
    if outcome.wake_ms is not None:
        found.append(outcome.wake_ms - ahead.now_ms + ahead.wall_ms)
    if outcome.wake_wall_ms is not None:
        found.append(outcome.wake_wall_ms)
    return min(found, default=None)


def _of(outcome: Outcome, point: int) -> tuple[Request, ...]:
    return tuple(request for asked, request in outcome.requests if asked == point)


def _told(outcome: Outcome) -> set[tuple[int, Op, Value | None]]:
    """What it asks for, whatever the reason."""
    return {(point, request.op, request.value) for point, request in outcome.requests}
