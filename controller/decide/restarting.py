"""Restarts: after the power came back, or many devices did, starts go one by one. Pure.

It begins with the first step on a machine that was booted since the one before, or when several devices, or
a whole line, have come back within a while. It ends when nobody wants to start any more. Stops pass it by.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping

from config.language import Text, text
from config.plan.restart import Restart
from config.plan.site import Plan
from controller.decide.records import RuleMemory

NAME = "site restart"
"""By which it is remembered: no rule has a name with a blank."""
_MACHINE, _BEGAN, _LAST, _BOOTED = "machine", "began_ms", "last_ms", "booted"
_REASONS = {
    True: text("the power came back: starts go one by one"),
    False: text("many devices came back: starts go one by one"),
}


class Restarting:
    """Who waits, and whose turn it is. Remembered over restarts of the daemon, by the names of the points."""

    def __init__(self, plan: Plan, remembered: Mapping[str, bool | int | float | str], machine: str) -> None:
        """`machine`: another one after each boot of the machine; "": not known."""
        self._declared: Restart | None = plan.restart
        order = () if plan.restart is None else plan.restart.order
        self._rank = {point: rank for rank, point in enumerate(order)}
        self._keys = {point: plan.points[point].key for point in order}
        self._devices = {device.id: device.name for device in plan.devices}
        self._lines = {
            line.id: frozenset(device.name for device in plan.devices if device.line == line.id)
            for line in plan.lines
        }
        self._line_of = {device.id: device.line for device in plan.devices}
        began = remembered.get(_BEGAN)
        self._machine = str(remembered.get(_MACHINE, ""))
        self._booted_now = bool(machine) and machine != self._machine
        self._machine = machine or self._machine
        self._began_ms = None if began is None else int(began)
        self._last_ms = int(remembered.get(_LAST, 0))
        self._booted = bool(remembered.get(_BOOTED, False))
        self._back = {
            name: int(remembered[f"back-{name}_ms"])
            for name in self._devices.values()
            if f"back-{name}_ms" in remembered
        }
        self._waiting = {point for point, key in self._keys.items() if f"wait-{key}" in remembered}
        self._went = {point for point, key in self._keys.items() if f"went-{key}" in remembered}
        self._anew = self._began_ms is not None
        """Something has changed since nobody could be chosen."""
        self._moved = False
        """Those that wait will start at another time than they were told."""
        self.turn: int | None = None
        """The command that may start in this step."""
        self.changed = self.memory() != remembered
        """What is remembered is another than before, until somebody has taken it."""

    @property
    def active(self) -> bool:
        """Starts go one by one."""
        return self._began_ms is not None

    @property
    def idle(self) -> bool:
        """There is nothing to look at, and nobody to choose, until a device comes back."""
        return not (self.active or self._booted_now or self._back or self._waiting)

    @property
    def waiting(self) -> frozenset[int]:
        """Commands that wait to start."""
        return frozenset(self._waiting)

    @property
    def reason(self) -> Text:
        return _REASONS[self._booted]

    def staggers(self, command: int) -> bool:
        """Whether starts of it go one by one now."""
        return self.active and command in self._rank

    def doubts(self, command: int, device: int) -> bool:
        """Whether it may have been stopped by what began this, and has not been started since."""
        back = self._booted or self._devices[device] in self._back
        return self.staggers(command) and back and command not in self._went

    def went(self, command: int) -> bool:
        """Whether it was let go in this phase."""
        return command in self._went

    def stays(self, command: int) -> None:
        """It was not stopped."""
        self.leave(command)
        if command not in self._went:
            self._went.add(command)
            self.changed = True

    def look(self, returned: Collection[int], now_ms: int) -> Collection[int]:
        """Begin if it is time to. `returned`: devices that have come back. Returns the commands to be decided
        anew."""
        if self._declared is None:
            return ()
        booted, self._booted_now = self._booted_now, False
        for device in returned:
            self._back[self._devices[device]] = now_ms
            self.changed = True
        if not self.active:
            if not (booted or returned or self._back):
                return ()
            since_ms = now_ms - round(self._declared.within_s * 1000)
            old = [name for name, back_ms in self._back.items() if back_ms < since_ms]
            for name in old:
                del self._back[name]
                self.changed = True
            if not booted and not self._many(returned):
                return ()
            self._began_ms, self._booted, self._last_ms = now_ms, booted, 0
            self._went.clear()
            self.changed = self._anew = True
            return self._rank
        moved, self._moved = self._moved, False
        return self._rank if returned else tuple(self._waiting) if moved else ()

    def choose(self, now_ms: int, ready: Callable[[int], bool]) -> int | None:
        """Whose turn it is now; None: nobody's. `ready`: whether nothing else keeps it. Ends the phase when
        nobody waits."""
        self.turn = None
        if self._declared is None or now_ms < self._free_ms():
            return None
        if not self._waiting:
            self._end()
            return None
        fit = [command for command in self._waiting if ready(command)]
        self.turn = min(fit, key=self._rank.__getitem__, default=None)
        self._anew = self.turn is not None
        return self.turn

    def wait(self, command: int, now_ms: int) -> int:
        """It wants to start. Returns when it will, if everything stays as it is."""
        if command not in self._waiting:
            self._waiting.add(command)
            self.changed = self._anew = self._moved = True
        assert self._declared is not None
        before = sum(self._rank[other] < self._rank[command] for other in self._waiting)
        return max(self._free_ms(), now_ms) + before * round(self._declared.stagger_s * 1000)

    def leave(self, command: int) -> None:
        """It does not want to start, or has no need to."""
        if command in self._waiting:
            self._waiting.remove(command)
            self.changed = self._moved = True

    def go(self, command: int, now_ms: int) -> None:
        """It starts."""
        self.leave(command)
        self._went.add(command)
        self._last_ms = now_ms
        self.turn = None
        self.changed = self._anew = True

    def wake_ms(self) -> int | None:
        """When to ask again whose turn it is, or whether it is over."""
        return self._free_ms() if self.active and self._anew else None

    def put_right(self, by_ms: int) -> None:
        """Times that are remembered move with the clock."""
        if self._began_ms is not None:
            self._began_ms += by_ms
        self._last_ms += by_ms if self._last_ms else 0
        self._back = {name: back_ms + by_ms for name, back_ms in self._back.items()}
        self.changed = True

    def memory(self) -> dict[str, bool | int | float | str]:
        """What is to be remembered."""
        if self._declared is None:
            return {}
        kept: dict[str, bool | int | float | str] = {_MACHINE: self._machine} if self._machine else {}
        kept |= {f"back-{name}_ms": back_ms for name, back_ms in self._back.items()}
        if self._began_ms is not None:
            kept |= {_BEGAN: self._began_ms, _BOOTED: self._booted}
            kept |= {_LAST: self._last_ms} if self._last_ms else {}
            kept |= {f"wait-{self._keys[command]}": True for command in sorted(self._waiting)}
            kept |= {f"went-{self._keys[command]}": True for command in sorted(self._went)}
        return kept

    def remembered(self) -> RuleMemory:
        return RuleMemory(NAME, self.memory())

    def _free_ms(self) -> int:
        """From when on the next may start."""
        assert self._declared is not None
        if self._began_ms is None:
            return 0
        first_ms = self._began_ms + round(self._declared.after_s * 1000)
        if not self._last_ms:
            return first_ms
        return max(first_ms, self._last_ms + round(self._declared.stagger_s * 1000))

    def _many(self, returned: Collection[int]) -> bool:
        assert self._declared is not None
        if not returned:
            return False
        whole = (self._lines[self._line_of[device]] for device in returned)
        return len(self._back) >= self._declared.devices or any(
            len(line) > 1 and line <= self._back.keys() for line in whole
        )

    def _end(self) -> None:
        if self.active:
            self._began_ms, self._booted = None, False
            self._went.clear()
            self._back.clear()
            self.changed = True
