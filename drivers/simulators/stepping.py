"""When the plant is stepped and what of it is shown, cycle by cycle: one way for a site in memory and for
one over sockets in lock-step, so that both have the same to say."""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence

from config.plan.site import Plan
from drivers.simulators.device import SimulatedDevice
from drivers.simulators.plant.world import World
from drivers.simulators.rounds import IDLE_MS, Round, rounds_of

PLANT_STEP_S = 30.0
"""Longest step of the plant between commands, site seconds: its machines ramp within it, its tanks and
heaters move by a few percent of what switches them."""
LIVELY_S = 60.0
"""So long after a command the plant steps with every cycle."""


class Stepping:
    """One plant. Times are site time."""

    def __init__(
        self,
        plan: Plan,
        world: World,
        twins: Sequence[SimulatedDevice],
        cycle_s: float,
        watched: Collection[int],
        plant_step_s: float = PLANT_STEP_S,
    ) -> None:
        """`twins` by device id. `watched`: the points that something depends on, beside those that are
        logged."""
        self._world = world
        self._rounds = rounds_of(plan, twins, cycle_s, watched)
        self._step_ms = plant_step_s * 1000
        self._lively_until_ms = 0
        self._cycle = 0
        self._version = 0
        """Counts what may have changed a reading: steps of the plant, commands, faults."""

    def touched(self) -> None:
        """Something but the plant's own course may have changed a reading."""
        self._version += 1

    def commanded(self, wall_ms: int) -> None:
        """A device was told something new."""
        self._lively_until_ms = wall_ms + round(LIVELY_S * 1000)
        self.touched()

    def advance(self, wall_ms: int) -> None:
        """Move the plant on to this moment, whatever is due."""
        self._world.advance(wall_ms)
        self.touched()

    def live(self, wall_ms: int) -> None:
        """Move the plant on to this cycle, if it is time."""
        behind_ms = wall_ms - self._world.wall_ms
        if behind_ms >= self._step_ms or (behind_ms > 0 and wall_ms <= self._lively_until_ms):
            self.advance(wall_ms)

    def due(self) -> list[Round]:
        """What is read in this cycle; the next call is the next cycle's. In the first all is."""
        cycle, self._cycle = self._cycle, self._cycle + 1
        return [one for one in self._rounds if not cycle % one.every]

    def show(self, asked: Round, wall_ms: int, silent: Callable[[int], bool]) -> bool:
        """Let the devices show what is read, but for those that are `silent`. False: it is as it was."""
        if asked.version == self._version:
            return False
        asked.version = self._version
        every = wall_ms >= asked.all_due_ms
        if every:
            asked.all_due_ms = wall_ms + IDLE_MS
        for read in asked.reads:
            names = read.every if every else read.names
            if names and not silent(read.twin.device.id):
                read.twin.show(names)
        return True
