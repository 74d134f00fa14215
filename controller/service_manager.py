"""What the service manager is told: systemd's notification socket, man sd_notify(3).

One datagram a message, lines of NAME=value, sent to the socket named by NOTIFY_SOCKET. Without one (a daemon
started by hand) nothing is said.
"""

from __future__ import annotations

import logging
import os
import socket
from collections.abc import Mapping

from config.language import text
from config.language.details import reason

_log = logging.getLogger("louguan")
_GOES_ON_S = 120
"""Machine seconds within which a start that goes on says so again."""


class ServiceManager:
    """The other end of the notification socket. Nothing here waits, and nothing raises."""

    def __init__(self, address: str = "", watchdog_s: float | None = None) -> None:
        """`address`: a path, or @ and a name for an abstract socket. `watchdog_s`: how long it waits for a
        sign of life before it ends us; None where it does not."""
        self.watchdog_s = watchdog_s
        self._address = "\0" + address[1:] if address.startswith("@") else address
        self._socket: socket.socket | None = None
        self._failing = False
        if address.startswith(("/", "@")):
            self._socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM | socket.SOCK_CLOEXEC)
            # A manager that does not read must not hold up the control.
            self._socket.setblocking(False)

    @classmethod
    def of(cls, environment: Mapping[str, str] = os.environ) -> ServiceManager:
        """As the environment names it. Its watchdog counts only where it is meant for this process."""
        meant_for = environment.get("WATCHDOG_PID") or str(os.getpid())
        within = environment.get("WATCHDOG_USEC", "")
        watched = meant_for == str(os.getpid()) and within.isascii() and within.isdigit() and int(within) > 0
        return cls(environment.get("NOTIFY_SOCKET", ""), int(within) / 1e6 if watched else None)

    def starting(self) -> None:
        """The start takes its time, and goes on."""
        self._say(f"EXTEND_TIMEOUT_USEC={_GOES_ON_S * 1_000_000}")

    def ready(self, status: str) -> None:
        """The start is over."""
        self._say("READY=1", f"STATUS={status}")

    def lives(self) -> None:
        """The control lives: only to be said by its cycle."""
        if self.watchdog_s is not None:
            self._say("WATCHDOG=1")

    def stopping(self) -> None:
        """The end has begun."""
        self._say("STOPPING=1")

    def status(self, line: str) -> None:
        """One line for people: `systemctl status` shows it."""
        self._say(f"STATUS={line}")

    def close(self) -> None:
        """Say nothing more."""
        if self._socket is not None:
            self._socket.close()
            self._socket = None

    def _say(self, *lines: str) -> None:
        if self._socket is None:
            return
        try:
            message = "\n".join(" ".join(line.splitlines()) for line in lines)
            self._socket.sendto(message.encode("utf-8"), self._address)
        except OSError as error:
            if not self._failing:
                self._failing = True
                words = text(
                    "the service manager cannot be told that louguan lives: {why}", why=reason(error)
                )
                _log.warning(words)
        else:
            self._failing = False
