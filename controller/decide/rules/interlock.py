"""Interlocks: a trip that stands until it is reset."""

from __future__ import annotations

from collections.abc import Iterator

from config.language import text
from config.plan.conditions import All, Condition, Not, points_of
from config.plan.rules import Interlock
from controller.decide.rules.awaited import Awaited, Wording
from controller.decide.rules.look import Look

TRIPPED = "tripped_ms"


def decide(spec: Interlock, look: Look) -> None:
    """Trip, hold the trip, or let it go."""
    tripped = look.memory.get(TRIPPED)
    found = look.judge(spec.when)
    waits = found is None and look.waits(points_of(spec.when))
    if waits:
        found = tripped is not None  # a start of the daemon is no trip
    found = look.decided(found, spec.on_bad_input, standing=tripped is not None)
    # While nobody looked it may have been otherwise: a trip goes by what this run has seen.
    until = None if spec.until is None else look.judge(spec.until, seen=True)
    if tripped is not None and _goes(spec, found, until):
        tripped = None
    elif tripped is None and found:
        tripped = look.now_ms
    if tripped is None:
        if waits and spec.on_bad_input.does == "trip":
            _hold_back(spec, look)
        return
    look.keep(TRIPPED, tripped)
    words = text("tripped, because {condition}", condition=spec.when_said)
    for ask in spec.then:
        look.ask(ask, words, int(tripped))
    if spec.reset == "manual":
        words = text("{words}; it stands until somebody resets it", words=words)
    look.tell("trip", words)


def _hold_back(spec: Interlock, look: Look) -> None:
    """Nothing has been read yet: what is as a trip would have it stays so; what is not goes on, unless it is
    known already that nothing will be read, because a device does not answer."""
    silent = look.silent(points_of(spec.when))
    for ask in spec.then:
        if silent or look.value(ask.point) in (ask.value, None):
            words = text("{condition} has not been read yet", condition=spec.when_said)
            look.ask(ask, words, look.began_ms)


def may_be_reset(spec: Interlock, look: Look) -> bool:
    """Whether a person may reset it: not while its condition is true, or open with a trip for that."""
    return look.decided(look.judge(spec.when), spec.on_bad_input, standing=False) is not True


def awaits(spec: Interlock, look: Look, wording: Wording, command: int) -> Iterator[Awaited]:
    """What resets the trip, or what would trip it."""
    found = look.judge(spec.when)
    if TRIPPED not in look.memory:
        ask = next(item for item in spec.then if item.point == command)
        condition = wording.condition(spec.when, look)
        asks = wording.asking(ask)
        yield Awaited(text("trips, and {asks}, once {condition}", asks=asks, condition=condition))
    elif spec.reset == "manual":
        words = text("stands until somebody resets it: louguan reset {name}", name=look.name)
        if may_be_reset(spec, look):
            yield Awaited(text("{words}; it can be reset now", words=words))
        else:
            condition = wording.condition(spec.when, look, denied=True)
            yield Awaited(
                text("{words}, which can be done once {condition}", words=words, condition=condition)
            )
    else:
        lacks: list[Condition] = []
        if found is not False:
            lacks.append(Not(spec.when))
        if spec.until is not None and look.judge(spec.until, seen=True) is not True:
            lacks.append(spec.until)
        if lacks:
            condition = wording.condition(All(tuple(lacks)), look, seen=True)
            yield Awaited(text("its trip ends by itself once {condition}", condition=condition))


def _goes(spec: Interlock, found: bool | None, until: bool | None) -> bool:
    """Whether the trip goes by itself. A manual one never does; one whose inputs are given up does."""
    if spec.reset == "manual" or found:
        return False
    if found is None:
        return True
    return spec.until is None or until is True
