"""Ports of this machine for servers of tests that come and go."""

from __future__ import annotations

import os
import random
import socket
from collections.abc import Iterator
from contextlib import suppress
from functools import cache
from itertools import cycle
from pathlib import Path

_WORKERS = 16
"""At most, of pytest-xdist; each has ports of its own."""
_GIVEN = Path("/proc/sys/net/ipv4/ip_local_port_range")


def lasting_port() -> int:
    """A free one that the system gives to nobody by itself, and this to nobody else: nobody has it while its
    server is away, or not there yet."""
    for port in _ports():
        with suppress(OSError), socket.socket() as found:
            found.bind(("127.0.0.1", port))
            return port
    raise AssertionError("there is always a next one")


@cache
def _ports() -> Iterator[int]:
    """Those of this process, over a thousand, one after the other, in an order of its own."""
    worker = int(os.environ.get("PYTEST_XDIST_WORKER", "gw0").removeprefix("gw")) % _WORKERS
    first, last = map(int, _GIVEN.read_text(encoding="ascii").split())
    ports = [port for port in range(15_008 + worker, 65_000, _WORKERS) if not first <= port <= last]
    random.SystemRandom().shuffle(ports)
    return cycle(ports)
