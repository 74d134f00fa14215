"""The machine that a daemon runs on, as far as its clocks go: true time, and what it takes for it."""

from __future__ import annotations

from controller.clock import SiteClock, VirtualClock
from controller.store.boots import Stood

_MS = 1_000_000
_CHIP_BEGINS_MS = 946_684_800_000
"""2000-01-01: where a clock chip begins after its battery has failed."""


class Machine:
    """True time moves when told; devices live by it."""

    def __init__(self, wall_ms: int) -> None:
        self.true = VirtualClock(wall_ms)
        self.began_ms = wall_ms
        self._boots = 1
        self._ahead_ms = 0
        """The machine's wall clock less true time."""
        self._synchronised = True
        self._has_chip = True

    @property
    def true_ms(self) -> int:
        return self.true.now().wall_ms

    @property
    def gone_s(self) -> int:
        """True seconds since the beginning."""
        return round((self.true_ms - self.began_ms) / 1000)

    @property
    def right(self) -> bool:
        """Its wall clock shows the time."""
        return self._ahead_ms == 0

    @property
    def boot(self) -> str:
        """Which boot this is."""
        return str(self._boots)

    def clock(self, stood: Stood) -> SiteClock:
        """As the daemon makes it at a start; `stood`: what the run before has stored of its own."""
        return SiteClock(
            not_before_ms=stood.seen_ms,
            booted_ms=stood.booted_in(self.boot),
            believable=lambda: self._synchronised or self._has_chip,
            synchronised=lambda: self._synchronised,
            wall_ns=lambda: (self.true_ms + self._ahead_ms) * _MS,
            mono_ns=lambda: self.true.now().mono_ns,
            elapsed_ns=lambda: self.true.now().mono_ns,
        )

    def leaps(self, seconds: int) -> None:
        """Somebody, or something, sets its clock."""
        self._ahead_ms += seconds * 1000
        self._synchronised = False

    def hears_the_time(self) -> None:
        """NTP sets it and says so."""
        self._ahead_ms = 0
        self._synchronised = True

    def reboots(self, chip: str) -> None:
        """With a clock chip that is "good", "flat" (it begins anew) or "none"."""
        self._boots += 1
        self._synchronised = False
        self._has_chip = chip != "none"
        if chip != "good":
            begins_ms = _CHIP_BEGINS_MS if chip == "flat" else 0
            self._ahead_ms = begins_ms - self.true_ms
