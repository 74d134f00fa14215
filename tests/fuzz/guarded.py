"""A run in a process of its own: one that hangs in C, or takes the process with it, is told by its number."""

from __future__ import annotations

import mmap
import os
import pickle
import signal
import struct
import time
import traceback
from collections.abc import Callable

from bench.measure import cpu_s
from tests.fuzz.decoder import Decoder
from tests.fuzz.mutation import case
from tests.fuzz.registry import opened
from tests.fuzz.running import Account, Failure, run
from tests.fuzz.shrinking import shrunk

_STUCK_S = 30.0
"""Of the child's processor time in one case; what Python can end by itself ends after a second."""
_LOOK_S = 0.05


def guarded(
    name: str,
    *,
    seed: int,
    cases: int,
    seconds: float | None = None,
    make: Callable[[], Decoder] | None = None,
) -> Account:
    """As `running.run`, with each failure made short. `make` takes the place of the registry's decoder."""
    shared = mmap.mmap(-1, 8)
    reading, writing = os.pipe()
    child = os.fork()
    if not child:
        status = 1
        try:
            os.close(reading)
            account = _run(
                name, seed, cases, seconds, make, lambda number: struct.pack_into("q", shared, 0, number)
            )
            with os.fdopen(writing, "wb") as out:
                pickle.dump(account, out)
            status = 0
        except BaseException:
            traceback.print_exc()
        finally:
            os._exit(status)
    os.close(writing)
    stuck = _watch(child, shared)
    with os.fdopen(reading, "rb") as said:
        content = said.read()
    _, status = os.waitpid(child, 0)
    number = struct.unpack_from("q", shared, 0)[0]
    shared.close()
    if status == 0 and content:
        account = pickle.loads(content)
        assert isinstance(account, Account)
        return account
    with opened(name, make) as decoder:
        data = case(decoder, seed, number)
    kind = "hang" if stuck else "crash"
    says = f"more than {_STUCK_S:g} s, and no end" if stuck else f"the process ended with {status}"
    failure = Failure(kind, says, "", data, number)
    return Account(cases=number + 1, failures={failure.alike: failure})


def _run(
    name: str,
    seed: int,
    cases: int,
    seconds: float | None,
    make: Callable[[], Decoder] | None,
    at: Callable[[int], None],
) -> Account:
    with opened(name, make) as decoder:
        account = run(decoder, seed=seed, cases=cases, seconds=seconds, at=at)
        account.failures = {alike: shrunk(decoder, each) for alike, each in account.failures.items()}
    return account


def _watch(child: int, shared: mmap.mmap) -> bool:
    """Until it has ended; whether it had to be ended."""
    last, since = -1, 0.0
    while os.waitid(os.P_PID, child, os.WEXITED | os.WNOHANG | os.WNOWAIT) is None:
        number, spent = struct.unpack_from("q", shared, 0)[0], cpu_s(child)
        if number != last:
            last, since = number, spent
        elif spent - since > _STUCK_S:
            os.kill(child, signal.SIGKILL)
            return True
        time.sleep(_LOOK_S)
    return False
