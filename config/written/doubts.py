"""Who may ask for something, where a mistake that is told already keeps it from being known."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field


@dataclass(slots=True)
class Doubts:
    """What faulty entries of one section may ask for."""

    points: set[int] = field(default_factory=set)
    anything: bool = False
    """One of them aims at nobody knows what."""

    def add(self, points: Iterable[int], *, astray: bool) -> None:
        """A faulty entry aims at these points; `astray`: and at others."""
        self.points.update(points)
        self.anything = self.anything or astray

    def of(self, point: int) -> bool:
        """Whether one of them may ask for it."""
        return self.anything or point in self.points


@dataclass(slots=True)
class Asking:
    """All who ask, by section."""

    programmes: Doubts = field(default_factory=Doubts)
    rules: Doubts = field(default_factory=Doubts)

    def of(self, point: int) -> bool:
        """Whether a faulty programme or rule may ask for it."""
        return self.programmes.of(point) or self.rules.of(point)
