"""One commanded point: what is wanted, what was sent, what the device has. Pure transitions, time handed in.

Modbus keeps one value; the slots live in the daemon, and with nobody asking nothing is written. A BACnet
device keeps our value in a slot of its own priority array: the slot is compared, not the present value; a
change of slot writes the new one, then nulls the old; with nobody asking ours are nulled.
"""

from __future__ import annotations

from copy import copy

from config.plan.points import BacnetObject, Point
from config.plan.reading import NEVER, Quality, Reading, Value
from config.plan.slots import Slot
from config.quick import tuple_of
from controller.decide.barriers import BarrierKind
from controller.decide.records import Output
from controller.decide.repeats import QUICKLY, pause_s
from controller.decide.wanted import Phase, Wanted, same
from drivers.api import Fate, Write

_SECOND_NS = 1_000_000_000
_HELD, _TOOK = Phase.HELD, (Fate.READ_BACK, Fate.ACKNOWLEDGED)


class Standing:
    """The state of one commanded point. Changed by the cycle alone."""

    __slots__ = (
        "acted_ns",
        "array",
        "bacnet",
        "barred",
        "before",
        "due_ns",
        "failing",
        "flight",
        "overridden_at",
        "phase",
        "point",
        "pulse",
        "reassert_s",
        "record",
        "stored",
        "told_overridden",
        "tried",
        "tries",
        "unsent",
        "used",
        "wanted",
        "would",
    )

    def __init__(self, point: Point, record: Output | None, reassert_s: float | None) -> None:
        """`reassert_s`: machine seconds between re-asserts, None = never."""
        self.point = point
        self.bacnet = isinstance(point.source, BacnetObject)
        self.pulse = point.command is not None and point.command.pulse_s is not None
        self.reassert_s = None if self.pulse else reassert_s
        self.record = record
        self.stored = record
        """`record` as it is kept over restarts."""
        self.used: set[int] = {record.slot, *record.left} if record is not None and self.bacnet else set()
        self.wanted: Wanted | None = None
        self.tried: Wanted | None = None
        self.phase = Phase.UNSURE
        self.flight: Write | None = None
        self.tries = 0
        self.before: Output | None = None
        """Pulse: `record` as it was when the last write was handed out."""
        self.unsent = False
        """Pulse: the last write never acted, so that it may, and should, be given still."""
        self.due_ns: int | None = None
        self.acted_ns = -1
        """Readings taken before this say nothing of what the device has now."""
        self.array: dict[int, Value] | None = None
        """BACnet: its priority array as last seen."""
        self.overridden_at: int | None = None
        """BACnet: somebody else's slot that beats ours."""
        self.barred: BarrierKind | None = None
        self.told_overridden: int | None = None
        """The slot that people have been told of."""
        self.failing = False
        """People have been told that it does not take."""
        self.would: Wanted | None = None
        """Observe mode: what was last recorded as "would write"."""

    def moved(self, point: Point, reassert_s: float | None) -> Standing:
        """The same output as `point` of another Plan. People are told anew of what stands."""
        made = copy(self)
        made.point = point
        made.reassert_s = None if self.pulse else reassert_s
        made.used = set(self.used)
        made.array = None if self.array is None else dict(self.array)
        if self.flight is not None:
            made.flight = self.flight._replace(point=point.id)
        if self.record is not None and self.record.point != point.key:
            made.record, made.stored = self.record._replace(point=point.key), None
        made.told_overridden = None
        made.failing = False
        return made

    def next_write(self, reading: Reading, now_ns: int, seq: int) -> Write | None:
        """What is to be sent now, if anything. Precondition: device heard, no barrier."""
        if self.flight is not None:
            return None
        if self.wanted is None:
            return self._withdrawal(now_ns, seq)
        if self.phase is Phase.UNSURE:
            if reading is NEVER:
                return None
            if self._found(reading, self.wanted):
                self.tried = self.wanted
                if self.bacnet:
                    self.used = {self.wanted.slot}
                self._hold(now_ns)
                return None
        elif self.phase is _HELD and self.tried == self.wanted and not self._is_due(now_ns):
            return None
        elif self.phase is _HELD and not self.bacnet and self._only_slot_changed(self.wanted):
            self.tried = self.wanted
            if not self._is_due(now_ns) and not self._strays(reading, self.wanted):
                return None
        elif self.phase is Phase.FAILED:
            if self.tried == self.wanted and not self._is_due(now_ns):
                return None
            if self.tried != self.wanted:
                self.tries = 0
            if self.unsent and self._found(reading, self.wanted):
                self.tried = self.wanted
                self._hold(now_ns)
                return None
        return self._send(self.wanted, seq)

    def report(self, fate: Fate, now_ns: int) -> None:
        """The one answer to what was sent."""
        sent = self.flight
        assert sent is not None
        self.flight = None
        self.acted_ns = now_ns
        if fate in _TOOK:
            self._taken(sent, now_ns)
            return
        self.tries += 1
        self.phase = Phase.FAILED
        self.unsent = self.pulse and fate in (Fate.REJECTED, Fate.NOT_SENT)
        if self.unsent:
            self.record = self.before
        if self.pulse and not self.unsent:
            # Whether it acted is unknown, and a repeat would toggle a latching relay.
            self.due_ns = None
            self.tries = QUICKLY + 1
        else:
            self.due_ns = now_ns + round(pause_s(self.tries, sent.slot, self.reassert_s) * _SECOND_NS)

    @property
    def gave_up(self) -> bool:
        """The quick repeats are used up: people should know."""
        return self.phase is Phase.FAILED and self.tries > QUICKLY

    @property
    def refused(self) -> bool:
        """What was tried last did not take, whether it is repeated soon or not."""
        return self.phase is Phase.FAILED

    @property
    def quiet(self) -> bool:
        """Whatever it reads, nothing is to be written: it waits for an answer, or has what is wanted."""
        return self.flight is not None or (self.phase is _HELD and self.tried == self.wanted)

    def reassert(self, now_ns: int, seq: int) -> Write | None:
        """Say again what it has, if nothing else is to be written and that is due. Precondition: device
        heard, left by nobody."""
        wanted, due_ns = self.wanted, self.due_ns
        if due_ns is None or due_ns > now_ns or self.flight is not None or self.phase is not _HELD:
            return None
        if wanted is None or self.barred is not None or self.tried != wanted:
            return None
        if self.bacnet:
            if self.used - {wanted.slot}:
                return None
            self.used.add(wanted.slot)
        self.before, self.unsent = self.record, False
        self.flight = write = tuple_of(Write, (seq, self.point.id, wanted[1], wanted[0], (), True))
        return write

    def reasserted(self, fate: Fate, now_ns: int) -> bool:
        """The short way of `report` for a re-assert that took while nothing else came to be wanted: the
        device has what it had, as far as is known. False: it is not that."""
        sent = self.flight
        if sent is None or not sent[5] or self.phase is not _HELD or fate not in _TOOK:
            return False
        if self.tried != self.wanted:
            return False
        self.flight, self.acted_ns = None, now_ns
        if self.array is not None and sent[2] is not None:
            self.array[sent[3]] = sent[2]
        self._hold(now_ns)
        return True

    def try_anew(self, now_ns: int) -> None:
        """A person asks, perhaps for the same again: that is a new try, and a new series of repeats."""
        if self.phase is Phase.FAILED:
            self.tries = 0
            self.due_ns = now_ns

    def seen(self, slots: tuple[tuple[int, Value], ...]) -> Value | None:
        """BACnet: the priority array as the driver saw it. Returns what stands in our slot if that has
        changed by itself, not to be put back at once whoever changed it."""
        former, self.array = self.array, dict(slots)
        wanted = self.wanted
        changed = None
        held = wanted is not None and same(self.point, self.array.get(wanted.slot), wanted.value)
        if self._settled and wanted is not None and not held:
            self.phase = Phase.DUE
            if former is not None and wanted.slot > Slot.PROCESS_SAFETY:
                changed = self.array.get(wanted.slot)
        ours = wanted.slot if wanted is not None else 0
        self.overridden_at = min(
            (slot for slot in self.array if slot < ours and slot not in self.used), default=None
        )
        return changed

    def read(self, before: Reading, reading: Reading, patience_ns: int) -> Value | None:
        """Modbus: it reads otherwise than `before`. Returns what it reads if a value that was held has
        changed by itself, without a break longer than `patience_ns`, and is not to be put back at once
        whoever changed it.

        After a break it is told again, and what protection or process safety asks for always is. What was not
        held before (a lamp on its way to a level) tells nothing.
        """
        tried = self.tried
        if self.bacnet or tried is None or not self._settled or not self._fresh(reading):
            return None
        if same(self.point, reading.value, tried.value):
            return None
        if before.quality is not Quality.GOOD:
            if before is not NEVER:
                self.phase = Phase.DUE
            return None
        if not same(self.point, before.value, tried.value):
            return None
        if tried.slot <= Slot.PROCESS_SAFETY:
            self.phase = Phase.DUE
            return None
        return reading.value if reading.mono_ns - before.mono_ns <= patience_ns else None

    def leave(self) -> None:
        """What it has is in doubt, as after somebody's hand: a reading is compared before the next write."""
        self.phase = Phase.UNSURE
        self.tries = 0
        self.due_ns = None

    def tell_again(self) -> None:
        """It is to be written whatever it reads."""
        self.phase = Phase.DUE
        self.tries = 0

    def returned(self) -> None:
        """The device came back or restarted: it is told again, but never a pulse that may have acted. What
        was handed out before and never answered for is not waited for any more; a pulse's answer is."""
        self.tries = 0
        if not self.pulse:
            self.flight = None
            if self.phase is not Phase.UNSURE:
                self.phase = Phase.DUE
        elif self.unsent:
            self.phase = Phase.UNSURE
        self.array = None

    def bar(self, kind: BarrierKind | None, now_ns: int) -> None:
        """A barrier (None: no more) stands before it. Readings taken behind a barrier do not count
        afterwards, except where only something could not be read, as at every start."""
        if self.barred is not None and kind is None:
            self.leave()
            self.array = None
            self.would = None
            if self.barred is not BarrierKind.UNREADABLE:
                self.acted_ns = now_ns
        self.barred = kind

    def note(self, wall_ms: int) -> None:
        """Bring `record` up to what was tried, or taken back, by now."""
        tried, record = self.tried, self.record
        if tried is None:
            if self.wanted is None and self.flight is None and not self.used:
                self.record = None
            return
        if self.unsent:
            return
        left = tuple(sorted(self.used - {tried.slot})) if self.used else ()
        if record is not None and (record.value, record.slot, record.left) == (tried.value, tried.slot, left):
            return
        unchanged = record is not None and (record.value, record.slot) == tried[::-1]
        since_ms = record.since_ms if unchanged and record is not None else wall_ms
        self.record = Output(self.point.key, tried.value, tried.slot, since_ms, left)

    def _found(self, reading: Reading, wanted: Wanted) -> bool:
        """The device has it already, as far as a reading or its priority array can say."""
        if self.pulse and self.record is not None and same(self.point, self.record.value, wanted.value):
            return True
        if self.bacnet:
            array = self.array
            if array is None or (self.used - {wanted.slot}) & array.keys():
                return False
            return same(self.point, array.get(wanted.slot), wanted.value)
        return self._fresh(reading) and same(self.point, reading.value, wanted.value)

    def _fresh(self, reading: Reading) -> bool:
        return reading.quality is Quality.GOOD and reading.mono_ns > self.acted_ns

    @property
    def _settled(self) -> bool:
        """It was told what is wanted and has it, as far as is known, and nothing stands before it."""
        return (
            self.flight is None
            and self.phase is _HELD
            and self.wanted == self.tried
            and self.barred is None
            and not self.pulse
        )

    def _strays(self, reading: Reading, wanted: Wanted) -> bool:
        """It reads otherwise than what protection or process safety asks for, which is put right at once."""
        if self.pulse or wanted.slot > Slot.PROCESS_SAFETY or not self._fresh(reading):
            return False
        return not same(self.point, reading.value, wanted.value)

    def _only_slot_changed(self, wanted: Wanted) -> bool:
        return self.tried is not None and self.tried.value == wanted.value and self.tried.slot != wanted.slot

    def _is_due(self, now_ns: int) -> bool:
        return self.due_ns is not None and self.due_ns <= now_ns

    def _send(self, wanted: Wanted, seq: int) -> Write:
        null = tuple(sorted(self.used - {wanted.slot})) if self.used else ()
        again = self.phase is _HELD and self.tried == wanted and not null
        if self.bacnet:
            self.used.add(wanted.slot)
        self.tried = wanted
        self.before, self.unsent = self.record, False
        self.flight = Write(seq, self.point.id, wanted.value, wanted.slot, null, reassert=again)
        return self.flight

    def _withdrawal(self, now_ns: int, seq: int) -> Write | None:
        if not self.used:
            self.phase = Phase.UNSURE
            self.tried = None
            return None
        if self.phase is Phase.FAILED and self.tried is None and not self._is_due(now_ns):
            return None
        first, *rest = sorted(self.used)
        self.tried = None
        self.flight = Write(seq, self.point.id, None, first, tuple(rest))
        return self.flight

    def _taken(self, sent: Write, now_ns: int) -> None:
        self.used.difference_update(sent.null_slots)
        if self.array is not None:
            for slot in sent.null_slots:
                self.array.pop(slot, None)
        if sent.value is not None:
            if self.array is not None:
                self.array[sent.slot] = sent.value
            self._hold(now_ns)
            return
        self.used.discard(sent.slot)
        if self.array is not None:
            self.array.pop(sent.slot, None)
        self.leave()

    def _hold(self, now_ns: int) -> None:
        self.phase = _HELD
        self.unsent = False
        self.tries = 0
        self.due_ns = None if self.reassert_s is None else now_ns + round(self.reassert_s * _SECOND_NS)
