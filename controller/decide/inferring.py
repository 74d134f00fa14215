"""Whether a person's hand was at a commanded point: from what it reads, or what stands in its slot. Pure.

Only a value that was held, and is found otherwise in the very next reading of a device that shows no sign of
a restart, was changed by somebody. Anything else is told again.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from config.plan.clock import Pace
from config.plan.reading import Quality, Reading, Value
from config.plan.slots import Slot
from controller.decide.barriers import Barrier, BarrierKind, Barriers
from controller.decide.hands import BARRED, BROKEN, COMMANDED, PROTECTED, PUT_BACK, Hands
from controller.decide.output import Standing
from controller.decide.wanted import Phase, same

PATIENCE = 1.75
"""Poll periods between two readings that follow each other: with more of them one was missed."""


class Inferring:
    """Looks at what changes; decides in `settle`, when all of one cycle is known."""

    def __init__(
        self,
        pace: Pace,
        standing: Mapping[int, Standing],
        of_device: Mapping[int, Sequence[int]],
        hands: Hands,
    ) -> None:
        """`of_device`: the commanded points of each device."""
        self._pace = pace
        self._standing = standing
        self._of_device = of_device
        self._hands = hands
        self._strayed: dict[int, Value] = {}
        """What held values have changed to by themselves since the last `settle`."""

    def commanded(self, point: int) -> bool:
        """A person commands it: no hand is left any more. Whether there was one."""
        self._strayed.pop(point, None)
        return self._hands.end(point, COMMANDED)

    def read(self, standing: Standing, before: Reading, reading: Reading) -> bool:
        """A reading changed; `before`: what it said until then. Whether that may be somebody's hand, or the
        end of one."""
        point = standing.point
        patience_ns = round(PATIENCE * self._pace.poll_s(point.poll_s) * 1e9)
        if self._hands.on(point.id) is None:
            found = standing.read(before, reading, patience_ns)
            if found is not None:
                self._strayed[point.id] = found
            return found is not None
        if not standing.bacnet and reading.quality is Quality.GOOD:
            follows = before.quality is Quality.GOOD and reading.mono_ns - before.mono_ns <= patience_ns
            self._found_left(standing, reading.value, unbroken=follows)
        return True

    def seen(self, standing: Standing, slots: tuple[tuple[int, Value], ...]) -> bool:
        """BACnet: a priority array was seen. Whether that may be somebody's hand, or the end of one, or
        others beat us now, or no longer."""
        point = standing.point.id
        unbroken, overridden_at = standing.array is not None, standing.overridden_at
        found = standing.seen(slots)
        if self._hands.on(point) is not None:
            if standing.record is not None:
                self._found_left(standing, dict(slots).get(standing.record.slot), unbroken=unbroken)
            return True
        if found is not None:
            self._strayed[point] = found
        return found is not None or standing.overridden_at != overridden_at

    def settle(self, steady_ms: int, readings: Sequence[Reading], barriers: Barriers) -> Iterator[int]:
        """Hands begin. Returns the devices that show by what changed that they have restarted."""
        if not self._strayed:
            return
        strayed, self._strayed = self._strayed, {}
        for device in {self._standing[point].point.device for point in strayed}:
            own = {point: found for point, found in strayed.items() if point in self._of_device[device]}
            if self._has_reset(device, len(own), readings):
                yield device
                continue
            for number, found in own.items():
                standing = self._standing[number]
                told, free = standing.tried, barriers.on(standing.point) is None
                if self._hands.on(number) is not None:
                    self._hands.again(number, found, steady_ms)
                elif self._hands.declared(number) and told is not None and free:
                    self._hands.begin(number, told.value, found, steady_ms)
                else:
                    continue
                standing.leave()

    def leaves(self, standing: Standing, barrier: Barrier | None) -> bool:
        """Whether a point is left to a person's hand. A barrier ends that, unless only something cannot be
        read, as at every start; so do protection and process safety that ask for something else."""
        number, wanted = standing.point.id, standing.wanted
        hand = self._hands.on(number)
        if hand is None:
            return False
        if barrier is not None:
            if barrier.kind is not BarrierKind.UNREADABLE:
                self._hands.end(number, BARRED)
            return barrier.kind is BarrierKind.UNREADABLE
        if wanted is None or wanted.slot > Slot.PROCESS_SAFETY:
            return True
        if same(standing.point, hand.found, wanted.value):
            return True
        self._hands.end(number, PROTECTED)
        standing.tell_again()
        return False

    def _has_reset(self, device: int, strayed: int, readings: Sequence[Reading]) -> bool:
        """Whether all that we hold on a device has fallen to nothing at once, as after a loss of power."""
        held = [
            standing
            for point in self._of_device[device]
            if (standing := self._standing[point]).phase is Phase.HELD and not standing.bacnet
        ]
        return strayed > 1 and bool(held) and all(not readings[item.point.id].value for item in held)

    def _found_left(self, standing: Standing, found: Value | None, *, unbroken: bool) -> None:
        """What a point that is left has now: as it was left, put back, changed once more, or lost."""
        number, wanted = standing.point.id, standing.wanted
        hand = self._hands.on(number)
        if hand is None or same(standing.point, found, hand.found):
            return
        if wanted is not None and same(standing.point, found, wanted.value):
            self._hands.end(number, PUT_BACK)
        elif found is not None and unbroken:
            self._strayed[number] = found
        else:
            self._hands.end(number, BROKEN)
            standing.tell_again()
