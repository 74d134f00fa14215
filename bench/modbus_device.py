"""The other end of the Modbus TCP benches: one plain device for whoever asks, in a process of its own."""

from __future__ import annotations

import subprocess
import sys
from typing import Self


class Device:
    """A plain Modbus TCP device. `words`: see bench.floors.modbus_server."""

    def __init__(self, *words: str) -> None:
        command = [sys.executable, "-m", "bench.floors.modbus_server", *words]
        self._child = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
        self.port = self.said()

    def said(self) -> int:
        """Its port; then, of each connection that has ended, how many requests it has answered there."""
        assert self._child.stdout is not None
        return int(self._child.stdout.readline())

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._child.terminate()
        self._child.communicate()
