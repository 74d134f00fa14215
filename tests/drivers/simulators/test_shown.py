"""What stands on the wire, however little was looked at for it, is what looking at everything each time would
show."""

from __future__ import annotations

from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from config.plan.points import Point
from config.plan.reading import Value
from drivers.simulators.device import RELATIVE_STEP, SimulatedDevice
from drivers.simulators.faults import Faults
from drivers.simulators.plant.world import World
from tests.controller.rehearsal.parts import part
from tests.drivers.simulators import plans

MIDNIGHT_MS = plans.START_MS - 10 * 3_600_000
PARTS = ("restroom-1", "corridor-1", "grey-plant", "irrigation-1", "canteen-water-1", "plant-power")
ORDERS: dict[str, tuple[str, Value, Value]] = {
    "restroom-1": ("light_switch", False, True),
    "corridor-1": ("zone1_level", 80.0, 0.0),
    "grey-plant": ("lift1_mode", 1, 0),
    "irrigation-1": ("v1_permit", True, False),
    "canteen-water-1": ("setpoint", 60.0, 95.0),
}
FORCED: dict[str, tuple[str, Value]] = {
    "restroom-1": ("presence", True),
    "grey-plant": ("eq_level", 12.5),
    "canteen-water-1": ("fault", True),
    "plant-power": ("energy_import", 5.0),
}


class Both:
    """One device, shown by its twin, and beside it the plain way: every point read each time."""

    def __init__(self, twin: SimulatedDevice) -> None:
        self.twin = twin
        self.shown: dict[str, Value | None] = {}
        self.plain: dict[str, Value | None] = {}
        self.forced: dict[str, Value] = {}
        self.jumped = 0.0
        twin.put = self._put
        self.view = twin.view(list(twin.points))

    def _put(self, point: Point, value: Value | None) -> None:
        self.shown[point.name] = value

    def show(self) -> None:
        self.twin.show(self.view)
        values = self.twin.model.all_values() | self.forced
        for name in {*values}.intersection(one.name for one in self.view.moving + self.view.standing):
            point, value = self.twin.points[name], values[name]
            if point.counter is not None and isinstance(value, float):
                value += self.jumped
            stuck = self.twin.faults.has("stuck")
            if not stuck and not (name in self.plain and _as_before(point, value, self.plain[name])):
                self.plain[name] = value

    def act(self, what: str) -> None:
        name = self.twin.device.name
        if what == "stuck":
            self.twin.faults.switch("stuck", not self.twin.faults.has("stuck"))
        elif what in ("told", "told otherwise") and name in ORDERS:
            point, one, other = ORDERS[name]
            self.twin.model.command(point, one if what == "told" else other)
        elif what == "restart":
            self.twin.model.restart()
        elif what == "force" and name in FORCED:
            point, value = FORCED[name]
            value_now = None if point in self.forced else value
            self.forced = {} if value_now is None else {point: value_now}
            self.twin.force(point, value_now)
        elif what == "jump" and name == "plant-power":
            self.jumped += 1000.0
            self.twin.jump(1000.0, "")


def _as_before(point: Point, value: Value | None, before: Value | None) -> bool:
    if not isinstance(value, float) or not isinstance(before, float):
        return value == before
    source: Any = point.source
    if point.counter is not None:
        step = float(point.counter.quantum) / 2
    elif point.key.startswith("corridor"):
        step = (source.cov_increment or 0.0) / 4
    else:
        step = 0.0 if source.type.startswith("float") else abs(source.scale) / 2
    return abs(value - before) < (step or RELATIVE_STEP * abs(value))


WHAT = ["a minute", "a minute", "ten minutes", "told", "told otherwise", "restart", "stuck", "force", "jump"]


@settings(max_examples=12, deadline=None)
@given(acts=st.lists(st.tuples(st.sampled_from(PARTS), st.sampled_from(WHAT)), max_size=30))
def test_little_is_looked_at_and_all_is_shown(acts: list[tuple[str, str]]) -> None:
    plan, facts = part(*PARTS)
    world = World(plan, facts, 1, MIDNIGHT_MS, most_step_s=60)
    each = {
        device.name: Both(
            SimulatedDevice(
                device,
                {plan.points[number].name: plan.points[number] for number in device.points},
                world.models[device.name],
                Faults(),
            )
        )
        for device in plan.devices
    }
    for name, what in [("restroom-1", "a minute"), *acts]:
        if what in ("a minute", "ten minutes"):
            world.advance(world.wall_ms + (60_000 if what == "a minute" else 600_000))
        else:
            each[name].act(what)
        for one in each.values():
            one.show()
            assert one.shown == one.plain
