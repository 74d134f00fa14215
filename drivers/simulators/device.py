"""One simulated device: the plant's model on one side, what stands on the wire on the other."""

from __future__ import annotations

import math
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any, NamedTuple

from config.plan.devices import Device
from config.plan.points import BacnetObject, Point
from config.plan.reading import Value
from drivers.simulators.faults import FaultError, Faults, Number
from drivers.simulators.plant.model import DeviceModel, Gauge

Put = Callable[[Point, Value | None], None]
"""Shows a value on the wire side, in engineering units; None is the device's "not available"."""

_NEVER = object()
RELATIVE_STEP = 1e-4
"""A float on the wire is renewed when it moved by this share of itself."""
_LEAST = math.ulp(0.0)
"""No change of a float is less."""


class Had(NamedTuple):
    """What a commanded point's device has: the value in force, and its priority array where it has one."""

    value: Value | None
    slots: tuple[tuple[int, Value], ...] = ()


class _Shown:
    """A point that the model says, and what stands on the wire of it."""

    __slots__ = ("before", "gauge", "name", "point", "step")

    def __init__(self, point: Point, gauge: Gauge) -> None:
        self.point = point
        self.name = point.name
        self.gauge = gauge
        self.step = _step(point)
        """The change worth showing; 0 where only a share of the value says it."""
        self.before: Any = _NEVER
        """What was shown last."""


@dataclass(frozen=True, slots=True)
class View:
    """Some of a device's points that the model says."""

    moving: tuple[_Shown, ...]
    """Any step of the plant may change them."""
    standing: tuple[_Shown, ...]
    """Only an order does."""


