"""Every meter's log conserves what was counted: each slot once and none missing, each interval from the count
that the one before ended with, none negative, none invented, each count one that was read at that moment."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from config.language import Text, text
from config.plan.reading import Quality, Reading
from controller.campaign.seen import Breach, Seen
from controller.consumption.meters import Meter
from controller.consumption.records import Flag, Interval
from drivers.api import Sample

NAME = "meters"
BOUNDARY_S = 60.0
"""So old the count at a boundary may be."""


@dataclass(slots=True)
class _Log:
    end_ms: int | None = None
    anchor: tuple[int, int] | None = None
    """Time and count that the next row must go on from."""
    counts: list[tuple[float, int]] = field(default_factory=list)
    """What was read lately: true seconds, quanta."""


class Conserved:
    """By the meter's name. Times in rows are site times."""

    def __init__(self) -> None:
        self._logs: dict[str, _Log] = {}
        self._ahead_ms: float | None = None
        self._steady_since_s = 0.0
        """Site time has gone with true time since then, and is trusted."""

    def look(self, seen: Seen) -> Iterator[Breach]:
        ahead_ms = seen.now.wall_ms - seen.gone_s * 1000
        moved = self._ahead_ms is not None and abs(ahead_ms - self._ahead_ms) > 1
        if moved or not seen.now.trusted or seen.began:
            self._steady_since_s = seen.gone_s
        self._ahead_ms = ahead_ms
        meters = {meter.name: meter for meter in seen.meters}
        heard: dict[int, list[Reading]] = {}
        for event in seen.step.counts:
            if isinstance(event, Sample):
                heard.setdefault(event.point, []).append(event.reading)
        for meter in seen.meters:
            if not meter.integrated:
                self._read(seen, meter, heard)
        for row in seen.intervals:
            log = self._logs.setdefault(row.meter, _Log())
            of = meters.get(row.meter)
            wrong = None if of is None else self._wrong(seen, of, log, row)
            if wrong is not None:
                yield Breach(NAME, row.meter, wrong)
            _go_on(log, row)

    def _read(self, seen: Seen, meter: Meter, heard: Mapping[int, Sequence[Reading]]) -> None:
        counts = self._logs.setdefault(meter.name, _Log()).counts
        for reading in (*heard.get(meter.point, ()), seen.readings[meter.point]):
            quanta = meter.quanta(reading.value)
            if reading.quality is not Quality.GOOD or quanta is None:
                continue
            read_s = seen.gone_s - (seen.now.mono_ns - reading.mono_ns) / 1e9
            if not counts or counts[-1] != (read_s, quanta):
                counts.append((read_s, quanta))
        while counts and counts[0][0] < seen.gone_s - BOUNDARY_S - 2 * seen.cycle_s:
            del counts[0]

    def _wrong(self, seen: Seen, meter: Meter, log: _Log, row: Interval) -> Text | None:
        """What of a row cannot be."""
        if log.end_ms is not None and row.start_ms != log.end_ms:
            return text("a slot is missing, or there twice")
        if row.end_ms <= row.start_ms:
            return text("an interval ends before it begins")
        suspect = Flag.SUSPECT in row.flags
        if row.consumption is None:
            if row.count_end is not None and not suspect:
                return text("its consumption is missing though its counts are known")
            return None
        if row.consumption < 0:
            return text("a consumption below nothing: {quanta}", quanta=row.consumption)
        if suspect or row.count_start is None or row.count_end is None or row.from_ms is None:
            return text("a consumption of {quanta} that no counts tell", quanta=row.consumption)
        if log.anchor is not None and (row.from_ms, row.count_start) != log.anchor:
            return text("it does not go on from the count before it")
        used = row.count_end - row.count_start
        turned = row.consumption - used
        rounds = meter.modulus is not None and turned > 0 and turned % meter.modulus == 0
        if turned and not (rounds and Flag.ROLLOVER in row.flags):
            return text("{quanta} used, the counts say {used}", quanta=row.consumption, used=used)
        return self._unread(seen, meter, log, row)

    def _unread(self, seen: Seen, meter: Meter, log: _Log, row: Interval) -> Text | None:
        """Whether its last count was read at its end."""
        end_s = seen.gone_s + (row.end_ms - seen.now.wall_ms) / 1000
        if meter.integrated or end_s - BOUNDARY_S - seen.cycle_s < self._steady_since_s:
            return None
        oldest_s = end_s - BOUNDARY_S - 1
        if any(quanta == row.count_end and oldest_s <= read_s <= end_s + 1 for read_s, quanta in log.counts):
            return None
        if end_s < seen.gone_s - 2 * seen.cycle_s:
            return None  # closed late: what was read then is not kept here
        return text("its last count, {count}, was not read at its end", count=row.count_end or 0)


def _go_on(log: _Log, row: Interval) -> None:
    log.end_ms = row.end_ms
    if row.count_end is not None:
        log.anchor = row.end_ms, row.count_end
    elif Flag.SUSPECT in row.flags:
        log.anchor = None
    elif log.anchor is None and row.from_ms is not None and row.count_start is not None:
        log.anchor = row.from_ms, row.count_start
