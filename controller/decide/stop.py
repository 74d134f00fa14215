"""What is written when the daemon stops in order: hold, release or write, as each device declares."""

from __future__ import annotations

from collections.abc import Iterator

from config.plan.devices import StopAction
from config.plan.site import Plan
from config.plan.slots import Slot
from controller.decide.barriers import Barriers
from controller.decide.output import Standing
from controller.decide.outputs import Outputs
from drivers.api import Write


def stop_writes(plan: Plan, outputs: Outputs, barriers: Barriers) -> Iterator[Write]:
    """The last writes of a run. Nothing to devices out of reach, past a barrier or over a person's hand.

    `release` nulls our slots of a BACnet point; on Modbus there is nothing to release, and what a device has
    instead was compiled to a `write`.
    """
    for device in plan.devices:
        if not outputs.reachable(device.id):
            continue
        for action in device.on_stop:
            standing = outputs.standing.get(action.point)
            if standing is None or outputs.left(action.point) is not None:
                continue
            if barriers.on(standing.point) is None:
                yield from _last_write(standing, action, outputs)


def _last_write(standing: Standing, action: StopAction, outputs: Outputs) -> Iterator[Write]:
    ours = sorted(standing.used)
    if action.action == "release" and ours:
        yield Write(outputs.next_seq(), action.point, None, ours[0], tuple(ours[1:]))
    elif action.action == "write" and action.value is not None:
        slot = standing.tried.slot if standing.tried is not None else int(Slot.PROGRAMME)
        null = tuple(other for other in ours if other != slot)
        yield Write(outputs.next_seq(), action.point, action.value, slot, null)
