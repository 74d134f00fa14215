"""Who-Is and I-Am by real broadcast, in a network namespace with several addresses."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

_ROOT = Path(__file__).parents[3]
_NAMESPACE = ["unshare", "-Urn"]


def _reason_to_skip() -> str:
    if shutil.which("unshare") is None or shutil.which("ip") is None:
        return "needs unshare and ip"
    probe = subprocess.run([*_NAMESPACE, "ip", "link", "set", "lo", "up"], capture_output=True, timeout=10)
    return "" if probe.returncode == 0 else "this machine gives no network namespaces to its users"


def test_devices_are_found_by_instance_and_heard_when_they_announce_themselves() -> None:
    reason = _reason_to_skip()
    if reason:
        pytest.skip(reason)
    program = [*_NAMESPACE, sys.executable, "-m", "tests.drivers.bacnet.broadcast_program"]
    done = subprocess.run(program, cwd=_ROOT, capture_output=True, text=True, timeout=60)
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout) == {
        "found": ["found at 10.99.0.11", "found at 10.99.0.12", "no I-Am"],
        "written": "read-back",
        "restarted": "announced itself again",
        "clash": ["10.99.0.13"],
        "b online": True,
        "asked for by others": 0,
    }
