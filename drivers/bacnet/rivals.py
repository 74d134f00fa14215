"""Other devices that have the instance of ours, which nobody can tell apart by it: whether there are any.

An I-Am is anybody's word. Who announces our instance from another address is asked there, and counts as
long as it says so itself.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Awaitable, Callable
from functools import partial

from config.plan.devices import Device
from drivers.api import BadFrame, NoAnswer
from drivers.bacnet.binding import instance_of
from drivers.bacnet.places import Place, shown
from drivers.bacnet.services import IAm
from drivers.bacnet.timing import Timing

_MOST = 16
"""Other addresses that are looked into; whoever makes up more tells nothing new."""
_WINDOW_S = 900.0
_SILENT = 3
"""Looks in a row without an answer after which one is gone."""


class Rivals:
    """Of one device. `ask`: a request to any address, which costs the device's polls a time-out where nobody
    is. So those that stand are looked at in turn, one in `rivals_s`, and of new ones, which anybody can make
    up, no more than `_MOST` in `_WINDOW_S`."""

    def __init__(
        self, device: Device, ask: Callable[[Place, int, bytes], Awaitable[bytes]], timing: Timing
    ) -> None:
        self._device = device
        self._ask = ask
        self._timing = timing
        self._announced: dict[Place, IAm] = {}
        self._standing: dict[Place, int] = {}
        """Those that answer with our instance, in the order of looks, with their silent looks in a row."""
        self._looked = float("-inf")
        self._met: deque[float] = deque(maxlen=_MOST)
        """When new ones were looked into."""

    @property
    def at(self) -> tuple[str, ...]:
        """Where they are."""
        return tuple(sorted(map(shown, self._standing)))

    def announced(self, source: Place, i_am: IAm) -> bool:
        """Our instance, where our device is not. Says whether that is to be looked into."""
        if source in self._standing or len(self._announced) + len(self._standing) >= _MOST:
            return False
        self._announced[source] = i_am
        return True

    def next(self) -> float:
        """When the next look is due; infinity without any."""
        due = self._looked + self._timing.rivals_s if self._standing else float("inf")
        if self._announced:
            due = min(due, self._met[0] + _WINDOW_S if len(self._met) == _MOST else self._looked)
        return due

    def take(self, own: Place | None, now: float) -> tuple[Place, IAm | None] | None:
        """Whom to look into now: one that has just announced itself, with what it said, else the one that
        stands longest without a look. None where only our own device is left of them, at `own`."""
        if own is not None:
            self._announced.pop(own, None)
        self._looked = now
        for source in self._announced:
            self._met.append(now)
            return source, self._announced.pop(source)
        return next(((source, None) for source in self._standing), None)

    async def look(self, source: Place) -> bool:
        """Ask it. Says whether there are others than before."""
        before = set(self._standing)
        silent = self._standing.pop(source, _SILENT)
        try:
            if await instance_of(partial(self._ask, source), self._device) == self._device.instance:
                self._standing[source] = 0
        except (NoAnswer, BadFrame):
            if silent + 1 < _SILENT:
                self._standing[source] = silent + 1
        return before != set(self._standing)

    def leave(self, source: Place) -> None:
        """Our device itself is there now."""
        self._announced.pop(source, None)
        self._standing.pop(source, None)
