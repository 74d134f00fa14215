"""Whose turn it is on a line: due polls, first contacts and probes of devices in trouble. No I/O, no clock
of its own.

Polls stand on a common grid of their period, so that those due together share a wake-up, on this line and on
others, and one that was held up never makes up for lost turns by a burst. Among due polls the one whose next
period ends first goes first: fast polls are not held up by a heap of slow ones, and slow ones do not starve.

A device in trouble costs others as little as can be: it is asked when that fits before the next due poll,
or else for no more than a small share of the line's time, and after a failed first contact all due polls go
first.
"""

from __future__ import annotations

import heapq
import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import count
from typing import Literal, NamedTuple

from drivers.backoff import Health, Manners
from drivers.batching import Block

_NOTICEABLE = 0.15
"""Part of its period by which a poll may be late without anybody minding."""
_JUST = 1e-6
"""Part of its period by which a float may miss the grid."""
_MOMENTS_A_SECOND = 200
"""Polls are due in moments of 5 ms: those of lines that are due together share a wake-up."""
_TOGETHER, _APART_S = 20, 0.02
"""Lines of a site begin together. So many of them are due together from then on, the next ones so much later,
over a second: a thousand in one moment would wait for each other."""
_WAIT_AT_MOST_S = 5.0
"""On a line that cannot keep up, a poll of a long period is put off no longer than this for faster ones."""


class Turn(NamedTuple):
    """What to ask now, and how long to wait for it."""

    device: int
    block: Block
    patience_s: float
    kind: Literal["poll", "first", "probe"]
    delays: bool = False
    """A probe that holds up due polls; its cost comes out of the probing share."""
    due_s: float = 0.0
    """When a poll was due."""


@dataclass(slots=True, eq=False)
class _Poll:
    device: int
    block: Block
    period_s: float
    due_s: float
    rank: int
    """Its place among the device's reads. Among equals first all first ones go, then all second ones:
    two answers of one unit do not follow each other where it can be helped, so that a copy of one is
    not taken for the next."""
    entry: int = 0
    """Number of its valid heap entry; others are left-overs. 0 = in no heap."""


