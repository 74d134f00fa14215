"""The sites of a campaign: what they compile to, and what they compile to after edits of their files.

Edits are made in the text: the entries of a section in another order, so that every device and point has
another number, or one entry left out. What no longer compiles is no edition.
"""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Iterator
from functools import cache
from itertools import islice
from pathlib import Path
from typing import Any, NamedTuple

from config.plan.site import Plan
from config.written.compile import compile_site
from config.written.problems import Findings
from controller.cli.rehearse_source import site_of

ROOT = Path(__file__).parents[2]
SECTIONS = ("lines", "devices", "equipment", "rules")
LEFT_OUT = 6
"""Editions at most that lack something."""
SMALL = (
    "config/sites/minimal",
    "hil_tests/sites/house",
    "hil_tests/sites/shed",
    "tests/golden/good-alarms",
    "tests/golden/good-bookings",
    "tests/golden/good-hands",
    "tests/golden/good-meters",
    "tests/golden/good-restart",
    "tests/golden/good-rules",
    "tests/golden/good-rules-demand",
    "tests/golden/good-rules-hourly",
    "tests/golden/good-rules-lighting",
    "tests/golden/good-rules-plant",
    "hil_tests/sites/plant",
)
LARGE = "config/sites/shuangliu"


class Site(NamedTuple):
    """One of them."""

    plans: tuple[Plan, ...]
    """As it is, then its editions, always in the same order."""
    facts: dict[str, Any]
    """Of the plant behind it."""


@cache
def site(name: str) -> Site:
    """By its directory under the root."""
    folder = ROOT / name
    plan, facts = site_of(folder) if (folder / "plant.yaml").exists() else (_compiled(folder, {}), {})
    assert plan is not None, name
    keys = {point.key for point in plan.points}
    editions = (made for made in _editions(folder) if keys.issuperset(point.key for point in made.points))
    return Site((plan, *islice(editions, 1 + LEFT_OUT)), facts)


def _editions(folder: Path) -> Iterator[Plan]:
    written = {path: path.read_text(encoding="utf-8-sig") for path in sorted(folder.glob("*.yaml"))}
    turned = _compiled(folder, {path.name: _turned(text) for path, text in written.items()})
    if turned is not None:
        yield turned
    for path, text in written.items():
        for shorter in _without_one(text):
            made = _compiled(folder, {path.name: shorter})
            if made is not None:
                yield made


def _compiled(folder: Path, changed: dict[str, str]) -> Plan | None:
    with tempfile.TemporaryDirectory() as scratch:
        copy = Path(scratch) / folder.name
        shutil.copytree(folder, copy)
        for name, text in changed.items():
            (copy / name).write_text(text, encoding="utf-8")
        findings = Findings()
        plan = compile_site(copy, findings)
        return None if findings.problems() else plan


def _turned(text: str) -> str:
    """The entries of each section the other way round."""
    parts: list[str] = []
    for head, entries in _sections(text):
        parts += [head, *reversed(entries)]
    return "".join(parts)


def _without_one(text: str) -> Iterator[str]:
    sections = list(_sections(text))
    for at, (_, entries) in enumerate(sections):
        for gone in range(len(entries)):
            kept = [
                head + "".join(entry for number, entry in enumerate(items) if (other, number) != (at, gone))
                for other, (head, items) in enumerate(sections)
            ]
            yield "".join(kept)


def _sections(text: str) -> Iterator[tuple[str, list[str]]]:
    """(what comes before, entries) of each section; the last has none. A file of one section has its entries
    deeper by two blanks, as every file has them."""
    head, entries, inside = "", list[str](), False
    for line in text.splitlines(keepends=True):
        if line[:1].strip() and not line.startswith("#"):
            if inside:
                yield head, entries
                head, entries = "", []
            inside = line.rstrip().removesuffix(":") in SECTIONS
            head += line
        elif not inside:
            head += line
        elif line.startswith("  ") and line[2:3].strip() and not line.lstrip().startswith("#"):
            entries.append(line)
        elif entries:
            entries[-1] += line
        else:
            head += line
    yield head, entries if inside else []
