"""Minimum run and rest times, starts an hour and the longest rest of each motor, whoever asks for what."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

from config.language import text
from config.plan.equipment import FEEDBACK, RUN, Equipment
from config.plan.reading import Quality
from config.plan.site import Plan
from controller.campaign.seen import Breach, Seen

NAME = "motors"
INTERLOCK = 5
HOUR_S = 3600.0
STEP_S = 60.0
"""A step of the clock up to this size is not worth a word."""


@dataclass(slots=True)
class _Past:
    out: bool
    since_s: float | None
    """None: not known."""
    starts: list[float] = field(default_factory=list)
    ran: bool | None = None
    """What its feedback said at the last look."""


class Rested:
    """By the name of the equipment; times are true ones."""

    def __init__(self) -> None:
        self._past: dict[str, _Past] = {}
        self._plan: Plan | None = None
        self._motors: list[tuple[Equipment, int, int | None]] = []
        self._ahead_s: float | None = None
        """Site time less true time."""
        self._trusted = False
        self._boot = ""
        self._moved_s = 0.0
        self._slack_s = 0.0

    def look(self, seen: Seen) -> Iterator[Breach]:
        if seen.plan is not self._plan:
            self._plan = seen.plan
            self._motors = []
            for item in seen.plan.equipment:
                roles = dict(item.roles)
                if RUN in roles:
                    self._motors.append((item, roles[RUN], roles.get(FEEDBACK)))
            names = {item.name for item, _, _ in self._motors}
            self._past = {name: past for name, past in self._past.items() if name in names}
        self._drift(seen)
        for motor, command, feedback in self._motors:
            yield from self._judge(seen, motor, command, feedback)

    def _drift(self, seen: Seen) -> None:
        """A step of the clock that is not worth a word is lost over a start: what is remembered is off by
        it."""
        ahead_s = seen.now.wall_ms / 1000 - seen.gone_s
        if self._ahead_s is not None and ahead_s != self._ahead_s:
            self._moved_s = STEP_S
        counts_on = self._trusted and seen.boot == self._boot
        self._trusted, self._boot = seen.now.trusted, seen.boot
        if seen.began and self._ahead_s is not None and ahead_s - self._ahead_s > STEP_S and not counts_on:
            # How long the machine was off nobody knows, so that all is taken for long past: a known limit.
            for past in self._past.values():
                past.since_s, past.starts = None, []
        if seen.began:
            self._slack_s += self._moved_s
            self._moved_s = 0.0
        self._ahead_s = ahead_s

    def _judge(self, seen: Seen, motor: Equipment, command: int, feedback: int | None) -> Iterator[Breach]:
        decision, now_s = seen.decisions.get(command), seen.gone_s
        if decision is None:
            return
        runs = _runs(seen, feedback)
        past = self._past.get(motor.name)
        if not isinstance(decision.value, bool) or decision.winner is None:
            if past is not None:
                past.ran = runs
            return
        out = decision.value
        if past is None:
            self._past[motor.name] = _Past(out, None, ran=runs)
            return
        if out is past.out:
            past.ran = runs
            return
        for_s = None if past.since_s is None else now_s - past.since_s
        if out:
            others = past.ran is True or runs is True  # somebody else has started it
            past.starts = [at_s for at_s in past.starts if at_s > now_s - HOUR_S + self._slack_s]
            if for_s is not None and for_s + self._slack_s < motor.min_off_s and not others:
                words = text(
                    "started after {rest} s of rest, {least} s are the least",
                    rest=for_s,
                    least=motor.min_off_s,
                )
                yield Breach(NAME, motor.name, words)
            if not others:
                past.starts.append(now_s)
            most = motor.starts_per_hour
            if most is not None and len(past.starts) > max(1, int(most)):
                words = text("{count} starts within an hour", count=len(past.starts))
                yield Breach(NAME, motor.name, words)
        else:
            protected = decision.winner.slot <= INTERLOCK or decision.winner.urgent
            fell = seen.readings[command].value is False and seen.readings[command].quality is Quality.GOOD
            if for_s is not None and for_s + self._slack_s < motor.min_on_s and not protected and not fell:
                words = text(
                    "stopped after a run of {run} s, {least} s are the least", run=for_s, least=motor.min_on_s
                )
                yield Breach(NAME, motor.name, words)
        past.out, past.since_s, past.ran = out, now_s, runs


def _runs(seen: Seen, feedback: int | None) -> bool | None:
    if feedback is None:
        return None
    reading = seen.readings[feedback]
    return reading.value is True if reading.quality is Quality.GOOD else None
