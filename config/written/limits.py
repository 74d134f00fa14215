"""What the compiler may use of the machine: no site file, however it was made, costs more."""

from __future__ import annotations

import resource
import signal
from types import FrameType
from typing import Self

from config.language import Text, text

CPU_S = 5
MEMORY_MB = 100
_CODE_MB = 16
"""Resident memory that is program code and not data; the kernel limits the data."""
_LAST_WORDS_MB = 4


class TooMuch(Exception):
    """The site asked for more than the compiler may use."""

    def __init__(self, message: Text) -> None:
        super().__init__(str(message))
        self.message = message

    @classmethod
    def time(cls) -> Self:
        return cls(text("given up: the site takes more than {limit} s to check", limit=CPU_S))

    @classmethod
    def memory(cls) -> Self:
        return cls(text("given up: the site takes more than {limit} MB to check", limit=MEMORY_MB))


def limit_process() -> None:
    """Limit this process for good. Past the processor time TooMuch is raised in the main thread."""

    def out_of_time(_signal: int, _frame: FrameType | None) -> None:
        raise TooMuch.time()

    signal.signal(signal.SIGXCPU, out_of_time)
    _lower(resource.RLIMIT_CPU, CPU_S, CPU_S + 1)
    data = (MEMORY_MB - _CODE_MB) * 1_000_000
    _lower(resource.RLIMIT_DATA, data - _LAST_WORDS_MB * 1_000_000, data)


def make_room() -> None:
    """Let a process that ran out of memory say so: it gets what was kept back."""
    hard = resource.getrlimit(resource.RLIMIT_DATA)[1]
    resource.setrlimit(resource.RLIMIT_DATA, (hard, hard))


def _lower(kind: int, soft: int, hard: int) -> None:
    """Set a limit without raising one that stands already."""
    standing = resource.getrlimit(kind)[1]
    if standing != resource.RLIM_INFINITY:
        soft, hard = min(soft, standing), min(hard, standing)
    resource.setrlimit(kind, (soft, hard))
