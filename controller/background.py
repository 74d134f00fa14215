"""Work beside the event loop: in threads that the end of the daemon does not wait for, and looks repeated
every few seconds."""

from __future__ import annotations

import asyncio
import logging
import threading
from collections.abc import Awaitable, Callable, Sequence
from contextlib import suppress
from typing import TypeVar

from config.language import text
from config.language.details import reason

T = TypeVar("T")
Look = Callable[[], Awaitable[None]]

_log = logging.getLogger("louguan")
BEGIN_AFTER_S = 2.0
"""Machine seconds from the start until the first look: the first cycles are over by then."""
LOOK_S = 5.0
"""Machine seconds between two looks."""


def in_thread(work: Callable[[], T], name: str = "background") -> asyncio.Future[T]:
    """What `work` returns or raises, from a thread of its own, for which nobody waits at the end of the
    program (unlike `asyncio.to_thread`): names that do not resolve, handshakes that stall, a stick that is
    pulled may hang for minutes.

    Cancelling the future gives up the result, not the work.
    """
    loop = asyncio.get_running_loop()
    future: asyncio.Future[T] = loop.create_future()

    def settle(result: T | None, error: BaseException | None) -> None:
        if future.done():
            return
        if error is not None:
            future.set_exception(error)
        else:
            future.set_result(result)  # type: ignore[arg-type]

    def run() -> None:
        result, failure = None, None
        try:
            result = work()
        except BaseException as error:  # noqa: BLE001 - it is raised where it is waited for
            failure = error
        with suppress(RuntimeError):  # the loop is closed: nobody waits any more
            loop.call_soon_threadsafe(settle, result, failure)

    threading.Thread(target=run, name=name, daemon=True).start()
    return future


async def keep_looking(
    looks: Sequence[Look], begin_after_s: float = BEGIN_AFTER_S, every_s: float = LOOK_S
) -> None:
    """Take one look after the other, for ever. One that fails is told once and tried again."""
    failed: set[int] = set()
    await asyncio.sleep(begin_after_s)
    while True:
        for number, look in enumerate(looks):
            try:
                await look()
            except Exception as error:  # noqa: BLE001 - told, and no reason for the others not to be taken
                if number not in failed:
                    _log.warning(text("a look at the surroundings failed: {why}", why=reason(error)))
                failed.add(number)
            else:
                failed.discard(number)
        await asyncio.sleep(every_s)
