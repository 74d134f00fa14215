"""From the engine of one Plan to that of the next: what is made anew, what leaves, what goes on."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from config.plan.clock import Pace
from config.plan.site import Plan
from controller.consumption.meters import Meter
from controller.cycle import Engine
from controller.swap.same import Same
from schedules.context import Context


def successor(
    former: Engine, plan: Plan, context: Context, same: Same, pace: Pace, put_right_ms: int
) -> Engine:
    """The engine of `plan`, made of what `former` remembers and knows; `former` is left as it is.
    `put_right_ms`: as `Now` has it."""
    engine = Engine(plan, context, pace, former.remembered(), put_right_ms)
    engine.take_over(former, same)
    return engine


def leaving(former: Engine, plan: Plan, same: Same) -> set[int]:
    """Outputs of `former` that nobody can command any more under `plan`."""
    return {
        point
        for point in former.decisions
        if point not in same.points or not _is_output(plan, same.points[point])
    }


def going_on(counting: Iterable[Meter], meters: Sequence[Meter]) -> list[Meter]:
    """Those of `meters` whose logs go on as they are; `counting`: the meters that are logged now."""
    known = set(map(counted, counting))
    return [meter for meter in meters if counted(meter) in known]


def counted(meter: Meter) -> tuple[object, ...]:
    """What a meter's counts are of: with the same, its log goes on as it is."""
    return meter.name, meter.quantity, meter.unit, meter.quantum, meter.integrated


def _is_output(plan: Plan, point: int) -> bool:
    command = plan.points[point].command
    return command is not None and command.targetable
