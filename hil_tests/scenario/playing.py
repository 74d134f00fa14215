"""A scenario, played: a daemon and its simulators as programs, over real sockets and pseudo-terminals.

What is expected is looked at again and again until it is so, and the first moment in which all of it is so
counts. A failure says what was expected and where, what was seen, how the points went, and what `louguan why`
says.

The limits are the site's promises, and a machine that is busy with other work did not make them: as long as
the stand's own programs waited for a processor, so much longer may something take. What should not have
happened, and did after one of them had waited for long, is played again.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import shutil
from collections.abc import Awaitable, Callable, Collection, Sequence
from datetime import datetime, timedelta
from pathlib import Path
from typing import NamedTuple
from zoneinfo import ZoneInfo

from config.language import render
from config.plan.site import Plan
from controller.cli.speech import Failure
from controller.store.ledger import Row
from hil_tests.scenario.deeds import Act, louguan, prepared
from hil_tests.scenario.form import Deed, Expect, Mistake, Scenario, Step, Unfit, Wait
from hil_tests.scenario.moment import Moment, Trace, look, shown
from hil_tests.scenario.sentences import Misread, Sentence, understood
from hil_tests.scenario.starving import Starving
from hil_tests.stand import Stand, plan_of
from hil_tests.switches import SiteTime
from hil_tests.upstream import Upstream

_LOOK_S = 0.2
"""Machine seconds between two looks."""
PATIENCE = float(os.environ.get("LOUGUAN_PATIENCE", "1"))
"""What is expected may take so many times as long: for a machine that is busy with other work."""
_TRIES = 3
_ROWS = 14
"""Rows of the ledger that a failure tells."""
_SITES = (Path(__file__).parents[1] / "sites", Path(__file__).parents[2] / "config" / "sites")


class Played(NamedTuple):
    """A step that went well."""

    step: Step
    took_s: float
    """Site seconds from its beginning until it was so."""
    waited_s: float
    """Machine seconds that the stand's programs waited for a processor meanwhile."""


class Missed(AssertionError):
    """Something did not come, or did not stay, as the scenario says."""

    def __init__(self, says: str, starved: bool = False) -> None:
        super().__init__(says)
        self.starved = starved
        """A program of the stand had waited for a processor for long, shortly before."""


class _Bound(NamedTuple):
    step: Step
    sentences: tuple[Sentence, ...]
    act: Act | None


def allowed_s(within_s: float, speed: float, lost_s: float) -> float:
    """Site seconds that something may take that is promised within `within_s`, when the stand's programs have
    waited for `lost_s` of the machine."""
    return within_s * PATIENCE + lost_s * speed


def site_of(scenario: Scenario) -> Path:
    """The folder of the site: a path from the file, else one of ours by its name. Raises Unfit."""
    places = [folder / scenario.site for folder in (Path(scenario.at.file).parent, *_SITES)]
    for place in places:
        if (place / "site.yaml").is_file():
            return place
    raise Unfit([Mistake(scenario.at, f"no site {scenario.site} among {', '.join(map(str, places))}")])


def bound(scenario: Scenario, plan: Plan) -> list[_Bound]:
    """Its steps as they are meant for a site. Raises Unfit with all that means nothing there."""
    found, mistakes = [], []
    for step in scenario.steps:
        act, sentences = None, []
        try:
            if isinstance(step, Deed):
                act = prepared(step, plan)
        except Misread as error:
            mistakes.append(error.mistake)
        for line in () if isinstance(step, Deed) else step.sentences:
            try:
                sentences.append(understood(line, plan))
            except Misread as error:
                mistakes.append(error.mistake)
        found.append(_Bound(step, tuple(sentences), act))
    if mistakes:
        raise Unfit(mistakes)
    return found


async def play(scenario: Scenario, folder: Path) -> list[Played]:
    """Play it in an empty folder, again where the machine may have spoilt it. Raises Unfit, Missed."""
    return await again_if_starved(lambda number: _play_once(scenario, _made(folder / str(number))))


