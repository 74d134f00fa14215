"""When what must be decided anew though nothing has changed. Pure."""

from __future__ import annotations

import heapq


class Wakes:
    """Numbers and the times at which they are due, steady time. What was asked for and is no longer wanted
    stays: to decide anew once more harms nothing."""

    def __init__(self) -> None:
        self._due: list[tuple[int, int]] = []
        self._latest: dict[int, int] = {}
        """Of each number the time asked for last."""

    def ask(self, number: int, at_ms: int) -> None:
        """It is due then."""
        if self._latest.get(number) != at_ms:
            self._latest[number] = at_ms
            heapq.heappush(self._due, (at_ms, number))

    def take(self, now_ms: int) -> set[int]:
        """Those whose time has come."""
        taken: set[int] = set()
        due = self._due
        while due and due[0][0] <= now_ms:
            at_ms, number = heapq.heappop(due)
            if self._latest.get(number) == at_ms:
                del self._latest[number]
            taken.add(number)
        return taken

    def next_ms(self) -> int | None:
        """When the first of them is due."""
        return self._due[0][0] if self._due else None

    def put_right(self, by_ms: int) -> None:
        """Steady time was put right by so much, and these times with it."""
        self._due = [(at_ms + by_ms, number) for at_ms, number in self._due]
        self._latest = {number: at_ms + by_ms for number, at_ms in self._latest.items()}
