"""A validated entry with its place."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Generic, TypeVar

from config.written.nodes import Entry

Shape = TypeVar("Shape")


@dataclass(frozen=True, slots=True)
class Named(Generic[Shape]):
    """A validated entry and where it came from. Of one with mistakes in its form the rest is here, with None
    for what had to be there."""

    entry: Entry
    written: Shape

    @property
    def name(self) -> str:
        return self.entry.name

    @property
    def sound(self) -> bool:
        """Whether nothing is wrong with its form."""
        return not self.entry.lost