async def again_if_starved(once: Callable[[int], Awaitable[list[Played]]]) -> list[Played]:
    """What `once` plays; it is told which try it is. Raises Missed when the machine had no part in it, or the
    third time."""
    for number in range(1, _TRIES):
        try:
            return await once(number)
        except Missed as missed:
            if not missed.starved:
                raise
            print(f"played again, for the machine may have been too busy:\n{missed}")
    return await once(_TRIES)


def _made(folder: Path) -> Path:
    folder.mkdir()
    return folder


async def _play_once(scenario: Scenario, folder: Path) -> list[Played]:
    site = folder / "site"
    # A site that is in use has its data beside the files: sockets, and databases that somebody writes.
    shutil.copytree(site_of(scenario), site, ignore=shutil.ignore_patterns("data", ".git"))
    stand = Stand(
        site,
        folder,
        speed=scenario.speed,
        start=scenario.start,
        seed=scenario.seed,
        tick_s=0.25,
        plant=scenario.plant,
        search=scenario.search,
    )
    async with contextlib.AsyncExitStack() as stack:
        try:
            stand.upstream = _taken(scenario, site, folder, stack)
            await stack.enter_async_context(stand)
            steps = bound(scenario, stand.plan)
            if scenario.daemon:
                await stand.start()
                await stand.heard()
        except (AssertionError, Failure) as error:
            said = render(error.what, "en") if isinstance(error, Failure) else str(error)
            raise Missed(f"{scenario.name}: the stand did not come up: {said}", True) from error
        return await _Player(scenario, stand, steps).run()


def _taken(scenario: Scenario, site: Path, folder: Path, stack: contextlib.AsyncExitStack) -> Upstream | None:
    """Who takes the site's log in a scenario that has such a step; running, and declared in the site."""
    if not any(isinstance(step, Deed) and step.verb == "upstream" for step in scenario.steps):
        return None
    found = Upstream(folder / "upstream", plan_of(site).site.name)
    stack.callback(found.process.stop)
    found.process.start()
    with (site / "site.yaml").open("a", encoding="utf-8") as file:
        file.write(f"\n{found.declared()}")
    return found


