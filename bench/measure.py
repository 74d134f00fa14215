"""What the benches of whole programs share: time, CPU and memory of child processes. Linux only (/proc)."""

from __future__ import annotations

import ctypes
import os
import platform
import signal
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import suppress
from pathlib import Path
from statistics import median
from typing import NamedTuple

REPEATS = 5
_PAGE_MIB = os.sysconf("SC_PAGE_SIZE") / 2**20
_TICKS_S = os.sysconf("SC_CLK_TCK")
_LOOK_S = 0.005


_LIBC = ctypes.CDLL(None, use_errno=True)
_PR_SET_PDEATHSIG = 1


def ends_with_us() -> None:
    """For Popen's preexec_fn: the child is told to end when the thread that started it does, killed or not. A
    daemon that stayed would go on asking at ports that by then are those of another bench's devices."""
    if _LIBC.prctl(_PR_SET_PDEATHSIG, signal.SIGTERM, 0, 0, 0):
        raise OSError(ctypes.get_errno(), "prctl")


class Took(NamedTuple):
    """What a program cost, from exec to its end, its own children included."""

    wall_s: float
    cpu_s: float


def timed(command: Sequence[str]) -> Took:
    """Run a program, its output dropped. Raises CalledProcessError when it fails."""
    began = time.monotonic()
    child = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL)
    _, status, usage = os.wait4(child.pid, 0)
    wall_s = time.monotonic() - began
    child.returncode = os.waitstatus_to_exitcode(status)
    if child.returncode:
        raise subprocess.CalledProcessError(child.returncode, command)
    return Took(wall_s, usage.ru_utime + usage.ru_stime)


class Runs(NamedTuple):
    """Several runs of one program. The least is what a machine with nothing else to do would show."""

    median: Took
    least: Took


def repeated(command: Sequence[str], repeats: int) -> Runs:
    """Run a program several times, after once for the file cache."""
    timed(command)
    walls, cpus = zip(*(timed(command) for _ in range(repeats)), strict=True)
    return Runs(Took(median(walls), median(cpus)), Took(min(walls), min(cpus)))


def most_resident_mib(command: Sequence[str]) -> float:
    """The largest sum of resident memory of a program and its children, looked at every few milliseconds."""
    child = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL)
    most = 0.0
    while child.poll() is None:
        most = max(most, sum(resident_mib(pid) for pid in family(child.pid)))
        time.sleep(_LOOK_S)
    return most


def family(pid: int) -> Iterator[int]:
    """A process and all that descend from it."""
    yield pid
    with suppress(OSError):
        for child in Path(f"/proc/{pid}/task/{pid}/children").read_text(encoding="ascii").split():
            yield from family(int(child))


def resident_mib(pid: int) -> float:
    """Resident memory of one process; 0 when it has ended."""
    try:
        return int(Path(f"/proc/{pid}/statm").read_text(encoding="ascii").split()[1]) * _PAGE_MIB
    except (OSError, IndexError):
        return 0.0


def cpu_s(pid: int) -> float:
    """Processor seconds of one process so far; 0 when it has ended."""
    try:
        stat = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8", errors="replace")
    except OSError:
        return 0.0
    user, system = stat.rpartition(")")[2].split()[11:13]
    return (int(user) + int(system)) / _TICKS_S


def exact_cpu_s(pid: int) -> float:
    """The same of its threads that still run, to the microsecond."""
    spent_ns = 0
    with suppress(OSError):
        for thread in Path(f"/proc/{pid}/task").iterdir():
            spent_ns += int((thread / "schedstat").read_text(encoding="ascii").split()[0])
    return spent_ns / 1e9


def bare(program: str = "pass") -> list[str]:
    """The interpreter with nothing but `program`: the floor of everything written in Python."""
    return [sys.executable, "-c", program]


def louguan(*words: str) -> list[str]:
    """The installed command, as a person types it."""
    return [str(Path(sys.executable).with_name("louguan")), *words]


def machine() -> str:
    """Where this ran, in a line."""
    load = os.getloadavg()[0]
    return (
        f"Python {platform.python_version()}, {platform.system()} {platform.machine()}, "
        f"{os.cpu_count()} cores, load {load:.1f} at the start"
    )


def table(heads: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """Rows in columns; the first to the left, figures to the right."""
    widths = [max(len(row[column]) for row in [heads, *rows]) for column in range(len(heads))]
    lines = [[*heads], ["-" * width for width in widths], *map(list, rows)]
    return "\n".join(
        "  ".join(
            [line[0].ljust(widths[0])]
            + [cell.rjust(width) for cell, width in zip(line[1:], widths[1:], strict=True)]
        )
        for line in lines
    )
