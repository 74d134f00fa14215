"""An event loop whose time is its own: a wait takes none, and nothing is ever waited for in vain."""

from __future__ import annotations

import asyncio
import selectors
from collections.abc import Callable
from typing import Any

_THREAD_S = 20.0


class _Selector(selectors.EpollSelector):
    passes: Callable[[float | None], None]

    def wait(self, timeout_s: float) -> bool:
        """Whether something is ready within so many seconds of the machine; it stays so."""
        return bool(super().select(timeout_s))

    def select(self, timeout: float | None = None) -> list[tuple[selectors.SelectorKey, int]]:
        ready = super().select(0)
        if not ready and timeout != 0:
            self.passes(timeout)
        return ready


class TellingLoop(asyncio.SelectorEventLoop):
    """What goes wrong in it is not only logged."""

    def __init__(self, selector: selectors.BaseSelector | None = None) -> None:
        super().__init__(selector)
        self.failed: list[dict[str, Any]] = []
        self.set_exception_handler(lambda _loop, context: self.failed.append(context))

    def raise_failed(self) -> None:
        """What a callback or a forgotten task raised."""
        if self.failed:
            context = self.failed.pop()
            self.failed.clear()
            raise context.get("exception") or RuntimeError(context["message"])


class OwnTimeLoop(TellingLoop):
    """Sockets work where what they wait for is there already."""

    def __init__(self, *, threads: bool = False) -> None:
        """`threads`: what is waited for without end may come from a thread."""
        self.threads = threads
        self._time_s = 1000.0
        selector = _Selector()
        super().__init__(selector)
        selector.passes = self._pass

    def time(self) -> float:
        return self._time_s

    def _pass(self, timeout: float | None) -> None:
        if timeout is None:
            # Only a thread of ours can still call; select returns when it does.
            if not self.threads or not self._selector.wait(_THREAD_S):  # type: ignore[attr-defined]
                raise RuntimeError("nothing will ever happen")
            return
        self._time_s += max(timeout, 1e-4)
