"""Where everything lies on the box."""

from __future__ import annotations

import os
import stat
from dataclasses import dataclass
from pathlib import Path

SERVICE = "louguan.service"
USER = "louguan"
COMPLETE = "complete"
"""In a version's directory once all of it is there; without it the directory is left-overs."""


@dataclass(frozen=True)
class Layout:
    """Paths under `root`; "/" but for a staging root."""

    root: Path = Path("/")

    @property
    def live(self) -> bool:
        """Whether this is the machine itself."""
        return self.root == Path("/")

    @property
    def versions(self) -> Path:
        return self.root / "opt/louguan"

    @property
    def current(self) -> Path:
        """A link to the version that runs."""
        return self.versions / "current"

    @property
    def previous(self) -> Path:
        """A link to the one before."""
        return self.versions / "previous"

    @property
    def etc(self) -> Path:
        return self.root / "etc/louguan"

    @property
    def environment(self) -> Path:
        """What differs from site to site: read by the unit."""
        return self.etc / "service.env"

    @property
    def data(self) -> Path:
        return self.root / "var/lib/louguan"

    @property
    def backups(self) -> Path:
        return self.root / "var/backups/louguan"

    @property
    def unit(self) -> Path:
        return self.root / "etc/systemd/system" / SERVICE

    @property
    def command(self) -> Path:
        return self.root / "usr/local/bin/louguan"

    @property
    def service_command(self) -> Path:
        return self.root / "usr/local/sbin/louguan-service"

    def version(self, link: Path) -> str:
        """The version that a link names, if it is there whole; "" where not."""
        try:
            name = os.readlink(link)
        except OSError:
            return ""
        return name if (self.versions / name / COMPLETE).is_file() else ""

    def point(self, link: Path, version: str) -> None:
        """Let a link name another version: at one moment, whole or not at all."""
        new = link.with_name(f".{link.name}.new")
        new.unlink(missing_ok=True)
        new.symlink_to(version)
        new.rename(link)


def write_whole(path: Path, content: str, mode: int = 0o644) -> bool:
    """Put `content` at `path`, whole or not at all; whether that changed anything."""
    if (
        path.is_file()
        and path.read_text(encoding="utf-8") == content
        and stat.S_IMODE(path.stat().st_mode) == mode
    ):
        return False
    path.parent.mkdir(parents=True, exist_ok=True)
    new = path.with_name(f".{path.name}.new")
    new.write_text(content, encoding="utf-8")
    new.chmod(mode)
    new.rename(path)
    return True
