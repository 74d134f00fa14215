"""Two-position control with hysteresis."""

from __future__ import annotations

from collections.abc import Iterator

from config.language import text
from config.plan.conditions import All, AnyOf, Condition, Not, points_of
from config.plan.rules import Level
from controller.decide.rules.awaited import Awaited, Wording, beyond
from controller.decide.rules.look import Look, every
from controller.decide.rules.switched import may_start, settled, side_of, switch, was_on

SIDE = "side"


def decide(spec: Level, look: Look) -> None:
    """On beyond one threshold until beyond the other. It knows its side even while it may not act."""
    side = side_of(look, SIDE, spec.band, spec.level)
    allowed = True if spec.only_if is None else look.judge(spec.only_if)
    inputs = (spec.level, spec.only_if)
    on = settled(
        look,
        every([side, allowed]),
        spec.on_bad_input,
        inputs,
        before=was_on(look),
        trip=False,
    )
    if on is None:
        return
    if side is None or allowed is None:
        words = text("what it looks at cannot be read")
    elif allowed:
        words = text("by the level")
    else:
        words = text("not allowed now")
    then = [item for item in spec.then if not on or may_start(look, item, spec.on_bad_input, inputs)]
    switch(look, then, on, words)


def awaits(spec: Level, look: Look, wording: Wording, command: int) -> Iterator[Awaited]:
    """The limit that ends or begins it, and what else allows it."""
    on = was_on(look)
    if on is None:
        unread = wording.points({spec.level} | points_of(spec.only_if))
        yield Awaited(text("asks for nothing before it can read {points}", points=unread))
        return
    item = next(item for item in spec.then if item.on.point == command)
    asks = wording.asking(item.off) if on else wording.asking(item.on, floor=item.floor)
    condition = _turned(spec, look, on=on)
    if condition is not None:
        yield Awaited(
            text("{asks} once {condition}", asks=asks, condition=wording.condition(condition, look))
        )


def _turned(spec: Level, look: Look, *, on: bool) -> Condition | None:
    """What turns it off, or what it still lacks to be on; None: nothing, it looks again in this moment."""
    fills = spec.band.start < spec.band.stop
    if on:
        end = beyond(spec.level, spec.band.stop, below=not fills)
        return end if spec.only_if is None else AnyOf((end, Not(spec.only_if)))
    lacks: list[Condition] = []
    if look.number(spec.level) is None or look.memory.get(SIDE) is not True:
        lacks.append(beyond(spec.level, spec.band.start, below=fills))
    if spec.only_if is not None and look.judge(spec.only_if) is not True:
        lacks.append(spec.only_if)
    return All(tuple(lacks)) if lacks else None
