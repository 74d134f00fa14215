"""What a backup says of itself: which files it has, with their sums, and of what moment it is. Pure."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import Any, NamedTuple

from config.language import Text, text
from config.language.details import reason
from controller.store.ledger import Head

FILE = "manifest.json"
MOST_BYTES = 4 * 1024 * 1024
"""Of the manifest itself; some ten thousand files."""
_FORMAT = "louguan-backup"
_VERSION = 2
"""1 had no acceptance.json."""
_NAME = re.compile(
    r"control\.db|log\.db|acceptance\.json|plans/[0-9a-f]{64}\.json|ledger/ledger-\d{1,19}-\d{1,19}(-\d{1,3})?\.jsonl\.gz"
)
"""All that a backup may hold. No such name leads out of a directory."""
_SUM = re.compile(r"[0-9a-f]{64}")
NEEDED = frozenset({"control.db", "log.db"})


class BackupWrong(Exception):
    """It is no backup, or not what was backed up. `text` says why."""

    def __init__(self, why: Text) -> None:
        super().__init__(str(why))
        self.text = why


class _Damaged(ValueError):
    def __init__(self, why: Text) -> None:
        super().__init__(str(why))
        self.why = why


class Part(NamedTuple):
    """One file of it."""

    name: str
    """Within the data directory, with "/"."""
    bytes: int
    sha256: str


class Manifest(NamedTuple):
    """All that is said. Times are UTC milliseconds."""

    made_ms: int
    """By the clock of the machine that made it."""
    seen_ms: int
    """Site time that stood in control.db: what happened later is not in the backup."""
    version: str
    """Of louguan."""
    site: str
    """Its name; "" when no plan was accepted yet, or none could be read."""
    simulated: bool
    """The data are a simulation's."""
    head: Head
    """The ledger's."""
    counts: Mapping[str, int]
    """meters, intervals, ledger_rows."""
    parts: tuple[Part, ...]
    missing: tuple[str, ...]
    """Sealed files of the ledger that were not where they belong."""

    def named(self) -> dict[str, Part]:
        """Its parts by name."""
        return {part.name: part for part in self.parts}


def dump(manifest: Manifest) -> bytes:
    """As it is written."""
    said = manifest._asdict() | {
        "format": _FORMAT,
        "format_version": _VERSION,
        "head": {"seq": manifest.head.seq, "hash": manifest.head.hash.hex()},
        "counts": dict(manifest.counts),
        "parts": [part._asdict() for part in manifest.parts],
    }
    return (json.dumps(said, ensure_ascii=False, indent=1) + "\n").encode()


def load(content: bytes) -> Manifest:
    """What was written. Raises BackupWrong."""
    try:
        said = json.loads(content)
        if not isinstance(said, dict) or said["format"] != _FORMAT:
            raise BackupWrong(text("this is no backup of louguan"))
        if said["format_version"] not in range(1, _VERSION + 1):
            raise BackupWrong(text("this backup was made by a newer louguan"))
        return _manifest(said)
    except _Damaged as error:
        raise BackupWrong(text("its manifest is damaged: {reason}", reason=error.why)) from error
    except KeyError as error:
        lost = text('"{key}" is missing', key=error.args[0])
        raise BackupWrong(text("its manifest is damaged: {reason}", reason=lost)) from error
    except (TypeError, AttributeError, RecursionError) as error:
        wrong = text("this has the wrong form")
        raise BackupWrong(text("its manifest is damaged: {reason}", reason=wrong)) from error
    except ValueError as error:
        raise BackupWrong(text("its manifest is damaged: {reason}", reason=reason(error))) from error


def _manifest(said: dict[str, Any]) -> Manifest:
    parts = tuple(_part(one) for one in said["parts"])
    names = [part.name for part in parts]
    if len(set(names)) != len(names) or not set(names) >= NEEDED:
        raise _Damaged(text("a file is named twice, or a database is not named"))
    head = Head(_whole(said["head"]["seq"]), bytes.fromhex(said["head"]["hash"]))
    counts = {str(name): _whole(number) for name, number in said["counts"].items()}
    times = (_whole(said["made_ms"]), _whole(said["seen_ms"]))
    words = (str(said["version"]), str(said["site"]))
    missing = tuple(str(name) for name in said["missing"])
    return Manifest(*times, *words, bool(said["simulated"]), head, counts, parts, missing)


def _part(said: Any) -> Part:
    name, sha256 = said["name"], said["sha256"]
    if not isinstance(name, str) or not _NAME.fullmatch(name):
        raise _Damaged(text("a backup holds no {name}", name=str(name)[:100]))
    if not isinstance(sha256, str) or not _SUM.fullmatch(sha256):
        raise _Damaged(text("{name} has no check sum", name=name))
    return Part(name, _whole(said["bytes"]), sha256)


def _whole(said: Any) -> int:
    if isinstance(said, bool) or not isinstance(said, int) or not 0 <= said < 2**62:
        raise _Damaged(text("{value} is no number that can be here", value=str(said)[:60]))
    return said
