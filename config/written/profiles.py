"""Device profiles: found, read, validated and checked."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from pathlib import Path

from config.language import text
from config.plan.devices import Source
from config.plan.points import Kind, RawType
from config.written import addresses, source
from config.written.model.profile import PointWritten, ProfileWritten
from config.written.nodes import Entry, Scalar
from config.written.problems import Findings
from config.written.validate import shaped

BUILT_IN = Path(__file__).parent.parent / "profiles"
REGISTERS: dict[RawType, int] = {
    "int16": 1,
    "uint16": 1,
    "int32": 2,
    "uint32": 2,
    "int64": 4,
    "uint64": 4,
    "float16": 1,
    "float32": 2,
    "float64": 4,
}
"""How many registers a type takes; a string says its own count."""


@dataclass(frozen=True, slots=True)
class Profile:
    """One profile as written and validated, before any site gives it numbers."""

    name: str
    entry: Entry
    """For places in the file."""
    head: ProfileWritten
    points: dict[str, PointWritten]
    broken: frozenset[str] = field(default=frozenset())
    """Points with problems of their own: known by name, otherwise unusable."""

    @property
    def modbus(self) -> bool:
        return self.head.protocol == "modbus"

    def place(self, *path: object, key: bool = False) -> Source:
        return self.entry.place(path, key=key)

    def knows(self, point: str) -> bool:
        return point in self.points or point in self.broken

    def names(self) -> list[str]:
        return [*self.points, *self.broken]

    def life_safety(self, point: str) -> bool:
        return self.head.life_safety or self.points[point].life_safety

    def commandable(self, point: str) -> bool:
        """A programme may aim at it."""
        command = self.points[point].command
        return command is not None and not command.set_up

    def commanded(self) -> list[str]:
        """The points a programme or person may command."""
        return [name for name in self.points if self.commandable(name)]


def kind_of(point: PointWritten) -> Kind:
    """What the point's value is."""
    if point.states is not None:
        return "enum"
    if point.at.space in {"coil", "discrete"} or point.at.space in addresses.BINARY:
        return "bool"
    if point.type == "bool" or point.bit is not None or point.on is not None or point.off is not None:
        return "bool"
    if point.type == "string" or point.at.space in addresses.TEXT:
        return "text"
    return "number"


def raw_type(point: PointWritten) -> RawType | None:
    """The type in the registers, or None when it should have been written."""
    if point.at.space in {"coil", "discrete"}:
        return "bool"
    if point.type is None or point.type == "bool":
        whole = point.bits is not None or kind_of(point) in {"bool", "enum"}
        return "uint16" if whole else None
    return point.type


def read_profile(
    file: str, data: bytes, findings: Findings, budget: source.Budget | None = None
) -> Profile | None:
    """The profile in `data`, or None when its head is unusable. Everything wrong is told.

    The name must be the file's.
    """
    from config.written.check.profile import check_profile

    table = source.read(file, data, findings, budget)
    if table is None:
        return None
    stem = Path(file).stem
    entry = Entry(file, stem, Scalar(1, 1, stem, stem), table)
    head = shaped(ProfileWritten, entry, findings, leave=frozenset({"points"}))
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
        point = shaped(PointWritten, child, findings)
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
