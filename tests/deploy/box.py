"""A box on a staging root: versions whose program is this source tree's, and what was said of each step."""

from __future__ import annotations

import shutil
import sys
from pathlib import Path

from config.language import Text, render
from deploy.layout import COMPLETE, Layout
from deploy.machine import Machine
from deploy.steps import Service

ROOT = Path(__file__).parents[2]
UNIT = ROOT / "deploy" / "louguan.service"
PROGRAM = f'exec {sys.executable} -P -m controller.cli --lang en "$@"\n'

BREAKS_DOWN = 'case " $* " in *" run "*) echo broken down >&2; exit 1;; esac\n'
"""What a version does that cannot start."""
MIGRATES = f"""case " $* " in *" run "*)
  {sys.executable} - "$4" <<'END'
import sqlite3, sys
with sqlite3.connect(sys.argv[1] + "/control.db") as connection:
    row = "('control', 'm999_later', '')"
    connection.execute("INSERT INTO _sqlite_migrations (migration_set, name, applied_at) VALUES " + row)
END
  exit 1;;
esac
"""
"""The same, but it has brought control.db forward before."""


class Box:
    """A staging root. With `systemd` the service really runs, under a stand-in for the service manager."""

    def __init__(self, folder: Path, *, systemd: bool) -> None:
        self.layout = Layout(folder / "box")
        stand_in = (sys.executable, str(Path(__file__).with_name("systemctl.py")), str(self.layout.root))
        self.machine = Machine(owns=False, systemctl=stand_in if systemd else None)
        self.said: list[str] = []
        self.service = Service(self.layout, self.machine, self._say, healthy_s=0.5)
        self.site = folder / "office"
        shutil.copytree(ROOT / "config" / "sites" / "minimal", self.site)
        devices = self.site / "devices.yaml"
        # Nobody is to be spoken to.
        devices.write_text(
            devices.read_text(encoding="utf-8").replace("10.0.0.11", "127.0.0.1"), encoding="utf-8"
        )
        self.layout.root.mkdir()

    def _say(self, what: Text) -> None:
        self.said.append(render(what, "en"))

    def add_version(self, name: str, before: str = "") -> str:
        """Put a version there, as it is once it was built; `before`: what its program does first."""
        program = self.layout.versions / name / "bin" / "louguan"
        program.parent.mkdir(parents=True)
        program.write_text(f"#!/bin/sh\ncd {ROOT}\n{before}{PROGRAM}", encoding="utf-8")
        program.chmod(0o755)
        shutil.copyfile(UNIT, self.layout.versions / name / "louguan.service")
        (self.layout.versions / name / COMPLETE).write_text(name, encoding="utf-8")
        return name

    def install(self, name: str, site: Path | None = None) -> None:
        self.service.bring_in(name, self.service.take_site(site))

    @property
    def current(self) -> str:
        return self.layout.version(self.layout.current)

    @property
    def previous(self) -> str:
        return self.layout.version(self.layout.previous)
