"""Files made to hang or burst a reader: refused in a child process in under a second and 100 MB."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import NamedTuple

import pytest

BOMBS = {
    "aliases": "a: &a [x,x,x,x,x,x,x,x,x]\n"
    + "".join(f"{chr(98 + n)}: &{chr(98 + n)} [{','.join(['*' + chr(97 + n)] * 9)}]\n" for n in range(8)),
    "nesting": "a: " + "[" * 3_000 + "]" * 3_000,
    "deeper": "a: " + "[" * 100_000,
    "dashes": "- " * 100_000,
    "keys": "? " * 100_000,
    "braces": "a: " + "{a: " * 50_000,
    "ten megabytes": "a: [" + "x, " * 3_500_000 + "]",
    "values": "a: [" + "1," * 250_000 + "]",
    "lines": "- \n" * 170_000,
    "wrong keys": "site:\n" + "".join(f"  k{n}: 1\n" for n in range(40_000)),
    "wrong devices": "devices:\n" + "".join(f"  d{n}: {{x: 1}}\n" for n in range(25_000)),
    "wrong inner keys": "devices:\n  d:\n    profile: x\n    points:\n      p:\n"
    + "".join(f"        k{n}: 1\n" for n in range(24_000)),
    "one long word": "a: " + "x" * 500_000,
    "long number": "a: " + "9" * 400_000,
    "quotes": 'a: "' + "\\\\" * 200_000,
    "comments": "a: b # " + "#1 " * 150_000,
    "flow keys": "a: {" + "a, " * 90_000 + "}",
}
NOT_SO_FAST = {"wrong keys", "wrong devices", "wrong inner keys", "lines", "values", "flow keys"}
"""These read well and are only wrong: a second more for saying so."""


MEASURE = """
import json, os, subprocess, sys, time
begin = time.monotonic()
process = subprocess.Popen(sys.argv[1:], stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)
said = process.stderr.read().decode()
_, status, usage = os.wait4(process.pid, 0)
print(json.dumps([os.waitstatus_to_exitcode(status), said, time.monotonic() - begin,
                  usage.ru_utime + usage.ru_stime, usage.ru_maxrss * 1024 / 1e6]))
"""
"""Run by a small process of its own: the kernel counts a child's memory from that of whoever started it."""


class Run(NamedTuple):
    """One run of the compiler, measured from outside."""

    status: int
    said: str
    wall_s: float
    cpu_s: float
    rss_mb: float


def run_compiler(site: Path) -> Run:
    compiler = [sys.executable, "-m", "config.written", "check", str(site), "--lang", "en"]
    done = subprocess.run([sys.executable, "-c", MEASURE, *compiler], capture_output=True, check=True)
    return Run(*json.loads(done.stdout))


@pytest.mark.parametrize("name", BOMBS)
def test_is_refused_at_once(name: str, tmp_path: Path) -> None:
    (tmp_path / "site.yaml").write_text(BOMBS[name], encoding="utf-8")
    allowed_s = 2.0 if name in NOT_SO_FAST else 1.0
    # The program's own start is part of it. Processor time and the best of three: the machine has other work.
    taken = []
    for _ in range(3):
        run = run_compiler(tmp_path)
        taken.append(run.cpu_s)
        print(f"{name}: {run.wall_s:.2f} s, {run.cpu_s:.2f} s processor, {run.rss_mb:.0f} MB")
        assert run.status == 1
        assert "Traceback" not in run.said
        assert run.said.strip()
        assert run.rss_mb < 100
        if run.cpu_s < allowed_s:
            return
    pytest.fail(f"took {min(taken):.2f} s")


def test_a_site_as_large_as_allowed_fits(tmp_path: Path) -> None:
    """The most values that are read at all, as equipment that is fine: never given up."""
    for number in range(2):
        entries = "".join(f"  e{number}-{entry}: {{kind: tank, label: x}}\n" for entry in range(8_200))
        (tmp_path / f"{number}.yaml").write_text("equipment:\n" + entries)
    run = run_compiler(tmp_path)
    print(f"{run.wall_s:.2f} s, {run.cpu_s:.2f} s processor, {run.rss_mb:.0f} MB")
    assert run.said == "site.yaml: the section site is missing\n"
    assert run.rss_mb < 100
    assert run.cpu_s < 5


def test_what_cannot_be_foreseen_is_given_up_with_a_sentence() -> None:
    """A process under the limits that takes more memory than is there."""
    program = (
        "import sys; sys.argv[1:] = ['check', '.', '--lang', 'en']\n"
        "import config.written.program as program\n"
        "program.main = lambda words: len([bytearray(1_000_000) for _ in range(100_000)])\n"
        "import config.written.__main__\n"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=False)
    assert done.returncode == 1
    assert done.stderr.splitlines()[-1] == "given up: the site takes more than 100 MB to check"
