"""Programmes as a source of requests: each is evaluated when its verdict ends, not every cycle."""

from __future__ import annotations

import heapq
from collections.abc import Collection, Iterator, Sequence

from config.language import text
from config.plan.clock import Now
from config.plan.programmes import Programme
from config.plan.reading import Value
from controller.decide.arbiter import arbitrate
from controller.decide.requests import Op, Request
from schedules.context import Context
from schedules.programme import Days, Verdict, evaluate, untrusted


class ProgrammeRequests:
    """Requests of all programmes. Level-triggered: a verdict depends on the time and on trust in it."""

    def __init__(self, programmes: Sequence[Programme], context: Context) -> None:
        self._programmes = programmes
        self._context = context
        self._days = [Days(programme, context) for programme in programmes]
        self._verdicts: list[Verdict | None] = [None] * len(programmes)
        self._standing: list[Request | None] = [None] * len(programmes)
        """What each asks for by its verdict."""
        self._due: list[tuple[int, int]] = []
        self._latest_ms = -1
        self._trusted: bool | None = None
        self._of_point: dict[int, list[int]] = {}
        for number, programme in enumerate(programmes):
            for point in programme.targets:
                self._of_point.setdefault(point, []).append(number)

    def update(self, now: Now) -> Collection[int]:
        """Points of programmes whose verdict changed. A clock set back, or trusted anew, asks all again."""
        if now.trusted is not self._trusted or now.wall_ms < self._latest_ms:
            self._trusted = now.trusted
            self._due = [(now.wall_ms, number) for number in range(len(self._programmes))]
        self._latest_ms = now.wall_ms
        touched: set[int] = set()
        while self._due and self._due[0][0] <= now.wall_ms:
            number = self._due[0][1]
            programme = self._programmes[number]
            if now.trusted:
                verdict = self._days[number].verdict(now.wall_ms)
            else:
                verdict = untrusted(programme, now.wall_ms)
            heapq.heapreplace(self._due, (verdict.until_ms, number))
            before = self._verdicts[number]
            self._verdicts[number] = verdict
            self._standing[number] = _request(programme, verdict) if verdict.asks else None
            if before is None or before[:5] != verdict[:5]:
                touched.update(programme.targets)
        return touched

    def rebook(self, context: Context) -> None:
        """The bookings are others from now on: all that they may change is asked again."""
        self._context = context
        for days in self._days:
            days.rebook(context)
        latest_ms = self._latest_ms
        self._due = [
            (latest_ms if self._programmes[number].bookings else due_ms, number)
            for due_ms, number in self._due
        ]
        heapq.heapify(self._due)

    def requests(self, point: int) -> Iterator[Request]:
        for number in self._of_point.get(point, ()):
            if (request := self._standing[number]) is not None:
                yield request

    def wake_ms(self) -> int | None:
        return self._due[0][0] if self._due else None

    def next_change(self, point: int, wall_ms: int, horizon_ms: int) -> int | None:
        """When the programmes of `point` next decide another value than at `wall_ms`.

        `horizon_ms` if that lies beyond it; None if no programme aims at the point.
        """
        programmes = [self._programmes[number] for number in self._of_point.get(point, ())]
        if not programmes:
            return None
        decided = self._decided(programmes, wall_ms)
        moment = wall_ms
        while moment < horizon_ms:
            moment = min(evaluate(programme, self._context, moment).until_ms for programme in programmes)
            if moment < horizon_ms and self._decided(programmes, moment) != decided:
                return moment
        return horizon_ms

    def requests_at(self, point: int, wall_ms: int) -> Iterator[Request]:
        """What programmes ask of `point` at that time, believing the clock."""
        return self._asking([self._programmes[number] for number in self._of_point.get(point, ())], wall_ms)

    def _decided(self, programmes: Sequence[Programme], wall_ms: int) -> Value | None:
        return arbitrate(self._asking(programmes, wall_ms)).value

    def _asking(self, programmes: Sequence[Programme], wall_ms: int) -> Iterator[Request]:
        for programme in programmes:
            verdict = evaluate(programme, self._context, wall_ms)
            if verdict.asks:
                yield _request(programme, verdict)


def _request(programme: Programme, verdict: Verdict) -> Request:
    return Request(
        Op.VALUE,
        verdict.value,
        programme.slot,
        str(verdict.source),
        text("{programme}: {reason}", programme=programme.label or programme.name, reason=verdict.reason),
        verdict.since_ms,
        verdict.until_ms,
        (verdict.rank, programme.priority, programme.id),
    )
