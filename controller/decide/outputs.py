"""All commanded points: which may be written now, and what becomes of it."""

from __future__ import annotations

import heapq
from collections.abc import Collection, Mapping, Sequence

from config.language import text
from config.plan.clock import Now, Pace
from config.plan.points import Point
from config.plan.reading import Quality, Reading
from config.plan.site import Plan
from config.quick import tuple_of
from controller.decide.arbiter import Result
from controller.decide.barriers import BarrierKind, Barriers
from controller.decide.hands import RESTARTED, Hand, Hands
from controller.decide.inferring import Inferring
from controller.decide.naming import Naming
from controller.decide.output import Standing
from controller.decide.records import Notice, Output
from controller.decide.step import FateRecord, Step, WouldWrite
from controller.decide.wanted import Phase, Wanted
from drivers.api import DeviceState, SlotState, WriteReport


class Outputs:
    """Turns decisions into writes: after a device's first good reading, past no barrier, once, and again only
    as declared. Only points touched since the last `settle`, or due, are looked at."""

    def __init__(self, plan: Plan, pace: Pace, remembered: Collection[Output], hands: Hands) -> None:
        self._set_up: set[int] = set()
        """Devices whose set-up registers were written in this run."""
        self._naming = Naming(plan)
        records = {record.point: record for record in remembered}
        self._standing = {
            point.id: Standing(point, records.get(point.key), _reassert_s(point, pace))
            for point in plan.points
            if point.command is not None and point.command.targetable
        }
        known = {standing.point.key for standing in self._standing.values()}
        self._elsewhere = {key: record for key, record in records.items() if key not in known}
        """Of points that this Plan does not have: kept for their return."""
        self._forgotten: list[str] = []
        self._of_device: dict[int, list[int]] = {device.id: [] for device in plan.devices}
        for number, standing in self._standing.items():
            self._of_device[standing.point.device].append(number)
        self._hands = hands
        self._inferring = Inferring(pace, self._standing, self._of_device, hands)
        self.unheard = set(self._of_device)
        """Devices that gave no good reading in this run yet. Not to be written."""
        self._lost: set[int] = set()
        self._touched: set[int] = set()
        self._due: list[tuple[int, int]] = []
        self._queued: dict[int, int] = {}
        """What of each point was put into `_due` last."""
        self._seq = 0
        self._held: set[int] = set()
        self._failing: set[int] = set()
        self._closed = False
        self._parted: set[int] = set()

    @property
    def sent(self) -> int:
        """Writes handed out in this run."""
        return self._seq

    @property
    def held(self) -> int:
        """Points that have what is wanted of them."""
        return len(self._held)

    @property
    def failing(self) -> int:
        """Points whose command does not take."""
        return len(self._failing)

    @property
    def standing(self) -> Mapping[int, Standing]:
        """Every point that can be commanded."""
        return self._standing

    def reachable(self, device: int) -> bool:
        """Heard in this run, and not lost."""
        return device not in self.unheard and device not in self._lost

    def close(self) -> None:
        """Hand nothing out any more; what is still answered for is remembered."""
        self._closed = True

    def next_seq(self) -> int:
        self._seq += 1
        return self._seq

    def records(self) -> tuple[Output, ...]:
        here = (standing.record for standing in self._standing.values())
        return (*(record for record in here if record is not None), *self._elsewhere.values())

    def take_over(self, former: Outputs, same: Mapping[int, int], devices: Mapping[int, int]) -> None:
        """What another Plan's outputs have and wait for; `same`, `devices`: their points and devices → those
        here."""
        self._seq = former._seq
        self.unheard -= {new for old, new in devices.items() if old not in former.unheard}
        self._lost = {devices[device] for device in former._lost if device in devices}
        self._set_up = {devices[device] for device in former._set_up if device in devices}
        for old, new in same.items():
            theirs, mine = former._standing[old], self._standing[new]
            moved = self._standing[new] = theirs.moved(mine.point, mine.reassert_s)
            if theirs.point.key != mine.point.key and self._elsewhere.pop(theirs.point.key, None) is not None:
                self._forgotten.append(theirs.point.key)
            if old in former._held:
                self._held.add(new)
            if moved.due_ns is not None:
                self._queued[new] = moved.due_ns
                heapq.heappush(self._due, (moved.due_ns, new))
            self._touched.add(new)

    def part(self, points: Collection[int]) -> None:
        """These leave the Plan: hand out nothing to them any more."""
        self._parted.update(points)

    def want(self, point: int, result: Result) -> None:
        """The decision on a commanded point."""
        standing = self._standing[point]
        winner = result.winner
        standing.wanted = (
            None if winner is None or result.value is None else Wanted(winner.slot, result.value)
        )
        self._touched.add(point)

    def try_anew(self, point: int, now: Now) -> None:
        """A person commands it: what did not take before is tried at once."""
        standing = self._standing.get(point)
        if standing is not None:
            standing.try_anew(now.mono_ns)
            self._touched.add(point)

    def commanded(self, point: int) -> None:
        """A person commands it or lets it go: no hand is left any more."""
        if self._inferring.commanded(point):
            self._touched.add(point)

    def left(self, point: int) -> Hand | None:
        """The hand for which `point` is left alone."""
        return self._hands.on(point)

    def touch(self, points: Collection[int]) -> None:
        """A barrier may have come before them or gone."""
        self._touched.update(points)

    def read(self, point: Point, before: Reading, reading: Reading) -> None:
        """A reading changed, of whatever point; `before`: what it said until then."""
        standing = self._standing.get(point.id)
        if standing is not None and (self._inferring.read(standing, before, reading) or not standing.quiet):
            self._touched.add(point.id)
        if reading.quality is Quality.GOOD and point.device in self.unheard:
            self.unheard.discard(point.device)
            self._touched.update(self._of_device[point.device])

    def device(self, event: DeviceState) -> None:
        """A device was lost, came back or restarted."""
        if not event.online:
            self._lost.add(event.device)
            return
        back = event.device in self._lost or event.restarted
        self._lost.discard(event.device)
        if event.restarted:
            self._end_hands(event.device)
        if back and event.device not in self.unheard:
            self._returned(event.device)

    def set_up(self, device: int) -> None:
        """A set-up register had lost its value, which is a sign of a restart; but not the first time, when
        the device may be new."""
        self._end_hands(device)
        if device in self._set_up and device not in self.unheard:
            self._returned(device)
        self._set_up.add(device)

    def slots(self, event: SlotState) -> None:
        """BACnet: a priority array was seen."""
        standing = self._standing.get(event.point)
        if standing is not None and (self._inferring.seen(standing, event.slots) or not standing.quiet):
            self._touched.add(event.point)

    def report(self, event: WriteReport, now: Now, step: Step) -> None:
        """A write's answer. One that answers nothing we wait for (of the run before a swap) is left aside."""
        standing = self._standing.get(event.point)
        if standing is None or standing.flight is None or standing.flight.seq != event.seq:
            return
        sent = standing.flight
        again = standing.reasserted(event.fate, now.mono_ns)
        if not again:
            standing.report(event.fate, now.mono_ns)
        _, point, fate, found, detail = event
        told = (sent, standing.point.key, fate, found, detail, standing.tries, now.wall_ms)
        step.fates.append(tuple_of(FateRecord, told))
        if again and point not in self._hands.left:
            # It has what it had before: nothing to be written, remembered or told comes of it.
            self._held.add(point)
            self._queue(standing)
        else:
            self._touched.add(point)

    def wake_ns(self) -> int | None:
        """Machine monotonic time of the next repeat or re-assert."""
        return self._due[0][0] if self._due else None

    def settle(
        self, now: Now, steady_ms: int, readings: Sequence[Reading], barriers: Barriers, step: Step
    ) -> None:
        """Everything that is to be written now."""
        for device in self._inferring.settle(steady_ms, readings, barriers):
            self._returned(device)
        due: set[int] = set()
        while self._due and self._due[0][0] <= now.mono_ns:
            due.add(heapq.heappop(self._due)[1])
        if not self._touched and not due:
            return
        touched, self._touched = self._touched, set()
        step.memory.dropped += self._forgotten
        self._forgotten = []
        for number in sorted(touched | due):
            standing = self._standing.get(number)
            if standing is not None and (number in touched or not self._again(standing, now, step)):
                self._settle(standing, now, readings[number], barriers, step)
                self._queue(standing)

    def _again(self, standing: Standing, now: Now, step: Step) -> bool:
        """The short way for a re-assert that is due while nothing has come that bears on the point since it
        was settled. False: it is to be settled."""
        number, device = standing.point.id, standing.point.device
        if self._closed or number in self._parted or number in self._hands.left or not self.reachable(device):
            return False
        write = standing.reassert(now.mono_ns, self._seq + 1)
        if write is None:
            return False
        self._seq += 1
        step.writes.append(write)
        self._held.discard(number)
        return True

    def _queue(self, standing: Standing) -> None:
        """Look at it when it is due."""
        number, due_ns = standing.point.id, standing.due_ns
        if due_ns is not None and due_ns != self._queued.get(number):
            self._queued[number] = due_ns
            heapq.heappush(self._due, (due_ns, number))

    def _settle(self, standing: Standing, now: Now, reading: Reading, barriers: Barriers, step: Step) -> None:
        point = standing.point
        barrier = barriers.on(point)
        if barrier is not None or standing.barred is not None:
            standing.bar(None if barrier is None else barrier.kind, now.mono_ns)
        left = self._inferring.leaves(standing, barrier)
        if barrier is None:
            if (
                not left
                and self.reachable(point.device)
                and not self._closed
                and point.id not in self._parted
            ):
                write = standing.next_write(reading, now.mono_ns, self._seq + 1)
                if write is not None:
                    self._seq += 1
                    step.writes.append(write)
        elif barrier.kind is BarrierKind.OBSERVE and standing.wanted not in (None, standing.would):
            assert standing.wanted is not None
            step.would.append(WouldWrite(point.id, point.key, *standing.wanted))
            standing.would = standing.wanted
        has = (
            not left
            and standing.phase is Phase.HELD
            and standing.flight is None
            and standing.tried == standing.wanted
        )
        (self._held.add if has else self._held.discard)(point.id)
        self._remember(standing, now, step)
        self._tell(standing, step)

    def _end_hands(self, device: int) -> None:
        for point in self._of_device[device]:
            if self._hands.end(point, RESTARTED):
                self._standing[point].tell_again()
                self._touched.add(point)

    def _returned(self, device: int) -> None:
        """A device is told again."""
        for point in self._of_device[device]:
            self._standing[point].returned()
            self._touched.add(point)

    def _remember(self, standing: Standing, now: Now, step: Step) -> None:
        """Kept from the moment a write is handed out: a kill must not leave a slot of ours behind unknown."""
        standing.note(now.wall_ms)
        if standing.record is standing.stored:
            return
        standing.stored = standing.record
        if standing.record is None:
            step.memory.dropped.append(standing.point.key)
        else:
            step.memory.outputs.append(standing.record)

    def _tell(self, standing: Standing, step: Step) -> None:
        key = standing.point.key
        if standing.gave_up is not standing.failing and (
            standing.gave_up or standing.phase is not Phase.FAILED
        ):
            standing.failing = standing.gave_up
            (self._failing.add if standing.failing else self._failing.discard)(standing.point.id)
            words = text("{name}: the command does not take", name=self._naming.point(standing.point))
            step.notices.append(Notice("command-failed", key, words, standing.failing))
        slot, told = standing.overridden_at, standing.told_overridden
        if slot != told:
            standing.told_overridden = slot
            name = self._naming.point(standing.point)
            words = text("{name}: overridden by others at slot {slot}", name=name, slot=slot or told)
            step.notices.append(Notice("overridden", key, words, slot is not None))


def _reassert_s(point: Point, pace: Pace) -> float | None:
    command = point.command
    if command is None or command.reassert_s is None:
        return None
    return pace.poll_s(command.reassert_s)
