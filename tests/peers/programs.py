"""The independent peers as functions: a libmodbus server, a serial line, and three clients of other origins.

Each program ends with its context. What a client prints is returned as it said it; where the device refuses
or does not answer, RefusedError is raised.
"""

from __future__ import annotations

import json
import re
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

FOLDER = Path(__file__).parents[2] / "peers"
TIMEOUT_S = 20.0

Serial = tuple[str, str]
"""The paths of the two ends of a serial line."""


class RefusedError(Exception):
    """The device did not answer the peer, or answered with an error; the message is the peer's."""


@contextmanager
def program(*command: str) -> Iterator[subprocess.Popen[str]]:
    """A program that runs until its standard input closes or, at last, is killed."""
    with subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as child:
        try:
            yield child
        finally:
            assert child.stdin is not None
            child.stdin.close()
            try:
                child.wait(2)
            except subprocess.TimeoutExpired:
                child.kill()


@contextmanager
def serial_line(folder: Path) -> Iterator[Serial]:
    """Two pseudo-terminals joined to a line, as paths."""
    ends = (str(folder / "line-a"), str(folder / "line-b"))
    pairs = [f"pty,raw,echo=0,link={end}" for end in ends]
    child = subprocess.Popen(["socat", *pairs])
    try:
        until = time.monotonic() + TIMEOUT_S
        while not all(Path(end).exists() for end in ends):
            assert time.monotonic() < until, "socat made no line"
            assert child.poll() is None, "socat ended"
            time.sleep(0.01)
        yield ends
    finally:
        child.terminate()
        child.wait(5)


@contextmanager
def libmodbus_tcp(port: int = 0) -> Iterator[int]:
    """The port of a libmodbus server on the loopback; its tables are told in peers/libmodbus_server.c."""
    with program(str(FOLDER / "build" / "libmodbus_server"), "tcp", str(port)) as child:
        yield int(_said(child)["port"])


@contextmanager
def libmodbus_rtu(tty: str, unit: int = 1) -> Iterator[str]:
    """A libmodbus server on a serial line, 9600 8N1; gives back the path."""
    with program(str(FOLDER / "build" / "libmodbus_server"), "rtu", tty, str(unit)) as child:
        yield str(_said(child)["path"])


class Talker:
    """A program that answers each JSON line on its standard input with one."""

    def __init__(self, child: subprocess.Popen[str]) -> None:
        self._child = child
        self.ready = _said(child)
        """What it said when it was ready."""

    def ask(self, **words: object) -> dict[str, Any]:
        assert self._child.stdin is not None
        self._child.stdin.write(json.dumps(words) + "\n")
        self._child.stdin.flush()
        return _said(self._child)


@contextmanager
def bacnet_device(instance: int, port: int = 0) -> Iterator[Talker]:
    """A BACnet device on @bacnet-js/client; its objects and words are told in peers/bacnet_device.mjs."""
    with program("node", str(FOLDER / "bacnet_device.mjs"), str(instance), str(port)) as child:
        yield Talker(child)


def modbus_serial(where: str, unit: int, *words: object) -> Any:
    """What modbus-serial reads (a list) or how many it wrote. `where` is HOST:PORT or a serial path."""
    transport = "rtu" if where.startswith("/") else "tcp"
    said = _client("modbus_peer.mjs", transport, where, unit, *words)
    return said["values"] if "values" in said else said["written"]


def bacnet(address: str, *words: object) -> dict[str, Any]:
    """What @bacnet-js/client says, as told in peers/bacnet_peer.mjs."""
    return _client("bacnet_peer.mjs", address, *words)


def mbpoll(
    where: str, unit: int, table: str, address: int, *, count: int = 1, write: tuple[float, ...] = ()
) -> Any:
    """What mbpoll reads from a zero-based address, as {address: number}, or {} after writing.

    `table` is mbpoll's -t, such as "4" for holding registers, "4:float" for floats (high word first), "0" for
    coils.
    """
    if where.startswith("/"):
        options, device = "-m rtu -b 9600 -P none", where
    else:
        device, _, port = where.partition(":")
        options = f"-m tcp -p {port}"
    amount = "" if write else f"-c {count}"
    command = f"mbpoll -0 -1 -q -B {options} -a {unit} -t {table} -r {address} {amount} --".split()
    values = [f"{value:g}" for value in write]
    done = subprocess.run([*command, device, *values], capture_output=True, text=True, timeout=TIMEOUT_S)
    if done.returncode:
        raise RefusedError(done.stderr.strip() or done.stdout.strip())
    return {
        int(at): float(value) for at, value in re.findall(r"^\[(\d+)\]:\s+(\S+)", done.stdout, re.MULTILINE)
    }


def _said(child: subprocess.Popen[str]) -> dict[str, Any]:
    assert child.stdout is not None
    assert child.stderr is not None
    line = child.stdout.readline()
    assert line, child.stderr.read()
    told: dict[str, Any] = json.loads(line)
    return told


def _client(script: str, *words: object) -> dict[str, Any]:
    command = ["node", str(FOLDER / script), *map(str, words)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=TIMEOUT_S)
    assert done.returncode in (0, 1), done.stderr
    said: dict[str, Any] = json.loads(done.stdout)
    if done.returncode:
        raise RefusedError(said["error"])
    return said
