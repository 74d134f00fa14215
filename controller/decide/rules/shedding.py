"""Whom a demand cap has shed, whose turn it is, and who must be left alone. Made for one evaluation."""

from __future__ import annotations

from functools import cache
from typing import NamedTuple

from config.language import Text
from config.plan.asks import Ask
from config.plan.rules import DemandCap, Shed
from controller.decide.requests import Op
from controller.decide.rules.look import Look
from controller.decide.rules.metered import MINUTE_MS


class _Keys(NamedTuple):
    """What is remembered of one that may be shed."""

    shed: str
    freed: str
    turn: str
    saves: str


class Shedding:
    """Kept by the names of what may be shed."""

    def __init__(self, spec: DemandCap, look: Look) -> None:
        self._spec = spec
        self._look = look
        self._since: dict[str, int] = {}
        """Since when each that is shed is."""
        self._saves: dict[str, float] = {}
        self._freed: dict[str, int] = {}
        self._turns: dict[str, int] = {}
        """When each was last shed."""
        self._allowed = {
            item.name: look.judge(item.only_if) for item in spec.sheds if item.only_if is not None
        }
        """Of those that have a condition."""
        memory, now_ms = look.memory, look.now_ms
        for item in spec.sheds:
            shed, freed, turn, saves = _keys(item.name)
            if turn not in memory:
                continue  # it has never been shed
            turn_ms = int(memory[turn])
            self._turns[item.name] = min(now_ms, turn_ms)
            if freed in memory:
                freed_ms = int(memory[freed])
                self._freed[item.name] = min(now_ms, freed_ms)
            if shed in memory:
                self._since[item.name] = min(int(memory[shed]), now_ms)
                self._saves[item.name] = float(memory.get(saves, item.kw))

    def changed_ms(self) -> int:
        """When last something was shed or given back; 0: never."""
        return max((*self._turns.values(), *self._freed.values()), default=0)

    def keep_times(self) -> float:
        """Give back, whatever the power, what has been shed for as long as it may be, or is not to be
        shed now. Returns what that draws, kW."""
        drawn = 0.0
        for item in self._shed():
            over = self._look.passed(self.since_ms(item), item.at_most_s)
            if over or self._allowed.get(item.name) is False:
                drawn += self.saves(item)
                self.give_back(item)
        return drawn

    def give_all_back(self) -> None:
        """The rule gives up."""
        for item in self._shed():
            self.give_back(item)

    def give_back_what_must_be(self) -> float:
        """A minute has ended: those that may not stay until the next one, and before them, in the second half
        of their time, as many as would else have to come back at once. Returns what they draw, kW."""
        due_ms: int | None = None
        drawn = 0.0
        for item in sorted(self._shed(), key=self._end_ms, reverse=True):
            end_ms = self._end_ms(item)
            due_ms = end_ms if due_ms is None else min(end_ms, due_ms - round(self._spec.stagger_s * 1000))
            least_s = max(item.at_least_s, item.at_most_s / 2)
            earliest_ms = min(end_ms, self.since_ms(item) + round(least_s * 1000))
            if max(due_ms, earliest_ms) <= self._look.now_ms + MINUTE_MS:
                drawn += self.saves(item)
                self.give_back(item)
        return drawn

    def shed_next(self) -> float | None:
        """Shed one more. Returns what it saves, kW; None: nobody is left."""
        item = self.first()
        if item is None:
            return None
        self._saves[item.name] = self._would_save(item)
        self._since[item.name] = self._turns[item.name] = self._look.now_ms
        return self._saves[item.name]

    def first(self) -> Shed | None:
        """Whose turn it is to be shed; None: nobody is left."""
        free = [item for item in self._spec.sheds if self._may_be(item)]
        return min(
            free,
            key=lambda one: (one.step, self._turns.get(one.name, 0), self._spec.sheds.index(one)),
            default=None,
        )

    def next_back(self) -> Shed | None:
        """Who is given back first; None: nobody may be yet."""
        now_ms = self._look.now_ms
        ripe = (
            item
            for item in self.in_order_back()
            if now_ms >= self.since_ms(item) + round(item.at_least_s * 1000)
        )
        return next(ripe, None)

    def in_order_back(self) -> list[Shed]:
        """Those that are shed, the last step first, in it the one that has been shed for longest."""
        return sorted(self._shed(), key=lambda item: (-item.step, self.since_ms(item)))

    def give_back(self, item: Shed) -> None:
        del self._since[item.name]
        del self._saves[item.name]
        self._freed[item.name] = self._look.now_ms

    def since_ms(self, item: Shed) -> int:
        return self._since[item.name]

    def stands(self, item: Shed) -> bool:
        """Whether it is shed."""
        return item.name in self._since

    def allowed(self, item: Shed) -> bool:
        """Whether it may be, as far as its condition goes."""
        return bool(self._allowed.get(item.name, True))

    def alone_ms(self, item: Shed) -> int | None:
        """Until when it is left alone after it came back; None: it has never been shed."""
        freed_ms = self._freed.get(item.name)
        return None if freed_ms is None else freed_ms + round(item.between_s * 1000)

    def saves(self, item: Shed) -> float:
        """What it drew more before it was shed, kW."""
        return self._saves[item.name]

    def ends(self) -> dict[str, int]:
        """When each that is shed has been for as long as it may be."""
        return {item.name: self._end_ms(item) for item in self._shed()}

    def remember(self) -> None:
        """Keep all of it."""
        look = self._look
        for name, since_ms in self._since.items():
            look.keep(_keys(name).shed, since_ms)
            look.keep(_keys(name).saves, round(self._saves[name], 3))
        look.keep_all({_keys(name)[1]: freed_ms for name, freed_ms in self._freed.items()})
        look.keep_all({_keys(name)[2]: turn_ms for name, turn_ms in self._turns.items()})

    def ask(self, words: Text, ends: dict[str, int]) -> None:
        """Ask for what is shed."""
        for item in self._shed():
            self._look.ask(
                Ask(item.command, item.bound),
                words,
                self.since_ms(item),
                op=Op.FLOOR if item.floor else Op.CAP,
                until_ms=ends[item.name],
            )

    def nothing(self) -> bool:
        """Nothing is shed."""
        return not self._since

    def _shed(self) -> list[Shed]:
        if not self._since:
            return []
        return [item for item in self._spec.sheds if item.name in self._since]

    def _end_ms(self, item: Shed) -> int:
        return self.since_ms(item) + round(item.at_most_s * 1000)

    def _may_be(self, item: Shed) -> bool:
        """Whether it may be shed, and that takes something away."""
        now_ms, alone_ms = self._look.now_ms, self.alone_ms(item)
        if self.stands(item) or not self.allowed(item) or self._freed.get(item.name) == now_ms:
            return False
        if alone_ms is not None and now_ms < alone_ms:
            return False
        return self._would_save(item) > 0

    def _would_save(self, item: Shed) -> float:
        """kW, after all that is shed of the same point already. What cannot be read may be on."""
        reads = self._look.value(item.command)
        if reads is None or isinstance(reads, str):
            return item.kw
        level = float(reads)
        for other in self._shed():
            if other.command == item.command and other.floor is item.floor:
                level = (max if item.floor else min)(level, float(other.bound))
        beyond = float(item.bound) - level if item.floor else level - float(item.bound)
        if beyond <= 0:
            return 0.0
        return item.kw * beyond / 100 if item.of_level else item.kw


@cache
def _keys(name: str) -> _Keys:
    return _Keys(f"shed-{name}_ms", f"freed-{name}_ms", f"turn-{name}_ms", f"saves-{name}")