class SimulatedDevice:
    """Carries values from the model to the wire, when they changed, and commands from the wire to the model.

    `put` and `silence` belong to the wire side; times are machine seconds of the monotonic clock handed in.
    """

    def __init__(
        self,
        device: Device,
        points: Mapping[str, Point],
        model: DeviceModel,
        faults: Faults,
        *,
        shows_at_once: bool = True,
    ) -> None:
        """`shows_at_once`: what a command changes stands on the wire with it, and else with the next
        `show`."""
        self._shows_at_once = shows_at_once
        self.device = device
        self.points = points
        self.model = model
        self.faults = faults
        self.heard = 0
        """Requests addressed to it."""
        self.put: Put | None = None
        self._heard_at: float | None = None
        self._timed_out = False
        self._jumps: dict[str, float] = {}
        self._forced: dict[str, Value] = {}
        self._said = {
            name: _Shown(point, model.gauge(name)) for name, point in points.items() if not _commanded(point)
        }
        self._orders = -1
        """The model's, up to which what stands was shown."""
        self._all = self.view(self._said)
        self._timer = next(
            (name for name, point in points.items() if _set_up(point) and point.unit == "s"), None
        )

    def view(self, names: Collection[str]) -> View:
        """Those of these points that the model says; the others are what they are commanded."""
        said = [self._said[name] for name in names if name in self._said]
        return View(
            tuple(one for one in said if not self.model.stands(one.name)),
            tuple(one for one in said if self.model.stands(one.name)),
        )

    @property
    def timed(self) -> bool:
        """Whether it acts when nobody talks to it."""
        return self._timer is not None

    def hear(self, now_s: float) -> None:
        """A request was addressed to it."""
        self.heard += 1
        self._heard_at = now_s
        self._timed_out = False

    def obey(self, wishes: Sequence[tuple[Point, Value]]) -> None:
        """A master's write was accepted."""
        for point, value in wishes:
            self.model.command(point.name, value)
        if self._shows_at_once:
            self.show()

    def show(self, view: View | None = None) -> None:
        """Renew on the wire what has changed since it was shown: of these points, or all."""
        put = self.put
        if put is None:
            return
        if view is None or self.faults.some or self._orders != self.model.orders:
            shown = self._looked_at(view)
        else:
            shown = view.moving
        for one in shown:
            gauge = one.gauge
            value: Any = gauge()
            before = one.before
            if value is before:
                continue
            if value.__class__ is float and before.__class__ is float:
                step = one.step or RELATIVE_STEP * abs(value) or _LEAST
                if -step < value - before < step:
                    continue
            elif before == value:
                continue
            one.before = value
            put(one.point, value)

    def _looked_at(self, view: View | None) -> tuple[_Shown, ...]:
        """Of a view, or of all, when there is more to look at than what moves by itself, or less."""
        those = self._all if view is None else view
        if self.faults.some:
            self._orders = -1
            return tuple(one for one in (*those.moving, *those.standing) if not self._stands(one))
        self._orders = self.model.orders
        return those.moving + those.standing

    def _stands(self, one: _Shown) -> bool:
        """Whether a fault keeps a point from saying anything new."""
        if self.faults.has("stuck") and self.faults.word("stuck", "point") in ("", one.name):
            return True
        counts = one.point.counter is not None
        return counts and one.before is not _NEVER and self.faults.has("frozen-counter")

    def watch(self, now_s: float) -> bool:
        """Act when nobody has talked to it for as long as it was told to wait. Says whether it did."""
        if self._timer is None or self._timed_out or self._heard_at is None:
            return False
        wait_s = self.model.told_number(self._timer, 0)
        if 0 < wait_s < now_s - self._heard_at:
            self._timed_out = True
            goes_to = self.device.unheard.goes_to if self.device.unheard is not None else None
            self.model.unheard(goes_to, tuple(name for name in self.points if self._goes(name, goes_to)))
            self.show()
            return True
        return False

    def _goes(self, name: str, goes_to: Value | None) -> bool:
        """Whether a point can go to that value: an output of the same kind."""
        point = self.points[name]
        if goes_to is None or point.command is None or not point.command.targetable:
            return False
        if point.kind == "enum":
            return not isinstance(goes_to, bool) and point.state_name(goes_to) is not None
        kind = "bool" if isinstance(goes_to, bool) else "number"
        return point.kind == kind and not isinstance(goes_to, str)

    def restart(self) -> None:
        """Power came back: outputs and set-up are at their defaults, the plant goes on."""
        self.model.restart()
        self._heard_at = None
        self._timed_out = False
        self.show()

    def forget(self) -> None:
        """The wire side was made anew: show everything again."""
        for one in self._said.values():
            one.before = _NEVER
        self.show()

    def force(self, name: str, value: Value | None) -> None:
        """Show this value instead of the plant's; None: the plant's again. Raises FaultError for another
        kind."""
        point = self.points.get(name)
        if point is None or _commanded(point):
            raise FaultError(f"{self.device.name} has no point {name!r} that the plant says")
        if value is None:
            self._forced.pop(name, None)
        elif isinstance(value, bool) != (point.kind == "bool") or isinstance(value, str) != (
            point.kind == "text"
        ):
            raise FaultError(f"{value!r} is no value of {name}")
        else:
            self._forced[name] = (
                float(value) if point.kind == "number" and not isinstance(value, str) else value
            )
        self._meddle(name)
        self.show()

    def _meddle(self, name: str) -> None:
        """Read a point as it is forced to be, and a counter that has jumped as it stands from then on."""
        forced = self._forced.get(name)
        gauge = self.model.gauge(name) if forced is None else lambda: forced
        by = self._jumps.get(name)
        self._said[name].gauge = gauge if by is None else partial(_jumped, gauge, by)

    def suffer(self, fault: str, on: bool, numbers: Mapping[str, Number]) -> None:
        """What a fault does to what is behind it: a machine, a tank, its counters. Raises FaultError."""
        if fault == "failed-machine":
            self.fail(str(numbers["machine"]), on)
        elif fault == "leak":
            self.leak(str(numbers["tank"]), float(numbers["flow"]) if on else 0.0)
        elif fault == "counter-jump" and on:
            self.jump(float(numbers["by"]), str(numbers["point"]))

    def fail(self, machine: str, failed: bool) -> None:
        """One of its machines breaks, or is mended; mended without a name, all are. Raises FaultError when it
        has none of that name."""
        machines = self.model.machines()
        for one in self._meant("machine", machine, list(machines), ends=not failed):
            machines[one].failed = failed

    def leak(self, tank: str, m3h: float) -> None:
        """One of its tanks loses so much; 0: it is tight again, and without a name all are. Raises FaultError
        when it has none of that name."""
        tanks = self.model.tanks()
        for one in self._meant("tank", tank, list(tanks), ends=m3h == 0):
            tanks[one].leak = m3h

    def _meant(self, kind: str, name: str, names: list[str], *, ends: bool) -> list[str]:
        """Those that a fault is of. Raises FaultError."""
        device, known = self.device.name, ", ".join(sorted(names))
        if not names:
            raise FaultError(f"{device} has no {kind}s")
        if not name and ends:
            return names
        if not name:
            raise FaultError(f"say which {kind}; {device} has {known}")
        if name not in names:
            raise FaultError(f"{device} has no {kind} {name}; it has {known}")
        return [name]

    def jump(self, by: float, only: str) -> None:
        """Its counters jump. Raises FaultError when it has none of that name."""
        counters = [
            name for name, one in self._said.items() if one.point.counter is not None and only in ("", name)
        ]
        if not counters:
            raise FaultError(f"{self.device.name} has no counter {only}".rstrip())
        for name in counters:
            self._jumps[name] = self._jumps.get(name, 0.0) + by
            self._meddle(name)
        self.show()


def _jumped(gauge: Gauge, by: float) -> Value | None:
    value = gauge()
    return value + by if isinstance(value, float) else value


def _set_up(point: Point) -> bool:
    return point.command is not None and not point.command.targetable


def _commanded(point: Point) -> bool:
    """A BACnet output: its priority array says what it is, not the model."""
    return isinstance(point.source, BacnetObject) and point.source.commandable


def _step(point: Point) -> float:
    """The change worth showing; 0 where only a share of the value says it."""
    if point.counter is not None:
        return float(point.counter.quantum) / 2
    if isinstance(point.source, BacnetObject):
        return (point.source.cov_increment or 0.0) / 4
    if point.source.type.startswith("float"):
        return 0.0
    return abs(point.source.scale) / 2
