"""A story as it happens: the daemon's own step once a second, on a virtual clock."""

from __future__ import annotations

import contextlib
import io
from functools import cache
from pathlib import Path

from config.plan.clock import Pace
from config.plan.site import Plan
from config.written.compile import compile_site
from config.written.problems import Findings
from controller.clock import VirtualClock
from controller.cycle import Engine
from controller.decide.records import (
    Lock,
    Observe,
    Override,
    PersonCommand,
    Refused,
    Release,
    Remembered,
    Reset,
    Unlock,
)
from schedules.context import Context
from tests.controller.timelines.field import Field, value_of
from tests.controller.timelines.script import Deed, Person, Reads, Run, Script, Slot, Wire, read
from tests.controller.timelines.telling import Teller

FOLDER = Path(__file__).parent
LANGUAGES = {"en": "timeline.txt", "zh_CN": "timeline.zh.txt"}


def cases() -> list[str]:
    return sorted(path.parent.name for path in FOLDER.glob("*/story.yaml"))


@cache
def plan_of(case: str) -> Plan:
    findings = Findings()
    made = compile_site(FOLDER / case / "site", findings)
    assert made is not None, [problem.sentence("en") for problem in findings.problems()]
    return made


class Story:
    """One case, run once; told in every language."""

    def __init__(self, case: str) -> None:
        self.plan = plan_of(case)
        self.script: Script = read(FOLDER / case)
        self.clock = VirtualClock(self.script.begins_ms)
        self.field = Field(self.plan, self.script.reads, self.script.follows)
        self.tellers = {language: Teller(self.plan, language) for language in LANGUAGES}
        self._context = Context.of(self.plan)
        self._remembered = Remembered()
        self._engine: Engine | None = self._made()
        self._commands: list[PersonCommand] = []

    def run(self) -> None:
        """Up to its end."""
        moments = list(self.script.moments)
        while self.clock.now().wall_ms <= self.script.ends_ms:
            while moments and moments[0].wall_ms <= self.clock.now().wall_ms:
                moment = moments.pop(0)
                for says, deed in zip(moment.says, moment.deeds, strict=True):
                    for teller in self.tellers.values():
                        teller.happens(self.clock.now().wall_ms, says)
                    self._do(deed)
            if self._engine is not None:
                self._cycle(self._engine)
            self.clock.advance(1.0)
        assert not moments, "the story ends too early"
        for teller in self.tellers.values():
            teller.end()

    def told(self, language: str) -> str:
        """All of it."""
        title = self.script.title[language[:2]]
        return "\n".join([title, "", *self.tellers[language].lines]) + "\n"

    def _cycle(self, engine: Engine) -> None:
        now = self.clock.now()
        commands, self._commands = self._commands, []
        step = engine.step(now, self.field.advance(now), commands)
        for write in step.writes:
            self.field.submit(write, now)
        for teller in self.tellers.values():
            teller.step(step, engine)

    def _made(self) -> Engine:
        return Engine(self.plan, self._context, Pace(), self._remembered)

    def _do(self, deed: Deed) -> None:
        now = self.clock.now()
        match deed:
            case Reads():
                self.field.set(deed.point, deed.value, now)
            case Slot():
                self.field.others(deed.point, deed.slot, deed.value)
            case Wire():
                self.field.wire(deed.kind, deed.name, deed.does, now)
            case Run():
                self._daemon(deed.does)
            case Person():
                self._person(deed)

    def _daemon(self, does: str) -> None:
        now = self.clock.now()
        if does != "starts":
            assert self._engine is not None, "it does not run"
            if does == "stops":
                for write in self._engine.stop_writes():
                    self.field.submit(write, now)
            self._remembered = self._engine.remembered()
            self._engine = None
        if does in ("starts", "restarts"):
            self.field.forget()
            self._engine = self._made()

    def _person(self, asked: Person) -> None:
        assert self._engine is not None, "nobody is there to obey"
        now = self.clock.now()
        command = self._command(asked, now.wall_ms)
        try:
            self._engine.accept(command, now)
        except Refused as refusal:
            for teller in self.tellers.values():
                teller.refused(now.wall_ms, refusal.text)
        else:
            self._commands.append(command)

    def _command(self, asked: Person, now_ms: int) -> PersonCommand:
        name, target = asked.name, asked.target
        match asked.does:
            case "set":
                point, lasting_ms = self.field.point(target), round(asked.lasting_s * 1000)
                value = value_of(point, asked.value)
                return Override(
                    point.key, value, name, "", now_ms, now_ms + lasting_ms, lasting_ms=lasting_ms
                )
            case "release":
                return Release(self.field.point(target).key, name)
            case "lock":
                return Lock(target, name, asked.reason, now_ms)
            case "unlock":
                return Unlock(target, name)
            case "reset":
                return Reset(target, name, asked.reason)
            case _:
                return Observe("" if target == "site" else target, asked.value == "into", name, "", now_ms)


@cache
def told(case: str) -> dict[str, str]:
    """The timelines of a case, by language."""
    story = Story(case)
    with contextlib.redirect_stderr(io.StringIO()):
        story.run()
    return {language: story.told(language) for language in LANGUAGES}
