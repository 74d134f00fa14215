"""What a request of 125 registers costs over one Modbus TCP connection.

    python -m bench.modbus_tcp [--quick] [--figures FILE]

CPU of the client alone, each in a process of its own, all asking the same plain device in another process:
our link, bare asyncio with a time-out (both on uvloop, as the daemon is, and on asyncio's own loop), the
client of pymodbus, libmodbus in C, and modpoll with all that it prints. libmodbus needs cc and libmodbus-dev,
modpoll .venv-peers; without them they are left out, with a word.
"""

from __future__ import annotations

import argparse
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path

from bench.figures import Figure, asked, in_turns, ratio, tell, value
from bench.measure import cpu_s
from bench.modbus_device import Device

_FLOORS = Path(__file__).parent / "floors"
_MODPOLL = Path(".venv-peers/bin/modpoll")
_LIBRARY = ("pkg-config", "--cflags", "--libs", "libmodbus")


def said_s(command: list[str]) -> float:
    """The seconds that a client prints, in microseconds."""
    done = subprocess.run(command, capture_output=True, text=True, check=True, timeout=120)
    return float(done.stdout) * 1e6


def libmodbus(folder: Path) -> list[str] | None:
    """The client in C, made now; None where that cannot be."""
    program = folder / "modbus_libmodbus"
    try:
        flags = subprocess.run(_LIBRARY, capture_output=True, text=True, check=True).stdout.split()
        source = _FLOORS / "modbus_libmodbus.c"
        subprocess.run(["cc", "-O2", "-o", str(program), str(source), *flags], check=True)
    except (OSError, subprocess.CalledProcessError):
        return None
    return [str(program)]


def _modpoll_us(folder: Path, seconds: float) -> float:
    """Microseconds of CPU a request of 123 registers, the most that it asks for at once."""
    with Device() as device:
        return _modpolled_us(device, folder, seconds)


def _modpolled_us(asked_of: Device, folder: Path, seconds: float) -> float:
    config = folder / "modpoll.csv"
    rows = ["poll,holding_register,0,123,BE_BE\nref,first,0,uint16,rw"] * 100
    config.write_text("device,bench,1,,\n" + "\n".join(rows) + "\n", encoding="utf-8")
    address = ["--tcp", "127.0.0.1", "--tcp-port", str(asked_of.port)]
    quiet = ["-d", "--loglevel", "ERROR", "--interval", "0", "-r", "0.01"]
    answered = 0
    with subprocess.Popen([str(_MODPOLL), *address, "-f", str(config), *quiet]) as child:
        asked_of.said()  # it connects anew for each round of its polls
        started_s, end = cpu_s(child.pid), time.monotonic() + seconds
        while time.monotonic() < end:
            answered += asked_of.said()
        took_s = cpu_s(child.pid) - started_s
        child.kill()
    return took_s / answered * 1e6


def main() -> int:
    """The exit code: 1 when a bound is not kept."""
    how = asked(argparse.ArgumentParser(prog="python -m bench.modbus_tcp", description=__doc__))
    requests = 300 if how.quick else 5000
    with tempfile.TemporaryDirectory(prefix="louguan-bench-") as folder, Device() as device:
        ending = [str(device.port), str(requests)]
        ours = [sys.executable, "-m", "bench.modbus_clients", "louguan", *ending]
        theirs = [sys.executable, "-m", "bench.modbus_clients", "pymodbus", *ending]
        bare = [sys.executable, "-m", "bench.floors.modbus_asyncio", *ending]
        contenders: dict[str, Callable[[], float]] = {
            "ours": lambda: said_s(ours),
            "bare": lambda: said_s(bare),
            "pymodbus": lambda: said_s(theirs),
            "ours, plain": lambda: said_s([*ours, "plain"]),
            "bare, plain": lambda: said_s([*bare, "plain"]),
        }
        if (program := libmodbus(Path(folder))) is not None:
            in_c = [*program, *ending]
            contenders["libmodbus"] = lambda: said_s(in_c)
        else:
            print("libmodbus is left out: cc, pkg-config and libmodbus-dev are needed")
        if _MODPOLL.exists():
            contenders["modpoll"] = partial(_modpoll_us, Path(folder), 0.5 if how.quick else 3.0)
        else:
            print("modpoll is left out: make .venv-peers/.installed")
        took = in_turns(contenders, how.rounds)
    figures: list[Figure] = [
        value("Modbus TCP, 125 registers, CPU a request", took["ours"], "µs"),
        ratio("the same, over the floor", took["ours"], took["bare"], "bare asyncio, uvloop", at_most=1.3),
        ratio(
            "the same on asyncio's own loop",
            took["ours, plain"],
            took["bare, plain"],
            "bare asyncio",
            at_most=1.3,
        ),
        ratio("pymodbus's client, over the floor", took["pymodbus"], took["bare"], "bare asyncio, uvloop"),
    ]
    figures += [
        ratio(f"{name}, over the floor", took[name], took["bare"], "bare asyncio, uvloop")
        for name in ("libmodbus", "modpoll")
        if name in took
    ]
    return tell(figures, how)


if __name__ == "__main__":
    sys.exit(main())
