"""Two machines of which one does the work and they take turns, as a panel does in "auto"."""

from __future__ import annotations

from typing import Literal

from drivers.simulators.plant.motor import Motor

Mode = Literal["off", "auto", "standby"]


class Pair:
    """Duty and standby. The turn passes at every stop; a failed one is skipped.

    A machine told "standby" works only when no machine in "auto" can. `selected` is the switch on the
    panel: a machine whose switch is not in auto does not run, whatever it is told.
    """

    def __init__(self, first: Motor, second: Motor) -> None:
        self.motors = (first, second)
        self.modes: list[Mode] = ["auto", "auto"]
        self.selected = [True, True]
        self.locked = False
        """An interlock (dry run, overflow) holds both."""
        self._next = 0
        self._asked = 0

    def _fit(self, mode: Mode) -> list[int]:
        return [
            place
            for place in (self._next, 1 - self._next)
            if self.modes[place] == mode and self.selected[place] and not self.motors[place].failed
        ]

    def ask(self, count: int) -> None:
        """How many are to run now, 0 to 2."""
        if self.locked:
            count = 0
        if count == 0 and self._asked:
            self._next = 1 - self._next
        self._asked = count
        chosen = (self._fit("auto") or self._fit("standby"))[:count] if count else []
        for place, motor in enumerate(self.motors):
            motor.turn(place in chosen)

    @property
    def running(self) -> int:
        first, second = self.motors
        return first.running + second.running

    def step(self, dt_s: float) -> None:
        for motor in self.motors:
            motor.step(dt_s)

    @property
    def power_kw(self) -> float:
        first, second = self.motors
        return first.power_kw + second.power_kw
