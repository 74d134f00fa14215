"""What people are told of readings that a meter cannot have counted up to."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from decimal import Decimal

from config.language import text
from controller.consumption.meters import Meter
from controller.consumption.records import Doubt, Interval
from controller.consumption.upload.rowjson import exact_text
from controller.decide.records import Notice


class Doubts:
    """Each is told once, and stands until a whole interval of its meter has passed without another."""

    def __init__(self, meters: Mapping[str, Meter]) -> None:
        self._meters = meters
        self._standing: dict[tuple[str, str], Notice] = {}
        """By kind and meter."""
        self._fresh: set[tuple[str, str]] = set()
        """Those that came up in the open interval of their meter."""
        self._notices: list[Notice] = []

    def take(self, doubts: Iterable[Doubt]) -> None:
        """These readings were doubted."""
        for doubt in doubts:
            notice = self._notice(doubt)
            key = (notice.kind, notice.subject)
            self._fresh.add(key)
            if key not in self._standing:
                self._standing[key] = notice
                self._notices.append(notice)

    def closed(self, rows: Iterable[Interval]) -> None:
        """These intervals have ended."""
        if not self._standing:
            return
        meters = {row.meter for row in rows}
        for key in [key for key in self._standing if key[1] in meters]:
            if key in self._fresh:
                self._fresh.remove(key)
            else:
                self._notices.append(self._standing.pop(key)._replace(on=False))

    def notices(self) -> list[Notice]:
        """What has begun and ended since the last call."""
        taken, self._notices = self._notices, []
        return taken

    def _notice(self, doubt: Doubt) -> Notice:
        meter = self._meters[doubt.meter]
        before, read = _amount(meter, doubt.before), _amount(meter, doubt.read)
        if doubt.reset:
            words = text(
                "the counter of {meter} jumped from {before} to {read}: what was used meanwhile is not "
                "known. If the meter was replaced, say so: louguan log replace-meter {meter}",
                meter=doubt.meter,
                before=before,
                read=read,
            )
            return Notice("counter-reset", doubt.meter, words, on=True)
        words = text(
            "{meter} said {read} after {before}, which it cannot have counted: the reading was set aside",
            meter=doubt.meter,
            before=before,
            read=read,
        )
        return Notice("reading-set-aside", doubt.meter, words, on=True)


def _amount(meter: Meter, quanta: int) -> str:
    return f"{exact_text(Decimal(meter.quantum) * quanta)} {meter.unit}"
