"""A daemon on panels that answer at once, for benches: both are programs of their own."""

from __future__ import annotations

import asyncio
import json
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from bench.measure import ends_with_us
from bench.panels import Arrival
from bench.start import READY_WITHIN_S
from controller.socket.address import SocketError
from controller.socket.client import Client


class Panels:
    """The process of all panels."""

    def __init__(self, child: subprocess.Popen[str]) -> None:
        assert child.stdin is not None
        assert child.stdout is not None
        self._stdin, self._stdout = child.stdin, child.stdout
        self.ports: list[int] = json.loads(self._stdout.readline())["ports"]

    def arrivals(self) -> list[Arrival]:
        """The writes since this was asked last."""
        self._stdin.write("\n")
        self._stdin.flush()
        return [Arrival(*one) for one in json.loads(self._stdout.readline())]

    def end(self) -> None:
        """The last thing that is asked of it."""
        self._stdin.close()


@contextmanager
def panels(count: int, changing: int) -> Iterator[Panels]:
    """Running panels; see `bench.panels`."""
    words = [sys.executable, "-m", "bench.panels", str(count), str(changing)]
    with subprocess.Popen(words, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as child:
        made = Panels(child)
        try:
            yield made
        finally:
            made.end()


@contextmanager
def daemon(
    site: Path,
    data: Path,
    program: Sequence[str] = ("controller.cli",),
    options: Sequence[str] = (),
) -> Iterator[int]:
    """The process id of a running daemon, all of whose points are read well. `program`: the module that is
    the louguan command, and what comes before its own words. `options`: of the run."""
    # A machine without NTP would wait for the time.
    words = ["run", str(site), "--data", str(data), "--accept", *(options or ["--trust-clock"])]
    log = data.with_suffix(".log")
    with log.open("wb") as output:
        child = subprocess.Popen(
            [sys.executable, "-P", "-m", *program, *words],
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=output,
            preexec_fn=ends_with_us,  # noqa: PLW1509 - no threads here
        )
    try:
        end = time.monotonic() + READY_WITHIN_S
        while not _all_good(data):
            if child.poll() is not None or time.monotonic() > end:
                raise SystemExit(log.read_text(encoding="utf-8"))
            time.sleep(0.1)
        yield child.pid
    finally:
        child.terminate()
        child.wait(15)


def status(data: Path) -> dict[str, Any]:
    """What the daemon says of itself."""

    async def asked() -> dict[str, Any]:
        async with await Client.connect(data / "louguan.sock", person="bench", language="en") as client:
            answer: dict[str, Any] = await client.call("status")
            return answer

    return asyncio.run(asked())


def _all_good(data: Path) -> bool:
    try:
        said = status(data)
    except SocketError:  # it does not listen yet
        return False
    return bool(said["points_good"] == said["points_total"])
