"""Demand: the mean power of the last 15 minutes, minute by minute, and what it will be. Pure.

The window slides by one minute, as billing meters have it, so that every minute is the end of one. Minutes
that nobody knows (the daemon was down, the meter did not answer) count as the mean of those that are known.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from typing import TypeAlias, cast

WINDOW = 15
"""Minutes."""
_LAST_DIGIT = 1e-6
Minutes: TypeAlias = tuple[float | None, ...]
"""Mean kW of each of the last minutes, the latest last, at most `WINDOW` of them; None: not known."""


def demand(minutes: Minutes) -> float | None:
    """Of the window that ends with these; None: nothing is known of it."""
    known = [kw for kw in minutes[-WINDOW:] if kw is not None]
    return sum(known) / len(known) if known else None


def expected(minutes: Minutes, kw: float, ahead: int) -> float:
    """The highest demand of the windows that end within `ahead` minutes (1 or more) at a power of `kw`."""
    course, ends = [*minutes, *[kw] * ahead], range(len(minutes) + 1, len(minutes) + ahead + 1)
    if None in minutes:
        return max([_mean(course[max(end - WINDOW, 0) : end]) for end in ends])
    known = cast("list[float]", course)
    return max([sum(known[max(end - WINDOW, 0) : end]) / min(end, WINDOW) for end in ends])


def above(minutes: Minutes, kw: float, ahead: int, most_kw: float) -> bool:
    """Whether the highest of those is above `most_kw`."""
    # No mean is above all that it is made of, but for the last digit of a float.
    highest = max([kw, *[minute for minute in minutes if minute is not None]])
    return highest > most_kw - _LAST_DIGIT and expected(minutes, kw, ahead) > most_kw


def calm_in(minutes: Minutes, kw: float, most_kw: float) -> int | None:
    """After how many minutes at `kw` no window to come is above `most_kw`; None: not within one window."""
    for more in range(WINDOW + 1):
        if not above((*minutes, *(kw,) * more), kw, WINDOW, most_kw):
            return more
    return None


def later(minutes: Minutes, more: Sequence[float | None]) -> Minutes:
    """The minutes after these."""
    return (*minutes, *more)[-WINDOW:]


def packed(minutes: Minutes) -> str:
    """As they are remembered."""
    return " ".join(map(_word, minutes))


@lru_cache(maxsize=16)
def unpacked(kept: str) -> Minutes:
    """The other way."""
    return tuple([_kw(word) for word in kept.split()])


@lru_cache(maxsize=64)
def _kw(word: str) -> float | None:
    return None if word == "-" else float(word)


@lru_cache(maxsize=64)
def _word(kw: float | None) -> str:
    return "-" if kw is None else f"{kw:.1f}"


def _mean(minutes: Sequence[float | None]) -> float:
    """Of those that are known, of which there is one."""
    known = [kw for kw in minutes if kw is not None]
    return sum(known) / len(known)
