"""Whether somebody is there, or was until a moment ago. Pure."""

from __future__ import annotations

from collections.abc import Collection
from typing import NamedTuple

from config.language import Text, text
from controller.decide.rules.look import Look

THERE = text("somebody is there")
LEFT = text("somebody was there a moment ago")


class Occupied(NamedTuple):
    """Somebody is there, or has left so short a time ago that it makes no difference."""

    since_ms: int
    until_ms: int | None
    """When it will make one; None: somebody is there."""

    @property
    def words(self) -> Text:
        return THERE if self.until_ms is None else LEFT


def somebody(look: Look, contacts: Collection[int]) -> bool | None:
    """Whether a contact is active; None where those that cannot be read leave it open."""
    found = [look.value(contact) for contact in contacts]
    if True in found:
        return True
    return None if None in found else False


def was_there(look: Look, of: str = "") -> bool:
    """Whether somebody was there when it was looked at last."""
    return f"there{of}_ms" in look.memory and f"left{of}_ms" not in look.memory


def occupied(look: Look, there: bool, run_on_s: float, of: str = "") -> Occupied | None:
    """What `there` and the time make of it; None: nobody is there. Remembers under names that end in `of`."""
    came, left = f"there{of}_ms", f"left{of}_ms"
    if there:
        since_ms = _past(look, came)
        look.keep(came, since_ms)
        return Occupied(since_ms, None)
    if came not in look.memory:
        return None
    since_ms, left_ms = _past(look, came), _past(look, left)
    over_ms = left_ms + round(run_on_s * 1000)
    if look.now_ms >= over_ms:
        return None
    look.keep(came, since_ms)
    look.keep(left, left_ms)
    look.wake_at(over_ms)
    return Occupied(since_ms, over_ms)


def _past(look: Look, key: str) -> int:
    """A time that is remembered, else now."""
    return min(int(look.memory.get(key, look.now_ms)), look.now_ms)
