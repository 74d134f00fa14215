"""A consumption log on a clock of its own, with two devices' meters."""

from __future__ import annotations

from dataclasses import replace

from config.plan.clock import Now, Pace
from config.plan.devices import Device
from config.plan.points import Counter, Point, Register
from config.plan.programmes import CalendarPlan
from config.plan.reading import Quality, Reading, Value
from config.plan.site import Plan, Site
from controller.clock import SiteClock
from controller.consumption.log import Closed, ConsumptionLog
from controller.consumption.meters import meters_of
from controller.consumption.records import Interval, Mark
from controller.consumption.slots import Slots
from drivers.api import Unchanged

START = 1_772_676_000_000
SECOND = 1_000_000_000


def point(number: int, key: str, device: int, counter: Counter | None = None) -> Point:
    register = Register("holding", number * 2, "float32", 2)
    return Point(
        number, key, key.partition(".")[2], "", device, "number", "kWh", register, 10.0, 30.0, counter=counter
    )


ENERGY = Counter("electricity", "0.01", 1_000_000, 36.0, power_point=1)
PLAN = Plan(
    1, "", "", (),
    Site("s", "s", "Asia/Shanghai", 30.0, 104.0, "en", False, 86400.0, 900),
    CalendarPlan("none", (), ()),
    (),
    (Device(0, "main", "", "p", 0), Device(1, "twin", "", "p", 0), Device(2, "lamp", "", "p", 0)),
    (
        point(0, "main.energy", 0, ENERGY),
        replace(point(1, "main.power", 0), unit="kW"),
        point(2, "twin.import", 1, replace(ENERGY, power_point=None)),
        point(3, "twin.export", 1, replace(ENERGY, power_point=None)),
        point(4, "lamp.level", 2),
    ),
    (), (),
)  # fmt: skip
"""As far as meters look at it."""


class Bench:
    """A consumption log on a clock of its own: seconds of site time since 10:00."""

    def __init__(
        self, speed: float = 1.0, marks: dict[str, Mark] | None = None, mono_s: float = 5000.0
    ) -> None:
        self.speed, self.mono_s, self.wall_ms, self.trusted = speed, mono_s, START, True
        self.log = ConsumptionLog(meters_of(PLAN), Slots("Asia/Shanghai", 900), Pace(speed), marks or {})
        self.rows: list[Interval] = []
        self.marks: dict[str, Mark] = {}

    def after(self, seconds: float, **values: Value) -> Closed:
        """Site time passes, then one cycle with good readings of the points named with _ for the dot."""
        self.mono_s += seconds / self.speed
        self.wall_ms += round(seconds * 1000)
        ids = {item.key.replace(".", "_"): item.id for item in PLAN.points}
        samples = [(ids[key], self.reading(value)) for key, value in values.items()]
        closed = self.log.step(self.now(), samples)
        self.rows += closed.intervals
        self.marks |= dict(closed.marks)
        return closed

    def again(self, *keys: str) -> Closed:
        """One cycle in which these points say what they said before."""
        ids = {item.key.replace(".", "_"): item.id for item in PLAN.points}
        closed = self.log.step(
            self.now(),
            [Unchanged(tuple(ids[key] for key in keys), self.wall_ms, round(self.mono_s * SECOND))],
        )
        self.rows += closed.intervals
        return closed

    def now(self) -> Now:
        return Now(self.wall_ms, round(self.mono_s * SECOND), self.trusted)

    def reading(self, value: Value | None, quality: Quality = Quality.GOOD) -> Reading:
        return Reading(value, quality, "", self.wall_ms, round(self.mono_s * SECOND))


class Doubting(Bench):
    """One whose site time follows a machine's wall clock with judgement, as the daemon's does."""

    def __init__(self) -> None:
        super().__init__()
        self.clock = SiteClock(
            believable=lambda: True,
            synchronised=lambda: False,
            wall_ns=lambda: self.wall_ms * 1_000_000,
            mono_ns=self._mono_ns,
            elapsed_ns=self._mono_ns,
        )

    def now(self) -> Now:
        return self.clock.look()

    def _mono_ns(self) -> int:
        return round(self.mono_s * SECOND)


def leap(bench: Bench, seconds: int) -> None:
    """The wall clock is wrong, or put right, by that much."""
    bench.wall_ms += seconds * 1000
