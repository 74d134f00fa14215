"""A site directory to sections: which files there are, and what stands where."""

from __future__ import annotations

import hashlib
import os
from dataclasses import dataclass, field
from pathlib import Path

from config.language import Text, text
from config.language.details import detail
from config.plan.devices import Source
from config.plan.regular import read_regular
from config.written import source
from config.written.nodes import Entry, Scalar, Table
from config.written.problems import Findings, nearest, one_of
from config.written.sections import by_content

SECTIONS = (
    "site",
    "lines",
    "devices",
    "equipment",
    "places",
    "programmes",
    "calendar",
    "meters",
    "trends",
    "tariff",
    "sinks",
    "alarms",
    "notify",
    "rules",
)
PROGRAMMES = "schedules"
PROFILES = "profiles"
PLANT = "plant.yaml"
_CALENDAR_KEYS = {"kinds", "days"}
_WITHOUT_NAMES = {"site", "tariff"}
"""Sections that hold no named entries."""
MOST_FILES = 200
_MOST_BYTES = 2_000_000
_LATER = frozenset({"institution", "upload", "events", "reports", "users"})
"""Sections of later versions: known, so that nobody looks for a spelling mistake."""


@dataclass(slots=True)
class Files:
    """What was found: every occurrence of a section, the site's own profiles, the hash of each file."""

    sections: dict[str, list[Entry]] = field(default_factory=dict)
    profiles: dict[str, tuple[str, bytes]] = field(default_factory=dict)
    """Name → (file, content), not yet read."""
    hashes: dict[str, str] = field(default_factory=dict)
    strangers: list[Entry] = field(default_factory=list)
    """Sections of which nobody knows what they were meant to be: told, and not looked into."""
    plant: Entry | None = None
    budget: source.Budget = field(default_factory=source.Budget)
    lost: bool = False
    """A file could not be read at all: what is missing may have been in it."""


def load(directory: Path, findings: Findings) -> Files:
    """Read every file of the site. Problems are told; what can be read is there in spite of them."""
    found = Files()
    here = Source(str(directory), 0, 0)
    if not directory.exists():
        findings.problem(here, text("there is no such directory"))
        return found
    if not directory.is_dir():
        findings.problem(
            here, text("this is no directory"), hint=text("give the site's directory, not one of its files")
        )
        return found
    names = _names(directory, findings)
    if not names and not findings.failed:
        findings.problem(here, text("there is no site here"), text("a file site.yaml"))
    total = 0
    for name in names:
        data = _bytes(directory, name, findings)
        total += len(data or b"")
        if total > _MOST_BYTES:
            found.lost = True
            findings.problem(
                here, text("the files are larger than {limit} kB together", limit=_MOST_BYTES // 1000)
            )
            break
        if data is None:
            found.lost = True
            continue
        found.hashes[name] = hashlib.sha256(data).hexdigest()
        folder = name.partition("/")[0] if "/" in name else ""
        if folder == PROFILES:
            found.profiles[Path(name).stem] = (name, data)
            continue
        table = source.read(name, data, findings, found.budget)
        if table is None:
            found.lost = True
        else:
            if folder == PROGRAMMES and not table.entries:
                findings.note(Source(name, 1, 1), text("this file has no programme in it"))
            _sort_in(found, name, folder, table, findings)
    return found


def _names(directory: Path, findings: Findings) -> list[str]:
    names = []
    for folder in ("", PROGRAMMES, PROFILES):
        where = directory / folder
        if not where.is_dir():
            if os.path.lexists(where):
                findings.problem(
                    _whole(folder), text("this is no directory"), hint=text("make it a folder of .yaml files")
                )
            continue
        try:
            files = sorted(where.iterdir())
        except OSError as error:
            findings.problem(_whole(folder or str(directory)), _unreadable(error))
            continue
        for path in files:
            name = path.relative_to(directory).as_posix()
            if path.suffix == ".yaml" and not path.name.startswith("."):
                names.append(name)
            elif path.suffix == ".yml":
                findings.problem(
                    _whole(name),
                    text("files of a site end in .yaml"),
                    hint=text('rename it to "{name}"', name=f"{path.stem}.yaml"),
                )
    # Where a section stands twice, that of site.yaml is the first.
    names.sort(key=lambda name: name != "site.yaml")
    if len(names) > MOST_FILES:
        findings.problem(_whole(str(directory)), text("more than {limit} files", limit=MOST_FILES))
        return []
    return names


def _whole(name: str) -> Source:
    return Source(name, 0, 0)


def _unreadable(error: OSError) -> Text:
    return text("cannot be read ({reason})", reason=detail(error.strerror or type(error).__name__))


def _bytes(directory: Path, name: str, findings: Findings) -> bytes | None:
    try:
        # One byte more than allowed is enough to know; a file of a gigabyte is not read.
        return read_regular(directory / name, source.MOST_BYTES + 1)
    except OSError as error:
        findings.problem(_whole(name), _unreadable(error))
        return None


def _sort_in(found: Files, name: str, folder: str, table: Table, findings: Findings) -> None:
    """Put the file's keys where they belong."""
    whole = Entry(name, Path(name).stem, Scalar(1, 1, "", ""), table)
    if name == PLANT:
        found.plant = whole
        return
    if folder == PROGRAMMES and [_meant(entry) for entry in whole.children()] != ["programmes"]:
        found.sections.setdefault("programmes", []).append(whole)
        return
    if name == "calendar.yaml" and table.entries and set(table.entries) <= _CALENDAR_KEYS:
        found.sections.setdefault("calendar", []).append(whole)
        return
    unknown = [entry for entry in whole.children() if entry.name not in SECTIONS and not _meant(entry)]
    if (
        unknown
        and len(unknown) == len(table.entries)
        and whole.name in SECTIONS
        and not by_content(unknown[0])
    ):
        findings.problem(
            unknown[0].at,
            text('"{key}" stands in no section', key=unknown[0].name),
            hint=text('write "{section}:" above it and indent what follows', section=whole.name),
        )
        if by_content(whole) == whole.name:
            found.sections.setdefault(whole.name, []).append(whole)
        else:
            found.strangers.append(whole)
        return
    for entry in whole.children():
        if entry.name in _LATER:
            findings.problem(
                entry.at, text('"{section}" is not supported by this version', section=entry.name)
            )
        elif entry.name in SECTIONS:
            found.sections.setdefault(entry.name, []).append(entry)
        else:
            _unknown(found, entry, findings)


def _unknown(found: Files, entry: Entry, findings: Findings) -> None:
    """Tell it. What can be told to have been meant is taken for that, so that nobody hears that what stands
    in it is not there."""
    near = findings.guess(entry.name, SECTIONS)
    meant = _meant(entry)
    if meant is None and near is None and (meant := by_content(entry)) is not None:
        near = text('did you mean "{name}"?', name=meant)
    findings.problem(
        entry.at, text('no section named "{name}"', name=entry.name), None if near else one_of(SECTIONS), near
    )
    if meant is None:
        found.strangers.append(entry)
    else:
        found.sections.setdefault(meant, []).append(entry)


def _meant(entry: Entry) -> str | None:
    """The section that a misspelt one was meant to be, judged by what stands in it too; None if it is none,
    but perhaps an entry that stands in no section."""
    near = nearest(entry.name, SECTIONS)
    if near is None or entry.name in _LATER or not isinstance(entry.node, Table):
        return None
    keys = entry.node.entries
    if near == "calendar":
        return near if set(keys) <= _CALENDAR_KEYS else None
    alike = near in _WITHOUT_NAMES or all(isinstance(value, Table) for _, value in keys.values())
    return near if alike else None
