"""Whether what a person says is something that a meter can have counted; and the refusal where it is not.
Pure."""

from __future__ import annotations

from typing import NamedTuple

from config.language import Text, text
from controller.consumption.judging import WALL_SLACK_MS, may_have_risen, most
from controller.consumption.records import Terms


class CannotCorrect(Exception):
    """What was asked cannot be right. `text` says why."""

    def __init__(self, why: Text) -> None:
        super().__init__(str(why))
        self.text = why


class Anchor(NamedTuple):
    """A count that is known, and its time."""

    ms: int
    quanta: int


class Implausible(CannotCorrect):
    """A count that its meter cannot have shown, by another one that is known. Whoever knows the meter's unit
    says it in figures."""

    def __init__(self, at_ms: int, known: Anchor, room: int | None, *, new: bool = False) -> None:
        super().__init__(text("its meter cannot have counted so"))
        self.at_ms = at_ms
        """When it is said to have been shown."""
        self.known = known
        """Read before that; of a new meter afterwards."""
        self.new = new
        self.room = room
        """Most quanta between the two; None = any."""


class TooMuch(CannotCorrect):
    """More than its meter can count in that time."""

    def __init__(self, most: int) -> None:
        super().__init__(text("that is more than its meter can count in that time"))
        self.most = most
        """Quanta that are possible."""


def limits(modulus: int | None, max_rate: float) -> Terms:
    """What a count is judged by; rate in quanta an hour, 0 = not known."""
    return Terms("", modulus, max_rate, 0)


def room(terms: Terms, elapsed_ms: float) -> int | None:
    """Most quanta that are believed in that time by people's clocks; None = any."""
    return 2 * most(terms, elapsed_ms + WALL_SLACK_MS) + 1 if terms.max_rate else None


def counted(terms: Terms, start: int, end: int, elapsed_ms: float) -> int | None:
    """Quanta from one count to a later one, through the modulus if need be; None when no meter can have
    counted so."""
    rise = end - start
    if rise < 0:
        if terms.modulus is None:
            return None
        rise += terms.modulus
    return rise if elapsed_ms >= 0 and may_have_risen(terms, rise, elapsed_ms + WALL_SLACK_MS) else None


def to_last(terms: Terms, known: Anchor, since_ms: int, last: int, at_ms: int) -> int:
    """Quanta from a known count, which may have stood since `since_ms`, to what was shown last. Raises
    Implausible."""
    found = counted(terms, known.quanta, last, at_ms - since_ms)
    if found is None:
        raise Implausible(at_ms, known, room(terms, max(0, at_ms - since_ms)))
    return found


def from_first(terms: Terms, first: int, at_ms: int, read: Anchor) -> int:
    """Quanta from a new meter's first count to what was read of it afterwards. Raises Implausible."""
    elapsed_ms = max(0, read.ms - at_ms)
    rise = read.quanta - first
    if rise < 0 or not may_have_risen(terms, rise, elapsed_ms + WALL_SLACK_MS):
        raise Implausible(at_ms, read, room(terms, elapsed_ms), new=True)
    return rise
