"""The box's own tools: users, the service manager, other programs."""

from __future__ import annotations

import os
import pwd
import shutil
import subprocess
from collections.abc import Mapping, Sequence
from pathlib import Path

from config.language import Text, text
from deploy.layout import SERVICE, USER

START_S = 3600.0
"""The unit itself gives a start up after 300 s, if it does not say that it goes on."""


class Failed(Exception):
    """A step that could not be done; `what` says why, `more` what others said of it."""

    def __init__(self, what: Text, more: str = "") -> None:
        super().__init__(str(what))
        self.what = what
        self.more = more


class Machine:
    """What is done with privileges. On a staging root nobody is made an owner and nothing is started."""

    def __init__(self, *, owns: bool, systemctl: Sequence[str] | None) -> None:
        """`owns`: files can be given to the service's user. `systemctl`: None where no systemd runs."""
        self.owns = owns
        self._systemctl = systemctl

    @classmethod
    def here(cls, *, live: bool) -> Machine:
        running = live and Path("/run/systemd/system").is_dir() and shutil.which("systemctl") is not None
        return cls(owns=live, systemctl=("systemctl",) if running else None)

    @property
    def has_systemd(self) -> bool:
        return self._systemctl is not None

    def ensure_user(self) -> None:
        """The service's own user, who can log in nowhere. Raises Failed."""
        if not self.owns:
            return
        try:
            pwd.getpwnam(USER)
        except KeyError:
            words = [
                "useradd",
                "--system",
                "--user-group",
                "--no-create-home",
                "--home-dir",
                "/var/lib/louguan",
            ]
            self.do(
                [*words, "--shell", "/usr/sbin/nologin", USER],
                text("the user {name} cannot be made", name=USER),
            )

    def give(self, path: Path, mode: int, *, group_only: bool = False) -> None:
        """To the service: `group_only` leaves root the owner. Raises OSError."""
        path.chmod(mode)
        if self.owns:
            user = pwd.getpwnam(USER)
            os.chown(path, 0 if group_only else user.pw_uid, user.pw_gid)

    def do(
        self, words: Sequence[str], otherwise: Text, *, as_service: bool = False, within_s: float = 1800.0
    ) -> str:
        """Run a program; what it said. Raises Failed(otherwise)."""
        done = self.run(words, as_service=as_service, within_s=within_s)
        if done.returncode:
            raise Failed(otherwise, (done.stdout + done.stderr).strip())
        return done.stdout

    def run(
        self,
        words: Sequence[str],
        *,
        as_service: bool = False,
        within_s: float = 1800.0,
        environment: Mapping[str, str] | None = None,
    ) -> subprocess.CompletedProcess[str]:
        """Run a program to its end; one that is not there or takes too long has failed."""
        who = {"user": USER, "group": USER, "extra_groups": ()} if as_service and self.owns else {}
        try:
            done: subprocess.CompletedProcess[str] = subprocess.run(
                words,
                stdin=subprocess.DEVNULL,
                capture_output=True,
                text=True,
                check=False,
                timeout=within_s,
                cwd="/",
                umask=0o027 if as_service else -1,
                env=None if environment is None else {**os.environ, **environment},
                **who,  # type: ignore[call-overload]
            )
            return done
        except subprocess.TimeoutExpired as error:
            return subprocess.CompletedProcess(words, 124, "", str(error))
        except OSError as error:
            return subprocess.CompletedProcess(words, 127, "", str(error))

    # The service

    def systemctl(self, *words: str, within_s: float = 60.0) -> subprocess.CompletedProcess[str]:
        """Ask the service manager. Only where there is one."""
        assert self._systemctl is not None
        return self.run([*self._systemctl, *words], within_s=within_s)

    def active(self) -> bool:
        """Whether the service runs, or is on its way to."""
        return self.has_systemd and self.state("ActiveState") in ("active", "activating", "reloading")

    def state(self, name: str) -> str:
        """A property of the service, by systemd's name of it."""
        return self.systemctl("show", "--value", "-p", name, SERVICE).stdout.strip()

    def start(self) -> bool:
        """Start it and wait until it says that it is ready."""
        return self.systemctl("start", SERVICE, within_s=START_S).returncode == 0

    def stop(self) -> None:
        """Stop it, if there is one. Raises Failed when it does not."""
        if self.has_systemd and self.state("LoadState") == "loaded":
            done = self.systemctl("stop", SERVICE, within_s=120.0)
            if done.returncode:
                raise Failed(text("the service does not stop"), done.stderr.strip())

    def last_words(self) -> str:
        """What the service said last, for people."""
        return self.run(
            ["journalctl", "-u", SERVICE, "-n", "15", "--no-pager", "-o", "cat"], within_s=20.0
        ).stdout
