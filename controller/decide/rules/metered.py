"""What the meters of a demand cap say, minute by minute. It is all in the rule's memory."""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

from config.plan.rules import STEADY, DemandCap
from controller.decide.rules.demand import WINDOW, Minutes, later, packed, unpacked
from controller.decide.rules.look import Look

MINUTE_MS = 60_000
SAMPLE_MS = 15_000
"""A power is looked at so often; each look is remembered, and so written to the disk."""
_MARK, _MINUTES, _TAKEN, _SUM, _LOOKS = "mark_ms", "minutes", "taken", "sum", "looks"
_COUNT, _COUNTED = "count", "counted_ms"


class _Minute(NamedTuple):
    """What was seen of the power since the last minute ended."""

    total: float = 0.0
    looks: int = 0
    taken: int = 0
    """Looks that were due up to the last one, whether there was something to see or not."""

    @property
    def mean(self) -> float | None:
        return self.total / self.looks if self.looks else None

    def and_now(self, kw: float | None, passed_ms: int) -> _Minute:
        """The same with one more look, if it is time for one."""
        due = min(passed_ms // SAMPLE_MS, MINUTE_MS // SAMPLE_MS)
        if due <= self.taken:
            return self
        if kw is None:
            return self._replace(taken=due)
        return _Minute(self.total + kw, self.looks + 1, due)

    def keep(self, look: Look, mark_ms: int) -> None:
        """Remember it until the next look. The one at the end of the minute is for the rule as a whole."""
        look.keep(_SUM, round(self.total, 3))
        look.keep(_LOOKS, self.looks)
        look.keep(_TAKEN, self.taken)
        next_ms = (self.taken + 1) * SAMPLE_MS
        if next_ms < MINUTE_MS:
            look.glance_at(mark_ms + next_ms)


def glance(spec: DemandCap, look: Look) -> None:
    """Between the ends of two minutes: what is drawn now counts for the one that goes on, and for nothing
    else."""
    mark_ms = int(look.memory[_MARK])
    minute = _so_far(look).and_now(_power(spec, look), look.now_ms - mark_ms)
    minute.keep(look, mark_ms)


class Metered:
    """The minutes up to now. Made for one evaluation, it takes what is to be taken and remembers it."""

    def __init__(self, spec: DemandCap, look: Look) -> None:
        self._spec = spec
        self._look = look
        mark_ms = int(look.memory.get(_MARK, look.now_ms - look.now_ms % MINUTE_MS))
        if not 0 <= look.now_ms - mark_ms <= WINDOW * MINUTE_MS:
            mark_ms = look.now_ms - look.now_ms % MINUTE_MS
            self.minutes: Minutes = ()
        else:
            self.minutes = unpacked(str(look.memory.get(_MINUTES, "")))
        passed = (look.now_ms - mark_ms) // MINUTE_MS
        self.closed = passed > 0
        """A minute has ended with this evaluation."""
        self.mark_ms = mark_ms + passed * MINUTE_MS
        """The end of the last minute."""
        if spec.counted:
            self._by_count(passed)
        else:
            self._by_power(passed, mark_ms)
        look.keep(_MARK, self.mark_ms)
        # Decided is by what is remembered, not by more digits that would be gone with the next look.
        words = packed(self.minutes)
        self.minutes = unpacked(words)
        look.keep(_MINUTES, words)

    def power(self, changed_ms: int) -> float | None:
        """What is drawn now, kW; None: nobody knows. `changed_ms`: when last something was shed or given
        back."""
        if self._spec.counted:
            since = min(max((self.mark_ms - changed_ms) // MINUTE_MS, 1), STEADY)
            lately = [kw for kw in self.minutes[-since:] if kw is not None]
            return sum(lately) / len(lately) if lately else None
        last = self.minutes[-1] if self.minutes else None
        return _sum(map(self._look.number, self._spec.meters)) if last is None else last

    def _by_power(self, passed: int, mark_ms: int) -> None:
        look = self._look
        before = _so_far(look) if look.memory.get(_MARK) == mark_ms else _Minute()
        now = _power(self._spec, look)
        if passed > 1:
            # What was seen belongs to the first of them, what is seen now to the last.
            self.minutes = later(self.minutes, (before.mean, *(None,) * (passed - 2), now))
        elif passed:
            self.minutes = later(self.minutes, (before.and_now(now, look.now_ms - mark_ms).mean,))
        minute = _Minute() if passed else before.and_now(now, look.now_ms - mark_ms)
        minute.keep(look, self.mark_ms)
        look.wake_at(self.mark_ms + MINUTE_MS)

    def _by_count(self, passed: int) -> None:
        look, memory = self._look, self._look.memory
        look.wake_at(self.mark_ms + MINUTE_MS)
        if not passed and _COUNTED in memory:
            for key in (_COUNT, _COUNTED):
                look.keep(key, memory[key])
            return
        count = _sum(map(look.glance, self._spec.meters))
        if count is None:
            # It is counted from as soon as they can be read.
            count = _sum(map(look.number, self._spec.meters))
        kw = None
        if count is not None and _COUNTED in memory and look.now_ms > int(memory[_COUNTED]):
            hours = (look.now_ms - int(memory[_COUNTED])) / 3_600_000
            kw = (count - float(memory[_COUNT])) / hours
        # A counter that was reset, or replaced, says nothing of what was used.
        known = kw if kw is not None and 0 <= kw <= self._spec.most_kw else None
        self.minutes = later(self.minutes, (known,) * passed)
        if count is not None:
            look.keep(_COUNT, count)
            look.keep(_COUNTED, look.now_ms)


def _so_far(look: Look) -> _Minute:
    memory = look.memory
    return _Minute(float(memory.get(_SUM, 0.0)), int(memory.get(_LOOKS, 0)), int(memory.get(_TAKEN, 0)))


def _power(spec: DemandCap, look: Look) -> float | None:
    """What is drawn now, kW."""
    return _sum(map(look.glance, spec.meters))


def _sum(found: Iterable[float | None]) -> float | None:
    """Of all, if all are known."""
    total = 0.0
    for number in found:
        if number is None:
            return None
        total += number
    return total
