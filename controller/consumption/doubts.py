"""What people are told of readings that a meter cannot have counted up to, and of a counter that stands
still."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from decimal import Decimal

from config.language import Text, text
from controller.consumption.meters import Meter
from controller.consumption.records import Doubt, Flag, Interval, Jump
from controller.consumption.slots import Slots
from controller.consumption.upload.rowjson import exact_text
from controller.decide.records import Notice

ASIDE, RESET, STANDS = "reading-set-aside", "counter-reset", "counter-stands"
LONGEST_MS = 7 * 86_400_000
"""Site time after which a reset is no longer told, though nobody has said what it was."""


class Doubts:
    """Each is told once. A reading that was set aside stands until a whole interval of its meter has passed
    without another; a reset until a person has said what it was, or for a week; a counter that stands still
    until it counts."""

    def __init__(self, meters: Mapping[str, Meter], slots: Slots, jumps: Iterable[Jump] = ()) -> None:
        """`jumps`: what nobody has explained yet of before the start."""
        self._meters = meters
        self._slots = slots
        self._standing: dict[tuple[str, str], Notice] = {}
        """By kind and meter."""
        self._fresh: set[str] = set()
        """Meters of which a reading was set aside in their open interval."""
        self._jumps: dict[str, list[Jump]] = {}
        """What nobody has explained yet, by meter."""
        self._notices: list[Notice] = []
        for jump in jumps:
            if jump.meter in meters:
                self._jumps.setdefault(jump.meter, []).append(jump)
                self._begin(RESET, jump.meter, self._before(jump))

    def know(self, meters: Mapping[str, Meter]) -> None:
        """These are the meters from now on: of others nothing is told any more."""
        self._meters = meters
        for kind, meter in list(self._standing):
            if meter not in meters:
                self._end(kind, meter)
                self._jumps.pop(meter, None)
                self._fresh.discard(meter)

    def take(self, doubts: Iterable[Doubt]) -> None:
        """These readings were doubted."""
        for doubt in doubts:
            if doubt.reset:
                jump = Jump(doubt.meter, doubt.at_ms, doubt.at_ms + 1)
                self._jumps.setdefault(doubt.meter, []).append(jump)
                self._begin(RESET, doubt.meter, self._reset(doubt))
            else:
                self._fresh.add(doubt.meter)
                if (ASIDE, doubt.meter) not in self._standing:
                    self._begin(ASIDE, doubt.meter, self._aside(doubt))

    def closed(self, rows: Iterable[Interval]) -> None:
        """These intervals have ended."""
        if not self._standing:
            return
        listed = list(rows)
        for row in listed:
            if row.meter in self._jumps:
                kept = [jump for jump in self._jumps[row.meter] if row.end_ms - jump.end_ms < LONGEST_MS]
                self._keep(row.meter, [_in_its_interval(jump, row) for jump in kept])
        for meter in {row.meter for row in listed}:
            if meter in self._fresh:
                self._fresh.remove(meter)
            else:
                self._end(ASIDE, meter)

    def stand(self, meter: str, quanta: int) -> None:
        """An interval of that meter has ended; so much was used at the least, by the power beside it, while
        it counted nothing. 0 = it counts."""
        if not quanta:
            self._end(STANDS, meter)
        elif (STANDS, meter) not in self._standing:
            self._begin(STANDS, meter, self._stands(meter, quanta))

    def explained(self, meter: str, from_ms: int, to_ms: int) -> None:
        """A person has said what was used, or has noted something, in [from, to) of that meter's time."""
        jumps = self._jumps.get(meter, ())
        self._keep(meter, [one for one in jumps if one.start_ms >= to_ms or one.end_ms <= from_ms])

    def notices(self) -> list[Notice]:
        """What has begun and ended since the last call."""
        taken, self._notices = self._notices, []
        return taken

    def _keep(self, meter: str, jumps: list[Jump]) -> None:
        if jumps:
            self._jumps[meter] = jumps
        elif self._jumps.pop(meter, None):
            self._end(RESET, meter)

    def _begin(self, kind: str, meter: str, words: Text) -> None:
        notice = self._standing[kind, meter] = Notice(kind, meter, words, on=True)
        self._notices.append(notice)

    def _end(self, kind: str, meter: str) -> None:
        notice = self._standing.pop((kind, meter), None)
        if notice is not None:
            self._notices.append(notice._replace(on=False))

    # Words

    def _reset(self, doubt: Doubt) -> Text:
        meter = self._meters[doubt.meter]
        return text(
            "the counter of {meter} jumped from {before} to {read}: what was used meanwhile is not "
            "known. If the meter was replaced, say so: louguan log replace-meter {meter}",
            meter=doubt.meter,
            before=_amount(meter, doubt.before),
            read=_amount(meter, doubt.read),
        )

    def _before(self, jump: Jump) -> Text:
        return text(
            "the counter of {meter} jumped in the interval from {start}: what was used in it is not "
            "known. If the meter was replaced, say so: louguan log replace-meter {meter}",
            meter=jump.meter,
            start=self._slots.said(jump.start_ms),
        )

    def _aside(self, doubt: Doubt) -> Text:
        meter = self._meters[doubt.meter]
        return text(
            "{meter} said {read} after {before}, which it cannot have counted: the reading was set aside",
            meter=doubt.meter,
            before=_amount(meter, doubt.before),
            read=_amount(meter, doubt.read),
        )

    def _stands(self, meter: str, quanta: int) -> Text:
        return text(
            "the counter of {meter} stands still: in a whole interval it counted nothing, where by the power "
            "beside it {amount} or more were used",
            meter=meter,
            amount=_amount(self._meters[meter], quanta),
        )


def _in_its_interval(jump: Jump, row: Interval) -> Jump:
    """The jump with the interval in which it was, once that has ended."""
    if Flag.SUSPECT in row.flags and row.start_ms <= jump.start_ms < row.end_ms:
        return jump._replace(start_ms=row.start_ms, end_ms=row.end_ms)
    return jump


def _amount(meter: Meter, quanta: int) -> str:
    return f"{exact_text(Decimal(meter.quantum) * quanta)} {meter.unit}"
