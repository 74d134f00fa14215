"""What was recovered after a gap, shown where it was probably used: shared by time over all that it counts
for. Derived, flagged and never stored; to the last quantum what was recovered. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import pairwise

from controller.consumption.audit import Fitting, Logged
from controller.consumption.gaps import Lack
from controller.consumption.records import Flag, Interval
from controller.consumption.rollups import Item, item_of

_CUT_MS = 900_000
"""Shares begin at whole quarters of an hour: no slot that is asked for begins elsewhere, in any time zone."""


def spread(rows: Iterable[tuple[Logged, Lack | None, Fitting]]) -> Iterator[Item]:
    """The intervals, those with something recovered as their shares."""
    for item, lack, fitting in rows:
        if is_recovered(item.row):
            yield _without_consumption(item, fitting)
            yield from shares(item.row, fitting)
        elif lack is Lack.RECOVERED:
            yield _without_consumption(item, fitting)
        else:
            yield item_of(item, lack, fitting)


def is_recovered(row: Interval) -> bool:
    """Whether it has what was used before its start."""
    return row.consumption is not None and row.from_ms is not None and row.from_ms < row.start_ms


def shares(row: Interval, fitting: Fitting) -> Iterator[Item]:
    """Its consumption by time, in whole quanta: the largest remainders get what is left."""
    assert row.consumption is not None
    assert row.from_ms is not None
    cuts = [
        row.from_ms,
        *range(row.from_ms - row.from_ms % _CUT_MS + _CUT_MS, row.end_ms, _CUT_MS),
        row.end_ms,
    ]
    lengths = [end - start for start, end in pairwise(cuts)]
    parts = divided(row.consumption, lengths)
    flags = int(row.flags | Flag.ESTIMATED | Flag.RECOVERED)
    for (start_ms, end_ms), part in zip(pairwise(cuts), parts, strict=True):
        seconds = end_ms // 1000 - start_ms // 1000
        yield Item(start_ms, fitting.unit, fitting.exact(part), start_ms, seconds, 0, 0, None, 0, flags)


def divided(total: int, weights: list[int]) -> list[int]:
    """`total` in whole parts as the weights are, the sum exact; of equal remainders the earlier one gets
    more."""
    whole = sum(weights)
    found = [total * weight // whole for weight in weights]
    order = sorted(range(len(weights)), key=lambda number: -(total * weights[number] % whole))
    for number in order[: total - sum(found)]:
        found[number] += 1
    return found


def _without_consumption(item: Logged, fitting: Fitting) -> Item:
    """What else it says: its time is in shares."""
    bare = item_of(item, None, fitting)
    return bare._replace(consumption=None, from_ms=None, known_s=0, unknown_s=0, later_s=0)
