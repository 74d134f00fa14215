"""Clocks: the site's real one, which may run faster than the world's in a demo, and a virtual one."""

from __future__ import annotations

import ctypes
import time
from collections.abc import Callable
from pathlib import Path

from config.plan.clock import Now

_NS_PER_MS = 1_000_000
_TIME_ERROR = 5
"""adjtimex(2): the kernel's clock is not synchronised."""
_HOST_CLOCKS = frozenset({"kvm-clock", "xen", "hyperv_clocksource_tsc_page", "hyperv_clocksource_msr"})


def machine_is_believable() -> bool:
    """Whether this machine can know the time: a clock chip, a host that tells it, a synchronised kernel."""
    if any(Path("/sys/class/rtc").glob("rtc*")):
        return True
    source = Path("/sys/devices/system/clocksource/clocksource0/current_clocksource")
    if source.is_file() and source.read_text(encoding="ascii").strip() in _HOST_CLOCKS:
        return True
    try:
        # A zeroed struct timex asks and changes nothing; 512 bytes are more than it takes on any machine.
        return bool(ctypes.CDLL(None).adjtimex(ctypes.create_string_buffer(512)) not in (_TIME_ERROR, -1))
    except (OSError, AttributeError):
        return False


class SiteClock:
    """Site time: the machine's, or from a given start at `speed` site seconds a machine second.

    While the machine's time cannot be believed (it lies before the last stored time, or nothing has told this
    machine the time), it is not trusted and counts on from the last stored time, the least it can be. Once
    believed it stays so.
    """

    def __init__(
        self,
        speed: float = 1.0,
        start_wall_ms: int | None = None,
        *,
        not_before_ms: int = 0,
        believable: Callable[[], bool] = machine_is_believable,
        wall_ns: Callable[[], int] = time.time_ns,
        mono_ns: Callable[[], int] = time.monotonic_ns,
    ) -> None:
        """`start_wall_ms`: begin there and never look at the machine's wall clock (demos; always trusted).
        `not_before_ms`: the last stored time. Raises ValueError for a speed other than 1 without a start."""
        if speed != 1.0 and start_wall_ms is None:
            raise ValueError("site time that runs faster needs a start of its own")
        self.speed = speed
        self._believable = believable
        self._wall_ns = wall_ns
        self._mono_ns = mono_ns
        self._begun_ns = mono_ns()
        self._own_time = start_wall_ms is not None
        self._start_ms = not_before_ms if start_wall_ms is None else start_wall_ms
        self._trusted = self._own_time

    def now(self) -> Now:
        mono_ns = self._mono_ns()
        counted_ms = self._start_ms + round((mono_ns - self._begun_ns) * self.speed / _NS_PER_MS)
        if self._own_time:
            return Now(counted_ms, mono_ns, True)
        machine_ms = self._wall_ns() // _NS_PER_MS
        if not self._trusted:
            self._trusted = machine_ms >= self._start_ms and self._believable()
        return (
            Now(machine_ms, mono_ns, True)
            if self._trusted
            else Now(max(counted_ms, machine_ms), mono_ns, False)
        )


class VirtualClock:
    """Time that moves when told: for tests and rehearsals."""

    def __init__(self, wall_ms: int, speed: float = 1.0) -> None:
        self.speed = speed
        self.trusted = True
        self._wall_ms = wall_ms
        self._mono_ns = 1_000_000_000

    def now(self) -> Now:
        return Now(self._wall_ms, self._mono_ns, self.trusted)

    def advance(self, machine_s: float) -> Now:
        """Let `machine_s` machine seconds pass; site time goes on `speed` times as much."""
        self._mono_ns += round(machine_s * 1_000_000_000)
        self._wall_ms += round(machine_s * 1000 * self.speed)
        return self.now()

    def set_wall(self, wall_ms: int) -> None:
        """Step the wall clock; the monotonic one goes on."""
        self._wall_ms = wall_ms
