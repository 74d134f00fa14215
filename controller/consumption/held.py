"""Readings that wait for the time. Until something has told the clock, nobody knows which slot they belong
to; the monotonic clock knows how they lie to one another. Once the time is known, they are booked where they
belong. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import NamedTuple

LONGEST_S = 6 * 3600
"""Machine seconds that readings wait for the time; then they are booked by what the clock says."""
MOST = 200_000
"""Readings that wait, of all points together: some 20 MB."""
_APART_NS = 30_000_000_000
"""One of each point is kept in this time: half of what a boundary count may be old."""


class Kept(NamedTuple):
    """A good reading of a counter, of the power or flow beside one, or of what is integrated."""

    mono_ns: int
    point: int
    quanta: int | None
    thousandths: int | None
    millionths: int | None = None

    @property
    def tells(self) -> bool:
        """It says anything that counts."""
        return self.quanta is not None or self.thousandths is not None or self.millionths is not None


class Held:
    """What has been read since the start, thinned, but for what is integrated. The last reading of each point
    is always among it."""

    def __init__(self) -> None:
        self._kept: dict[int, list[Kept]] = {}
        self._count = 0
        self._since_ns: int | None = None

    def take(self, new: Kept) -> None:
        """In the order of arrival."""
        if self._since_ns is None:
            self._since_ns = new.mono_ns
        kept = self._kept.setdefault(new.point, [])
        if new.millionths is None and len(kept) > 1 and new.mono_ns - kept[-2].mono_ns <= _APART_NS:
            kept[-1] = new._replace(thousandths=_higher(kept[-1].thousandths, new.thousandths))
        else:
            kept.append(new)
            self._count += 1

    def renumber(self, same: Mapping[int, int]) -> None:
        """Points have other ids now."""
        self._kept = {
            same[point]: [one._replace(point=same[point]) for one in kept]
            for point, kept in self._kept.items()
            if point in same
        }

    def is_full(self, mono_ns: int) -> bool:
        """Nothing more is to wait."""
        since_ns = mono_ns if self._since_ns is None else self._since_ns
        return self._count >= MOST or mono_ns - since_ns > LONGEST_S * 1_000_000_000

    def in_order(self) -> Iterator[Kept]:
        """All of it, by time."""
        kept = [one for point in self._kept.values() for one in point]
        return iter(sorted(kept, key=lambda one: one.mono_ns))


def _higher(one: int | None, other: int | None) -> int | None:
    """Of two peaks."""
    return max((figure for figure in (one, other) if figure is not None), default=None)
