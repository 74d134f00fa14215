"""Readings one by one, for tests that look at each: an Unchanged becomes the Samples it stands for."""

from __future__ import annotations

from collections.abc import Iterable

from drivers.api import Event, Inbox, Sample, Unchanged


class Unfolding:
    """What comes out of `inbox`. Fails where an Unchanged speaks of a point that was never sampled."""

    def __init__(self, inbox: Inbox) -> None:
        self._inbox = inbox
        self._last: dict[int, Sample] = {}

    def take(self) -> list[Event]:
        """Everything since the last take, in order."""
        return list(self._unfolded(self._inbox.take()))

    def _unfolded(self, events: Iterable[Event]) -> Iterable[Event]:
        for event in events:
            if isinstance(event, Unchanged):
                for point in event.points:
                    said = self._last[point].reading
                    yield Sample(point, said._replace(wall_ms=event.wall_ms, mono_ns=event.mono_ns))
                continue
            if isinstance(event, Sample):
                self._last[event.point] = event
            yield event
