"""Accepted plans: which one is in force, since when and by whom. The JSON itself lies in
data/plans/<hash>.json, and that of the one accepted last in data/backup too."""

from __future__ import annotations

import logging
import re
import sqlite3
from collections.abc import Collection, Sequence
from pathlib import Path
from typing import NamedTuple

from config.language import text
from config.language.details import reason
from config.plan import codec
from config.plan.site import Plan
from controller.whole import write_whole

_log = logging.getLogger(__name__)
KEPT = 50
"""Plans that are kept, those accepted last: some 0.8 MB each for a site of 70 devices."""
_HASH = re.compile(r"[0-9a-f]{64}")
_SPARE = "plan-"
_COLUMNS = "hash, accepted_ms, person, detail, comment, back_to"


MOST_LOOKED_AT = 1000
"""Versions that a history goes back."""


class Acceptance(NamedTuple):
    """A plan came into force. The same hash may be accepted again (a rollback)."""

    hash: str
    accepted_ms: int
    person: str
    detail: str = ""
    comment: str = ""
    """What that person said of it."""
    back_to: int = 0
    """The number of the version that it brings back; 0 = none."""


class Version(NamedTuple):
    """An acceptance in its place."""

    number: int
    item: Acceptance


class PlanFiles:
    """The folder of accepted plans: content never changes once written, for the name is its hash.

    Of the one saved last there is a second copy beside the backups, so that neither a folder deleted by
    mistake nor a bad block loses it.
    """

    def __init__(self, folder: Path, spare: Path) -> None:
        self._folder = folder
        self._spare = spare

    def path(self, plan_hash: str) -> Path:
        """Where the plan of that hash lies. Raises ValueError for what is no SHA-256 in hex."""
        return self._folder / f"{_checked(plan_hash)}.json"

    def spare(self, plan_hash: str) -> Path:
        """Where its second copy lies. Raises ValueError."""
        return self._spare / f"{_SPARE}{_checked(plan_hash)}.json"

    def save(self, plan_hash: str, content: str) -> Path:
        """Write `content` so that after a power cut either all of it is there or nothing, twice. Raises
        OSError when not even the first copy can be written."""
        path, spare = self.path(plan_hash), self.spare(plan_hash)
        _write(path, content)
        try:
            _write(spare, content)
            for old in self._spare.glob(f"{_SPARE}*.json"):
                if old != spare:
                    old.unlink(missing_ok=True)
        except OSError as error:
            _log.warning(text("cannot write {file}: {reason}", file=str(spare), reason=reason(error)))
        return path

    def copies(self, plan_hash: str) -> tuple[str | None, str | None]:
        """What can be read of the plan and of its second copy, unchecked (`config.plan.codec.load` checks
        it against its hash); None for what cannot."""
        return _read(self.path(plan_hash)), _read(self.spare(plan_hash))

    def sound(self, plan_hash: str) -> tuple[str, Plan] | None:
        """The first of the copies that is what its name says, and the Plan in it; None where none is. Raises
        ValueError for what is no hash."""
        for content in self.copies(plan_hash):
            plan = None if content is None else sound(content)
            if content is not None and plan is not None and plan.hash == plan_hash:
                return content, plan
        return None

    def has(self, plan_hash: str) -> bool:
        """Whether there is a copy of it, sound or not. Raises ValueError."""
        return self.path(plan_hash).exists() or self.spare(plan_hash).exists()

    def keep_only(self, wanted: Collection[str]) -> None:
        """Delete the plans that are not wanted. Raises OSError."""
        for path in self._folder.glob("*.json"):
            if _HASH.fullmatch(path.stem) and path.stem not in wanted:
                path.unlink(missing_ok=True)

    def newest(self) -> str | None:
        """The hash of the plan written last; None when none is kept. For when the note of which one is in
        force is lost."""
        named = [(path, path.stem) for path in self._folder.glob("*.json")]
        named += [(path, path.stem.removeprefix(_SPARE)) for path in self._spare.glob(f"{_SPARE}*.json")]
        found = [(path.stat().st_mtime_ns, name) for path, name in named if _HASH.fullmatch(name)]
        return max(found)[1] if found else None


def sound(content: str) -> Plan | None:
    """The Plan in `content`; None where it is damaged or of another version."""
    try:
        return codec.load(content)
    except ValueError:
        return None


def _checked(plan_hash: str) -> str:
    if not _HASH.fullmatch(plan_hash):
        raise ValueError(f"{plan_hash!r} is not a plan's hash")
    return plan_hash


def _read(path: Path) -> str | None:
    try:
        return path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError):
        return None


def _write(path: Path, content: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    write_whole(path, content)


def accept(connection: sqlite3.Connection, item: Acceptance) -> None:
    """Note that `item` is in force from now on."""
    connection.execute(
        f"INSERT INTO plans ({_COLUMNS}) VALUES (?, ?, ?, ?, ?, ?)",  # noqa: S608
        item,
    )


def history(connection: sqlite3.Connection, limit: int = 100) -> list[Acceptance]:
    """The latest acceptances, newest first; the first is the plan in force."""
    return [version.item for version in versions(connection, limit)]


def versions(connection: sqlite3.Connection, limit: int = 100) -> list[Version]:
    """The same with their numbers."""
    query = f"SELECT id, {_COLUMNS} FROM plans ORDER BY id DESC LIMIT ?"  # noqa: S608
    return [Version(number, Acceptance(*row)) for number, *row in connection.execute(query, (limit,))]


def worth_keeping(connection: sqlite3.Connection) -> set[str]:
    """The hashes of the plans accepted last, of what a rollback would bring back, and of every one that the
    daemon was ever started with: the ledger's runs go by these."""
    rows = connection.execute("SELECT hash FROM plans GROUP BY hash ORDER BY max(id) DESC LIMIT ?", (KEPT,))
    found = {plan_hash for (plan_hash,) in rows}
    found.update(plan_hash for (plan_hash,) in connection.execute("SELECT DISTINCT plan FROM boots"))
    back = before(versions(connection, MOST_LOOKED_AT))
    return found if back is None else found | {back.item.hash}


def before(known: Sequence[Version]) -> Version | None:
    """The version that the one in force took the place of; a rollback is what it went back to. `known`:
    newest first."""
    now = known[0] if known else None
    while now is not None and now.item.back_to:
        number = now.item.back_to
        now = next((version for version in known if version.number == number), None)
    if now is None:
        return None
    older = (version for version in known if version.number < now.number)
    return next((version for version in older if version.item.hash != now.item.hash), None)
