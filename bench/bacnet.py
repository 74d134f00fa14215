"""What a BACnet ReadPropertyMultiple of 50 properties costs, beside bare datagrams and other clients.

    python -m bench.bacnet [--quick]

The properties are those of our polls: present value and status flags of 25 objects, all values other ones in
each answer unless said otherwise. The device is a program of its own (`bench.bacnet_device`), and so is each
client; only the client's CPU counts. The floor sends and receives the same bytes by asyncio's datagrams with
a time-out, and looks at nothing. Clients turn the answer into values; the whole driver takes them from the
agenda of polls to events in the inbox, at the daemon's own pace of work: it rests between two polls, and so
does its floor.
"""

from __future__ import annotations

import argparse
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from bench import bacnet_client
from bench.figures import Figure, asked, in_turns, ratio, tell, value
from bench.measure import machine
from drivers.bacnet import apdu, frames
from drivers.bacnet.names import Service
from drivers.bacnet.plain import Question

EXCHANGES = 3000
WITH_RESTS = 1000
OF_PEERS = 100
"""bacpypes3 takes some five milliseconds for one."""
_PEERS = Path(".venv-peers/bin/python")


@contextmanager
def device(*words: str) -> Iterator[int]:
    """A device that answers; its port."""
    command = [sys.executable, "-m", "bench.bacnet_device", *words]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as child:
        assert child.stdin is not None
        assert child.stdout is not None
        yield int(child.stdout.readline())
        child.stdin.close()


def contender(exchanges: int, *command: str) -> Callable[[], float]:
    """Microseconds of CPU for one exchange, of a program that prints the seconds of them all."""

    def run() -> float:
        done = subprocess.run(command, stdout=subprocess.PIPE, text=True, check=True)
        return float(done.stdout) / exchanges * 1e6

    return run


def contenders(changing: int, still: int, quick: bool) -> dict[str, Callable[[], float]]:
    """All of them, by name. `changing` and `still` are ports of devices."""
    many, rested, few = (100, 50, 1) if quick else (EXCHANGES, WITH_RESTS, OF_PEERS)
    request = Question(bacnet_client.plan(changing).points).request
    sent = frames.unicast(
        apdu.confirmed(0, Service.READ_PROPERTY_MULTIPLE, request), expecting_reply=True
    ).hex()

    def floor(loop: str, rest_s: float, count: int) -> Callable[[], float]:
        words = (loop, str(rest_s), str(changing), str(count), sent)
        return contender(count, sys.executable, "bench/floors/bacnet_udp.py", *words)

    def ours(way: str, port: int, count: int) -> Callable[[], float]:
        return contender(count, sys.executable, "-m", "bench.bacnet_client", way, str(port), str(count))

    def peer(python: str, name: str) -> Callable[[], float]:
        return contender(few, python, f"bench/peers/{name}.py", str(changing), str(few))

    found = {
        "floor": floor("asyncio", 0.0, many),
        "floor by uvloop": floor("uvloop", 0.0, many),
        "floor with rests": floor("uvloop", bacnet_client.POLL_S, rested),
        "exchange": ours("exchange", changing, many),
        "line": ours("line", changing, rested),
        "line, still": ours("line", still, rested),
        "bacpypes3": peer(sys.executable, "bacnet_bacpypes3"),
    }
    if _PEERS.exists():
        found["BAC0"] = peer(str(_PEERS), "bacnet_bac0")
    return found


def figures(took: dict[str, list[float]]) -> list[Figure]:
    what = "BACnet RPM of 50"
    by_uvloop = "asyncio datagrams on uvloop"
    rests = f"the same, resting {bacnet_client.POLL_S * 1000:g} ms"
    absolute = [name for name in ("exchange", "floor by uvloop", "bacpypes3", "BAC0") if name in took]
    return [
        ratio(f"{what} to values", took["exchange"], took["floor"], "asyncio datagrams", at_most=4.0),
        ratio(f"{what} to values", took["exchange"], took["floor by uvloop"], by_uvloop, at_most=4.0),
        ratio(f"{what}, times less", took["exchange"], took["bacpypes3"], "bacpypes3's client", at_least=50),
        ratio(f"{what}, whole driver, all changed", took["line"], took["floor with rests"], rests),
        ratio(f"{what}, whole driver, none changed", took["line, still"], took["floor with rests"], rests),
        *(value(f"{what}, CPU: {name}", took[name], "µs") for name in absolute),
    ]


def main() -> int:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    how = asked(parser)
    print(machine())
    with device() as changing, device("--still") as still:
        took = in_turns(contenders(changing, still, how.quick), how.rounds)
    return tell(figures(took), how)


if __name__ == "__main__":
    sys.exit(main())
