"""What the meters of a demand cap say, minute by minute. It is all in the rule's memory."""

from __future__ import annotations

from collections.abc import Iterable

from config.plan.rules import STEADY, DemandCap
from controller.decide.rules.demand import WINDOW, Minutes, later, packed, unpacked
from controller.decide.rules.look import Look

MINUTE_MS = 60_000
SAMPLE_MS = 15_000
"""A power is looked at so often; each look is remembered, and so written to the disk."""
_MARK, _MINUTES, _TAKEN, _SUM, _LOOKS = "mark_ms", "minutes", "taken", "sum", "looks"
_COUNT, _COUNTED = "count", "counted_ms"


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
        look.keep(_MINUTES, packed(self.minutes))

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
        now = _sum(map(look.glance, self._spec.meters))
        same = look.memory.get(_MARK) == mark_ms
        total = float(look.memory.get(_SUM, 0.0)) if same else 0.0
        looks = int(look.memory.get(_LOOKS, 0)) if same else 0
        taken = int(look.memory.get(_TAKEN, 0)) if same else 0
        due = min((look.now_ms - mark_ms) // SAMPLE_MS, MINUTE_MS // SAMPLE_MS)
        if passed > 1:
            # What was seen belongs to the first of them, what is seen now to the last.
            first = total / looks if looks else None
            self.minutes = later(self.minutes, (first, *(None,) * (passed - 2), now))
        else:
            if due > taken and now is not None:
                total, looks = total + now, looks + 1
            if passed:
                self.minutes = later(self.minutes, (total / looks if looks else None,))
        if passed:
            total, looks, due = 0.0, 0, 0
        look.keep(_SUM, round(total, 3))
        look.keep(_LOOKS, looks)
        look.keep(_TAKEN, max(due, 0 if passed else taken))
        look.wake_at(self.mark_ms + (max(due, 0 if passed else taken) + 1) * SAMPLE_MS)

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


def _sum(found: Iterable[float | None]) -> float | None:
    """Of all, if all are known."""
    total = 0.0
    for number in found:
        if number is None:
            return None
        total += number
    return total
