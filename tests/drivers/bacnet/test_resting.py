"""Between two polls a worker rests once, though uvloop counts in whole milliseconds."""

from __future__ import annotations

import json
import subprocess
import sys


def test_a_worker_does_not_spin_in_the_last_millisecond_before_a_poll() -> None:
    command = [sys.executable, "-m", "tests.drivers.bacnet.resting_program"]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=True)
    found = json.loads(done.stdout)
    assert found["polls"] > 3
    assert found["rests"] <= found["polls"] + 2
