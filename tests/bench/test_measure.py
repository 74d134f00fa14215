"""What a bench starts does not outlive it."""

from __future__ import annotations

import os
import select
import signal
import subprocess
import sys

_STARTER = """
import subprocess, sys
from bench.measure import ends_with_us
child = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(60)"], preexec_fn=ends_with_us)
print(child.pid, flush=True)
child.wait()
"""


def test_a_child_ends_with_a_bench_that_is_killed() -> None:
    with subprocess.Popen([sys.executable, "-c", _STARTER], stdout=subprocess.PIPE, text=True) as bench:
        assert bench.stdout is not None
        child = os.pidfd_open(int(bench.stdout.readline()))
        try:
            assert not select.select([child], [], [], 0.0)[0], "it runs"
            bench.send_signal(signal.SIGKILL)
            assert select.select([child], [], [], 10.0)[0], "it has ended"
        finally:
            os.close(child)
