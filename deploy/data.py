"""The service's data around a change of versions: backed up; put back where the older cannot read them."""

from __future__ import annotations

import json
import sqlite3
import time
from contextlib import closing
from pathlib import Path
from typing import Any, cast
from urllib.parse import quote

from config.language import text
from deploy.layout import Layout, write_whole
from deploy.machine import Failed, Machine

DATABASES = ("control.db", "log.db")
KEPT = 3
"""Backups of upgrades."""
CAME_FROM = "came-from.json"
"""In a version's directory: which version it took over from, with which data."""


def exist(layout: Layout) -> bool:
    """Whether a daemon has run here."""
    return (layout.data / "control.db").exists()


def shape(layout: Layout) -> dict[str, list[str]]:
    """The steps that have made the databases what they are: who knows all of them can read them. Raises
    Failed."""
    return {name: _steps(layout.data / name) for name in DATABASES}


def _steps(path: Path) -> list[str]:
    if not path.exists():
        return []
    try:
        with closing(
            sqlite3.connect(f"file:{quote(str(path))}?mode=ro", uri=True, timeout=5.0)
        ) as connection:
            query = "SELECT migration_set || ':' || name FROM _sqlite_migrations ORDER BY 1"
            return [str(row[0]) for row in connection.execute(query)]
    except sqlite3.Error as error:
        raise Failed(text("{file} cannot be read", file=str(path)), str(error)) from error


def back_up(layout: Layout, machine: Machine, version: str) -> Path:
    """Back up beside the running service, by the version that wrote the data. Raises Failed."""
    layout.backups.mkdir(parents=True, exist_ok=True)
    machine.give(layout.backups, 0o750)
    target = layout.backups / f"before-{time.strftime('%Y%m%dT%H%M%SZ', time.gmtime())}.tar.gz"
    program = str(layout.versions / version / "bin/louguan")
    # By the service's user: whoever opens a database last leaves files beside it that are his.
    machine.do(
        [program, "backup", str(target), "--data", str(layout.data)],
        text("the data cannot be backed up"),
        as_service=True,
    )
    for old in sorted(layout.backups.glob("before-*.tar.gz"))[:-KEPT]:
        old.unlink()
    return target


def note(layout: Layout, version: str, *, former: str, backup: Path | None) -> None:
    """What `version` takes over, noted with it before it starts."""
    facts = {
        "version": former,
        "backup": None if backup is None else str(backup),
        "shape": shape(layout) if exist(layout) else {},
    }
    write_whole(layout.versions / version / CAME_FROM, json.dumps(facts, indent=1))


def taken_over(layout: Layout, version: str) -> dict[str, Any]:
    """What was noted; {} where nothing was."""
    try:
        return cast(dict[str, Any], json.loads((layout.versions / version / CAME_FROM).read_text("utf-8")))
    except (OSError, ValueError):
        return {}


def readable_by_former(layout: Layout, version: str) -> bool:
    """Whether the data still are of the shape that the version before `version` left them in."""
    facts = taken_over(layout, version)
    return not exist(layout) or not facts.get("shape") or facts["shape"] == shape(layout)


def put_back(layout: Layout, machine: Machine, version: str, former: str) -> None:
    """Put the backup made before `version` in place, by `former`; the service is stopped. What is there now
    is kept beside it. Raises Failed."""
    backup = taken_over(layout, version).get("backup")
    if not backup or not Path(backup).is_file():
        raise Failed(text("there is no backup from before {version}", version=version))
    program = str(layout.versions / former / "bin/louguan")
    machine.do(
        [program, "restore", backup, "--data", str(layout.data), "--replace"],
        text("the backup {file} cannot be put back", file=backup),
        as_service=True,
    )
