"""What motors did, by their feedback: starts, run hours, minimum times that were not kept."""

from __future__ import annotations

from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass, field

from config.plan.clock import Now
from config.plan.equipment import FEEDBACK, Equipment
from config.plan.reading import Quality, Reading
from config.plan.site import Plan
from controller.consumption.records import Interval
from controller.decide.step import Step
from controller.rehearsal.hourly import HOUR_MS, Hours


@dataclass(slots=True)
class Motor:
    """One equipment with a running feedback."""

    equipment: Equipment
    point: int
    by_hour: Hours
    """Milliseconds run."""
    on: bool | None = None
    """None: not known."""
    since_ms: int = 0
    starts: int = 0
    run_ms: int = 0
    short_runs: int = 0
    """Shorter than `min_on`."""
    short_rests: int = 0
    """Shorter than `min_off`."""
    crowded: int = 0
    """Starts beyond `starts_per_hour`."""
    recent: deque[int] = field(default_factory=deque)


class Motors:
    """Of all equipment that has the role `run_fb`. Times are as fine as the cycle."""

    def __init__(self, plan: Plan, cycle_ms: int, from_ms: int) -> None:
        """`from_ms`: nothing is looked at before."""
        self._slack_ms = cycle_ms
        self.motors = {
            point: Motor(item, point, Hours(from_ms))
            for item in plan.equipment
            for role, point in item.roles
            if role == FEEDBACK and plan.points[point].kind == "bool"
        }
        self._points = frozenset(self.motors)

    def look(self, now: Now, step: Step, readings: Sequence[Reading]) -> None:
        for point in self._points.intersection(step.changed):
            motor, reading = self.motors[point], readings[point]
            on = bool(reading.value) if reading.quality is Quality.GOOD else None
            if on is not motor.on:
                self._turn(motor, on, now.wall_ms)

    def intervals(self, rows: Sequence[Interval]) -> None:
        """Nothing: only feedbacks count."""

    def end(self, wall_ms: int) -> None:
        """Count what runs up to now."""
        for motor in self.motors.values():
            if motor.on:
                self._ran(motor, wall_ms)
                motor.since_ms = wall_ms

    def _turn(self, motor: Motor, on: bool | None, wall_ms: int) -> None:
        lasted_ms = wall_ms - motor.since_ms + self._slack_ms
        if motor.on:
            self._ran(motor, wall_ms)
            motor.short_runs += on is False and lasted_ms < motor.equipment.min_on_s * 1000
        elif motor.on is False and on:
            motor.starts += 1
            motor.short_rests += lasted_ms < motor.equipment.min_off_s * 1000
            self._crowd(motor, wall_ms)
        motor.on, motor.since_ms = on, wall_ms

    def _crowd(self, motor: Motor, wall_ms: int) -> None:
        most = motor.equipment.starts_per_hour
        if most is None:
            return
        motor.recent.append(wall_ms)
        while motor.recent[0] <= wall_ms - HOUR_MS:
            motor.recent.popleft()
        motor.crowded += len(motor.recent) > most

    @staticmethod
    def _ran(motor: Motor, wall_ms: int) -> None:
        motor.run_ms += wall_ms - motor.since_ms
        start_ms = motor.since_ms
        while start_ms < wall_ms:
            end_ms = min(wall_ms, start_ms - start_ms % HOUR_MS + HOUR_MS)
            motor.by_hour.add(start_ms, end_ms - start_ms)
            start_ms = end_ms
