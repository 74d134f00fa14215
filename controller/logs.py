"""Log lines on standard error: in site time with its offset and in their language, as everything else that
people are shown."""

from __future__ import annotations

import contextlib
import logging
import os
import sys
from collections.abc import Mapping
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

from config.language import choose
from config.language.spoken import Spoken
from config.plan.clock import Clock


class SiteTime(Spoken):
    """`2026-03-05T07:00:00+08:00 WARNING …`; the machine's local time until the site's clock is known."""

    def __init__(self, language: str = "en", *, timed: bool = True) -> None:
        """As Spoken."""
        super().__init__(language, timed=timed)
        self._clock: Clock | None = None
        self._zone: ZoneInfo | None = None

    def follow(self, clock: Clock, time_zone: str) -> None:
        """From now on it is the site's time."""
        self._clock, self._zone = clock, ZoneInfo(time_zone)

    def formatTime(self, record: logging.LogRecord, datefmt: str | None = None) -> str:  # noqa: N802, ARG002
        """ISO 8601 to the second."""
        seconds = record.created if self._clock is None else self._clock.now().wall_ms / 1000
        moment = datetime.fromtimestamp(seconds, UTC).astimezone(self._zone)
        return moment.isoformat(timespec="seconds")


def begin(language: str | None = None) -> SiteTime:
    """Log to standard error; the formatter, to be given the site's clock. `language`: as somebody has asked
    for it."""
    times = SiteTime(choose(language), timed=not goes_to_journal(os.environ))
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(times)
    logging.basicConfig(level=logging.INFO, handlers=[handler])
    for chatty in ("pymodbus.logging", "bacpypes3", "asyncio"):
        logging.getLogger(chatty).setLevel(logging.CRITICAL if chatty != "asyncio" else logging.ERROR)
    with contextlib.suppress(AttributeError):
        logging.raiseExceptions = False
    return times


def goes_to_journal(environment: Mapping[str, str]) -> bool:
    """Whether standard error is the journal of systemd, which puts its own time before each line."""
    named = environment.get("JOURNAL_STREAM", "")
    try:
        found = os.fstat(2)
    except OSError:
        return False
    return named == f"{found.st_dev}:{found.st_ino}"
