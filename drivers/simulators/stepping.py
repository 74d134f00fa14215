"""When the plant is stepped and what of it is shown, cycle by cycle: one way for a site in memory and for
one over sockets in lock-step, so that both have the same to say."""

from __future__ import annotations

import math
from collections.abc import Collection, Sequence
from collections.abc import Set as AbstractSet

from config.plan.site import Plan
from drivers.simulators.device import SimulatedDevice, View
from drivers.simulators.plant.world import World
from drivers.simulators.rounds import Round, logged_points, rounds_of

PLANT_STEP_S = 60.0
"""Longest step of the plant between commands, site seconds: its machines ramp within it, its tanks and
heaters move by a few percent of what switches them."""
IDLE_MS = 6 * 3_600_000
"""What nothing depends on is looked up in the plant this often, and else comes again as it was."""
LIVELY_S = 60.0
"""So long after a command to a device, it and what works with it step with every cycle."""


class Stepping:
    """One plant. Times are site time, devices and points ids."""

    def __init__(
        self,
        plan: Plan,
        world: World,
        twins: Sequence[SimulatedDevice],
        cycle_s: float,
        watched: Collection[int],
        plant_step_s: float = PLANT_STEP_S,
    ) -> None:
        """`twins` by device. `watched`: the points that something depends on, beside those that are logged,
        commanded or read back."""
        self._world = world
        self._twins = twins
        self._rounds = rounds_of(plan, cycle_s)
        self._each = [one for one in self._rounds if one.every == 1]
        """What is read in every cycle, and nothing else in one that is no multiple of `_between`."""
        self._between = math.gcd(*(one.every for one in self._rounds if one.every > 1))
        self._step_ms = plant_step_s * 1000
        self._together = [_together(world, twin, twins) for twin in twins]
        """By device: those that step with it."""
        self._needed = _needed(plan, twins, watched)
        """By device: the points that are looked up whenever they may have changed."""
        self._changed = set(range(len(twins)))
        """Devices that may say something else: by steps of the plant, commands, faults."""
        self._all_due_ms = round(world.wall_ms)
        self._lively: dict[int, int] = {}
        """Devices, and until when they step with every cycle."""
        self._cycle = 0

    def touched(self, device: int | None = None) -> None:
        """Something but the plant's own course may have changed what a device says; None: any device."""
        if device is None:
            self._changed.update(range(len(self._twins)))
        else:
            self._changed |= self._together[device]

    def commanded(self, device: int, wall_ms: int) -> None:
        """A device was told something new."""
        self._lively[device] = wall_ms + round(LIVELY_S * 1000)
        self.touched(device)

    def live(self, wall_ms: int) -> None:
        """Move the plant on to this cycle, or of it what was commanded, if it is time."""
        behind_ms = wall_ms - self._world.wall_ms
        if behind_ms >= self._step_ms:
            self._world.advance(wall_ms)
            self.touched()
        elif behind_ms > 0 and self._lively:
            for device, until_ms in list(self._lively.items()):
                if wall_ms > until_ms:
                    del self._lively[device]
                else:
                    self.live_some(device, wall_ms)

    def live_some(self, device: int, wall_ms: int) -> None:
        """Move a device and what works with it on to this moment, whatever is due."""
        self._world.advance_some(wall_ms, self._world.together(self._twins[device].device.name))
        self.touched(device)

    def due(self) -> list[Round]:
        """What is read in this cycle; the next call is the next cycle's. In the first all is."""
        cycle, self._cycle = self._cycle, self._cycle + 1
        if self._between and cycle % self._between:
            return self._each
        return [one for one in self._rounds if not cycle % one.every]

    def show(self, wall_ms: int, silent: AbstractSet[int]) -> None:
        """Let the devices show what may have changed; those that are `silent` when they no longer are."""
        every = wall_ms >= self._all_due_ms
        if every:
            self._all_due_ms = wall_ms + IDLE_MS
            self.touched()
        if not self._changed:
            return
        later = self._changed & silent if silent else set()
        now = self._changed - later if later else self._changed
        twins = self._twins
        views: Sequence[View | None] = [None] * len(twins) if every else self._needed
        for device in sorted(now):
            twins[device].show(views[device])
        self._changed = later


def _together(world: World, one: SimulatedDevice, twins: Sequence[SimulatedDevice]) -> set[int]:
    names = world.together(one.device.name)
    return {twin.device.id for twin in twins if twin.device.name in names}


def _needed(plan: Plan, twins: Sequence[SimulatedDevice], watched: Collection[int]) -> list[View]:
    """By device: of its points that the model says, those that something depends on."""
    needed = logged_points(plan).union(watched)
    for point in plan.points:
        if point.command is not None:
            needed.add(point.id)
            if point.command.verify_point is not None:
                needed.add(point.command.verify_point)
    return [
        twin.view([plan.points[number].name for number in twin.device.points if number in needed])
        for twin in twins
    ]
