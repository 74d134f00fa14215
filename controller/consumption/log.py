"""The logs of all meters: fed with readings by the cycle, asked once a cycle what is to be written."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import NamedTuple

from config.language import text
from config.plan.clock import Now, Pace
from config.plan.reading import Quality, Reading, Value
from controller.consumption.corrections import Replacement
from controller.consumption.doubts import Doubts
from controller.consumption.held import Held, Kept
from controller.consumption.integrated import Power
from controller.consumption.logs import Logs
from controller.consumption.meters import Meter, thousandths_of
from controller.consumption.plausible import Anchor, CannotCorrect
from controller.consumption.records import Count, Flag, Interval, Jump, Mark, Terms
from controller.consumption.repeats import Repeats
from controller.consumption.settled import SettledTime, Step
from controller.consumption.slots import Slots
from controller.decide.records import Notice
from drivers.api import Unchanged

_GOOD = Quality.GOOD


class Closed(NamedTuple):
    """What is to be written, in one commit."""

    intervals: tuple[Interval, ...] = ()
    marks: tuple[tuple[str, Mark], ...] = ()
    """(meter, where its log stands now)."""


NOTHING = Closed()


class ConsumptionLog:
    """All meters of a Plan.

    A meter's cost arises when it is read and when a slot ends, not in every cycle. After a start under a
    clock that is not trusted, readings wait until it is, for a while (`held`).
    """

    def __init__(
        self,
        meters: Iterable[Meter],
        slots: Slots,
        pace: Pace,
        marks: Mapping[str, Mark],
        jumps: Iterable[Jump] = (),
    ) -> None:
        """Go on from `marks`, as committed last (`LogStore.register`); `jumps` of counters before nobody has
        explained yet."""
        self._time = SettledTime(pace.speed)
        self._slots = slots
        self._pace = pace
        self._repeats = Repeats()
        self._lay_out(Logs(meters, slots, pace, marks))
        open_jumps = [
            Jump(name, mark.slot_ms, slots.next(mark.slot_ms))
            for name, mark in marks.items()
            if Flag.SUSPECT in mark.flags
        ]
        counters = {meter.name: meter for meter, _ in self._counters.values()}
        self._doubts = Doubts(counters, slots, (*jumps, *open_jumps))
        self._closed: list[Interval] = []
        self._touched: set[str] = set()
        self._next_ms: int | None = None
        self._open_ms = -1
        """Up to then the slot that is open everywhere lasts; -1: none is."""
        self._doubtful = False
        self._held: Held | None = Held()
        """What waits for the time; None once that is known, or waiting was given up."""

    def _lay_out(self, logs: Logs) -> None:
        self._logs = logs
        self._counters, self._powers, self._integration = logs.counters, logs.powers, logs.integration
        counters = {point: log for point, (_, log) in logs.counters.items()}
        self._repeats.lay_out(counters, logs.powers, logs.several)
        self._integrates = bool(logs.integration.names)

    def take(self, meters: Sequence[Meter], marks: Mapping[str, Mark], same: Mapping[int, int]) -> Closed:
        """Other meters from now on, or other points of the same; `same`: points of before -> those of now.
        What goes on does so without a gap. `marks`: where the logs of those stand that are new here.

        Returns what is to be written: where those stand that are no longer here.
        """
        self._repeats.settle()
        names = {meter.name for meter in meters}
        self._touched.update(self._logs.of.keys() - names)
        closed = self._hand_out() if self._touched else NOTHING
        integration = self._integration
        self._lay_out(Logs(meters, self._slots, self._pace, marks, self._logs))
        self._integration.follow(integration, same)
        self._repeats.renumber(same)
        if self._held is not None:
            self._held.renumber(same)
        self._doubts.know({meter.name: meter for meter, _ in self._counters.values()})
        self._look_ahead()
        return closed

    def step(self, now: Now, samples: Iterable[tuple[int, Reading] | Unchanged]) -> Closed:
        """One cycle: `samples` are all (point, reading) taken since the last one, in order, of whatever
        points, and what came again as it was.

        Returns what is to be written, usually nothing.
        """
        self._look(now)
        times, at_ns, wall_ms, site_ms = self._time.times, None, 0, 0.0
        for sample in samples:
            if isinstance(sample, Unchanged):
                self._again(sample)
                continue
            point, reading = sample
            if reading[4] != at_ns:
                at_ns = reading[4]
                wall_ms, site_ms = times(at_ns)
            value = reading[0] if reading[1] is _GOOD else None
            if wall_ms > self._open_ms or not self._moved(point, value, wall_ms, site_ms):
                self._sample(point, value, reading[4], wall_ms, site_ms)
        return self._advance(now)

    def _look(self, now: Now) -> None:
        step = self._time.look(now)
        if step is not Step.NONE:
            self._repeats.settle()
        if self._held is not None:
            if now.trusted or self._held.is_full(now.mono_ns):
                held, self._held = self._held, None
                self._let_go(held, now)
        elif step is Step.BACK:
            for log in self._logs.of.values():
                log.clock_set_back()
            self._touched.update(self._logs.of)
        elif step is Step.AHEAD or (not now.trusted and not self._doubtful):
            self._doubt()
        self._doubtful = not now.trusted

    def _let_go(self, held: Held, now: Now) -> None:
        """Book what has waited, by the time as it is now."""
        self._doubtful = not now.trusted
        if self._doubtful:
            self._doubt()
        for one in held.in_order():
            self._book(one, *self._time.times(one.mono_ns))
            for log in self._logs.at(one.point):
                log.clock_untrusted()

    def _sample(self, point: int, value: Value | None, mono_ns: int, wall_ms: int, site_ms: float) -> None:
        """Only good readings of counters, of the power beside them and of what is integrated matter: `value`
        of others is None."""
        is_open = wall_ms <= self._open_ms
        counter, powers = self._counters.get(point), self._powers.get(point)
        if is_open and (counter is None or counter[1].calm):
            self._repeats.leave(point, wall_ms)
        else:
            self._repeats.catch_up()
        quanta = thousandths = millionths = None
        if powers is not None:
            self._repeats.thousandths[point] = thousandths = thousandths_of(value)
            if thousandths is None:
                for log in powers:
                    log.power_lost()
        if self._integrates:
            self._integration.hear(point, value)
            millionths = self._integration.said(point)
        if counter is not None:
            self._repeats.quanta[point] = quanta = counter[0].quanta(value)
        self._take(Kept(mono_ns, point, quanta, thousandths, millionths), wall_ms, site_ms)
        if counter is not None and not counter[1].calm:
            self._repeats.settle()

    def _moved(self, point: int, value: Value | None, wall_ms: int, site_ms: float) -> bool:
        """The short way for what serves for one thing alone, in the slot that is open everywhere: it ends no
        slot and begins none. False: it goes the long way."""
        repeats = self._repeats
        if (logs := repeats.powers.get(point)) is not None:
            repeats.power(point, logs, wall_ms, thousandths_of(value))
            return True
        log = repeats.counters.get(point)
        if log is None:
            return False
        meter = self._counters[point][0]
        quanta = meter.quanta(value)
        stood_ms = repeats.stood_ms(point, wall_ms)
        if quanta is not None and stood_ms is not None and log.rose(wall_ms, site_ms, quanta, stood_ms):
            repeats.rose(point, quanta)
            return True
        if not log.calm:
            return False
        repeats.leave(point, wall_ms)
        repeats.quanta[point] = quanta
        if quanta is not None and not log.rose(wall_ms, site_ms, quanta):
            log.good(Count(wall_ms, site_ms, quanta))
            if log.changed:
                self._touched.add(meter.name)
            if log.doubted:
                self._doubts.take(log.take_doubts())
                repeats.settle()  # it is not calm any more
        return True

    def _again(self, event: Unchanged) -> None:
        """Points say what they said: what that was, is known."""
        wall_ms, site_ms = self._time.times(event.mono_ns)
        points, short, is_open = event.points, self._held is None, wall_ms <= self._open_ms
        if is_open and (rest := self._repeats.wait(points, wall_ms, site_ms)) is not None:
            for point in rest:
                self._take(self._known(point, event.mono_ns), wall_ms, site_ms)
            return
        if not is_open:
            self._repeats.catch_up()
        stood, rest = short, []
        for point in filter(self._logs.points.__contains__, points):
            if point in self._logs.only_integrated:
                rest.append(point)
            elif is_open:
                self._repeats.leave(point, wall_ms)
            if not (short and self._repeats.stands(point, wall_ms, site_ms, self._closed)):
                stood = stood and point in self._logs.only_integrated
                self._take(self._known(point, event.mono_ns), wall_ms, site_ms)
        if stood:
            self._repeats.booked(points, wall_ms, rest)
        else:
            self._repeats.forget(points)

    def _known(self, point: int, mono_ns: int) -> Kept:
        """What it said last is of that time."""
        quanta, thousandths = self._repeats.quanta.get(point), self._repeats.thousandths.get(point)
        return Kept(mono_ns, point, quanta, thousandths, self._integration.said(point))

    def _take(self, read: Kept, wall_ms: int, site_ms: float) -> None:
        if self._held is None:
            self._book(read, wall_ms, site_ms)
        elif read.tells:
            self._held.take(read)

    def _book(self, read: Kept, wall_ms: int, site_ms: float) -> None:
        _, point, quanta, thousandths, millionths = read
        if thousandths is not None:
            for log in self._powers[point]:
                self._closed += log.power(wall_ms, thousandths)
        if millionths is not None:
            self._integrate(point, Power(wall_ms, round(site_ms), millionths))
        if quanta is None:
            return
        meter, log = self._counters[point]
        fresh = log.next_ms is None
        self._closed += log.good(Count(wall_ms, site_ms, quanta))
        if log.changed:
            self._touched.add(meter.name)
        if log.doubted:
            self._doubts.take(log.take_doubts())
        if fresh:
            self._look_ahead()
            if self._doubtful:
                log.clock_untrusted()

    def _integrate(self, point: int, item: Power) -> None:
        for log, closed in self._integration.book(point, item):
            self._closed += closed
            if self._next_ms is None or closed:
                self._look_ahead()
                if self._doubtful:
                    log.clock_untrusted()

    def _advance(self, now: Now) -> Closed:
        if self._held is not None:
            return NOTHING
        wall_ms = self._time.wall_ms(now.mono_ns)
        if self._integration.late:
            caught_up = self._integration.catch_up(wall_ms)
            self._closed += caught_up
            if caught_up and self._doubtful:
                self._doubt()
        if self._next_ms is None:
            self._look_ahead()
        if self._next_ms is not None and wall_ms >= self._next_ms:
            self._repeats.settle()
            for log in self._logs.of.values():
                self._closed += log.advance(wall_ms)
            for counting in self._logs.counting.values():
                if counting.doubted:
                    self._doubts.take(counting.take_doubts())
            self._look_ahead()
            self._integration.boundary()
            if self._doubtful:
                self._doubt()
        if self._integration.to_note(now.mono_ns):
            self._touched.update(self._integration.names)
        return self._hand_out() if self._closed or self._touched else NOTHING

    def _hand_out(self) -> Closed:
        self._touched.update(row.meter for row in self._closed)
        if not self._touched <= self._integration.names:
            self._repeats.catch_up()
        self._doubts.closed(self._closed)
        for name in {row.meter for row in self._closed} & self._logs.counting.keys():
            self._doubts.stand(name, self._logs.counting[name].stands)
        marks = [(name, self._logs.of[name].take_mark()) for name in sorted(self._touched)]
        closed = Closed(tuple(self._closed), tuple((name, mark) for name, mark in marks if mark is not None))
        self._closed, self._touched = [], set()
        return closed

    @property
    def next_ms(self) -> int | None:
        """Site time when the next slot ends."""
        return self._next_ms

    def take_notices(self) -> list[Notice]:
        """What people are to be told of readings since the last call."""
        return self._doubts.notices()

    def open_slot_ms(self, meter: str) -> int | None:
        """When that meter's open slot began: all before is handed out. None for one that has none."""
        mark = self.mark(meter)
        return None if mark is None else mark.slot_ms

    def terms(self, meter: str) -> Terms | None:
        """What that meter's intervals are made by; None for one that is not read."""
        return self._logs.terms.get(meter)

    def mark(self, meter: str) -> Mark | None:
        """Where that meter's log stands now."""
        self._repeats.catch_up()
        return self._logs.of[meter].mark if meter in self._logs.of else None

    def standing(self, meter: str) -> Anchor | None:
        """The count from which that meter's open slot counts; None when a jump or nothing came before."""
        mark = self.mark(meter)
        if mark is None or mark.anchor_ms is None or mark.anchor_count is None or Flag.SUSPECT in mark.flags:
            return None
        return Anchor(mark.anchor_ms, mark.anchor_count)

    def check_replaced(self, meter: str, made: Replacement, anchor: Anchor) -> None:
        """Raises CannotCorrect where `replaced` would."""
        self.check_time()
        self._repeats.catch_up()
        self._logs.counting[meter].check_replaced(made, anchor)

    def replaced(self, meter: str, now: Now, made: Replacement, anchor: Anchor) -> Mark | None:
        """The meter was replaced, in its open slot or since `anchor`, the last known count before it. Returns
        where its log stands, to be committed at once. Raises CannotCorrect."""
        self.check_time()
        self._look(now)
        self._repeats.settle()
        log = self._logs.counting[meter]
        ago_ms = self._time.wall_ms(now.mono_ns) - made.at_ms
        log.replaced(made, self._time.site_ms(now.mono_ns) - ago_ms, anchor)
        return log.take_mark()

    def explained(self, meter: str, from_ms: int = 0, to_ms: int = 2**62) -> None:
        """A person has said what was used, or has noted something, in [from, to) of that meter's time: of a
        jump in it nobody need be told any more."""
        self._doubts.explained(meter, from_ms, to_ms)

    def taken_back(self, meter: str, mark: Mark) -> Mark | None:
        """A replacement was none: the meter's log goes on from `mark`, made of what `mark` said. Returns
        where its log stands, to be committed at once."""
        self._repeats.settle()
        log = self._logs.counting[meter]
        log.taken_back(mark)
        return log.take_mark()

    def check_time(self) -> None:
        """Raises CannotCorrect while readings wait for the time."""
        if self._held is not None:
            raise CannotCorrect(text("nobody knows the time yet: enter it once the clock can be trusted"))

    def end(self) -> Closed:
        """The run is over: where the integrated meters stand now."""
        self._touched.update(self._integration.names)
        return self._hand_out()

    def is_integrated(self, meter: str) -> bool:
        """Whether that meter's count is worked out from power."""
        return meter in self._integration.names

    def marks(self) -> dict[str, Mark]:
        """Where every meter's log stands now, to go on from under another Plan."""
        self._repeats.catch_up()
        return {name: log.mark for name, log in self._logs.of.items() if log.mark is not None}

    def _look_ahead(self) -> None:
        self._next_ms = self._logs.earliest_ms()
        self._open_ms = -1 if self._held is not None or self._next_ms is None else self._next_ms

    def _doubt(self) -> None:
        self._logs.clock_untrusted()
        self._touched.update(self._logs.of)
