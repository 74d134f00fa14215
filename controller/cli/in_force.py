"""The plan that a data directory's daemon runs, or would run at its next start: read, never changed."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable
from contextlib import closing
from pathlib import Path

from config.language import text
from config.plan.site import Plan
from controller.cli.speech import Failure
from controller.store.connection import open_reader
from controller.store.plans import MOST_LOOKED_AT, PlanFiles, Version, history, versions


def versions_in(data: Path) -> list[Version]:
    """The plans accepted there, newest first. Raises Failure."""
    try:
        with closing(open_reader(data / "control.db")) as reader:
            return versions(reader, MOST_LOOKED_AT)
    except sqlite3.Error as error:
        raise Failure(
            text("no accepted plan can be read in {data}", data=str(data)),
            hint=text("Say where it is with --data DIR."),
            kind="no-plan",
        ) from error


def kept_in(data: Path, known: Iterable[Version]) -> frozenset[str]:
    """The hashes of those whose plan is still there."""
    files = PlanFiles(data / "plans", data / "backup")
    return frozenset(version.item.hash for version in known if files.has(version.item.hash))


def plan_of_version(data: Path, number: int) -> Plan:
    """The plan of that number in `louguan history`. Raises Failure."""
    found = next((version for version in versions_in(data) if version.number == number), None)
    if found is None:
        raise Failure(
            text("there is no version {number}; see: louguan history", number=number), kind="no-plan"
        )
    files = PlanFiles(data / "plans", data / "backup")
    kept = files.sound(found.item.hash)
    if kept is None and not files.has(found.item.hash):
        raise Failure(
            text("the plan of version {number} is not kept any more", number=number), kind="no-plan"
        )
    if kept is None:
        raise Failure(text("version {number} cannot be read any more", number=number), kind="no-plan")
    return kept[1]


def plan_in_force(data: Path) -> Plan:
    """The plan accepted last. Raises Failure where there is none that can be read."""
    files = PlanFiles(data / "plans", data / "backup")
    named: str | None = None
    try:
        with closing(open_reader(data / "control.db")) as reader:
            named = next((item.hash for item in history(reader, 1)), None)
    except sqlite3.Error:
        pass  # the folder itself may tell
    try:
        named = named or files.newest()
        kept = files.sound(named) if named else None
    except (ValueError, OSError):
        kept = None
    if kept is None:
        raise Failure(
            text("no accepted plan can be read in {data}", data=str(data)),
            hint=text("Say where it is with --data DIR."),
            kind="no-plan",
        )
    return kept[1]
