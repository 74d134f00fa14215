"""What a slot whose end is known carries. Pure."""

from __future__ import annotations

from controller.consumption.records import Flag, Interval, Mark


def booked(mark: Mark, row: Interval, count: int) -> Interval:
    """`row` with all that was counted since the anchor; `count`: at its end. Precondition: the mark has an
    anchor."""
    assert mark.anchor_ms is not None
    assert mark.anchor_count is not None
    flags = row.flags
    if mark.anchor_ms < row.start_ms:
        flags |= Flag.RECOVERED
    if mark.rolled and Flag.REPLACED not in flags:
        flags |= Flag.ROLLOVER
    consumption = count - mark.anchor_count + mark.rolled
    return row._replace(
        from_ms=mark.anchor_ms, count_start=mark.anchor_count, consumption=consumption, flags=flags
    )
