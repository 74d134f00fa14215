"""System calls that fail, and power cuts: what was said to be durable is there, in files that are sound.

Faults are injected by strace into the writing child: its N-th write, flush, truncation or read fails, in each
thread. A power cut is a copy of an ext4 image, taken while the child is stopped between two system calls and
mounted anew: its journal is replayed, and what was only in memory is gone. Not shown by it: a cut within one
system call, and disks that lie about a flush.
"""

from __future__ import annotations

import os
import random
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from tests.controller.store.test_durability import ROOT, assert_whole, start
from tests.disks import Image

CYCLES = 12
STRACE = shutil.which("strace")
needs_strace = pytest.mark.skipif(STRACE is None, reason="needs strace: apt-get install strace")

FAULTS = (
    "pwrite64:error=ENOSPC",
    "pwrite64:error=EIO",
    "fdatasync:error=EIO",
    "fsync:error=EIO",
    "ftruncate:error=ENOSPC",
    "pread64:error=EIO",
    "openat:error=EMFILE",
    "unlink:error=EIO",
)


def with_fault(data: Path, fault: str, when: str) -> tuple[int, list[str], str]:
    """A child writes CYCLES cycles while `fault` strikes its calls `when`: exit code, lines, errors."""
    assert STRACE is not None
    words = [STRACE, "-f", "-qq", "-o", "/dev/null", "-e", f"inject={fault}:when={when}"]
    # Reading its own code is not what is to fail.
    words += ["-P", str(data / "control.db"), "-P", str(data / "log.db")]
    words += ["-P", str(data / "control.db-wal"), "-P", str(data / "log.db-wal"), "-P", str(data)]
    program = [sys.executable, "-m", "tests.controller.store.writing", str(data), "only", str(CYCLES)]
    done = subprocess.run(
        [*words, *program], capture_output=True, text=True, cwd=ROOT, timeout=90, check=False
    )
    return done.returncode, done.stdout.splitlines(), done.stderr


def strike(data: Path, fault: str, when: str, *, warm: bool = True) -> bool:
    """Whether the child could start. Fails unless all that it said to be durable is there.

    `warm`: the files are there already, so that the calls which fail are those of the writers' threads.
    """
    data.mkdir()
    before = 0
    if warm:
        before = 2
        with start(data, "only", "2") as child:
            child.communicate(timeout=60)
    code, said, errors = with_fault(data, fault, when)
    durable = max((int(line) for line in said if line.isdigit()), default=0)
    if code == 0:
        assert said[-1] == "lost: 0", (fault, when, said[-3:], errors)
        assert durable == before + CYCLES
    else:
        # The fault hit the start: refused in a sentence, and the next start finds nothing to mend.
        assert "StoreUnavailable" in errors, (fault, when, errors)
        assert durable == 0
    with start(data, "only", "3") as child:
        again, _ = child.communicate(timeout=60)
    assert child.returncode == 0
    assert again.splitlines()[-1] == "lost: 0"
    assert not [*data.glob("*.damaged-*")], (fault, when, "nothing was damaged")
    assert_whole(data, max(before, durable) + 3)
    return code == 0


@needs_strace
@pytest.mark.parametrize(
    ("fault", "when"),
    [("pwrite64:error=ENOSPC", "7"), ("fdatasync:error=EIO", "3"), ("pread64:error=EIO", "9..10")],
)
def test_a_call_that_fails_loses_nothing(tmp_path: Path, fault: str, when: str) -> None:
    assert strike(tmp_path / "data", fault, when)
    strike(tmp_path / "cold", fault, when, warm=False)


@needs_strace
@pytest.mark.slow
@pytest.mark.timeout(3600)
@pytest.mark.parametrize("fault", FAULTS)
def test_every_one_of_the_first_fifty_calls_may_fail(tmp_path: Path, fault: str) -> None:
    """Once, and now and then several times in a row."""
    started = refused = 0
    for number in range(1, 51):
        # A read that fails thrice in a row is damage.
        row = f"{number}..{number + (1 if fault.startswith('pread') else 4)}"
        for when in (str(number), row)[: 1 + (number % 5 == 0)]:
            ran = strike(tmp_path / f"{number}-{when}", fault, when, warm=number % 10 != 0)
            started, refused = started + ran, refused + (not ran)
    print(f"{fault}: {started} runs went on, {refused} starts were refused")
    assert started > 20


def stop(child: subprocess.Popen[str]) -> None:
    """No thread of it is within a system call any more."""
    child.send_signal(signal.SIGSTOP)
    end = time.monotonic() + 10.0
    threads = Path(f"/proc/{child.pid}/task")
    while True:
        states = {(one / "stat").read_text().rpartition(")")[2].split()[0] for one in threads.iterdir()}
        if states == {"T"}:
            return
        assert time.monotonic() < end, states
        time.sleep(0.0005)


def told(child: subprocess.Popen[str], before: int) -> int:
    """The most cycles that it has said to be durable so far, without waiting for it."""
    assert child.stdout is not None
    lines = [line for line in iter(child.stdout.readline, "") if line.endswith("\n")]
    return max([before, *(int(line) for line in lines)])


def cut(image: Image, cuts: int, seed: int) -> None:
    """A child writes on and on; its disk is copied at random moments, as a power cut would leave it."""
    dice = random.Random(seed)
    with image.mounted() as disk:
        data = disk / "data"
        data.mkdir()
        with start(data) as child:
            assert child.stdout is not None
            first = child.stdout.readline()
            durable = int(first)
            os.set_blocking(child.stdout.fileno(), False)
            try:
                for _ in range(cuts):
                    # However slow the disk is, each cut finds more than the one before.
                    before, end = durable, time.monotonic() + 60
                    while durable == before:
                        assert time.monotonic() < end
                        time.sleep(0.001)
                        durable = told(child, durable)
                    time.sleep(dice.uniform(0.0, 0.15))
                    stop(child)
                    durable = told(child, durable)
                    with image.after_a_cut() as copy:
                        assert not [*(copy / "data").glob("*.damaged-*")]
                        assert_whole(copy / "data", durable)
                    child.send_signal(signal.SIGCONT)
            finally:
                child.kill()
                child.wait(10)
    print(f"{cuts} power cuts, {durable} cycles durable at the last")
    assert durable > cuts


def test_three_power_cuts(tmp_path: Path) -> None:
    cut(Image(tmp_path), 3, 20260305)


@pytest.mark.slow
@pytest.mark.timeout(1200)
@pytest.mark.parametrize("seed", [510116])
def test_fifty_power_cuts(tmp_path: Path, seed: int) -> None:
    cut(Image(tmp_path), 50, seed)
