"""Device profiles: found, read, validated and checked."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TypeVar

from pydantic import BaseModel

from config.language import text
from config.written import source
from config.written.check.profile import check_profile
from config.written.model.profile import PointWritten, ProfileWritten
from config.written.named import Named
from config.written.nodes import Entry, Scalar, Table
from config.written.problems import Findings
from config.written.profiles import Profile
from config.written.validate import shaped

Shape = TypeVar("Shape", bound=BaseModel)
BUILT_IN = Path(__file__).parent.parent / "profiles"


def read_profile(
    file: str, data: bytes, findings: Findings, budget: source.Budget | None = None
) -> Profile | None:
    """The profile in `data`, or None when its head is unusable. Everything wrong is told.

    The name must be the file's.
    """
    table = source.read(file, data, findings, budget)
    if table is None:
        return None
    stem = Path(file).stem
    entry = Entry(file, stem, Scalar(1, 1, stem, stem), table)
    head = _sound(shaped(ProfileWritten, _headed(entry, table), findings))
    points: dict[str, PointWritten] = {}
    broken = set()
    listed = entry.child("points")
    if listed is None or not listed.children():
        findings.problem(
            entry.place(["points"], key=True),
            text('"{key}" is missing', key="points"),
            text("at least one point"),
        )
    for child in listed.children() if listed else []:
        point = _sound(shaped(PointWritten, child, findings))
        if point is None:
            broken.add(child.name)
        else:
            points[child.name] = point
    if head is None:
        return None
    profile = Profile(stem, entry, head, points, frozenset(broken))
    faulty = check_profile(profile, findings)
    usable = {name: point for name, point in points.items() if name not in faulty}
    return replace(profile, points=usable, broken=profile.broken | faulty)


def _headed(entry: Entry, table: Table) -> Entry:
    """The entry without its points."""
    entries = {name: value for name, value in table.entries.items() if name != "points"}
    return replace(entry, node=replace(table, entries=entries))


def _sound(named: Named[Shape] | None) -> Shape | None:
    """A profile is used by many devices: what is left of a faulty piece of it is not judged."""
    return None if named is None or not named.sound else named.written
