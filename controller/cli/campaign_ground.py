"""The simulated site under a campaign."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any

from config.plan.reading import Value
from config.plan.site import Plan
from controller.campaign.ground import Ground, NotHere
from controller.campaign.machine import Machine
from controller.campaign.story import Story
from controller.rehearsal.watched import watched
from drivers.api import Event, Write
from drivers.simulators.device import Had
from drivers.simulators.faults import FaultError
from drivers.simulators.in_memory import InMemory


class Simulated:
    """A site in memory, on the machine's true time."""

    def __init__(self, memory: InMemory) -> None:
        self._memory = memory

    def advance(self) -> list[Event]:
        return self._memory.advance()

    def submit(self, write: Write) -> None:
        self._memory.submit(write)

    def read_now(self, point: int) -> None:
        self._memory.read_now(point)

    def fault(self, name: str, on: bool, *, device: str, line: str, **numbers: Value) -> None:
        try:
            self._memory.fault(name, on, device=device, line=line, **numbers)
        except FaultError as error:
            raise NotHere(str(error)) from error

    def machines(self, device: str) -> Collection[str]:
        return self._memory.machines(device)

    def force(self, point: int, value: Value | None) -> None:
        try:
            self._memory.force(point, value)
        except FaultError as error:
            raise NotHere(str(error)) from error

    def by_hand(self, point: int, value: Value, slot: int) -> None:
        self._memory.by_hand(point, value, slot)

    def reopen(self, devices: Collection[int] | None = None) -> None:
        self._memory.reopen(devices)

    def had(self, point: int) -> Had:
        return self._memory.had(point)


def ground(facts: Mapping[str, Any], plan: Plan, machine: Machine, story: Story) -> Ground:
    """The devices of `plan`, with the story's dice. Raises PlantError."""
    memory = InMemory(plan, facts, machine.true, story.cycle_s, story.seed, watched=watched(plan))
    return Simulated(memory)
