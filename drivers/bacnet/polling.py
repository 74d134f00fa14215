"""Reading the points of one bound device: which, when, in what chunks, and what a reading is worth."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Mapping, Sequence
from typing import Final

from config.plan.points import BacnetObject, Point
from drivers.bacnet import services, values
from drivers.bacnet.line import Shared
from drivers.bacnet.names import Property
from drivers.bacnet.plain import Question
from drivers.bacnet.reader import Reader
from drivers.bacnet.services import Answer, Fault, Ref
from drivers.bacnet.subscriptions import Subscriptions
from drivers.bacnet.timing import Agenda, cov_period
from drivers.handover import Found

_UNKNOWN: Final = {"unknown-object", "unknown-property"}
_MOST_QUESTIONS: Final = 64
"""Chunks whose answers are known by their form; where periods differ, they come in more than one make-up."""


class Poller:
    """The points' agenda and their samples. Raises only NoAnswer, from `turn` and `read`."""

    def __init__(
        self, points: Sequence[Point], reader: Reader, subscriptions: Subscriptions, shared: Shared
    ) -> None:
        self._points = {point.id: point for point in points}
        self._object = {
            point.id: values.identity(point.source)
            for point in points
            if isinstance(point.source, BacnetObject)
        }
        self._reader = reader
        self._subscriptions = subscriptions
        self._shared = shared
        self._apart: set[int] = set()
        """Points whose object the device does not know: asked singly, so that they do not spoil a chunk."""
        self._flagless: set[int] = set()
        """Points whose object has no status flags."""
        self._questions: dict[tuple[int, ...], Question] = {}
        self._read_by: dict[int, Question] = {}
        """The latest reading of a point came by it."""
        self._repaced: set[int] = set()
        """Points whose period may have changed since they were last due."""
        self._agenda = self._fresh()

    def _fresh(self) -> Agenda:
        periods = ((point.id, self._period(point)) for point in self._points.values())
        return Agenda(periods, asyncio.get_running_loop().time())

    def restart(self) -> None:
        """Everything is due at once, and nothing is known to be missing."""
        self._apart.clear()
        self._flagless.clear()
        self._questions.clear()
        self._read_by.clear()
        self._agenda = self._fresh()

    def next(self) -> float:
        return self._agenda.next()

    def repace(self, point: Point) -> None:
        """The point's subscription has come to life or ended."""
        self._agenda.pace(point.id, self._period(point), asyncio.get_running_loop().time())

    def _period(self, point: Point) -> float:
        now, pace, timing = asyncio.get_running_loop().time(), self._shared.pace, self._shared.timing
        poll = pace.poll_s(point.poll_s)
        if point.id in self._apart:
            return max(poll, timing.apart_s)
        if self._subscriptions.alive(point.id, now):
            return cov_period(poll, pace.age_s(point.max_age_s, point.poll_s), timing.cov_poll_max_s)
        return poll

    async def turn(self, until: float) -> AsyncGenerator[None, None]:
        """Read all that is due by then, one chunk at each step: urgent work finds its way in between."""
        loop = asyncio.get_running_loop()
        due = [self._points[point] for point in self._agenda.due(until)]
        together = [point for point in due if point.id not in self._apart]
        size = self._reader.chunk(2)
        chunks = [together[at : at + size] for at in range(0, len(together), size)]
        chunks += [[point] for point in due if point.id in self._apart]
        for chunk in chunks:
            await self.read(chunk)
            self._agenda.done([point.id for point in chunk], loop.time())
            for point in chunk if self._subscriptions or self._repaced else ():
                if point.id in self._subscriptions or point.id in self._repaced:
                    self.repace(point)
            self._repaced.clear()
            yield

    async def read(self, points: Sequence[Point]) -> None:
        """Read these now and hand over their samples."""
        question = self._question(points)
        heard = await self._reader.put(question)
        if isinstance(heard, bytes):
            if question.repeats(heard):
                self._shared.repeat(question.points)
                return
            latest, found = question.latest, question.take(heard)
            if found is not None:
                if not latest:
                    for point in question.points:
                        self._read_otherwise(point, question)
                self._read_plainly(found, question.points)
                return
            answers = await self._reader.parsed(question.refs, heard)
            question.learn(heard, answers)
        else:
            answers = heard
        unsound = [point for point in points if values.faulty(self._flags(point, answers))]
        if unsound:
            answers |= await self._reader.read([self._ref(point, Property.RELIABILITY) for point in unsound])
        self._shared.read([self._found(point, answers) for point in points])

    def _question(self, points: Sequence[Point]) -> Question:
        key = tuple([point.id for point in points])
        question = self._questions.get(key)
        if question is None:
            if len(self._questions) >= _MOST_QUESTIONS:
                self._questions.clear()
            question = self._questions[key] = Question(points, frozenset(self._flagless))
        return question

    def _read_plainly(self, found: list[Found], points: tuple[int, ...]) -> None:
        for one in found if self._subscriptions else ():
            if one.point in self._subscriptions:
                self._subscriptions.saw(self._points[one.point], one.value, polled=True)
        self._shared.read(found, points)

    def _read_otherwise(self, point: int, by: Question | None) -> None:
        """What was read with the point before is no longer the latest of all of it."""
        before = self._read_by.get(point)
        if before is by:
            return
        if before is not None:
            before.forget()
        if by is None:
            del self._read_by[point]
            return
        self._read_by[point] = by
        if point in self._apart:
            self._apart.discard(point)
            self._repaced.add(point)

    def _found(self, point: Point, answers: Mapping[Ref, Answer]) -> Found:
        present, flags = answers[self._ref(point, Property.PRESENT_VALUE)], self._flags(point, answers)
        self._read_otherwise(point.id, None)
        apart = isinstance(present, Fault) and present.name in _UNKNOWN
        if apart != (point.id in self._apart):
            self._apart ^= {point.id}
            self._repaced.add(point.id)
        if not apart and isinstance(flags, Fault) and flags.name in _UNKNOWN:
            self._flagless.add(point.id)
            self._questions.clear()
        reliability = answers.get(self._ref(point, Property.RELIABILITY))
        value, reason = values.judge(point, present, flags, reliability)
        self._subscriptions.saw(point, value, polled=True)
        return Found(point.id, value, reason)

    def notified(self, point: Point, notice: services.Notification) -> None:
        """A change of value has come by itself."""
        present = notice.values.get(Property.PRESENT_VALUE)
        if present is not None:
            value, reason = values.judge(point, present, notice.values.get(Property.STATUS_FLAGS), None)
            self._subscriptions.saw(point, value, polled=False)
            self._read_otherwise(point.id, None)
            self._shared.read([Found(point.id, value, reason)])

    def _flags(self, point: Point, answers: Mapping[Ref, Answer]) -> Answer | None:
        return answers.get(self._ref(point, Property.STATUS_FLAGS))

    def _ref(self, point: Point, what: Property) -> Ref:
        return Ref(self._object[point.id], what)
