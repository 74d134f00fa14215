"""What a YAML file says, with the place of every key and value."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from config.plan.devices import Source

Plain = str | int | float | bool | None


@dataclass(frozen=True, slots=True)
class Scalar:
    """One value: `value` typed by the YAML 1.2 core rules when it stood without quotes, `text` as written."""

    line: int
    column: int
    value: Plain
    text: str


@dataclass(frozen=True, slots=True)
class Items:
    """A list."""

    line: int
    column: int
    items: tuple[Node, ...]


@dataclass(frozen=True, slots=True)
class Table:
    """Keys and values in the order written; a key is always text ("on" is "on", 0 is "0")."""

    line: int
    column: int
    entries: Mapping[str, tuple[Scalar, Node]]


Node = Scalar | Items | Table
ANY = ""
"""In place of a key: nobody knows which."""


def plain(node: Node) -> Any:
    """The node as dict, list and plain values."""
    if isinstance(node, Scalar):
        return node.value
    if isinstance(node, Items):
        return [plain(item) for item in node.items]
    return {key: plain(value) for key, (_, value) in node.entries.items()}


@dataclass(frozen=True, slots=True)
class Entry:
    """A named piece of a file: a device, a programme, a section. Knows where each of its parts stands."""

    file: str
    name: str
    key: Scalar
    node: Node
    lost: Mapping[tuple[int, int], frozenset[str]] = field(default_factory=dict)
    """What was written and cannot be used, told already: line and column of a table or list, and what is
    missing of it since, ANY where a key that nobody knows was meant to be another."""

    def lacks(self, *path: object) -> bool:
        """Whether the part at `path` was written, or had to be, and cannot be used."""
        *above, last = path
        table = self.at_path(above)
        lost = self.lost.get((table.line, table.column), ())
        there = isinstance(table, Table) and str(last) in table.entries
        return str(last) in lost or (ANY in lost and not there)

    def whole(self, *path: object) -> bool:
        """Whether nothing at `path` or in it was lost."""
        if path and self.lacks(*path):
            return False
        return not self.lost or self.lost.keys().isdisjoint(_places(self.at_path(path)))

    @property
    def at(self) -> Source:
        """Where its name stands."""
        return Source(self.file, self.key.line, self.key.column)

    def at_path(self, path: Sequence[object]) -> Node:
        """The node at `path`, as far as there is one; parts that do not exist are passed over."""
        node = self.node
        for part in path:
            if isinstance(node, Table) and str(part) in node.entries:
                node = node.entries[str(part)][1]
            elif isinstance(node, Items) and isinstance(part, int) and part < len(node.items):
                node = node.items[part]
        return node

    def place_of_value(self, path: Sequence[object]) -> Source:
        """As `place`, but where a list or table in brackets stands beside its key, the bracket."""
        node, at = self.at_path(path), self.place(path)
        if not isinstance(node, Scalar) and node.line == at.line:
            return Source(self.file, node.line, node.column)
        return at

    def place(self, path: Sequence[object], *, key: bool = False) -> Source:
        """Where the part at `path` stands: its value if that is a scalar or a list item, else its key.

        Parts of the path that do not exist (pydantic names union members in it) are passed over: the longest
        existing path counts. `key` asks for the last key instead of its value.
        """
        here: Scalar | Node = self.key
        node: Node = self.node
        if isinstance(node, Scalar) and node.value is not None:
            here = node
        for part in path:
            if isinstance(node, Table) and str(part) in node.entries:
                name, node = node.entries[str(part)]
                here = node if isinstance(node, Scalar) and node.value is not None and not key else name
            elif isinstance(node, Items) and isinstance(part, int) and part < len(node.items):
                here = node = node.items[part]
        return Source(self.file, here.line, here.column)

    def children(self) -> list[Entry]:
        """One Entry for each key of a table, in order; none for anything else."""
        if not isinstance(self.node, Table):
            return []
        return [
            Entry(self.file, name, key, value, self.lost) for name, (key, value) in self.node.entries.items()
        ]

    def child(self, name: str) -> Entry | None:
        return next((entry for entry in self.children() if entry.name == name), None)


def _places(node: Node) -> Iterator[tuple[int, int]]:
    if isinstance(node, Scalar):
        return
    yield node.line, node.column
    parts = node.items if isinstance(node, Items) else (value for _, value in node.entries.values())
    for part in parts:
        yield from _places(part)
