"""Mosquitto as a broker of our own, and its clients as the other side.

The broker listens on a free port of the loopback, with a folder of its own, and can be killed and started
again at the same place.
"""

from __future__ import annotations

import asyncio
import os
import shutil
import signal
import socket
import subprocess
import time
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager, suppress
from pathlib import Path

import pytest

from tests.ports import lasting_port

PROGRAM = shutil.which("mosquitto", path=f"{os.environ.get('PATH', '')}:/usr/sbin")
TIMEOUT_S = 30.0

needed = pytest.mark.skipif(
    PROGRAM is None or shutil.which("mosquitto_sub") is None,
    reason="needs Mosquitto: make peers, or apt-get install mosquitto mosquitto-clients",
)


class Broker:
    """One broker. `lines` are added to its configuration."""

    def __init__(self, folder: Path, lines: tuple[str, ...] = ()) -> None:
        self.port = lasting_port()
        self._config = folder / "mosquitto.conf"
        self._config.write_text(
            "\n".join(
                [
                    *(["user root"] if os.getuid() == 0 else []),
                    *(line for line in lines if not line.startswith("listener:")),
                    f"listener {self.port} 127.0.0.1",
                    *(line.removeprefix("listener:") for line in lines if line.startswith("listener:")),
                    "",
                ]
            )
        )
        self._log = folder / "mosquitto.log"
        self._child: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        assert PROGRAM is not None
        with self._log.open("ab") as log:
            self._child = subprocess.Popen([PROGRAM, "-c", str(self._config)], stdout=log, stderr=log)
        until = time.monotonic() + TIMEOUT_S
        while True:
            assert self._child.poll() is None, self._log.read_text()
            assert time.monotonic() < until, self._log.read_text()
            with suppress(OSError), socket.create_connection(("127.0.0.1", self.port), 1):
                return
            time.sleep(0.02)

    def kill(self, how: signal.Signals = signal.SIGKILL) -> None:
        if self._child is not None:
            self._child.send_signal(how)
            self._child.wait(TIMEOUT_S)
            self._child = None


@contextmanager
def mosquitto(folder: Path, *lines: str) -> Iterator[Broker]:
    """A running broker. Without lines everybody may come. A line that begins with "listener:" belongs to the
    listener."""
    broker = Broker(folder, lines or ("allow_anonymous true",))
    broker.start()
    try:
        yield broker
    finally:
        broker.kill(signal.SIGTERM)


class Listener:
    """What mosquitto_sub has heard: (topic, payload), in order."""

    def __init__(self) -> None:
        self.heard: list[tuple[str, bytes]] = []
        self.ready = asyncio.Event()

    def take(self, line: str) -> None:
        topic, tab, payload = line.rstrip("\n").partition("\t")
        if tab:
            self.heard.append((topic, bytes.fromhex(payload)))
        elif line.startswith("Subscribed"):
            self.ready.set()

    async def until(self, wanted: Callable[[list[tuple[str, bytes]]], object]) -> None:
        async with asyncio.timeout(TIMEOUT_S):
            while not wanted(self.heard):  # noqa: ASYNC110 - whatever the test looks for
                await asyncio.sleep(0.01)


@asynccontextmanager
async def listening(broker: Broker, topic: str, *options: str) -> AsyncIterator[Listener]:
    """mosquitto_sub on a topic; subscribed when it is handed out."""
    where = ("-h", "127.0.0.1", "-p", str(broker.port))
    child = await asyncio.create_subprocess_exec(
        "stdbuf", "-oL", "mosquitto_sub", *where, "-d", "-t", topic, "-q", "1", "-F", "%t\t%x", *options,
        stdout=asyncio.subprocess.PIPE,
    )  # fmt: skip
    listener = Listener()

    async def read() -> None:
        assert child.stdout is not None
        async for line in child.stdout:
            listener.take(line.decode())

    reading = asyncio.create_task(read())
    try:
        async with asyncio.timeout(TIMEOUT_S):
            await listener.ready.wait()
        yield listener
    finally:
        child.terminate()
        try:
            # Told to end in the midst of a packet it may wait for the broker's next word for ever.
            async with asyncio.timeout(5.0):
                await child.wait()
        except TimeoutError:
            child.kill()
            await child.wait()
        await reading


async def publish(broker: Broker, topic: str, payload: bytes, *options: str) -> None:
    """mosquitto_pub, once."""
    child = await asyncio.create_subprocess_exec(
        "mosquitto_pub", "-h", "127.0.0.1", "-p", str(broker.port), "-t", topic, "-q", "1", "-s", *options,
        stdin=asyncio.subprocess.PIPE,
    )  # fmt: skip
    async with asyncio.timeout(TIMEOUT_S):
        await child.communicate(payload)
    assert child.returncode == 0
