"""Which feed ids a sink has, as few ranges as there are holes. Pure."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Iterator


class Ranges:
    """A set of positive integers, kept as merged ranges [first, last]."""

    def __init__(self, ranges: Iterable[tuple[int, int]] = ()) -> None:
        self._firsts: list[int] = []
        self._lasts: list[int] = []
        for first, last in sorted(ranges):
            self.add(first, last)

    def __contains__(self, number: int) -> bool:
        at = bisect_right(self._firsts, number) - 1
        return at >= 0 and number <= self._lasts[at]

    def __iter__(self) -> Iterator[tuple[int, int]]:
        return iter(zip(self._firsts, self._lasts, strict=True))

    def __len__(self) -> int:
        """Number of integers in it."""
        return sum(last - first + 1 for first, last in self)

    def add(self, first: int, last: int) -> None:
        """Put [first, last] in; first <= last."""
        low = bisect_left(self._lasts, first - 1)
        high = bisect_right(self._firsts, last + 1)
        if low < high:
            first, last = min(first, self._firsts[low]), max(last, self._lasts[high - 1])
        self._firsts[low:high] = [first]
        self._lasts[low:high] = [last]

    def update(self, numbers: Iterable[int]) -> None:
        """Put single integers in."""
        for number in numbers:
            self.add(number, number)

    def remove(self, first: int, last: int) -> None:
        """Take [first, last] out."""
        kept: list[tuple[int, int]] = []
        for low, high in self:
            if low < first:
                kept.append((low, min(high, first - 1)))
            if high > last:
                kept.append((max(low, last + 1), high))
        kept = [(low, high) for low, high in kept if low <= high]
        self._firsts = [low for low, _ in kept]
        self._lasts = [high for _, high in kept]

    def watermark(self, since: int) -> int:
        """The highest number up to which everything after `since` is in it; `since` if its next is not."""
        at = bisect_right(self._firsts, since + 1) - 1
        return max(since, self._lasts[at]) if at >= 0 else since

    def holes(self, first: int, last: int) -> Iterator[tuple[int, int]]:
        """The ranges within [first, last] that are not in it, in order."""
        at = first
        for low, high in self:
            if high < at:
                continue
            if low > last:
                break
            if low > at:
                yield at, low - 1
            at = high + 1
        if at <= last:
            yield at, last
