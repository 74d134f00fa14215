"""An event loop whose time moves only when every line is quiet.

Sockets are real. Time stands still while anything is ready to run or anything sent has not been received;
when nothing is, it leaps to the next timer. So what happens, and when, is the same in every run, however slow
the machine.
"""

from __future__ import annotations

import asyncio
import math
import selectors
from collections.abc import Callable
from typing import Any

from config.plan.clock import Now
from hil_tests.lockstep.counting import CountedDatagrams, CountedStream, Transit

_LEAST_S = 1e-9
"""Time passes by whole nanoseconds, as clocks tell it: who waits for less would ask again and again."""
_MOST_AT_ONCE = 100_000
"""Rounds of the loop in one moment. Who asks for more asks for ever."""
_LOST_S = 2.0
"""Machine seconds after which what was sent and never came is taken for lost: the other end has closed."""


class _Selector(selectors.DefaultSelector):
    """Waits for the machine only while something is on its way; else it lets the loop's time pass."""

    def __init__(self, transit: Transit) -> None:
        super().__init__()
        self._transit = transit
        self.passes: Callable[[float | None], None] = lambda _: None
        self._rounds = 0

    def select(self, timeout: float | None = None) -> list[Any]:
        self._rounds += 1
        assert self._rounds < _MOST_AT_ONCE, "a line never falls quiet"
        ready = super().select(0)
        if ready or timeout == 0:
            return ready
        if self._transit:
            ready = super().select(_LOST_S)
            if not ready:
                self._transit.under_way = 0
                assert not self._transit.opening, "a connection is neither made nor refused"
            return ready
        self._rounds = 0
        self.passes(timeout)
        return []


class LockstepLoop(asyncio.SelectorEventLoop):
    """Runs until a moment of its own time and then stands."""

    def __init__(self, start_s: float) -> None:
        self._time_s = start_s
        self._until_s = math.inf
        self._transit = Transit()
        selector = _Selector(self._transit)
        super().__init__(selector)
        selector.passes = self._pass

    def time(self) -> float:
        return self._time_s

    def run_to(self, time_s: float) -> None:
        """Let everything happen that is due by then."""
        self._until_s = time_s
        try:
            self.run_forever()
        finally:
            self._until_s = math.inf

    def _pass(self, timeout: float | None) -> None:
        if timeout is None or self._time_s + timeout > self._until_s:
            assert self._until_s < math.inf, "nothing will ever happen"
            self._time_s = max(self._time_s, self._until_s)
            self.stop()
        else:
            self._time_s = min(self._time_s + max(timeout, _LEAST_S), self._until_s)

    async def create_connection(self, protocol_factory: Any, *args: Any, **kwargs: Any) -> Any:
        self._transit.opening += 1
        try:
            transport, counted = await super().create_connection(
                lambda: CountedStream(protocol_factory(), self._transit), *args, **kwargs
            )
        finally:
            self._transit.opening -= 1
        return transport, counted.inner

    async def create_server(self, protocol_factory: Any, *args: Any, **kwargs: Any) -> Any:
        return await super().create_server(
            lambda: CountedStream(protocol_factory(), self._transit), *args, **kwargs
        )

    async def create_datagram_endpoint(self, protocol_factory: Any, *args: Any, **kwargs: Any) -> Any:
        _, counted = await super().create_datagram_endpoint(
            lambda: CountedDatagrams(protocol_factory(), self._transit), *args, **kwargs
        )
        return counted.transport, counted.inner


class LoopClock:
    """Site time that goes with a loop's time."""

    speed = 1.0

    def __init__(self, loop: LockstepLoop, at: Now) -> None:
        """`at`: what it is when the loop's time is its `mono_ns`."""
        self._loop = loop
        self._at = at

    def now(self) -> Now:
        mono_ns = round(self._loop.time() * 1_000_000_000)
        passed_ms = (mono_ns - self._at.mono_ns) // 1_000_000
        return Now(self._at.wall_ms + passed_ms, mono_ns, True)
