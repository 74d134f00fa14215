"""Inferred hands: a held value that changed by itself was changed by a person, and is left alone for as long
as the site says. Pure.

Only protection and process safety still write such a point. It is over when its time is, when a person
commands the point or puts it back as it was asked for, when the device has restarted, and when a barrier
stands before it: after a lock, a selector or a fire nobody's hand is left.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator
from typing import NamedTuple

from config.language import Text, text
from config.plan.reading import Value
from config.plan.site import Plan
from controller.decide.naming import Naming, valued
from controller.decide.records import Notice, RuleMemory
from controller.decide.wakes import Wakes
from schedules.local import LocalTime

PREFIX = "hand "
"""Before the point's key, in what is remembered: no rule has a name with a blank."""


TIME_OVER = text("its time is over")
COMMANDED = text("a person commands it")
PUT_BACK = text("it was put back")
BROKEN = text("it changed while nothing was heard of it")
RESTARTED = text("the device restarted")
BARRED = text("a lock, its selector, observe mode or an alarm came before it")
PROTECTED = text("protection or process safety commands it")


class Hand(NamedTuple):
    """A person has changed a point by hand."""

    was: Value
    """What it was told."""
    found: Value
    since_ms: int
    """Steady time, as the next."""
    until_ms: int


class HandRecord(NamedTuple):
    """One began, was changed again, or is over: for the ledger."""

    point: str
    hand: Hand
    over: Text | None = None
    """Why it is over; None: it is not."""


class Hands:
    """Those that stand. Memory is kept by the point's key."""

    def __init__(self, plan: Plan, local: LocalTime, remembered: Iterable[RuleMemory]) -> None:
        self._plan = plan
        self._naming = Naming(plan)
        self._local = local
        self._left_s = _declared(plan)
        self.left: dict[int, Hand] = {}
        """The hand that stands on a point, by point. Not to be written."""
        self._wakes = Wakes()
        self._changed: dict[str, RuleMemory] = {}
        self._notices: list[Notice] = []
        self._records: list[HandRecord] = []
        numbers = {point.key: point.id for point in plan.points}
        for item in remembered:
            if not item.rule.startswith(PREFIX):
                continue
            number = numbers.get(item.rule.removeprefix(PREFIX))
            if number in self._left_s:
                self._stand(number, _read(item))
            else:
                self._changed[item.rule] = RuleMemory(item.rule, {})

    def declared(self, point: int) -> bool:
        """Whether changes by hand of `point` are left alone."""
        return point in self._left_s

    def on(self, point: int) -> Hand | None:
        """The hand that stands on `point`."""
        return self.left.get(point)

    def words(self, point: int, hand: Hand) -> Text:
        """What people are told of it, without the point's name."""
        of = self._plan.points[point]
        return text(
            "changed by hand at {time} from {was} to {now}; left until {until}",
            time=self._local.clock(hand.since_ms),
            was=valued(of, hand.was),
            now=valued(of, hand.found),
            until=self._local.clock(hand.until_ms),
        )

    def brief(self, point: int, hand: Hand) -> Text:
        """The same without its end."""
        of = self._plan.points[point]
        return text(
            "changed by hand at {time} from {was} to {now}",
            time=self._local.clock(hand.since_ms),
            was=valued(of, hand.was),
            now=valued(of, hand.found),
        )

    def begin(self, point: int, was: Value, found: Value, now_ms: int) -> None:
        """It was found otherwise than it was told."""
        hand = Hand(was, found, now_ms, now_ms + round(self._left_s[point] * 1000))
        self._stand(point, hand)
        self._records.append(HandRecord(self._plan.points[point].key, hand))
        self._changed[self._name(point)] = _memory(self._name(point), hand)

    def again(self, point: int, found: Value, now_ms: int) -> None:
        """A hand that stands has changed it once more: its time begins anew."""
        self.begin(point, self.left[point].was, found, now_ms)

    def end(self, point: int, why: Text) -> bool:
        """It is over. Whether there was one."""
        hand = self.left.pop(point, None)
        if hand is None:
            return False
        self._changed[self._name(point)] = RuleMemory(self._name(point), {})
        self._records.append(HandRecord(self._plan.points[point].key, hand, why))
        self._tell(point, hand, on=False)
        return True

    def due(self, now_ms: int) -> set[int]:
        """End those whose time is over. Returns their points."""
        ended = {
            point
            for point in self._wakes.take(now_ms)
            if (hand := self.left.get(point)) is not None and hand.until_ms <= now_ms
        }
        for point in sorted(ended):
            self.end(point, TIME_OVER)
        return ended

    def wake_ms(self) -> int | None:
        return self._wakes.next_ms()

    def put_right(self, by_ms: int) -> None:
        """Times that are remembered move with the clock."""
        self._wakes.put_right(by_ms)
        for point, hand in self.left.items() if by_ms else ():
            moved = hand._replace(since_ms=hand.since_ms + by_ms, until_ms=hand.until_ms + by_ms)
            self.left[point] = moved
            self._changed[self._name(point)] = _memory(self._name(point), moved)

    def standing(self) -> Iterator[RuleMemory]:
        """What is remembered of them."""
        return (_memory(self._name(point), hand) for point, hand in self.left.items())

    def take_changed(self) -> Collection[RuleMemory]:
        """What has changed of it since the last call."""
        taken, self._changed = self._changed, {}
        return taken.values()

    def take_notices(self) -> list[Notice]:
        """What people are to be told since the last call."""
        taken, self._notices = self._notices, []
        return taken

    def take_records(self) -> list[HandRecord]:
        """What goes into the ledger since the last call."""
        taken, self._records = self._records, []
        return taken

    def _stand(self, point: int, hand: Hand) -> None:
        self.left[point] = hand
        self._wakes.ask(point, hand.until_ms)
        self._tell(point, hand, on=True)

    def _tell(self, point: int, hand: Hand, *, on: bool) -> None:
        of = self._plan.points[point]
        words = text("{name}: {reason}", name=self._naming.point(of), reason=self.words(point, hand))
        self._notices.append(Notice("changed-by-hand", of.key, words, on))

    def _name(self, point: int) -> str:
        return PREFIX + self._plan.points[point].key


def _declared(plan: Plan) -> dict[int, float]:
    """By point: for how many seconds its changes by hand are left alone. Never those of a pulse: what it
    shows is not what it was told."""
    found = {
        point: device.hand_s
        for device in plan.devices
        for point in device.points
        if (command := plan.points[point].command) is not None
        and command.targetable
        and command.pulse_s is None
    }
    for equipment in plan.equipment:
        if equipment.hand_s is not None:
            found.update((point, equipment.hand_s) for _, point in equipment.roles if point in found)
    return {point: left_s for point, left_s in found.items() if left_s}


def _memory(name: str, hand: Hand) -> RuleMemory:
    return RuleMemory(
        name, {"was": hand.was, "found": hand.found, "since_ms": hand.since_ms, "until_ms": hand.until_ms}
    )


def _read(item: RuleMemory) -> Hand:
    kept = item.memory
    return Hand(kept["was"], kept["found"], int(kept["since_ms"]), int(kept["until_ms"]))
