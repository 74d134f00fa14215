"""Install, upgrade, roll back, take away. Each can be done again, and one that fails leaves what runs."""

from __future__ import annotations

import json
import shutil
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

from config.language import Text, text
from deploy import data
from deploy.layout import SERVICE, Layout, write_whole
from deploy.machine import Failed, Machine

HEALTHY_S = 15.0
"""How long a new version must run, once it is ready, before the old one is given up."""
LOOK_S = 1.0

Say = Callable[[Text], None]
"""Hears of each step that was done."""


class Service:
    """The service on one box."""

    def __init__(self, layout: Layout, machine: Machine, say: Say, *, healthy_s: float = HEALTHY_S) -> None:
        self.layout = layout
        self.machine = machine
        self.say = say
        self._healthy_s = healthy_s

    # The site

    def find_site(self, folder: Path | None) -> Path:
        """Where the site that the service is to run lies or will lie: `folder`, in /etc/louguan, or the one
        that it runs already. Changes nothing. Raises Failed."""
        if folder is None:
            named = self._named_site()
            if named is None:
                raise Failed(text("say which site is to run: make install-service SITE=DIR, or --site DIR"))
            return named
        if not folder.is_dir():
            raise Failed(text("{folder}: there is no such directory", folder=str(folder)))
        target = self.layout.etc / folder.resolve().name
        if folder.resolve() != target.resolve() and target.exists():
            raise Failed(
                text(
                    "{folder} is there already: edit it there, or name it: --site {folder}",
                    folder=str(target),
                )
            )
        return target

    def take_site(self, folder: Path | None) -> Path:
        """The same; it is copied there where it is not there yet. What is there is never written over. Raises
        Failed."""
        target = self.find_site(folder)
        if folder is not None and folder.resolve() != target.resolve():
            new = target.with_name(f".{target.name}.new")
            shutil.rmtree(new, ignore_errors=True)
            shutil.copytree(folder, new, ignore=shutil.ignore_patterns("data", ".git", "*~", "*.swp"))
            new.rename(target)
            self.say(text("the site is in {folder} now", folder=str(target)))
        return target

    def prepare(self, site: Path) -> None:
        """User, directories and who may read them. Raises Failed."""
        self.machine.ensure_user()
        for folder, mode in ((self.layout.etc, 0o750), (self.layout.data, 0o750)):
            folder.mkdir(parents=True, exist_ok=True)
            self.machine.give(folder, mode, group_only=folder == self.layout.etc)
        # The files may hold secrets: the service reads them, nobody else but root.
        for path in (site, *site.rglob("*")):
            if not path.is_symlink():
                self.machine.give(path, 0o750 if path.is_dir() else 0o640, group_only=True)
        # What somebody has put back as root is the service's to write.
        for path in self.layout.data.rglob("*"):
            with suppress(FileNotFoundError):  # the service may be running
                if not path.is_symlink() and (path.is_dir() or path.is_file()):
                    self.machine.give(path, 0o750 if path.is_dir() else 0o640)
        self._name_site(site)

    # Versions

    def bring_in(self, version: str, site: Path) -> None:
        """Let `version`, which is there whole, be the one that runs. Raises Failed; then the one that ran
        runs on, or again."""
        former = self.layout.version(self.layout.current)
        if former == version and self._as_it_should(version):
            self.say(text("{version} is installed and in force; nothing is to be done", version=version))
            return
        self.prepare(site)
        self._check(version, site)
        backup = None
        if former and former != version and data.exist(self.layout):
            backup = data.back_up(self.layout, self.machine, former)
            self.say(text("the data are backed up to {file}", file=str(backup)))
        data.note(self.layout, version, former=former, backup=backup)
        ran = self.machine.active()
        try:
            self._switch(version, start=ran or not former)
        except (Failed, OSError, KeyboardInterrupt) as failure:
            if former and former != version:
                self.say(
                    text(
                        "{version} does not run as it should: {former} is put back",
                        version=version,
                        former=former,
                    )
                )
                self._go_back(version, former, start=ran, forced=True)
            why = failure.what if isinstance(failure, Failed) else str(failure) or text("it was broken off")
            more = failure.more if isinstance(failure, Failed) else ""
            raise Failed(
                text("{version} is not in force: {why}", version=version, why=why), more
            ) from failure
        if former and former != version:
            self.layout.point(self.layout.previous, former)

    def roll_back(self, *, with_backup: bool = False) -> None:
        """The version before runs again. Raises Failed; then everything is as it was."""
        layout = self.layout
        version, former = layout.version(layout.current), layout.version(layout.previous)
        if not former or former == version:
            raise Failed(text("there is no version before this one"))
        if not data.readable_by_former(layout, version) and not with_backup:
            raise Failed(
                text(
                    "{former} cannot read the data as {version} keeps them. To go back to the data as they "
                    "were before the upgrade, say --with-backup: what came since is set aside, and the site "
                    "observes until a person says: louguan observe off",
                    former=former,
                    version=version,
                )
            )
        site = self._named_site()
        if site is not None:
            self._check(former, site)
        self._go_back(version, former, start=self.machine.active(), forced=False)
        layout.point(layout.previous, version)
        # The way forward again: what `version` wrote it can read.
        data.note(layout, former, former=version, backup=None)

    def remove(self, *, data_too: bool) -> None:
        """Take the service away. Site, data and backups stay unless `data_too`. Raises Failed."""
        layout, machine = self.layout, self.machine
        if machine.has_systemd and layout.unit.exists():
            machine.stop()
            machine.systemctl("disable", SERVICE)
        for path in (layout.unit, layout.command, layout.service_command):
            path.unlink(missing_ok=True)
        if machine.has_systemd:
            machine.systemctl("daemon-reload")
        for folder in (layout.etc, layout.data, layout.backups):
            if folder.exists() and data_too:
                shutil.rmtree(folder)
                self.say(text("{folder} is deleted", folder=str(folder)))
            elif folder.exists():
                self.say(text("{folder} is kept", folder=str(folder)))
        # Last: this program is in there.
        shutil.rmtree(layout.versions, ignore_errors=True)

    def put_commands(self) -> None:
        """`louguan` and `louguan-service`, for everybody's PATH. Raises OSError."""
        layout = self.layout
        layout.command.parent.mkdir(parents=True, exist_ok=True)
        if not layout.command.is_symlink():
            layout.command.unlink(missing_ok=True)
            layout.command.symlink_to("/opt/louguan/current/bin/louguan")
        program = '#!/bin/sh\nexec /opt/louguan/current/bin/python -I -m deploy "$@"\n'
        write_whole(layout.service_command, program, 0o755)

    # Inside

    def _as_it_should(self, version: str) -> bool:
        layout = self.layout
        unit = (layout.versions / version / SERVICE).read_text(encoding="utf-8")
        in_place = layout.unit.is_file() and layout.unit.read_text(encoding="utf-8") == unit
        return in_place and (not self.machine.has_systemd or self.machine.active())

    def _check(self, version: str, site: Path) -> None:
        program = str(self.layout.versions / version / "bin/louguan")
        words = text("the site's files are not right for {version}", version=version)
        self.machine.do([program, "check", str(site)], words, as_service=True)
        self.say(text("the site's files are right for {version}", version=version))

    def _switch(self, version: str, *, start: bool) -> None:
        layout, machine = self.layout, self.machine
        machine.stop()
        layout.point(layout.current, version)
        write_whole(layout.unit, (layout.versions / version / SERVICE).read_text(encoding="utf-8"))
        self.put_commands()
        if not machine.has_systemd:
            self.say(
                text(
                    "{version} is installed; systemd does not run here, so nothing is started",
                    version=version,
                )
            )
            return
        for words in (("daemon-reload",), ("enable", SERVICE)):
            done = machine.systemctl(*words)
            if done.returncode:
                raise Failed(text("the service cannot be set up"), done.stderr.strip())
        if not start:
            self.say(
                text("{version} is installed; the service did not run and is not started", version=version)
            )
            return
        if not machine.start():
            raise Failed(text("{version} does not become ready", version=version), machine.last_words())
        self._stay_healthy(version)
        self.say(text("{version} runs", version=version))

    def _stay_healthy(self, version: str) -> None:
        restarts, deadline = self.machine.state("NRestarts"), time.monotonic() + self._healthy_s
        while True:
            steady = (
                self.machine.state("ActiveState") == "active" and self.machine.state("NRestarts") == restarts
            )
            if not steady or not self._answers(version):
                raise Failed(text("{version} does not stay up", version=version), self.machine.last_words())
            if time.monotonic() >= deadline:
                return
            time.sleep(LOOK_S)

    def _answers(self, version: str) -> bool:
        program = str(self.layout.current / "bin/louguan")
        done = self.machine.run([program, "status", "--json", "--data", str(self.layout.data)], within_s=30.0)
        try:
            return done.returncode == 0 and version.startswith(f"{json.loads(done.stdout)['version']}-")
        except (ValueError, KeyError):
            return False

    def _go_back(self, version: str, former: str, *, start: bool, forced: bool) -> None:
        """From `version` to `former`. `forced`: nobody asks about the data, what is needed is done."""
        self.machine.stop()
        try:
            if not data.readable_by_former(self.layout, version):
                data.put_back(self.layout, self.machine, version, former)
                self.say(
                    text(
                        "the data are those of before the upgrade; what came since is set aside, and the "
                        "site observes until a person says: louguan observe off"
                    )
                )
            self._switch(former, start=start)
        except Failed:
            if not forced:
                self._switch(version, start=start)
            raise

    def _seen(self, path: Path) -> str:
        """A path as the service sees it."""
        return "/" + str(path.relative_to(self.layout.root))

    def _name_site(self, site: Path) -> None:
        """What else stands in the file is the administrator's."""
        named = f"LOUGUAN_SITE={self._seen(site)}"
        if self._named_site() is None:
            lines = [named, "# More words for louguan run, e.g. --trust-clock", "LOUGUAN_OPTIONS="]
        else:
            lines = self.layout.environment.read_text(encoding="utf-8").splitlines()
            lines = [named if line.startswith("LOUGUAN_SITE=") else line for line in lines]
        write_whole(self.layout.environment, "\n".join(lines) + "\n")

    def _named_site(self) -> Path | None:
        try:
            lines = self.layout.environment.read_text(encoding="utf-8").splitlines()
        except OSError:
            return None
        named = [line.partition("=")[2] for line in lines if line.startswith("LOUGUAN_SITE=")]
        return self.layout.root / named[-1].lstrip("/") if named and named[-1] else None
