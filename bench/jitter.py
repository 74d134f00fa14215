"""How late cycles come while there is much else to do.

    python -m bench.jitter [--quick] [--figures FILE]

The real daemon with 5,000 points at 1 Hz, 200 programmes and 200 rules, intervals of a minute that go to a
receiver (`louguan receive`); beside it, one after the other and all the time, `louguan apply` of one of two
plans in turn, `louguan log export` and `louguan upload replay`, which has all sent again. Noted is by how
much each cycle is late after its whole second. The floor is a bare loop that wakes on the same seconds and
does nothing: what is late there is the machine's doing.
"""

from __future__ import annotations

import argparse
import contextlib
import datetime as dt
import json
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path

from bench.figures import Asked, Figure, asked, tell
from bench.measure import louguan, machine
from bench.panel_site import office_programmes, write_site
from bench.running import daemon, panels, status

PANELS = 50
ROUND_S = 60.0
QUICK_S = 2.0
SINK = "centre"


@contextmanager
def receiver(folder: Path) -> Iterator[str]:
    """A running receiver; where it takes intervals."""
    words = louguan(
        "receive", "--data", str(folder), "--port", "0", "--no-token", "--end-with-input", "--json"
    )
    with subprocess.Popen(words, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as child:
        assert child.stdin is not None
        assert child.stdout is not None
        try:
            yield json.loads(child.stdout.readline())["url"]
        finally:
            child.stdin.close()


@contextmanager
def beating(file: Path) -> Iterator[None]:
    """The floor, running."""
    words = [sys.executable, "-m", "bench.floors.beat", str(file)]
    with subprocess.Popen(words, stdin=subprocess.PIPE) as child:
        assert child.stdin is not None
        try:
            yield
        finally:
            child.stdin.close()


class Busy(threading.Thread):
    """Somebody who keeps the daemon busy with the command line, until told to stop."""

    def __init__(self, words: Sequence[Sequence[str]]) -> None:
        super().__init__(daemon=True)
        self.done = [0] * len(words)
        """How often each command has gone through."""
        self._words = words
        self._ended = threading.Event()

    def run(self) -> None:
        while not self._ended.is_set():
            for number, words in enumerate(self._words):
                done = subprocess.run(
                    words,
                    stdin=subprocess.DEVNULL,
                    stdout=subprocess.DEVNULL,
                    stderr=subprocess.PIPE,
                    check=False,
                )
                if done.returncode:
                    print(done.stderr.decode(errors="replace"), file=sys.stderr)
                self.done[number] += done.returncode == 0

    def end(self) -> None:
        """Wait for the command that is running."""
        self._ended.set()
        self.join()


def figures(how: Asked) -> list[Figure]:
    """The 99th of a hundred cycles, in milliseconds after its second; round by round, and of all."""
    round_s = QUICK_S if how.quick else ROUND_S
    with tempfile.TemporaryDirectory(prefix="louguan-bench-") as name, ExitStack() as stack:
        folder = Path(name)
        ours = stack.enter_context(panels(10 if how.quick else PANELS, 1))
        count = len(ours.ports)
        url = stack.enter_context(receiver(folder / "received"))
        for site, programmes in (("one", 4 * count), ("other", 4 * count - 1)):
            made = office_programmes(count, programmes)
            sinks = {SINK: {"kind": "https", "url": f"{url}/v1/intervals"}}
            write_site(folder / site, ours.ports, programmes=made, rules=4 * count, sinks=sinks)
        data, late, bare = folder / "data", folder / "late", folder / "bare"
        stack.enter_context(daemon(folder / "one", data, ("bench.lateness", str(late))))
        stack.enter_context(beating(bare))
        today = dt.datetime.now(dt.timezone(dt.timedelta(hours=8))).date().isoformat()
        here = ("--data", str(data))
        out = str(folder / "out.csv")
        busy = Busy(
            [
                louguan("apply", str(folder / "other"), *here),
                louguan("log", "export", "--from", today, "--to", today, "-o", out, *here),
                louguan("apply", str(folder / "one"), *here),
                louguan("upload", "replay", SINK, "--from", today, *here),
            ]
        )
        busy.start()
        ours_late, bare_late = [], []
        for _ in range(how.rounds):
            at, bare_at = len(_lines(late)), len(_lines(bare))
            time.sleep(round_s)
            ours_late.append([float(line) for line in _lines(late)[at:]])
            bare_late.append([float(line) for line in _lines(bare)[bare_at:]])
        busy.end()
        missed = status(data)["cycles_missed"]
        print(f"applied, exported, applied, replayed: {busy.done}; cycles missed: {missed}")
    what = "cycles late with upload, apply and export going on"
    return [
        _figure(f"{what}, p99", ours_late, 20.0),
        _figure("a bare loop on the same seconds, p99", bare_late),
    ]


def _figure(what: str, rounds: Sequence[Sequence[float]], bound: float | None = None) -> Figure:
    each = [_p99(late) for late in rounds]
    return Figure(what, _p99([one for late in rounds for one in late]), min(each), max(each), "ms", bound)


def _p99(late: Sequence[float]) -> float:
    return sorted(late)[max(0, -(-len(late) * 99 // 100) - 1)]


def _lines(file: Path) -> list[str]:
    with contextlib.suppress(OSError):
        return file.read_text(encoding="ascii").splitlines()
    return []


def main() -> int:
    how = asked(argparse.ArgumentParser(description=__doc__))
    print(machine())
    return tell(figures(how), how)


if __name__ == "__main__":
    sys.exit(main())
