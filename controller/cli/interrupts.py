"""Ctrl-C. Until a command has something to put in order it ends at once, which no exception raised in the
middle of an import could do as quietly."""

from __future__ import annotations

import os
import signal
from types import FrameType

INTERRUPTED = 130
"""The exit code."""


def leave_at_once() -> None:
    """Ctrl-C ends the process without a word, unless it is ignored or somebody else's already."""
    if signal.getsignal(signal.SIGINT) is signal.default_int_handler:
        signal.signal(signal.SIGINT, _leave)


def put_in_order() -> None:
    """From now on there is something to put in order: ctrl-C raises KeyboardInterrupt again."""
    if signal.getsignal(signal.SIGINT) is _leave:
        signal.signal(signal.SIGINT, signal.default_int_handler)


def _leave(_number: int, _frame: FrameType | None) -> None:
    os._exit(INTERRUPTED)
