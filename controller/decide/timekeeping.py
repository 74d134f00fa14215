"""What the cycle makes of its clock: what people are told of it, and what is put right with it. Pure."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import NamedTuple

from config.language import Text, text
from config.plan.clock import LASTING_MS, STEP_MS, Now
from controller.decide.records import Notice, Override, PersonCommand
from controller.decide.step import Step
from schedules.local import LocalTime


class PutRight(NamedTuple):
    """Site time was put right."""

    by_ms: int
    of_a_guess: bool
    """It was not trusted before, but counted on from the least that it could be."""


class Timekeeping:
    """Compares each step's time with that of the step before."""

    def __init__(self, local: LocalTime, put_right_ms: int) -> None:
        """`put_right_ms`: up to where (`Now.put_right_ms`) all that is remembered has been put right."""
        self._local = local
        self._put_right_ms = put_right_ms
        self._trusted: bool | None = None
        """None before the first step."""
        self._leap_ms = 0

    def follow(self, other: Timekeeping) -> None:
        """Go on from where that one is."""
        self._put_right_ms, self._trusted, self._leap_ms = other._put_right_ms, other._trusted, other._leap_ms

    def look(self, now: Now, step: Step) -> PutRight | None:
        """Tell what has changed; what there is to put right, if only to see that nothing lasts too long."""
        before, self._trusted = self._trusted, now.trusted
        if now.trusted is not (before is None or before):
            words = text(
                "the clock cannot be trusted: programmes take their value for that, until NTP has set it; "
                "where there is none, make sure that it is right, then: louguan run SITE --trust-clock"
            )
            step.notices.append(Notice("clock", "", words, not now.trusted))
        if abs(now.leap_ms - self._leap_ms) > STEP_MS:
            self._leap_ms = now.leap_ms
            step.notices.append(Notice("clock-leap", "", self._leapt(now), now.leap_ms != 0))
        by_ms = now.put_right_ms - self._put_right_ms
        if abs(by_ms) > STEP_MS:
            self._put_right_ms, step.put_right_ms = now.put_right_ms, by_ms
        elif before is now.trusted:
            return None
        return PutRight(step.put_right_ms, of_a_guess=before is False)

    def _leapt(self, now: Now) -> Text:
        return text(
            "this machine's clock has leapt and says {machine}; site time goes on as before, it is {site}; "
            "the leap is followed when it has stood for {minutes} min",
            machine=_shown(now.wall_ms + now.leap_ms, self._local),
            site=_shown(now.wall_ms, self._local),
            minutes=LASTING_MS // 60_000,
        )


def put_right(command: PersonCommand, by_ms: int) -> PersonCommand:
    """A command that was reckoned by the clock of before."""
    if by_ms and isinstance(command, Override) and command.lasting_ms:
        return command._replace(set_ms=command.set_ms + by_ms, expires_ms=command.expires_ms + by_ms)
    return command


def put_right_words(by_ms: int, wall_ms: int, local: LocalTime) -> Text:
    """For people: by how much site time was put right, and what it is now."""
    return text(
        "site time was put right by {by}: it is {site} now", by=span(by_ms), site=_shown(wall_ms, local)
    )


def span(milliseconds: int) -> str:
    """A difference of two times: "+67 s", "-61 min", "+10.0 h", "+9496 d"."""
    seconds = milliseconds / 1000
    for size, unit, digits in ((86_400, "d", 0), (3600, "h", 1), (60, "min", 0)):
        if abs(seconds) >= 2 * size:
            return f"{seconds / size:+.{digits}f} {unit}"
    return f"{seconds:+.0f} s"


def _shown(wall_ms: int, local: LocalTime) -> str:
    """Local time with its offset, to the second; a clock may have leapt to where no calendar reaches."""
    try:
        moment = datetime(1970, 1, 1, tzinfo=UTC) + timedelta(milliseconds=wall_ms)
        return moment.astimezone(local.zone).isoformat(timespec="seconds")
    except OverflowError:
        return f"{wall_ms // 1000} s"
