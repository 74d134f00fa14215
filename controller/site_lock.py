"""One daemon a site: a second one with a data directory of its own would command the same devices."""

from __future__ import annotations

import fcntl
import os
from collections.abc import Callable
from pathlib import Path

from config.language import text
from controller.board import Board
from controller.decide.records import Notice


class SiteLock:
    """An advisory lock on the site's directory itself: it leaves no file, and ends with the process.

    Whoever does not get it is warned and runs: which of the two is the wrong one, only people know. Where a
    directory cannot be locked (some network file systems), nothing is said.
    """

    def __init__(self, site: Path, board: Board, now_ms: Callable[[], int]) -> None:
        self._site = site
        self._board = board
        self._now_ms = now_ms
        self._handle: int | None = None

    async def look(self) -> None:
        """Try to take it, unless it is taken; tell what begins and what ends."""
        if self._handle is not None:
            return
        words = text(
            "another louguan runs on {site} with another data directory: both command the same devices; stop "
            "one of them",
            site=str(self._site),
        )
        self._board.take([Notice("same-site", "", words, not self.take())], self._now_ms())

    def take(self) -> bool:
        """Whether nobody else has it; where a directory cannot be locked, nobody has."""
        try:
            handle = os.open(self._site, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
        except OSError:
            return True
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            os.close(handle)
            return False
        except OSError:
            os.close(handle)
            return True
        self._handle = handle
        return True

    def release(self) -> None:
        """Let the next one have it. May be called twice."""
        handle, self._handle = self._handle, None
        if handle is not None:
            os.close(handle)
