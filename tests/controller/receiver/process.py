"""The receiver as a process of its own, to be killed and started again."""

from __future__ import annotations

import json
import os
import select
import signal
import subprocess
import sys
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from tests.ports import lasting_port

START_S = 60.0


class ReceiverProcess:
    """`louguan receive` with a free port, the same one after each start. Errors and access in `log`."""

    def __init__(self, data: Path, *words: str) -> None:
        self.data = data
        self.words = words
        self.log = data.with_name(f"{data.name}.log")
        self.url = ""
        self.port = lasting_port()
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> dict[str, Any]:
        """Listening when it returns; what it said."""
        command = [sys.executable, "-P", "-m", "controller.cli.main", "receive", "--json"]
        command += ["--data", str(self.data), "--port", str(self.port), *self.words]
        with self.log.open("ab") as log:
            self._process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=log)
        stream = self._process.stdout
        assert stream is not None
        assert select.select([stream], [], [], START_S)[0], self.told()
        line = stream.readline()
        assert line, self.told()
        said: dict[str, Any] = json.loads(line)
        self.url, self.port = said["url"], said["port"]
        return said

    def kill(self) -> None:
        """kill -9."""
        self._end(signal.SIGKILL)

    def stop(self) -> int:
        """In order; its exit code."""
        return self._end(signal.SIGTERM)

    def told(self) -> str:
        return self.log.read_text(encoding="utf-8", errors="replace")

    def memory_kb(self) -> int:
        """Most it ever held."""
        assert self._process is not None
        status = Path(f"/proc/{self._process.pid}/status").read_text()
        return int(next(line for line in status.splitlines() if line.startswith("VmHWM")).split()[1])

    def _end(self, number: int) -> int:
        process, self._process = self._process, None
        if process is None:
            return 0
        os.kill(process.pid, number)
        code = process.wait(60)
        assert process.stdout is not None
        process.stdout.close()
        return code

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._process is not None:
            self.kill()
