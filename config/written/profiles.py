"""What a profile says of its device, as written and validated: shared by its checks and by the lowering."""

from __future__ import annotations

from dataclasses import dataclass, field

from config.plan.devices import Source
from config.plan.points import Kind, RawType
from config.written import addresses
from config.written.model.profile import CommandWritten, PointWritten, ProfileWritten
from config.written.nodes import Entry

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


def written_type(point: PointWritten, command: CommandWritten) -> RawType | None:
    """The type of the register a command writes."""
    if command.type is not None:
        return "uint16" if command.type == "bool" else command.type
    if (
        command.at is not None
        and command.at.space != point.at.space
        and point.at.space in {"coil", "discrete"}
    ):
        return "uint16"
    return raw_type(point)
