"""Ports of this machine for servers of tests that come and go."""

from __future__ import annotations

import os
import random
import socket
from contextlib import suppress
from pathlib import Path

_WORKERS = 16
"""At most, of pytest-xdist; each has ports of its own."""
_GIVEN = Path("/proc/sys/net/ipv4/ip_local_port_range")


def lasting_port() -> int:
    """A free one that the system gives to nobody by itself: nobody has it while its server is away."""
    worker = int(os.environ.get("PYTEST_XDIST_WORKER", "gw0").removeprefix("gw")) % _WORKERS
    first, last = map(int, _GIVEN.read_text(encoding="ascii").split())
    while True:
        port = random.randrange(15_008, 65_000, _WORKERS) + worker
        if first <= port <= last:
            continue
        with suppress(OSError), socket.socket() as found:
            found.bind(("127.0.0.1", port))
            return port
