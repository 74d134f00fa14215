"""A Plan may be read by several threads at once: both sites of a preview are, and a backup is made beside the
cycle."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from config.plan import codec
from tests.config.sites import ACCEPT, plan_of

AT_ONCE = """
import sys
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier
from config.plan import codec

text = open(sys.argv[1], encoding="utf-8").read()
sys.setswitchinterval(1e-6)
together = Barrier(8)

def read(_):
    together.wait()
    return codec.load(text)

for _ in range(20):
    codec._raise.cache_clear()  # what reads a record is made when the first of its kind comes
    with ThreadPoolExecutor(8) as pool:
        plans = list(pool.map(read, range(8)))
    assert all(plan == plans[0] for plan in plans)
"""
"""In a process of its own, for how often threads take turns is the whole process's."""


def test_several_threads_read_a_plan(tmp_path: Path) -> None:
    panel = "points:\n" + "".join(
        f"  p{n}: {{label: x, at: coil {n}, poll: 1 s, command: {{}}}}\n" for n in range(30)
    )
    site = f"devices:\n  d: {{profile: p, line: T1, unit: 1, label: x, {ACCEPT}}}\n"
    file = tmp_path / "plan.json"
    file.write_text(codec.dump(plan_of(tmp_path, site, panel)), encoding="utf-8")
    done = subprocess.run(
        [sys.executable, "-c", AT_ONCE, str(file)], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
