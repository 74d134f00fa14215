"""Rules that are on or off: what they ask of their points, and what becomes of them with bad inputs. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TypeVar

from config.language import Text, text
from config.plan.asks import BadInput, Band, Switched
from config.plan.conditions import Condition, points_of
from config.plan.slots import Slot
from controller.decide.requests import Op
from controller.decide.rules.look import Look

ON = "on"
SINCE = "since_ms"
T = TypeVar("T")


def settled(
    look: Look,
    found: T | None,
    bad: BadInput,
    inputs: Sequence[Condition | int | None],
    *,
    before: T | None,
    trip: T,
    of: str = "",
) -> T | None:
    """What is decided: `found`, or, where it is open, `before`, `trip`, or None: it gives up.

    `inputs`: what it depends on. `before`: what was decided last; None: nothing is known of it. `of`: of
    rules with several parts, the part that is decided.
    """
    if found is not None:
        return found
    if look.waits(_points(inputs), of):
        return before
    if bad.does == "trip":
        return trip
    return before if look.held(bad, of) else None


def may_start(look: Look, item: Switched, bad: BadInput, inputs: Sequence[Condition | int | None]) -> bool:
    """Whether it may be asked for: what stands is not started by what was so before this run, where an input
    that cannot be read would stop it."""
    if bad.does != "trip" or not isinstance(item.on.value, bool) or not look.unread(_points(inputs)):
        return True
    look.wake_at(look.now_ms + 1000)  # its own reading may come first
    return look.value(item.on.point) in (item.on.value, None)


def side_of(look: Look, key: str, band: Band, point: int) -> bool | None:
    """On which side of a band a point's number is, remembered by `key`; None: it cannot be read, and the side
    stays known."""
    before = bool(look.memory.get(key, False))
    side = beyond(band, look.number(point, band.start, band.stop), before)
    look.keep(key, before if side is None else side)
    return side


def beyond(band: Band, number: float | None, before: bool) -> bool | None:
    """On which side of a band a number is; None: it cannot be read."""
    if number is None:
        return None
    fills = band.start < band.stop
    if number < band.start if fills else number > band.start:
        return True
    if number > band.stop if fills else number < band.stop:
        return False
    return before


def was_on(look: Look, of: str = "") -> bool | None:
    """What it was before; None: nothing is known."""
    before = look.memory.get(f"{ON}{of}")
    return None if before is None else bool(before)


def switch(
    look: Look,
    then: Iterable[Switched],
    on: bool,
    words: Text,
    *,
    off_last: bool = False,
    of: str = "",
) -> None:
    """Ask for it, and remember it with the time since when it has been so."""
    key = f"since{of}_ms"
    since_ms = int(look.memory.get(key, look.now_ms)) if was_on(look, of) is on else look.now_ms
    look.keep(f"{ON}{of}", on)
    look.keep(key, since_ms)
    put(look, then, on, words, since_ms, off_last=off_last)


def put(
    look: Look,
    then: Iterable[Switched],
    on: bool,
    words: Text,
    since_ms: int,
    *,
    off_last: bool = False,
    until_ms: int | None = None,
) -> None:
    """Ask for what these are when it is on, at the longest until `until_ms`, or off. `off_last`: for that in
    the slot of programmes, behind them."""
    off_slot = int(Slot.PROGRAMME) if off_last else None
    for item in then:
        if on and item.after_s and not look.passed(since_ms, item.after_s):
            waits = text("begins {seconds} s after the others", seconds=f"{item.after_s:g}")
            if item.off is not None:
                look.ask(item.off, waits, since_ms, slot=off_slot, last=off_last)
        elif on:
            look.ask(item.on, words, since_ms, op=Op.FLOOR if item.floor else Op.VALUE, until_ms=until_ms)
        elif item.off is not None:
            look.ask(item.off, words, since_ms, slot=off_slot, last=off_last)


def _points(inputs: Sequence[Condition | int | None]) -> set[int]:
    found: set[int] = set()
    for item in inputs:
        if isinstance(item, int):
            found.add(item)
        elif item is not None:
            found |= points_of(item)
    return found
