"""A service manager for one unit on a staging root: `python systemctl.py ROOT start louguan.service`.

It runs the unit's own ExecStart and believes READY=1 alone, as systemd does for Type=notify. What needs
privileges (user, sandbox) it leaves out.
"""

from __future__ import annotations

import os
import shlex
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path

START_S = 60.0


def main(root: Path, command: str, words: list[str]) -> int:
    if command == "start":
        return start(root)
    if command == "stop":
        return stop(root)
    if command == "show":
        print(show(root, words[words.index("-p") + 1]))
    return 0


def unit(root: Path) -> Path:
    return root / "etc/systemd/system/louguan.service"


def command_line(root: Path) -> list[str]:
    """ExecStart with its variables, below the staging root; for want of the group without it."""
    variables = dict(
        line.split("=", 1)
        for line in (root / "etc/louguan/service.env").read_text(encoding="utf-8").splitlines()
        if "=" in line and not line.startswith("#")
    )
    line = next(
        line for line in unit(root).read_text(encoding="utf-8").splitlines() if line.startswith("ExecStart=")
    )
    line = line.removeprefix("ExecStart=").replace(" --socket-group louguan", "")
    line = line.replace("${LOUGUAN_SITE}", variables["LOUGUAN_SITE"])
    line = line.replace("$LOUGUAN_OPTIONS", variables["LOUGUAN_OPTIONS"])
    return [
        f"{root}{word}" if word.startswith(("/opt", "/etc", "/var")) else word for word in shlex.split(line)
    ]


def start(root: Path) -> int:
    address = root / "notify"
    address.unlink(missing_ok=True)
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as hears, (root / "journal").open("ab") as journal:
        hears.bind(str(address))
        hears.settimeout(0.1)
        process = subprocess.Popen(
            command_line(root),
            stdin=subprocess.DEVNULL,
            stdout=journal,
            stderr=journal,
            env={**os.environ, "NOTIFY_SOCKET": str(address)},
            start_new_session=True,
        )
        (root / "pid").write_text(str(process.pid), encoding="ascii")
        deadline = time.monotonic() + START_S
        while process.poll() is None and time.monotonic() < deadline:
            try:
                if b"READY=1" in hears.recv(4096):
                    return 0
            except TimeoutError:
                continue
        process.kill()
        process.wait()
        return 1


def stop(root: Path) -> int:
    pid = running(root)
    if pid:
        os.kill(pid, signal.SIGTERM)
        deadline = time.monotonic() + 30.0
        while running(root):
            if time.monotonic() > deadline:
                return 1
            time.sleep(0.05)
    (root / "pid").unlink(missing_ok=True)
    return 0


def running(root: Path) -> int:
    """The service's process; 0 without one."""
    try:
        pid = int((root / "pid").read_text(encoding="ascii"))
        state = Path(f"/proc/{pid}/stat").read_text(encoding="ascii").rpartition(")")[2].split()[0]
    except (OSError, ValueError):
        return 0
    return 0 if state == "Z" else pid


def show(root: Path, name: str) -> str:
    if name == "LoadState":
        return "loaded" if unit(root).exists() else "not-found"
    if name == "ActiveState":
        return "active" if running(root) else "failed" if (root / "pid").exists() else "inactive"
    return "0"


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1]), sys.argv[2], sys.argv[3:]))
