"""Rows of the log to the data documents of a centre. Pure."""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Mapping, Sequence
from itertools import groupby
from typing import NamedTuple

from config.dialects import Dialect
from config.language import text
from config.plan.sinks import NationalMeter
from controller.consumption.records import Flag
from controller.consumption.upload.national.documents import Function, Identity, MeterValues, Report
from controller.consumption.upload.port import Row

_DOUBTFUL = Flag.PARTIAL | Flag.SUSPECT


class Packet(NamedTuple):
    """One data document, and the rows that have arrived when it has."""

    report: Report
    rows: frozenset[int]


def packets_of(
    dialect: Dialect, who: Identity, numbers: Mapping[str, NationalMeter], key: str, rows: Sequence[Row]
) -> tuple[list[Packet], dict[int, str]]:
    """The documents of a batch, oldest time first, and the rows that never can be sent with the reason.

    `numbers`: each meter as the centre knows it. The same rows under the same `key` give the same documents.
    A centre knows no revisions: of several for one interval only the highest is sent.
    """
    refused = {
        row.id: str(text('meter "{name}" has no number at the centre', name=row.meter))
        for row in rows
        if row.meter not in numbers
    }
    ids: dict[tuple[str, int], set[int]] = {}
    newest: dict[tuple[str, int], Row] = {}
    for row in rows:
        if row.meter in numbers:
            slot = (row.meter, row.end_ms)
            ids.setdefault(slot, set()).add(row.id)
            newest[slot] = max(newest.get(slot, row), row, key=lambda each: each.revision)
    groups: list[list[Row]] = []
    for _, same in groupby(sorted(newest.values(), key=_end), _end):
        groups += _split(dialect, numbers, list(same))
    counted = [_end(group[0]) if dialect.packets_counted == "time" else 0 for group in groups]
    total, current = Counter(counted), Counter[int]()
    packets = []
    for number, (group, counter) in enumerate(zip(groups, counted, strict=True)):
        report = Report(
            sequence=sequence_of(dialect, who, f"{key}#{number}"),
            parser=dialect.parser,
            time_ms=group[0].end_ms,
            total=total[counter],
            current=current[counter] + dialect.current_from,
            meters=_meters(dialect, numbers, group),
        )
        current[counter] += 1
        settled = frozenset().union(*(ids[row.meter, row.end_ms] for row in group))
        packets.append(Packet(report, settled))
    return packets, refused


def sequence_of(dialect: Dialect, who: Identity, key: str) -> str:
    """A number for <sequence>: the same for the same key, another one for any other, as far as digits go."""
    said = "\n".join((*who, key)).encode()
    number = int.from_bytes(hashlib.sha256(said).digest(), "big") % 10**dialect.sequence_digits
    return f"{number:0{dialect.sequence_digits}d}"


def _end(row: Row) -> int:
    return row.end_ms


def _split(dialect: Dialect, numbers: Mapping[str, NationalMeter], rows: list[Row]) -> list[list[Row]]:
    """Rows of one time in groups of at most `packet_meters` meters; a meter's functions stay together."""
    most = dialect.packet_meters
    meters = list(dict.fromkeys(numbers[row.meter].id for row in rows))
    group = {meter: number // most for number, meter in enumerate(meters)}
    made: list[list[Row]] = [[] for _ in range(-(-len(meters) // most))]
    for row in rows:
        made[group[numbers[row.meter].id]].append(row)
    return made


def _meters(
    dialect: Dialect, numbers: Mapping[str, NationalMeter], rows: Sequence[Row]
) -> tuple[MeterValues, ...]:
    functions: dict[str, list[Function]] = {}
    for row in rows:
        number = numbers[row.meter]
        functions.setdefault(number.id, []).append(_function(dialect, number, row))
    return tuple(MeterValues(meter, tuple(said)) for meter, said in functions.items())


def _function(dialect: Dialect, number: NationalMeter, row: Row) -> Function:
    total = row.exact(row.count_end)
    if total is None:
        return Function(number.function, number.coding, dialect.error_fault, "")
    error = dialect.error_doubtful if row.flags & _DOUBTFUL else dialect.error_good
    return Function(number.function, number.coding, error, f"{total:f}")