class _Player:
    """Takes the steps of one scenario in turn."""

    def __init__(self, scenario: Scenario, stand: Stand, steps: Sequence[_Bound]) -> None:
        self._scenario = scenario
        self._stand = stand
        self._steps = steps
        self._zone = ZoneInfo(stand.plan.site.time_zone)
        self._time = SiteTime(stand.overlay)
        self._trace = Trace(self._zone)
        self._starving = Starving(stand.pids)
        self._mark = datetime.fromisoformat(scenario.start).replace(tzinfo=self._zone)
        """The moment that was waited for last, at first the beginning: a slow start does not lose a day."""
        self._counted = Moment(self._time.now_ms())
        self._counts = {need for item in steps for sentence in item.sentences for need in sentence.needs}
        self._counts &= {"sent", "writes"}

    async def run(self) -> list[Played]:
        played = []
        for item in self._steps:
            began, waited_s = self._time.now_ms(), self._starving.waited_s()
            match item.step:
                case Expect():
                    await self._expect(item.step, item.sentences)
                case Wait():
                    await self._wait(item.step, item.sentences)
                case Deed():
                    await self._do(item.step, item.act)
            took_s = (self._time.now_ms() - began) / 1000
            played.append(Played(item.step, took_s, self._starving.waited_s() - waited_s))
        return played

    async def _do(self, deed: Deed, act: Act | None) -> None:
        assert act is not None
        try:
            await act(self._stand)
        except AssertionError as error:
            raise self._missed(f"{self._scenario.name}: {deed.at}: {deed.verb}: {error}") from error
        if deed.verb == "count":
            self._counted = await self._look(self._counts)

    async def _look(self, needs: Collection[str]) -> Moment:
        return await look(self._stand, self._time.now_ms(), needs)

    async def _seen(self, sentences: Sequence[Sentence], since: Moment) -> tuple[Moment, list[str]]:
        """A moment, and what of the sentences is not so in it."""
        needs = {need for sentence in sentences for need in sentence.needs}
        keys = {key for sentence in sentences for key in sentence.points}
        moment = await self._look(needs)
        self._trace.note(moment, keys)
        wrong = []
        for sentence in sentences:
            so, seen = sentence.judge(moment, since)
            if not so:
                wrong.append(f"{sentence.line.at}: {sentence.line.words}\n    seen: {seen}")
        return moment, wrong

    async def _expect(self, step: Expect, sentences: Sequence[Sentence]) -> None:
        began_ms, waited_s = self._time.now_ms(), self._starving.waited_s()
        while True:
            moment, wrong = await self._seen(sentences, self._counted)
            if not wrong:
                return
            lost_s = self._starving.waited_s() - waited_s
            if moment.at_ms > began_ms + allowed_s(step.within_s, self._scenario.speed, lost_s) * 1000:
                told = f"expected within {step.within_s:g} s, and {lost_s:.1f} s of a busy machine"
                raise self._missed(await self._told(told, wrong, sentences))
            await self._starving.sleep(_LOOK_S)

    async def _wait(self, step: Wait, sentences: Sequence[Sentence]) -> None:
        end_ms = self._end_of(step)
        if step.sentences and self._time.now_ms() > end_ms:
            now = self._trace.clock(self._time.now_ms())
            raise Missed(f"{self._scenario.name}: {step.at}: it is {now} already: too late to look", True)
        since = await self._look(self._counts) if self._counts else self._counted
        while self._time.now_ms() < end_ms:
            if sentences:
                _, wrong = await self._seen(sentences, since)
                if wrong and self._time.now_ms() < end_ms:
                    raise self._missed(await self._told("expected all the while", wrong, sentences))
            left_s = (end_ms - self._time.now_ms()) / 1000 / self._scenario.speed
            self._starving.waited_s()
            await self._starving.sleep(max(min(_LOOK_S, left_s), 0))

    def _end_of(self, step: Wait) -> float:
        if step.seconds is not None:
            return self._time.now_ms() + step.seconds * 1000
        assert step.until_s is not None
        end = self._mark.replace(hour=0, minute=0, second=0) + timedelta(seconds=step.until_s)
        self._mark = end if end > self._mark else end + timedelta(days=1)
        return self._mark.timestamp() * 1000

    # What a failure says

    def _missed(self, says: str) -> Missed:
        self._starving.waited_s()
        return Missed(says, self._starving.burst())

    async def _told(self, what: str, wrong: Sequence[str], sentences: Sequence[Sentence]) -> str:
        keys = list(dict.fromkeys(key for sentence in sentences for key in sentence.points))
        now = self._trace.clock(self._time.now_ms())
        parts = [f"{self._scenario.name} ({self._scenario.title}), at {now}: {what}:", *wrong]
        parts += ["how it went:", *(f"  {line}" for line in self._trace.told(keys))] if keys else []
        if self._stand.daemon is not None:
            moment = await self._look(["alarms", "offline"])
            alarms = ", ".join(f"{a['kind']} on {a['subject']} ({a['state']})" for a in moment.alarms)
            parts.append(f"alarms: {alarms or 'none'}; lost: {', '.join(sorted(moment.offline)) or 'none'}")
            for key in keys[:3]:
                _, said = await asyncio.to_thread(louguan, self._stand, "why", key)
                parts += [f"louguan why {key}:", *(f"  {line}" for line in said.splitlines())]
        rows = [row for row in self._stand.ledger() if not keys or row.entry.point in ("", *keys)]
        parts += ["the ledger's last rows of it:", *(f"  {self._row(row)}" for row in rows[-_ROWS:])]
        return "\n".join(parts)

    def _row(self, row: Row) -> str:
        entry = row.entry
        value = "" if entry.value is None else shown(entry.value)
        slot = f"slot {entry.slot}" if entry.slot else ""
        words = (
            self._trace.clock(entry.time_ms),
            entry.kind,
            entry.point,
            value,
            slot,
            entry.why or entry.detail,
        )
        return " ".join(filter(None, words))
