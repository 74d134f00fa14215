"""The small plant over a day: read whenever time has passed, by the clock on the wall."""

from __future__ import annotations

from typing import Self

from config.plan.reading import Quality, Value
from tests.controller.decide.rules.site import Plant
from tests.schedules.build import at

TARIFF = "tariff: {use: sichuan-2025}\n"
"""In March: 10 to 12 and 17 to 22 are peak, 22 to 8 valley."""


class Day(Plant):
    """Time goes on in steps of a minute, or as one asks."""

    def __init__(self, rules: str, more: str, begin: str = "2026-03-05 05:00", **says: Value | None) -> None:
        super().__init__(rules, more, at(begin), **says)

    def run(self, seconds: float, by: float = 60.0) -> Self:
        while seconds > 0:
            self.rig.clock.advance(min(by, seconds))
            self.step()
            seconds -= by
        return self

    def step(self) -> None:
        """One cycle with all that is read now."""
        for key, value in self.says.items():
            self.rig.read(key, value, Quality.BAD if value is None else Quality.GOOD)
        step = self.rig.step(0.0)
        for write in step.writes:
            self.note(write)
            self.rig.answer(write)
        self.notices += [(notice.kind, notice.subject, notice.on) for notice in step.notices]
        self.words += [str(notice.text) for notice in step.notices]

    def till(self, time: str, by: float = 60.0) -> Self:
        """Go on until "10:00", or "2026-03-06 10:00"."""
        end = at(time if "-" in time else f"2026-03-05 {time}")
        return self.run((end - self.rig.clock.now().wall_ms) / 1000, by)

    def distrust(self, trusted: bool = False) -> Self:
        """From now on the clock is trusted, or is not."""
        self.rig.clock.trusted = trusted
        return self

    def why(self, key: str) -> str:
        """The reason of what stands on a point."""
        winner = self.rig.engine.decisions[self.rig.id(key)].winner
        return "" if winner is None else str(winner.reason).partition(": ")[2]
