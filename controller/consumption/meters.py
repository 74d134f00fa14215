"""The meters of a Plan: which points count, or are added up over time, in what quantum, and under what name
they are logged."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

from config.plan.clock import Pace
from config.plan.metering import IntegratedMeter
from config.plan.meters import meter_names
from config.plan.points import Point
from config.plan.reading import Value
from config.plan.site import Plan
from controller.consumption.records import Terms

BOUNDARY_AGE_S = 60.0
"""Site seconds by which a boundary count may be older than its boundary."""

MOST_QUANTA = 2**62
"""Counts from here on fit no database column."""

_COUNTED_IN = {"kW": "kWh", "m³/h": "m³"}
"""Unit of a power or flow → what an hour of it is counted in."""


@dataclass(frozen=True, slots=True)
class Meter:
    """One counter, or a power that is integrated, and its log."""

    name: str
    """What the log knows it by: the device's name, or "device.point" where the device has several
    counters; an integrated meter's own."""
    point: int
    """The counter; of an integrated meter the power."""
    key: str
    """"device.point"."""
    quantity: str
    unit: str
    quantum: str
    """Decimal text in `unit`."""
    modulus: int | None
    """In quanta."""
    max_rate: float
    """In `unit` an hour."""
    power_point: int | None
    """The power or flow, where there is one."""
    poll_s: float
    max_age_s: float = 0.0
    """Of an integrated meter: how far two readings of its power may be apart, site seconds."""
    label: str = ""
    """Of an integrated meter: a counter goes by its device's."""
    power_unit: str = ""
    """Of a counter: that of the power or flow beside it."""

    @property
    def integrated(self) -> bool:
        """Its count is worked out from power; no device has it."""
        return self.point == self.power_point

    def quanta(self, value: Value | None) -> int | None:
        """A reading as a whole number of quanta; None for what cannot be a count: no number, negative, beyond
        what can be stored, at or above the modulus."""
        if not isinstance(value, float) and (value is None or isinstance(value, (bool, str))):
            return None
        if not 0 <= value < MOST_QUANTA:
            return None  # before it is divided: an integer may be too large for that
        exact = value / _number(self.quantum)
        if not 0 <= exact < MOST_QUANTA:  # not a number compares false
            return None
        count = round(exact)
        return count if self.modulus is None or count < self.modulus else None

    def terms(self, pace: Pace) -> Terms:
        """What its intervals are made by."""
        if self.integrated:
            age_ms = _site_ms(pace, pace.age_s(self.max_age_s, self.poll_s))
        else:
            age_ms = boundary_age_ms(pace, self.poll_s)
        quantum = float(self.quantum)
        alike = _COUNTED_IN.get(self.power_unit) == self.unit
        per_hour = 0.001 / quantum if alike else 0.0
        return Terms(self.name, self.modulus, self.max_rate / quantum, age_ms, per_hour)


_number = lru_cache(maxsize=64)(float)
"""Of the few decimal texts that quanta are."""


def thousandths_of(value: Value | None) -> int | None:
    """A power or flow in thousandths of its unit; None for what cannot be one."""
    if not isinstance(value, float) and (value is None or isinstance(value, (bool, str))):
        return None
    exact = value * 1000
    return round(exact) if abs(exact) < MOST_QUANTA else None  # not a number compares false


def meters_of(plan: Plan) -> tuple[Meter, ...]:
    """Every point of `plan` that is a counter and every integrated meter, by name."""
    names = meter_names(plan.points, {device.id: device.name for device in plan.devices})
    made = [_meter(plan, plan.points[point], name) for point, name in names.items()]
    made += [_integrated(plan.points[item.point], item) for item in plan.metering.integrated]
    return tuple(sorted(made, key=lambda meter: meter.name))


def boundary_age_ms(pace: Pace, poll_s: float) -> int:
    """How old a reading of a point polled every `poll_s` may be at a boundary, in site milliseconds."""
    return _site_ms(pace, pace.age_s(BOUNDARY_AGE_S, poll_s))


def _site_ms(pace: Pace, machine_s: float) -> int:
    """What `Pace.age_s` says, in site milliseconds."""
    return round(machine_s * max(pace.speed, 1.0) * 1000)


def _meter(plan: Plan, point: Point, name: str) -> Meter:
    counter = point.counter
    assert counter is not None
    power = None if counter.power_point is None else plan.points[counter.power_point]
    return Meter(
        name=name,
        point=point.id,
        key=point.key,
        quantity=counter.quantity,
        unit=point.unit,
        quantum=counter.quantum,
        modulus=counter.modulus,
        max_rate=counter.max_rate,
        power_point=counter.power_point,
        poll_s=point.poll_s,
        power_unit="" if power is None else power.unit,
    )


def _integrated(point: Point, item: IntegratedMeter) -> Meter:
    return Meter(
        name=item.name,
        point=point.id,
        key=point.key,
        quantity=item.quantity,
        unit=item.unit,
        quantum=item.quantum,
        modulus=None,
        max_rate=item.max_rate,
        power_point=point.id,
        poll_s=point.poll_s,
        max_age_s=point.max_age_s,
        label=item.label,
    )
