"""Rules as a source of requests: each is evaluated when something it looks at changes, or when its time has
come."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import replace
from functools import partial
from typing import NamedTuple

from config.language import text
from config.plan.clock import Now
from config.plan.reading import Reading
from config.plan.rules import Duty, Hazard, Rule
from config.quick import tuple_of
from controller.decide.explain import Bearing
from controller.decide.records import Notice, Refused, RuleMemory
from controller.decide.requests import Request
from controller.decide.rules.aims import aims, by_the_clock
from controller.decide.rules.awaited import Awaited, Wording
from controller.decide.rules.foresight import Ahead, changes
from controller.decide.rules.hours import Hours
from controller.decide.rules.look import Kept, Look, Memory, Outcome, Yielding
from controller.decide.rules.registry import KINDS
from controller.decide.rules.taken import Seen, matters, seen
from controller.decide.steady import SteadyTime
from controller.decide.wakes import Wakes
from schedules.context import Context

_NOTHING = Outcome((), {}, None, None, ())
_NO_POINTS: AbstractSet[int] = frozenset()


class _Standing(NamedTuple):
    """A rule's last outcome, by point, and what it came from."""

    outcome: Outcome
    requests: Mapping[int, tuple[Request, ...]]
    seen: Seen


class RuleRequests:
    """Requests of all rules, and what they remember and tell."""

    def __init__(
        self,
        rules: Sequence[Rule],
        readings: Sequence[Reading],
        remembered: Iterable[RuleMemory],
        time: SteadyTime,
        hours: Hours,
    ) -> None:
        """`readings`: the image itself, as it is when `update` is called; their times do not matter. `time`
        is put right by its owner, who then says so."""
        # What has a blank in its name is remembered of motors and of points, not of rules.
        known = {item.rule: item.memory for item in remembered if " " not in item.rule}
        self._rules = rules = [part for rule in rules for part in _parts(rule)]
        """Their parts, rather: by number, as everything here."""
        self._numbers: dict[str, list[int]] = {}
        """Rule → its parts."""
        for number, rule in enumerate(rules):
            self._numbers.setdefault(rule.name, []).append(number)
        self._readings = readings
        self._time = time
        self._memories: list[Memory] = [known.get(rule.name, {}) for rule in rules]
        """Of each part, or before it has decided of the whole rule."""
        self._remembered = known
        """Of each rule, as was told last."""
        self._standing = [_Standing(_NOTHING, {}, {}) for _ in rules]
        self._pending = set(range(len(rules)))
        self._wakes = Wakes()
        self._glances: dict[int, int] = {}
        """When those that want to glance at the readings before they look again are to do so."""
        self._hours = hours
        self._hour_wakes = Wakes()
        self._by_the_clock = {number for number, rule in enumerate(rules) if by_the_clock(rule.spec)}
        self._looked_at: dict[int, list[int]] = {}
        self._heeding: dict[str, list[int]] = {}
        """Rule → those that look at whether it has tripped."""
        self._trips = {
            rule.name
            for rule, memory in zip(rules, self._memories, strict=True)
            if KINDS[type(rule.spec)].latch in memory
        }
        self._queued: frozenset[int] = frozenset()
        self._starting: dict[int, list[int]] = {}
        """Command → those that wait for it to start."""
        self._asked_of: dict[int, set[int]] = {}
        self._changed: dict[str, None] = {}
        """Rules, in the order in which they came to remember something else."""
        self._notices: list[Notice] = []
        self._yielding: dict[str, Yielding] = {}
        self._yields_changed = False
        self._silent: set[int] = set()
        """Points of devices that do not answer."""
        self._began_ms: int | None = None
        for number, rule in enumerate(rules):
            for point in KINDS[type(rule.spec)].points(rule.spec):
                self._looked_at.setdefault(point, []).append(number)
            if isinstance(rule.spec, Duty):
                for machine in rule.spec.machines:
                    self._starting.setdefault(machine.then.on.point, []).append(number)
            for name in KINDS[type(rule.spec)].heeds(rule.spec):
                self._heeding.setdefault(name, []).append(number)
        self._changed |= dict.fromkeys(name for name in known if name not in self._numbers)

    def changed(self, points: Iterable[int]) -> None:
        """These points read otherwise than before: rules that took something else of them look again."""
        looked_at, standing = self._looked_at, self._standing
        for point in filter(looked_at.__contains__, points):
            for number in looked_at[point]:
                if matters(standing[number].seen, point, self._readings[point]):
                    self._pending.add(number)

    def queued(self, commands: frozenset[int]) -> None:
        """These would start, but that it is not their turn yet."""
        if commands == self._queued:
            return
        for command in self._queued ^ commands:
            self._pending.update(self._starting.get(command, ()))
        self._queued = commands

    def silent(self, points: Collection[int], *, on: bool) -> None:
        """The device of these points does not answer, or does again."""
        (self._silent.update if on else self._silent.difference_update)(points)
        for point in points:
            self._pending.update(self._looked_at.get(point, ()))

    def follow(self, former: RuleRequests, same: Mapping[int, int]) -> None:
        """Go on from another Plan's rules: this is no start of the daemon. `same`: ids of points there and
        here."""
        self._began_ms = former._began_ms
        self._silent = {same[point] for point in former._silent if point in same}

    def put_right(self, by_ms: int) -> None:
        """The wall clock was put right by so much: times that are remembered move with it."""
        if by_ms:
            self._wakes.put_right(by_ms)
            self._began_ms = None if self._began_ms is None else self._began_ms + by_ms
            for number, memory in enumerate(self._memories):
                if memory:
                    moved = {
                        key: int(value) + by_ms if key.endswith("_ms") else value
                        for key, value in memory.items()
                    }
                    self._memories[number] = moved
                    self._changed[self._rules[number].name] = None
            self._pending = set(range(len(self._rules)))

    def rebook(self, context: Context) -> None:
        """The bookings are others from now on."""
        self._hours.rebook(context)
        self._pending |= self._by_the_clock

    def update(self, now: Now) -> Collection[int]:
        now_ms = self._time.at(now)
        if self._began_ms is None:
            self._began_ms = now_ms
        if now.trusted is not self._hours.trusted or now.wall_ms < self._hours.wall_ms:
            self._pending |= self._by_the_clock
        self._hours.at(now)
        for number in self._hour_wakes.take(now.wall_ms):
            if _has_come(self._standing[number].outcome.wake_wall_ms, now.wall_ms):
                self._pending.add(number)
        glancing = []
        for number in self._wakes.take(now_ms):
            if _has_come(self._standing[number].outcome.wake_ms, now_ms):
                self._pending.add(number)
            elif _has_come(self._glances.get(number), now_ms):
                glancing.append(number)
        for number in glancing:
            if number not in self._pending:
                self._glance(number, now_ms)
        touched: set[int] = set()
        while self._pending:
            # Those that heed others' trips are decided anew with them.
            number = min(self._pending)
            self._pending.remove(number)
            touched |= self._decide(number, now_ms)
        return touched

    def requests(self, point: int) -> Iterator[Request]:
        for number in sorted(self._asked_of.get(point, ())):
            yield from self._standing[number].requests.get(point, ())

    def wake_ms(self) -> int | None:
        return self._wakes.next_ms()

    def wake_hour_ms(self) -> int | None:
        """The same by the time of day."""
        return self._hour_wakes.next_ms()

    def standing(self) -> tuple[RuleMemory, ...]:
        """What every rule remembers."""
        return tuple(RuleMemory(name, memory) for name in self._numbers if (memory := self._memory(name)))

    def take_changed(self) -> list[RuleMemory]:
        """What has changed of it since the last call; empty for what is to be forgotten."""
        taken: list[RuleMemory] = []
        for name in self._changed:
            memory = self._memory(name)
            if memory != self._remembered.get(name, {}):
                self._remembered[name] = memory
                taken.append(tuple_of(RuleMemory, (name, memory)))
        self._changed = {}
        return taken

    def _memory(self, name: str) -> Memory:
        numbers = self._numbers.get(name, ())
        if len(numbers) == 1:
            return self._memories[numbers[0]]
        memory: dict[str, Kept] = {}
        for number in numbers:
            memory.update(self._memories[number])
        return memory

    def take_notices(self) -> list[Notice]:
        """What people are to be told since the last call."""
        taken, self._notices = self._notices, []
        return taken

    def take_yielding(self) -> Mapping[str, Yielding] | None:
        """By rule: what nothing is to be written to now; None if that has not changed since the last
        call."""
        changed, self._yields_changed = self._yields_changed, False
        return dict(self._yielding) if changed else None

    def bearing_on(self, point: int, now: Now, covered: Callable[[str], Collection[int]]) -> list[Bearing]:
        """The rules that may ask something of `point` or take it out of our hands. `covered`: the points of
        an equipment."""
        found = []
        for number, (rule, standing) in enumerate(zip(self._rules, self._standing, strict=True)):
            spec = rule.spec
            if isinstance(spec, Hazard):
                bears = any(point in covered(name) for name in spec.yields)
            else:
                bears = point in aims(spec)
            if bears:
                says = tuple(notice.text for notice in standing.outcome.notices) + standing.outcome.remarks
                kind = KINDS[type(spec)]
                points = kind.points(spec) if kind.inputs is None else kind.inputs(spec, point)
                ahead = partial(changes, self._ahead(number, now), point)
                awaits = partial(self._awaits, number, now, point)
                found.append(Bearing(rule, points, says, kind.expects, ahead, awaits))
        return found

    def _awaits(self, number: int, now: Now, point: int, wording: Wording) -> Iterator[Awaited]:
        """What a part waits for, its times by the wall clock."""
        rule, now_ms = self._rules[number], self._time.at(now)
        awaits = KINDS[type(rule.spec)].awaits
        for item in () if awaits is None else awaits(rule.spec, self._look(number, now_ms), wording, point):
            wall_ms = None if item.at_ms is None else item.at_ms - now_ms + now.wall_ms
            yield item._replace(at_ms=wall_ms)

    def _ahead(self, number: int, now: Now) -> Ahead:
        now_ms, hours = self._time.at(now), self._hours.apart()

        def look(wall_ms: int, memory: Memory) -> Look:
            hours.at(now._replace(wall_ms=wall_ms))
            return self._look(number, wall_ms - now.wall_ms + now_ms, memory, hours)

        outcome, memory = self._standing[number].outcome, self._memories[number]
        return Ahead(self._rules[number], outcome, memory, look, now.wall_ms, now_ms)

    def check_reset(self, name: str, now: Now) -> None:
        """Raises Refused where a person may not reset that rule now."""
        number = self._number(name)
        rule = self._rules[number]
        may_be_reset = KINDS[type(rule.spec)].may_be_reset
        if may_be_reset is None or rule.name not in self._trips:
            raise Refused(text("{name} has not tripped", name=rule.label or rule.name))
        look = self._look(number, self._time.at(now))
        if not may_be_reset(rule.spec, look):
            raise Refused(
                text("{name} cannot be reset: what it tripped for still stands", name=rule.label or rule.name)
            )

    def reset(self, name: str) -> None:
        """A person resets a trip; `check_reset` was asked, if perhaps of the Plan before."""
        for number in self._numbers.get(name, ()):
            self._keep(number, {})
            self._pending.add(number)

    def _number(self, name: str) -> int:
        if name in self._numbers:
            return self._numbers[name][0]
        raise Refused(text('no rule named "{name}"', name=name))

    def _look(
        self, number: int, now_ms: int, memory: Memory | None = None, hours: Hours | None = None
    ) -> Look:
        return Look(
            self._rules[number],
            self._readings,
            now_ms,
            self._memories[number] if memory is None else memory,
            self._began_ms,
            self._time.speed,
            self._trips,
            self._hours if hours is None else hours,
            self._queued,
            self._silent,
        )

    def _keep(self, number: int, memory: Memory) -> None:
        """A rule remembers something else."""
        rule = self._rules[number]
        self._memories[number] = memory
        self._changed[rule.name] = None
        if (KINDS[type(rule.spec)].latch in memory) is not (rule.name in self._trips):
            self._trips ^= {rule.name}
            self._pending.update(self._heeding.get(rule.name, ()))

    def _decide(self, number: int, now_ms: int) -> AbstractSet[int]:
        rule, before = self._rules[number], self._standing[number]
        look = self._look(number, now_ms)
        KINDS[type(rule.spec)].decide(rule.spec, look)
        outcome = look.outcome()
        if outcome.memory != self._memories[number]:
            self._keep(number, outcome.memory)
        self._wake(number, outcome.wake_ms, outcome.glance_ms)
        if outcome.wake_wall_ms is not None:
            self._hour_wakes.ask(number, outcome.wake_wall_ms)
        self._tell(before.outcome.notices, outcome.notices)
        if outcome.yielding != before.outcome.yielding:
            self._yields_changed = True
            self._yielding.pop(rule.name, None)
            if outcome.yielding is not None:
                self._yielding[rule.name] = outcome.yielding
        taken = seen(outcome.taken, self._readings)
        former = before.requests
        if outcome.requests == before.outcome.requests:
            self._standing[number] = tuple_of(_Standing, (outcome, former, taken))
            return _NO_POINTS
        requests: dict[int, tuple[Request, ...]] = {}
        for point, request in outcome.requests:
            requests[point] = (*requests.get(point, ()), request)
        self._standing[number] = tuple_of(_Standing, (outcome, requests, taken))
        touched = former.keys() - requests.keys()
        for point in touched:
            self._asked_of[point].discard(number)
        for point, asked in requests.items():
            if point not in former:
                self._asked_of.setdefault(point, set()).add(number)
            elif former[point] == asked:
                continue
            touched.add(point)
        return touched

    def _glance(self, number: int, now_ms: int) -> None:
        """Nothing has changed for the rule but the time: what it takes note of, it remembers."""
        spec = self._rules[number].spec
        glance = KINDS[type(spec)].glance
        assert glance is not None
        look = self._look(number, now_ms)
        glance(spec, look)
        self._keep(number, {**self._memories[number], **look.kept})
        self._wake(number, self._standing[number].outcome.wake_ms, look.glance_ms)

    def _wake(self, number: int, wake_ms: int | None, glance_ms: int | None) -> None:
        """It is asked again when the first of the times comes that it wants."""
        if glance_ms is None:
            self._glances.pop(number, None)
        else:
            self._glances[number] = glance_ms
            wake_ms = glance_ms if wake_ms is None else min(wake_ms, glance_ms)
        if wake_ms is not None:
            self._wakes.ask(number, wake_ms)

    def _tell(self, before: Sequence[Notice], after: Sequence[Notice]) -> None:
        if before == after:
            return
        kinds = {(notice.kind, notice.subject) for notice in after}
        self._notices += [
            notice._replace(on=False) for notice in before if (notice.kind, notice.subject) not in kinds
        ]
        self._notices += [notice for notice in after if notice not in before]


def _has_come(wake_ms: int | None, now_ms: int) -> bool:
    """Whether a time has come that a rule asked for, unless it has since asked for a later one, or none."""
    return wake_ms is not None and wake_ms <= now_ms


def _parts(rule: Rule) -> list[Rule]:
    parts = list(KINDS[type(rule.spec)].parts(rule.spec))
    return [rule] if len(parts) == 1 else [replace(rule, spec=part) for part in parts]