class Agenda:
    """One line's. All times are machine monotonic seconds.

    `blocks`: each device's reads with their period in machine seconds. Devices without reads are never in it.
    `number`: of the line among its site's.
    """

    def __init__(
        self,
        blocks: Mapping[int, Sequence[tuple[Block, float]]],
        manners: Manners,
        now_s: float,
        number: int = 0,
    ) -> None:
        self.manners = manners
        self._start_s = math.ceil(now_s * _MOMENTS_A_SECOND - _JUST) / _MOMENTS_A_SECOND
        if (apart_s := number // _TOGETHER * _APART_S % 1.0) > 0.0:
            # As if it had begun before: what was read at first is read again no later than in its period.
            self._start_s += round(apart_s * _MOMENTS_A_SECOND) / _MOMENTS_A_SECOND - 1.0
        self._numbers = count(1)
        self._blocks: dict[int, tuple[tuple[Block, float], ...]] = {}
        self._polls: dict[int, list[_Poll]] = {}
        self._later: list[tuple[float, int, int, _Poll]] = []
        self._due: list[tuple[float, int, int, _Poll]] = []
        self.health: dict[int, Health] = {}
        for device, polls in blocks.items():
            self.add(device, polls, now_s)
        self._probe_free_s = now_s
        self._first_failed = False
        self._hurry = False
        self._heard_s = now_s
        """When any of them answered last."""
        self._silent_s: dict[int, float] = {}
        """When each that is in trouble failed first."""

    # Who is asked

    def add(self, device: int, blocks: Sequence[tuple[Block, float]], now_s: float) -> None:
        """One more, to be asked at once; nothing where it has no reads."""
        if blocks:
            self._blocks[device] = tuple(blocks)
            self.health[device] = Health(ask_at_s=now_s)
            self._set_polls(device)

    def remove(self, device: int) -> None:
        """It is not asked any more. What is still said of it counts for nothing."""
        if device in self._polls:
            self._leave(device)
            del self._blocks[device], self._polls[device], self.health[device]
            self._silent_s.pop(device, None)

    # Asking

    def next(self, now_s: float) -> Turn | None:
        """What is to be asked at `now_s`; None when nothing is. Does not change whose turn it is."""
        self._ripen(now_s)
        due = self._top(self._due)
        if due is None:
            self._first_failed = self._hurry = False
        turn = self._first_contact(now_s, due) or self._probe(now_s, due)
        if turn is None and due is not None:
            turn = Turn(due.device, due.block, self._patience_s(due.device), "poll", False, due.due_s)
        return turn

    def wake_s(self, now_s: float) -> float:
        """When `next` may have something again, given that it has nothing at `now_s`."""
        later = self._top(self._later)
        times = [later.due_s] if later is not None else []
        times += [
            health.ask_at_s if health.ask_at_s > now_s else self._probe_free_s
            for health in self.health.values()
            if not health.live
        ]
        return min((time_s for time_s in times if time_s > now_s), default=now_s + 1.0)

    # What came of it

    def answered(self, device: int, block: Block | None, now_s: float, took_s: float) -> bool:
        """The device answered a read of `block` (None: something else). True if it is heard for the
        first time or came back; then all its reads are due."""
        health = self.health.get(device)
        if health is None:
            return False
        self._heard_s = now_s
        self._silent_s.pop(device, None)
        was_live = health.live
        changed = health.answered(took_s)
        for poll in self._polls[device]:
            if poll.block is block:
                self._enter(poll, self._after(now_s, poll.period_s))
            elif not was_live:
                self._enter(poll, now_s)
        return changed

    def failed(self, turn: Turn, now_s: float, cost_s: float) -> bool:
        """Nothing usable came. True if the device is lost by this."""
        if turn.kind == "first":
            self._first_failed = True
        self._hurry = True
        if turn.delays:
            self._probe_free_s = now_s + self._pause_after(cost_s)
        return self.missed(turn.device, now_s)

    def missed(self, device: int, now_s: float) -> bool:
        """A turn that this agenda did not give failed (a write). True if the device is lost by this."""
        health = self.health.get(device)
        if health is None:
            return False
        self._leave(device)
        silent_s = self._silent_s.setdefault(device, now_s)
        lost = health.failed(now_s, self.manners)
        if lost and self._heard_s < silent_s:
            self._ask_the_others(now_s)
        return lost

    def late(self, device: int, now_s: float, took_s: float) -> None:
        """An answer came after its time-out."""
        if (health := self.health.get(device)) is not None:
            health.late(now_s, min(took_s, self.manners.timeout_s))

    def ask_soon(self, device: int, now_s: float) -> None:
        """Somebody wants this device: its back-off is over, the others' rights stand."""
        if (health := self.health.get(device)) is not None:
            health.ask_at_s = min(health.ask_at_s, now_s)

    def line_failed(self) -> list[int]:
        """The line cannot be opened. The devices that are lost by this; all are fresh when it can."""
        self._silent_s.clear()
        for device in self.health:
            self._leave(device)
        return [device for device, health in self.health.items() if health.line_failed(self.manners)]

    def line_opened(self, now_s: float) -> None:
        for health in self.health.values():
            if health.fresh:
                health.ask_at_s = now_s

    # The reads themselves

    def split(self, device: int, block: Block, parts: Iterable[Block], now_s: float) -> None:
        """From now on `parts` are read in place of `block`; they are due at once."""
        for old in [poll for poll in self._polls.get(device, ()) if poll.block is block]:
            self._polls[device].remove(old)
            old.entry = 0
            for part in parts:
                poll = _Poll(device, part, old.period_s, now_s, len(self._polls[device]))
                self._polls[device].append(poll)
                self._enter(poll, now_s)

    def mend(self, device: int, now_s: float) -> None:
        """Forget all splits: the device restarted and may know its registers again."""
        if device in self._polls and len(self._polls[device]) != len(self._blocks[device]):
            self._leave(device)
            self._set_polls(device)
            for poll in self._polls[device]:
                self._enter(poll, now_s)

    def block_with(self, device: int, point: int) -> Block | None:
        """The read that fetches a point now."""
        for poll in self._polls.get(device, ()):
            if any(part.point == point for part in poll.block.parts):
                return poll.block
        return None

    # Inside

    def _first_contact(self, now_s: float, due: _Poll | None) -> Turn | None:
        if self._first_failed and due is not None:
            return None
        for device, health in self.health.items():
            if health.fresh and health.ask_at_s <= now_s:
                return Turn(device, self._smallest(device), self._patience_s(device), "first")
        return None

    def _probe(self, now_s: float, due: _Poll | None) -> Turn | None:
        waiting = sorted(
            (health.ask_at_s, device)
            for device, health in self.health.items()
            if health.failures and not health.fresh and health.ask_at_s <= now_s
        )
        if not waiting:
            return None
        later = self._top(self._later)
        for _, device in waiting:
            patience_s = self._patience_s(device)
            if due is None and (later is None or later.due_s - now_s >= patience_s):
                return Turn(device, self._smallest(device), patience_s, "probe")
        if now_s < self._probe_free_s:
            return None
        device = waiting[0][1]
        return Turn(device, self._smallest(device), self._patience_s(device), "probe", delays=True)

    def _pause_after(self, cost_s: float) -> float:
        """How long no probe may delay others again after one that did.

        It makes one turn late of every poll whose period it is a noticeable part of.
        """
        late = (
            poll.period_s
            for device, polls in self._polls.items()
            if self.health[device].live
            for poll in polls
            if cost_s > _NOTICEABLE * poll.period_s
        )
        return max(cost_s, max(late, default=0.0)) / self.manners.probing

    def _patience_s(self, device: int) -> float:
        health = self.health[device]
        neighbours_s = 0.0
        if not health.habits:
            neighbours_s = max(
                (max(other.habits) for other in self.health.values() if other.habits), default=0.0
            )
        return health.patience_s(self.manners, neighbours_s, hurry=self._hurry)

    def _smallest(self, device: int) -> Block:
        return min((poll.block for poll in self._polls[device]), key=lambda block: block.size)

    def _ask_the_others(self, now_s: float) -> None:
        """Nobody has answered since this one fell silent: it may be the line, which those that are read every
        few minutes would tell of one by one. Each is read once out of turn."""
        for device, health in self.health.items():
            if health.live:
                poll = min(self._polls[device], key=lambda poll: poll.block.size)
                self._enter(poll, now_s)

    def _set_polls(self, device: int) -> None:
        self._polls[device] = [
            _Poll(device, block, period_s, self._start_s, rank)
            for rank, (block, period_s) in enumerate(self._blocks[device])
        ]

    def _enter(self, poll: _Poll, due_s: float) -> None:
        poll.due_s, poll.entry = due_s, next(self._numbers)
        heapq.heappush(self._later, (due_s, poll.rank, poll.entry, poll))

    def _leave(self, device: int) -> None:
        """Its reads wait for its next answer."""
        for poll in self._polls[device]:
            poll.entry = 0

    def _ripen(self, now_s: float) -> None:
        while (poll := self._top(self._later)) is not None and poll.due_s <= now_s:
            heapq.heappop(self._later)
            wanted_s = poll.due_s + min(poll.period_s, _WAIT_AT_MOST_S)
            heapq.heappush(self._due, (wanted_s, poll.rank, poll.entry, poll))

    def _after(self, now_s: float, period_s: float) -> float:
        """The next moment on the period's grid; what is just about to come is this one."""
        periods = math.floor((now_s - self._start_s) / period_s + _JUST)
        return self._start_s + (max(periods, 0) + 1) * period_s

    @staticmethod
    def _top(heap: list[tuple[float, int, int, _Poll]]) -> _Poll | None:
        while heap and heap[0][3].entry != heap[0][2]:
            heapq.heappop(heap)
        return heap[0][3] if heap else None
