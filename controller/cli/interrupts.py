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


def answered() -> None:
    """Whatever interrupted us was caught, and the exit code will say so. An interpreter started with -m that
    saw a KeyboardInterrupt pass through exec or eval (named tuples, data classes) would at its end send
    itself SIGINT again instead of leaving with that code; it forgets when the next text is evaluated."""
    eval("None")  # noqa: S307  # a constant


def _leave(_number: int, _frame: FrameType | None) -> None:
    os._exit(INTERRUPTED)
