"""Local time of a site: the only place where clock readings on a wall become instants."""

from __future__ import annotations

import re
import unicodedata
from datetime import date, datetime, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo

_CLOCK = re.compile(r"(\d{1,2}):(\d{2})(?::00)?")
_DAY_S = 86_400


def seconds_of_day(written: str) -> int | None:
    """Seconds after midnight of "18:00" or "18:00:00", up to 24:00; None if it is no time of day."""
    found = _CLOCK.fullmatch(unicodedata.normalize("NFKC", written).strip())
    seconds = int(found[1]) * 3600 + int(found[2]) * 60 if found else 0
    return seconds if found and int(found[2]) <= 59 and seconds <= _DAY_S else None


class LocalTime:
    """Dates and clock readings of one time zone, as UTC milliseconds.

    A reading happens at the first instant at which local clocks show it or a later one: what a spring-forward
    night skips happens when the skipping ends, what an autumn night repeats happens the first time.
    """

    def __init__(self, zone: str) -> None:
        self.zone = ZoneInfo(zone)
        self.instant = lru_cache(maxsize=4096)(self._instant)

    def _instant(self, day: date, seconds: int) -> int:
        """When local clocks show `seconds` (may be negative or beyond a day) after midnight of `day`."""
        naive = datetime(day.year, day.month, day.day) + timedelta(seconds=seconds)  # noqa: DTZ001 - a wall reading
        moment = int(naive.replace(tzinfo=self.zone).timestamp())
        if self._reading(moment) != naive:
            # Skipped: the offset of before the gap puts it after the gap, that of after the gap before it.
            earlier = int(naive.replace(tzinfo=self.zone, fold=1).timestamp())
            while moment - earlier > 1:
                middle = (earlier + moment) // 2
                if self._reading(middle) >= naive:
                    moment = middle
                else:
                    earlier = middle
        return moment * 1000

    def skipped(self, day: date, seconds: int) -> bool:
        """Whether clocks never show `seconds` after midnight of `day`: they were put forward over it."""
        naive = datetime(day.year, day.month, day.day) + timedelta(seconds=seconds)  # noqa: DTZ001 - a wall reading
        return self._reading(self.instant(day, seconds) // 1000) != naive

    def _reading(self, epoch_s: int) -> datetime:
        return datetime.fromtimestamp(epoch_s, self.zone).replace(tzinfo=None)

    def date_at(self, wall_ms: int) -> date:
        """The local day an instant belongs to: the latest one that has begun."""
        shown = datetime.fromtimestamp(wall_ms / 1000, self.zone).date()
        following = shown + timedelta(days=1)
        return following if self.instant(following, 0) <= wall_ms else shown

    def clock(self, wall_ms: int) -> str:
        """ "08:30", as local clocks show it."""
        return datetime.fromtimestamp(wall_ms / 1000, self.zone).strftime("%H:%M")

    def midnight(self, day: date) -> int:
        """When `day` begins."""
        return self.instant(day, 0)
