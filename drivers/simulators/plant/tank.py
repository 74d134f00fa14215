"""A tank: what goes in, what comes out, what runs over, what leaks."""

from __future__ import annotations


class Tank:
    """Volumes in m³, flows in m³/h. content = start + in − out − spilled − leaked, always within 0 and
    capacity."""

    __slots__ = ("capacity", "content", "leak", "leaked", "missing", "spilled")

    def __init__(self, capacity: float, share: float = 0.5) -> None:
        self.capacity = capacity
        self.content = capacity * share
        self.spilled = 0.0
        """m³ that ran over since the start."""
        self.missing = 0.0
        """m³ asked of it that were not there."""
        self.leak = 0.0
        """A burst pipe or a drain that stands open, m³/h; as long as there is something in it."""
        self.leaked = 0.0
        """m³ that went so since the start."""

    @property
    def level(self) -> float:
        """Percent."""
        return 100.0 * self.content / self.capacity

    def step(self, inflow: float, outflow: float, dt_s: float) -> None:
        after = self.content + (inflow - outflow) * dt_s / 3600
        if after > self.capacity:
            self.spilled += after - self.capacity
            after = self.capacity
        elif after < 0.0:
            self.missing -= after
            after = 0.0
        self.content = after
        if self.leak:
            lost = min(self.leak * dt_s / 3600, self.content)
            self.content -= lost
            self.leaked += lost
