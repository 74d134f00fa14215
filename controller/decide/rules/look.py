"""What a rule sees, and what it may say: made for one evaluation of one rule."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import NamedTuple, TypeAlias

from config.language import Text, text
from config.plan.conditions import All, AnyOf, Compare, Condition, Has, Lasting, Not, points_of
from config.plan.reading import NEVER, Quality, Reading, Value
from config.plan.rules import Ask, BadInput, Rule, Selector
from controller.decide.naming import named
from controller.decide.records import Notice
from controller.decide.requests import Op, Request

Kept: TypeAlias = bool | int | float | str
Memory: TypeAlias = Mapping[str, Kept]
"""What a rule remembers. Keys that end in `_ms` are site times, and follow when the clock is put right."""
BAD = "bad_ms"
"""Since when inputs have been bad that are held out."""
FIRST_READING_MS = 60_000
"""What has not been read since the start is waited for so long before it counts as what cannot be read."""
FIRST_READING_WIRE_S = 20.0
"""And machine seconds for that, at any speed of site time."""
WIRE_S = 5.0
"""Machine seconds in which a device answers a command and is read again, at any speed of site time."""


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
    notices: tuple[Notice, ...]
    """Those that stand."""
    yielding: Yielding | None = None
    """What nothing is to be written to."""


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
    ) -> None:
        """`trips`: rules that are latched now."""
        self.now_ms = now_ms
        self.began_ms = now_ms if began_ms is None else began_ms
        """When this run began."""
        wait_ms = (
            FIRST_READING_MS if speed <= 1 else max(FIRST_READING_MS, FIRST_READING_WIRE_S * speed * 1000)
        )
        self.first_read_ms = self.began_ms + round(wait_ms)
        """By then everything that can be read has been."""
        self.memory = memory
        self.trips = trips
        self._speed = speed
        self._rule = rule
        self._source = str(rule.source)
        self._readings = readings
        self._kept: dict[str, Kept] = {}
        self._requests: list[tuple[int, Request]] = []
        self._notices: list[Notice] = []
        self._wake_ms: int | None = None
        self._yielding: Yielding | None = None

    # What it sees

    def value(self, point: int) -> Value | None:
        """What a point reads; None where that is not good."""
        reading = self._readings[point]
        return reading.value if reading.quality is Quality.GOOD else None

    def never_read(self, point: int) -> bool:
        """Nothing has been read of it in this run."""
        return self._readings[point] is NEVER

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

    def waits(self, points: Collection[int]) -> bool:
        """The same of what leaves it open what the rule asks for: how long that has been so stands too."""
        if not self.unread(points):
            return False
        if BAD in self.memory:
            self.keep(BAD, self.memory[BAD])
        return True

    def number(self, point: int) -> float | None:
        """The same as a number."""
        value = self.value(point)
        return None if value is None or isinstance(value, (bool, str)) else float(value)

    def judge(self, condition: Condition) -> bool | None:
        """True, false, or None where readings that are not good leave it open. To be asked of every condition
        of the rule in every evaluation: `for` counts while it is."""
        match condition:
            case Compare():
                number = self.number(condition.point)
                if number is None:
                    return None
                return number < condition.value if condition.op == "below" else number > condition.value
            case Has():
                value = self.value(condition.point)
                return None if value is None else value == condition.value
            case Not():
                found = self.judge(condition.item)
                return None if found is None else not found
            case All():
                return every([self.judge(item) for item in condition.items])
            case AnyOf():
                denied = every(
                    [None if (one := self.judge(item)) is None else not one for item in condition.items]
                )
                return None if denied is None else not denied
            case Lasting():
                return self._lasting(condition)

    def _lasting(self, condition: Lasting) -> bool | None:
        found = self.judge(condition.item)
        since_ms = self.since(f"true-{condition.key}_ms", found, points_of(condition.item))
        if not found or since_ms is None:
            return found
        return self.passed(since_ms, condition.seconds)

    def since(self, key: str, found: bool | None, points: Collection[int]) -> int | None:
        """Since when `found`, which depends on `points`, has been true without a break; None: it is not. A
        start of the daemon, before it has read them, breaks nothing off."""
        if not found and (found is False or key not in self.memory or not self.unread(points)):
            return None
        since_ms = min(int(self.memory.get(key, self.now_ms)), self.now_ms)
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

    def held(self, bad: BadInput) -> bool:
        """With inputs that are not good: whether what it asked for is to stand for a while still."""
        if bad.does != "hold":
            return False
        since_ms = min(int(self.memory.get(BAD, self.now_ms)), self.now_ms)
        self.keep(BAD, since_ms)
        return not self.passed(since_ms, bad.hold_s)

    # What it says

    def keep(self, key: str, value: Kept) -> None:
        """Remember that."""
        self._kept[key] = value

    def ask(
        self,
        ask: Ask,
        reason: Text,
        since_ms: int,
        *,
        op: Op = Op.VALUE,
        until_ms: int | None = None,
        slot: int | None = None,
    ) -> None:
        """Ask for a value, in the rule's slot unless another is named."""
        order = (0 if ask.safe else 1, self._rule.id)
        said = text("{rule}: {reason}", rule=self._rule.label or self._rule.name, reason=reason)
        request = Request(
            op, ask.value, slot or self._rule.slot, self._source, said, since_ms, until_ms, order
        )
        self._requests.append((ask.point, request))

    def tell(self, kind: str, words: Text) -> None:
        """People are to know, for as long as it is said again."""
        said = text("{rule}: {reason}", rule=named(self._rule.label, self._rule.name), reason=words)
        self._notices.append(Notice(kind, self._rule.name, said, on=True))

    def give_way(self, yielding: Yielding) -> None:
        """Nothing is to be written to that equipment."""
        self._yielding = yielding

    def wake_at(self, moment_ms: int) -> None:
        """Look again then at the latest."""
        if moment_ms > self.now_ms:
            self._wake_ms = moment_ms if self._wake_ms is None else min(self._wake_ms, moment_ms)

    def outcome(self) -> Outcome:
        """All of it."""
        return Outcome(
            tuple(self._requests), dict(self._kept), self._wake_ms, tuple(self._notices), self._yielding
        )


def every(found: Sequence[bool | None]) -> bool | None:
    """Whether all are true: one that is false decides, else one that is open leaves it open."""
    if False in found:
        return False
    return None if None in found else True
