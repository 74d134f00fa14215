"""Each alarm once: one of a kind and subject, told in the order of its numbers; who is lost is told as lost,
and who answers is not."""

from __future__ import annotations

from collections.abc import Iterator

from config.language import text
from controller.campaign.seen import Breach, Seen

NAME = "alarms"
LOST = "device-lost"
NOTICED_S = 400.0
"""After so long a loss, or a return, is known."""
EVERY = 10
"""Cycles between two looks at what stands."""


class Told:
    """Keeps the number of each alarm's latest telling."""

    def __init__(self) -> None:
        self._told: dict[int, int] = {}
        self._cycle = 0
        self._swapped_s = 0.0

    def look(self, seen: Seen) -> Iterator[Breach]:
        for telling in seen.step.tellings:
            alarm = telling.alarm
            before = self._told.get(alarm.id, 0)
            if telling.number != before + 1:
                words = text(
                    "telling {number} of it comes after telling {before}",
                    number=telling.number,
                    before=before,
                )
                yield Breach(NAME, f"{alarm.kind} {alarm.subject}", words)
            self._told[alarm.id] = telling.number
        self._cycle += 1
        if seen.swapped:
            self._swapped_s = seen.gone_s  # devices may be new
        if self._cycle % EVERY == 0 and not seen.last:
            yield from self._standing(seen)

    def _standing(self, seen: Seen) -> Iterator[Breach]:
        keys: set[tuple[str, str]] = set()
        lost: set[str] = set()
        for alarm in seen.engine.alarms():
            if alarm.key in keys:
                yield Breach(NAME, f"{alarm.kind} {alarm.subject}", text("it stands twice"))
            keys.add(alarm.key)
            if alarm.kind == LOST and alarm.active:
                lost.add(alarm.subject)
        if min(seen.run_s, seen.gone_s - self._swapped_s) < NOTICED_S:
            return
        for device in seen.plan.devices:
            since_s = seen.troubles.silent.get(device.name)
            if since_s is not None and seen.gone_s - since_s > NOTICED_S and device.name not in lost:
                yield Breach(NAME, device.name, text("it does not answer, and nobody is told"))
            if device.name in lost and seen.troubles.calm_s(device.name, seen.gone_s) > NOTICED_S:
                yield Breach(NAME, device.name, text("it answers, and is told as lost"))
