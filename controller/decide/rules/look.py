"""What a rule sees, and what it may say: made for one evaluation of one rule."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import NamedTuple, TypeAlias

from config.language import Text, text
from config.plan.asks import Ask, BadInput, Selector
from config.plan.conditions import All, AnyOf, Booked, Compare, Condition, Has, Lasting, Not, points_of
from config.plan.reading import NEVER, Quality, Reading, Value
from config.plan.rules import Rule
from config.quick import tuple_of
from controller.decide.naming import named
from controller.decide.records import Notice
from controller.decide.requests import Op, Request
from controller.decide.rules.hours import Hours
from controller.decide.rules.taken import NOTHING, Limits, Taken

Kept: TypeAlias = bool | int | float | str
Memory: TypeAlias = Mapping[str, Kept]
"""What a rule remembers. Keys that end in `_ms` are site times, and follow when the clock is put right."""
FIRST_READING_MS = 60_000
"""What has not been read since the start is waited for so long before it counts as what cannot be read."""
FIRST_READING_WIRE_S = 20.0
"""And machine seconds for that, at any speed of site time."""
WIRE_S = 5.0
"""Machine seconds in which a device answers a command and is read again, at any speed of site time."""


_GOOD = Quality.GOOD
_FIRST, _LAST = -9, 9
"""In the order of one slot: before every rank of a programme, and behind."""


class Yielding(NamedTuple):
    """Equipment that an alarm has taken out of our hands."""

    equipment: tuple[str, ...]
    words: Text
    free: frozenset[int] = frozenset()
    """Points that may be written all the same: run commands to be withdrawn."""
    unread: bool = False
    """No alarm: only what it would come from has not been read yet."""


class Outcome(NamedTuple):
    """What a rule decided."""

    requests: tuple[tuple[int, Request], ...]
    """(point, request)."""
    memory: Memory
    wake_ms: int | None
    """When it must look again though nothing it looks at has changed."""
    glance_ms: int | None
    """When it must only glance at the readings before that, as its `Kind.glance` does."""
    notices: tuple[Notice, ...]
    """Those that stand."""
    yielding: Yielding | None = None
    """What nothing is to be written to."""
    wake_wall_ms: int | None = None
    """The same by the time of day, which may come sooner or later than by counting on."""
    remarks: tuple[Text, ...] = ()
    """What it has to tell whoever asks why."""
    taken: Taken = NOTHING
    """What it took of the readings."""


class Look:
    """The readings, the time and the rule's memory; and, for it to fill, what it asks for and keeps.

    What is not kept again is forgotten: a memory holds nothing that the last evaluation did not say.
    """

    def __init__(
        self,
        rule: Rule,
        readings: Sequence[Reading],
        now_ms: int,
        memory: Memory,
        began_ms: int | None = None,
        speed: float = 1.0,
        trips: Collection[str] = (),
        hours: Hours | None = None,
        queued: Collection[int] = (),
        silent: Collection[int] = (),
    ) -> None:
        """`trips`: rules that are latched now. `hours`: None where nobody knows what time it is. `queued`:
        commands that wait for their turn to start. `silent`: points of devices that do not answer."""
        self.now_ms = now_ms
        self.began_ms = now_ms if began_ms is None else began_ms
        """When this run began."""
        self.memory = memory
        self.trips = trips
        self.hours = None if hours is None or not hours.trusted else hours
        """The time of day; None while it cannot be trusted."""
        self.queued = queued
        self._silent = silent
        self._speed = speed
        self._rule = rule
        self._readings = readings
        self._taken: dict[int, Limits] = {}
        self._kept: dict[str, Kept] = {}
        self._requests: list[tuple[int, Request]] = []
        self._notices: list[Notice] = []
        self._wake_ms: int | None = None
        self.glance_ms: int | None = None
        """When it is to glance at the readings next, before it looks again."""
        self._wake_wall_ms: int | None = None
        self._remarks: list[Text] = []
        self._yielding: Yielding | None = None

    # What it sees

    @property
    def name(self) -> str:
        """Of the rule: commands take it."""
        return self._rule.name

    @property
    def first_read_ms(self) -> int:
        """By then everything that can be read has been."""
        wire_ms = FIRST_READING_WIRE_S * self._speed * 1000 if self._speed > 1 else 0.0
        return self.began_ms + round(max(FIRST_READING_MS, wire_ms))

    def value(self, point: int) -> Value | None:
        """What a point reads; None where that is not good."""
        self._taken[point] = None
        reading = self._readings[point]
        return reading[0] if reading[1] is _GOOD else None

    def glance(self, point: int) -> float | None:
        """As `number`, where only what it reads right now counts: a change is no reason to look again."""
        return number_of(self._readings[point])

    def never_read(self, point: int) -> bool:
        """Nothing has been read of it in this run."""
        self._taken.setdefault(point, ())
        return self._readings[point] is NEVER

    def silent(self, points: Collection[int]) -> bool:
        """Something of these has not been read because its device does not answer."""
        return any(point in self._silent and self.never_read(point) for point in points)

    def by_hand(self, selector: Selector | None) -> bool:
        """Whether a selector reads something else than auto."""
        return selector is not None and self.value(selector.point) not in (None, selector.auto)

    def unread(self, points: Collection[int]) -> bool:
        """Something of these has not been read yet, and this run has only begun: what was so before it began
        still counts."""
        if self.now_ms >= self.first_read_ms or not any(map(self.never_read, points)):
            return False
        self.wake_at(self.first_read_ms)
        return True

    def waits(self, points: Collection[int], of: str = "") -> bool:
        """The same of what leaves it open what the rule asks for: how long that has been so stands too. `of`:
        the part of the rule that it is about."""
        if not self.unread(points):
            return False
        key = f"bad{of}_ms"
        if key in self.memory:
            self.keep(key, self.memory[key])
        return True

    def number(self, point: int, *limits: float) -> float | None:
        """What a point reads, as a number; None where it is none, or not good. `limits`: it is compared with
        these and used for nothing else, so that only another side of them is a reason to look again."""
        before = self._taken.get(point, ())
        self._taken[point] = None if before is None or not limits else (*before, *limits)
        return number_of(self._readings[point])

    def judge(self, condition: Condition, *, seen: bool = False) -> bool | None:
        """True, false, or None where readings that are not good leave it open. To be asked of every condition
        of the rule in every evaluation: `for` counts while it is, over a start of the daemon too. `seen`:
        only what this run has seen counts."""
        match condition:
            case Compare():
                number = self.number(condition.point, condition.value)
                if number is None:
                    return None
                return number < condition.value if condition.op == "below" else number > condition.value
            case Has():
                value = self.value(condition.point)
                return None if value is None else value == condition.value
            case Booked():
                if self.hours is None:
                    return None
                booked, change_ms = self.hours.booked(condition.place, condition.within_s)
                self.wake_at_hour(change_ms)
                return booked
            case Not():
                found = self.judge(condition.item, seen=seen)
                return None if found is None else not found
            case All():
                return every([self.judge(item, seen=seen) for item in condition.items])
            case AnyOf():
                judged = [self.judge(item, seen=seen) for item in condition.items]
                denied = every([None if one is None else not one for one in judged])
                return None if denied is None else not denied
            case Lasting():
                return self._lasting(condition, seen)

    def _lasting(self, condition: Lasting, seen: bool) -> bool | None:
        found = self.judge(condition.item, seen=seen)
        since_ms = self.since(f"true-{condition.key}_ms", found, points_of(condition.item), seen=seen)
        if not found or since_ms is None:
            return found
        return self.passed(since_ms, condition.seconds)

    def since(
        self, key: str, found: bool | None, points: Collection[int], *, seen: bool = False
    ) -> int | None:
        """Since when `found`, which depends on `points`, has been true without a break; None: it is not. A
        start of the daemon, before it has read them, breaks nothing off, unless only what was `seen` by this
        run counts."""
        if not found and (found is False or seen or key not in self.memory or not self.unread(points)):
            return None
        since_ms = min(int(self.memory.get(key, self.now_ms)), self.now_ms)
        if seen:
            since_ms = max(since_ms, self.began_ms)
        self.keep(key, since_ms)
        return since_ms

    def passed(self, since_ms: int, seconds: float) -> bool:
        """Whether so much time has passed; if not it looks again when it has."""
        due_ms = since_ms + round(seconds * 1000)
        if self.now_ms < due_ms:
            self.wake_at(due_ms)
        return self.now_ms >= due_ms

    def wire_s(self, seconds: float) -> float:
        """Site seconds of something that waits for a device to do as it is told."""
        return max(seconds, WIRE_S * self._speed) if self._speed > 1 else seconds

    def decided(self, found: bool | None, bad: BadInput, standing: bool) -> bool | None:
        """`found`, or what the rule's way with bad inputs makes of it: for one that asks for something while
        it is true. `standing`: it does so now. None: it is to give up."""
        if found is not None:
            return found
        if bad.does == "trip":
            return True
        return standing if self.held(bad) else None

    def held(self, bad: BadInput, of: str = "") -> bool:
        """With inputs that are not good: whether what it asked for is to stand for a while still."""
        if bad.does != "hold":
            return False
        key = f"bad{of}_ms"
        since_ms = min(int(self.memory.get(key, self.now_ms)), self.now_ms)
        self.keep(key, since_ms)
        return not self.passed(since_ms, bad.hold_s)

    # What it says

    def keep(self, key: str, value: Kept) -> None:
        """Remember that."""
        self._kept[key] = value

    def keep_all(self, values: Memory) -> None:
        """Remember all of these."""
        self._kept.update(values)

    @property
    def kept(self) -> Memory:
        """What it will remember, so far."""
        return self._kept

    def forget(self, key: str) -> None:
        """It was kept in this evaluation, and no longer matters."""
        self._kept.pop(key, None)

    def ask(
        self,
        ask: Ask,
        reason: Text,
        since_ms: int,
        *,
        op: Op = Op.VALUE,
        until_ms: int | None = None,
        slot: int | None = None,
        last: bool = False,
    ) -> None:
        """Ask for a value, in the rule's slot unless another is named; `last`: there behind everybody else,
        programmes too."""
        order = (_LAST if last else _FIRST, 0 if ask.safe else 1, self._rule.id)
        said = text("{rule}: {reason}", rule=self._rule.label or self._rule.name, reason=reason)
        source, slot = str(self._rule.source), slot or self._rule.slot
        request = tuple_of(Request, (op, ask.value, slot, source, said, since_ms, until_ms, order, False))
        self._requests.append((ask.point, request))

    def tell(self, kind: str, words: Text, *, muted: bool = False) -> None:
        """People are to know, for as long as it is said again. `muted`: unless it is suppressed."""
        said = text("{rule}: {reason}", rule=named(self._rule.label, self._rule.name), reason=words)
        self._notices.append(Notice(kind, self._rule.name, said, on=True, muted=muted))

    def give_way(self, yielding: Yielding) -> None:
        """Nothing is to be written to that equipment."""
        self._yielding = yielding

    def wake_at(self, moment_ms: int) -> None:
        """Look again then at the latest."""
        if moment_ms > self.now_ms:
            self._wake_ms = moment_ms if self._wake_ms is None else min(self._wake_ms, moment_ms)

    def glance_at(self, moment_ms: int) -> None:
        """Take note of something then, for the rule's memory alone: all that it asks for and tells stands
        until it looks again. Said anew in each evaluation and in each such glance."""
        self.glance_ms = moment_ms if moment_ms > self.now_ms else None

    def wake_at_hour(self, wall_ms: int | None) -> None:
        """The same by the time of day."""
        if self.hours is not None and wall_ms is not None and wall_ms > self.hours.wall_ms:
            before = self._wake_wall_ms
            self._wake_wall_ms = wall_ms if before is None else min(before, wall_ms)

    def remark(self, words: Text) -> None:
        """Whoever asks why is to know."""
        self._remarks.append(words)

    def outcome(self) -> Outcome:
        """All of it."""
        says = tuple(self._requests), dict(self._kept), self._wake_ms, self.glance_ms, tuple(self._notices)
        remarks = tuple(self._remarks)
        return tuple_of(Outcome, (*says, self._yielding, self._wake_wall_ms, remarks, self._taken))


def number_of(reading: Reading) -> float | None:
    """What is read, as a number; None where it is none, or not good."""
    value = reading[0]
    if reading[1] is not _GOOD:
        return None
    if isinstance(value, float):
        return value
    return None if value is None or isinstance(value, (bool, str)) else float(value)


def every(found: Sequence[bool | None]) -> bool | None:
    """Whether all are true: one that is false decides, else one that is open leaves it open."""
    if False in found:
        return False
    return None if None in found else True
