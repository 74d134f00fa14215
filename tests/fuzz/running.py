"""Many cases of one decoder, watched: what it raises, how long it takes, what it keeps."""

from __future__ import annotations

import gc
import logging
import os
import signal
import time
import traceback
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from types import FrameType

from tests.fuzz.decoder import CANARY, Decoder, Wrong
from tests.fuzz.mutation import case

LONGEST_S = 1.0
"""Processor seconds of one case."""
MOST_GROWTH = 10_000_000
"""Bytes, over a run, once it is warm."""
_WARM = 20_000
"""Cases at most, before growth counts: caches fill, pools grow."""
_MOST_KINDS = 20
"""Different failures of one run; more tell nothing new."""
_PAGE = os.sysconf("SC_PAGE_SIZE")
HOUSE = Path(__file__).resolve().parents[2]


class TooSlow(BaseException):
    """A case took more than LONGEST_S. No decoder's own `except` takes it for an error of its own."""


@dataclass(frozen=True, slots=True)
class Failure:
    """One case that went wrong."""

    kind: str
    """crash, hang, wrong, growth."""
    says: str
    where: str
    """Innermost place in our own code; with `kind`, and the exception's name, what makes two alike."""
    data: bytes
    number: int = -1

    @property
    def alike(self) -> tuple[str, str]:
        return self.kind, self.where


@dataclass(slots=True)
class Account:
    """What a run came to."""

    cases: int = 0
    refused: int = 0
    """Cases that ended in a declared error."""
    cpu_s: float = 0.0
    slowest_s: float = 0.0
    slowest: int = -1
    """Number of that case."""
    growth: int = 0
    """Bytes of resident memory, from warm to the end."""
    failures: dict[tuple[str, str], Failure] = field(default_factory=dict)


def run(
    decoder: Decoder,
    *,
    seed: int,
    cases: int,
    first: int = 0,
    seconds: float | None = None,
    warm: int = _WARM,
    longest_s: float = LONGEST_S,
    at: Callable[[int], None] = lambda _: None,
) -> Account:
    """Feed it. `at` is told the number of each case before it is fed; with `seconds` it ends early. Growth
    counts after `warm` cases, and is judged where as many came again."""
    account = Account()
    warm_at = first + warm if cases > 2 * warm else -1
    resident = 0
    began = time.process_time()
    until = None if seconds is None else time.monotonic() + seconds
    with _alarmed(), _listening(decoder) as heard:
        for number in range(first, first + cases):
            at(number)
            data = case(decoder, seed, number)
            before = time.thread_time()
            failure = tried(decoder, data, account, heard, longest_s)
            spent = time.thread_time() - before
            account.cases += 1
            if spent > account.slowest_s:
                account.slowest_s, account.slowest = spent, number
            if failure is not None and failure.alike not in account.failures:
                found = Failure(failure.kind, failure.says, failure.where, data, number)
                account.failures[failure.alike] = found
                if len(account.failures) >= _MOST_KINDS:
                    break
            if number == warm_at:
                resident = _resident()
            if until is not None and number % 64 == 0 and time.monotonic() > until:
                break
    account.cpu_s = time.process_time() - began
    account.growth = _resident() - resident if resident else 0
    if account.growth > MOST_GROWTH and account.cases > 2 * warm:
        says = f"{account.growth / 1e6:.1f} MB kept after {account.cases} cases"
        account.failures["growth", ""] = Failure("growth", says, "", b"")
    return account


def tried(
    decoder: Decoder,
    data: bytes,
    account: Account | None = None,
    heard: list[logging.LogRecord] | None = None,
    longest_s: float = LONGEST_S,
) -> Failure | None:
    """One case; what was wrong with it. Within `watched` a case that hangs is one too."""
    if heard:
        heard.clear()
    signal.setitimer(signal.ITIMER_PROF, longest_s)
    try:
        decoder.take(data)
    except decoder.declared:
        if account is not None:
            account.refused += 1
    except TooSlow as error:
        return Failure("hang", f"more than {longest_s:g} s", _where(error), data)
    except Wrong as error:
        return Failure("wrong", str(error), str(error)[:80], data)
    except Exception as error:
        name = type(error).__name__
        return Failure("crash", f"{name}: {error}"[:300], f"{name} at {_where(error)}", data)
    finally:
        signal.setitimer(signal.ITIMER_PROF, 0)
    return _told(heard[0], data) if heard else None


def _told(record: logging.LogRecord, data: bytes) -> Failure:
    """What is wrong with a line of the log."""
    error = record.exc_info[1] if record.exc_info else None
    if error is None:
        return Failure("wrong", "a secret is in the log", "a secret is in the log", data)
    name = type(error).__name__
    says = f"told as a failure: {record.getMessage()[:200]} {name}: {error}"
    return Failure("crash", says[:300], f"{name} at {_where(error)}", data)


@contextmanager
def watched(decoder: Decoder) -> Iterator[list[logging.LogRecord]]:
    """For single cases: hangs are ended, and what is logged as a failure is heard."""
    with _alarmed(), _listening(decoder) as heard:
        yield heard


@contextmanager
def _alarmed() -> Iterator[None]:
    def too_slow(_signal: int, _frame: FrameType | None) -> None:
        raise TooSlow

    former = signal.signal(signal.SIGPROF, too_slow)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_PROF, 0)
        signal.signal(signal.SIGPROF, former)


class _Ear(logging.Handler):
    """A failure that was caught and logged with its traceback is one all the same; so is a secret."""

    def __init__(self, hushed: bool) -> None:
        super().__init__(logging.INFO if hushed else logging.ERROR)
        self._hushed = hushed
        self.heard: list[logging.LogRecord] = []

    def emit(self, record: logging.LogRecord) -> None:
        failed = record.exc_info and record.exc_info[1] is not None
        if failed or (self._hushed and CANARY in record.getMessage()):
            self.heard.append(record)


@contextmanager
def _listening(decoder: Decoder) -> Iterator[list[logging.LogRecord]]:
    ear, root = _Ear(decoder.hushed), logging.getLogger()
    handlers, root.handlers, level = root.handlers, [ear], root.level
    root.setLevel(min(level, ear.level))
    try:
        yield ear.heard
    finally:
        root.handlers = handlers
        root.setLevel(level)


def _where(error: BaseException) -> str:
    """The innermost line of ours; else the innermost of all."""
    frames = traceback.extract_tb(error.__traceback__)
    while error.__cause__ is not None and not frames:
        error = error.__cause__
        frames = traceback.extract_tb(error.__traceback__)
    ours = [
        frame
        for frame in frames
        if frame.filename.startswith(f"{HOUSE}/")
        and not frame.filename.startswith((f"{HOUSE}/.venv", f"{HOUSE}/tests/fuzz/running"))
    ]
    if not frames:
        return ""
    frame = ours[-1] if ours else frames[-1]
    name = frame.filename.removeprefix(f"{HOUSE}/").rpartition("site-packages/")[2]
    return f"{name}:{frame.name}"


def _resident() -> int:
    gc.collect()
    return int(Path("/proc/self/statm").read_text(encoding="ascii").split()[1]) * _PAGE
