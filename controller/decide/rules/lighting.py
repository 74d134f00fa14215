"""Lighting: programme, presence and daylight of lamps in one result.

The programme's level is the base; the rule asks for the least and the most that it may be, never for a value
of its own. A floor and a cap bind what stands in higher slots, so that people, interlocks and a demand cap
come first as they do anyway, and programme, presence and daylight never compete: whatever the sensors say,
the least is not above the most.
"""

from __future__ import annotations

from dataclasses import replace
from functools import cache, lru_cache
from typing import NamedTuple

from config.language import Text, text
from config.plan.asks import Ask
from config.plan.reading import Value
from config.plan.rules import Daylight, Lamp, Levels, Lighting
from controller.decide.requests import Op
from controller.decide.rules.look import Look
from controller.decide.rules.occupancy import Occupied, occupied, somebody, was_there

NEVER_DARKER = text("never darker than this")
UNREADABLE = text("whether somebody is there cannot be read")
NOBODY = text("nobody is there")
BRIGHT = text("there is daylight enough")
DARK = text("it is dark")
COUNTS_AS_DARK = text("the light cannot be read: it counts as dark")


_FLOOR, _CAP = Op.FLOOR, Op.CAP
_ask = lru_cache(maxsize=1024, typed=True)(Ask)
"""Few values are asked for of a lamp, and those often."""


class _Bound(NamedTuple):
    """The least, or the most, and why."""

    value: Value
    words: Text
    since_ms: int
    until_ms: int | None = None


class _Sky(NamedTuple):
    """Whether daylight does."""

    bright: bool
    since_ms: int
    words: Text


class _Away(NamedTuple):
    """Nobody is there."""

    since_ms: int


def points(spec: Lighting) -> frozenset[int]:
    """What it looks at."""
    return frozenset(
        point for lamp in spec.lamps for point in (*lamp.presence, lamp.lux) if point is not None
    )


def parts(spec: Lighting) -> list[Lighting]:
    """A lamp each."""
    return [replace(spec, lamps=(lamp,)) for lamp in spec.lamps]


def decide(spec: Lighting, look: Look) -> None:
    """Bound every lamp."""
    since_ms = _since(look, "since_ms")
    for lamp in spec.lamps:
        sky = None if spec.daylight is None or lamp.lux is None else _sky(lamp, lamp.lux, spec.daylight, look)
        here = _here(lamp, spec.run_on_s, look) if lamp.presence else None
        low, high = _bounds(spec.levels, sky, here, since_ms)
        for bound, op in ((low, _FLOOR), (high, _CAP)):
            if bound is not None:
                ask = _ask(lamp.command, bound.value)
                look.ask(ask, bound.words, bound.since_ms, op=op, until_ms=bound.until_ms)


def _bounds(
    levels: Levels, sky: _Sky | None, here: tuple[Occupied | _Away, Text] | None, since_ms: int
) -> tuple[_Bound | None, _Bound | None]:
    """The least and the most. The least has its way where they contradict each other."""
    low = high = None
    if levels.at_least is not None:
        low = _Bound(levels.at_least, NEVER_DARKER, since_ms)
    bright = sky is not None and sky.bright
    if sky is not None and bright and levels.bright is not None:
        high = _Bound(levels.bright, sky.words, sky.since_ms)
    if sky is not None and not bright and levels.dark is not None:
        low = _higher(low, _Bound(levels.dark, sky.words, sky.since_ms))
    if here is not None:
        state, words = here
        if isinstance(state, _Away):
            if levels.absent is not None:
                away = _Bound(levels.absent, words, state.since_ms)
                high = away if high is None or _level(away) < _level(high) else high
        elif levels.present is not None and not bright:
            low = _higher(low, _Bound(levels.present, words, state.since_ms, state.until_ms))
    if low is not None and high is not None and _level(low) > _level(high):
        high = high._replace(value=low.value)
    return low, high


def _higher(low: _Bound | None, other: _Bound) -> _Bound:
    """The one that asks for more; of two alike the first."""
    return other if low is None or _level(other) > _level(low) else low


def _level(bound: _Bound) -> float:
    return float(bound[0])


def _here(lamp: Lamp, run_on_s: float, look: Look) -> tuple[Occupied | _Away, Text]:
    """Who is there; contacts that cannot be read count as somebody."""
    of, away = f"-{lamp.name}", f"away-{lamp.name}_ms"
    there = somebody(look, lamp.presence)
    words = None
    if there is None:
        known = away in look.memory or f"there{of}_ms" in look.memory
        there = was_there(look, of) if known and look.unread(lamp.presence) else True
        words = UNREADABLE if there else None
    found = occupied(look, there, run_on_s, of)
    if found is not None:
        return found, words or found.words
    return _Away(_since(look, away)), NOBODY


def _sky(lamp: Lamp, lux: int, daylight: Daylight, look: Look) -> _Sky:
    """Dark or bright. It turns when the light has been beyond the threshold of the other for long enough;
    light that cannot be read counts as none."""
    bright_key, dark_key, turn_key = _sky_keys(lamp.name)
    bright = bright_key in look.memory
    number = look.number(lux, daylight.dark_below, daylight.bright_above)
    if number is None and look.unread((lux,)):
        turning = turn_key in look.memory
    elif bright:
        turning = number is None or number < daylight.dark_below
    else:
        turning = number is not None and number > daylight.bright_above
    if turning:
        began_ms = min(int(look.memory.get(turn_key, look.now_ms)), look.now_ms)
        due_ms = began_ms + round((daylight.dark_s if bright else daylight.bright_s) * 1000)
        if look.now_ms >= due_ms:
            bright = not bright
            look.keep(bright_key if bright else dark_key, look.now_ms)
            return _Sky(bright, look.now_ms, _words(bright, number))
        look.keep(turn_key, began_ms)
        look.wake_at(due_ms)
    return _Sky(bright, _since(look, bright_key if bright else dark_key), _words(bright, number))


@cache
def _sky_keys(lamp: str) -> tuple[str, str, str]:
    return f"bright-{lamp}_ms", f"dark-{lamp}_ms", f"turning-{lamp}_ms"


def _words(bright: bool, number: float | None) -> Text:
    if bright:
        return BRIGHT
    return DARK if number is not None else COUNTS_AS_DARK


def _since(look: Look, key: str) -> int:
    """Since when something has been so; remembered from now on."""
    since_ms = min(int(look.memory.get(key, look.now_ms)), look.now_ms)
    look.keep(key, since_ms)
    return since_ms
