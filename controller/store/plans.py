"""Accepted plans: which one is in force, since when and by whom. The JSON itself lies in
data/plans/<hash>.json."""

from __future__ import annotations

import os
import re
import sqlite3
from pathlib import Path
from typing import NamedTuple

_HASH = re.compile(r"[0-9a-f]{64}")


class Acceptance(NamedTuple):
    """A plan came into force. The same hash may be accepted again (a rollback)."""

    hash: str
    accepted_ms: int
    person: str
    detail: str = ""


class PlanFiles:
    """The folder of accepted plans: content never changes once written, for the name is its hash."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def path(self, plan_hash: str) -> Path:
        """Where the plan of that hash lies. Raises ValueError for what is no SHA-256 in hex."""
        if not _HASH.fullmatch(plan_hash):
            raise ValueError(f"{plan_hash!r} is not a plan's hash")
        return self._folder / f"{plan_hash}.json"

    def save(self, plan_hash: str, content: str) -> Path:
        """Write `content` so that after a power cut either all of it is there or nothing. Raises OSError."""
        path = self.path(plan_hash)
        self._folder.mkdir(parents=True, exist_ok=True)
        fresh = path.with_suffix(f".{os.getpid()}.new")
        try:
            with fresh.open("wb") as file:
                file.write(content.encode())
                file.flush()
                os.fsync(file.fileno())
            fresh.replace(path)
        except BaseException:
            fresh.unlink(missing_ok=True)
            raise
        folder = os.open(self._folder, os.O_RDONLY)
        try:
            os.fsync(folder)
        finally:
            os.close(folder)
        return path

    def load(self, plan_hash: str) -> str | None:
        """The content, unchecked (`config.plan.codec.load` checks it against its hash); None if it is not
        there."""
        try:
            return self.path(plan_hash).read_text(encoding="utf-8")
        except (FileNotFoundError, UnicodeDecodeError):
            return None

    def newest(self) -> str | None:
        """The hash of the plan written last; None when none is kept. For when the note of which one is in
        force is lost."""
        found = [path for path in self._folder.glob("*.json") if _HASH.fullmatch(path.stem)]
        return max(found, key=lambda path: path.stat().st_mtime_ns).stem if found else None


def accept(connection: sqlite3.Connection, item: Acceptance) -> None:
    """Note that `item` is in force from now on."""
    connection.execute(
        "INSERT INTO plans (hash, accepted_ms, person, detail) VALUES (?, ?, ?, ?)",
        (item.hash, item.accepted_ms, item.person, item.detail),
    )


def history(connection: sqlite3.Connection, limit: int = 100) -> list[Acceptance]:
    """The latest acceptances, newest first; the first is the plan in force."""
    query = "SELECT hash, accepted_ms, person, detail FROM plans ORDER BY id DESC LIMIT ?"
    return [Acceptance(*row) for row in connection.execute(query, (limit,))]
