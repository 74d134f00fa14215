"""Child programs of demo and simulate: the simulated plant and the daemon, started and ended in order."""

from __future__ import annotations

import contextlib
import json
import select
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from types import FrameType, TracebackType
from typing import IO, Any, Self, cast

from config.language import text
from controller.cli.interrupts import put_in_order
from controller.cli.speech import Failure, language


class Child:
    """One child program whose standard input is its life line: when we go, it ends by itself."""

    def __init__(
        self, words: list[str], log: Path, *, ready: bool = False, handed_on: tuple[int, ...] = ()
    ) -> None:
        self._log: IO[bytes] = log.open("ab")
        self.log = log
        self.process = subprocess.Popen(
            [sys.executable, *words],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE if ready else self._log,
            stderr=self._log,
            start_new_session=True,  # ctrl-C is for us; we end them in order
            pass_fds=handed_on,
        )

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.end()

    def wait_ready(self, within_s: float) -> dict[str, Any]:
        """The JSON line it prints when it is ready. Raises Failure if it ends or stays silent."""
        stream = self.process.stdout
        assert stream is not None
        deadline = time.monotonic() + within_s
        while (left := deadline - time.monotonic()) > 0:
            if select.select([stream], [], [], min(left, 0.2))[0]:
                line = stream.readline()
                if line.strip():
                    return cast(dict[str, Any], json.loads(line))
            if self.process.poll() is not None:
                break
        raise self.failure()

    def ask(self, command: dict[str, Any]) -> dict[str, Any]:
        """Send one NDJSON command; its answer. Raises Failure when the program has ended."""
        assert self.process.stdin is not None
        assert self.process.stdout is not None
        try:
            self.process.stdin.write(json.dumps(command, ensure_ascii=False).encode() + b"\n")
            self.process.stdin.flush()
            return cast(dict[str, Any], json.loads(self.process.stdout.readline()))
        except (BrokenPipeError, ValueError) as error:
            raise self.failure() from error

    def failure(self) -> Failure:
        """Why it did not start or stopped, from the end of its log."""
        self._log.flush()
        tail = self.log.read_text(encoding="utf-8", errors="replace").strip().splitlines()[-12:]
        return Failure(
            text("a part of the program ended unexpectedly; its last words:"), hint="\n".join(tail) or "-"
        )

    def end(self, within_s: float = 12.0) -> int:
        """SIGTERM, then SIGKILL after `within_s`; its exit code."""
        if self.process.poll() is None:
            self.process.terminate()
            try:
                self.process.wait(within_s)
            except subprocess.TimeoutExpired:
                self.process.kill()
        code = self.process.wait()
        for stream in (self.process.stdin, self.process.stdout, self._log):
            if stream is not None:
                with contextlib.suppress(BrokenPipeError):
                    stream.close()
        return code


@contextlib.contextmanager
def ended_in_order() -> Iterator[None]:
    """SIGTERM and SIGHUP (a terminal that is closed) act as ctrl-C does, so that what was started is ended
    and what was made is deleted. One that is ignored (nohup) stays ignored."""

    def interrupt(_number: int, _frame: FrameType | None) -> None:
        if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:  # we run in a script's background
            raise KeyboardInterrupt
        signal.raise_signal(signal.SIGINT)

    put_in_order()
    former = {}
    for number in (signal.SIGTERM, signal.SIGHUP):
        if signal.getsignal(number) is not signal.SIG_IGN:
            former[number] = signal.signal(number, interrupt)
    try:
        yield
    finally:
        for number, handler in former.items():
            signal.signal(number, handler)


def describe_plant(site: Path, facts: Path) -> subprocess.Popen[bytes]:
    """Begin turning the site's plant.yaml into `facts`; for `start_simulators`."""
    words = [sys.executable, "-P", "-m", "config.written", "plant", str(site), "--lang", language()]
    with facts.open("wb") as output:
        return subprocess.Popen(words, stdout=output, stderr=subprocess.PIPE, stdin=subprocess.DEVNULL)


def start_simulators(
    plan: Path,
    facts: Path,
    described: subprocess.Popen[bytes],
    overlay: Path,
    log: Path,
    *,
    speed: float,
    seed: int,
    start: str,
    state: Path,
) -> Child:
    """The simulated devices of a compiled plan, serving when this returns; what they count goes on from
    `state` and is kept there. Raises Failure."""
    complaint = described.communicate()[1]
    if described.returncode:
        raise Failure(text("the site's plant.yaml is not right:"), hint=complaint.decode(errors="replace"))
    words = ["-P", "-m", "drivers.simulators", "--plan", str(plan), "--overlay-out", str(overlay)]
    words += ["--plant", str(facts), "--speed", str(speed), "--seed", str(seed), "--start", start]
    words += ["--state", str(state)]
    child = Child(words, log, ready=True)
    try:
        child.wait_ready(30.0)
    except BaseException:
        child.end()
        raise
    return child


def start_receiver(data: Path, log: Path) -> Child:
    """Somebody on this machine who takes the log, once `wait_ready` has said where."""
    words = ["-P", "-m", "controller.cli", "--lang", language(), "receive", "--data", str(data)]
    words += ["--no-token", "--port", "0", "--json", "--end-with-input"]
    return Child(words, log, ready=True)


def start_daemon(site: Path, data: Path, overlay: Path, plan: Path, log: Path, lock: int) -> Child:
    """The daemon for `site`, as compiled in `plan`, against the simulated devices of `overlay`; `lock` is the
    open lock file of `data`, which it is handed."""
    words = ["-P", "-m", "controller.cli", "--lang", language(), "run", str(site), "--data", str(data)]
    words += ["--overlay", str(overlay), "--compiled", str(plan), "--lock", str(lock), "--end-with-input"]
    return Child(words, log, handed_on=(lock,))
