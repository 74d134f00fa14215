"""The meters of a Plan: which points count, in what quantum, and under what name they are logged."""

from __future__ import annotations

from collections import Counter as Tally
from dataclasses import dataclass

from config.plan.clock import Pace
from config.plan.points import Point
from config.plan.reading import Value
from config.plan.site import Plan
from controller.consumption.records import Terms

BOUNDARY_AGE_S = 60.0
"""Site seconds by which a boundary count may be older than its boundary."""

MOST_QUANTA = 2**62
"""Counts from here on fit no database column."""


@dataclass(frozen=True, slots=True)
class Meter:
    """One counter and its log."""

    name: str
    """What the log knows it by: the device's name, or "device.point" where the device has several
    counters."""
    point: int
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
    poll_s: float

    def quanta(self, value: Value | None) -> int | None:
        """A reading as a whole number of quanta; None for what cannot be a count: no number, negative, beyond
        what can be stored, at or above the modulus."""
        if value is None or isinstance(value, (bool, str)) or not 0 <= value < MOST_QUANTA:
            return None  # before it is divided: an integer may be too large for that
        exact = value / float(self.quantum)
        if not 0 <= exact < MOST_QUANTA:  # not a number compares false
            return None
        count = round(exact)
        return count if self.modulus is None or count < self.modulus else None

    def terms(self, pace: Pace) -> Terms:
        """What its intervals are made by."""
        return Terms(
            self.name, self.modulus, self.max_rate / float(self.quantum), boundary_age_ms(pace, self.poll_s)
        )


def meters_of(plan: Plan) -> tuple[Meter, ...]:
    """Every point of `plan` that is a counter, by name."""
    counters = [point for point in plan.points if point.counter is not None]
    owners = Tally(point.device for point in counters)
    made = [_meter(plan, point, alone=owners[point.device] == 1) for point in counters]
    return tuple(sorted(made, key=lambda meter: meter.name))


def boundary_age_ms(pace: Pace, poll_s: float) -> int:
    """How old a reading of a point polled every `poll_s` may be at a boundary, in site milliseconds."""
    return round(pace.age_s(BOUNDARY_AGE_S, poll_s) * max(pace.speed, 1.0) * 1000)


def _meter(plan: Plan, point: Point, *, alone: bool) -> Meter:
    counter = point.counter
    assert counter is not None
    return Meter(
        name=plan.devices[point.device].name if alone else point.key,
        point=point.id,
        key=point.key,
        quantity=counter.quantity,
        unit=point.unit,
        quantum=counter.quantum,
        modulus=counter.modulus,
        max_rate=counter.max_rate,
        power_point=counter.power_point,
        poll_s=point.poll_s,
    )
