"""What a rehearsal used: by meter, in their tree; what the electricity costs; the highest demand."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime
from decimal import Decimal

from config.language import text, word
from config.plan.bill import FEN
from controller.cli.rehearse_rows import Row
from controller.cli.speech import language, say
from controller.rehearsal.metering import Consumption, Used
from controller.rehearsal.result import Result, cost_of

_MOST_LISTED = 12
"""Meters of one quantity below those at the top."""
PERIODS = {
    "sharp": text("sharp peak hours"),
    "peak": text("peak hours"),
    "flat": text("flat hours"),
    "valley": text("valley hours"),
    "deep_valley": text("deep valley hours"),
}


def used(both: Sequence[Result]) -> list[Row]:
    """Every quantity: its total, the meters at the top, and below each those that count most."""
    consumption = both[0].consumption
    return [row for quantity, unit in consumption.quantities() for row in _quantity(both, quantity, unit)]


def _quantity(both: Sequence[Result], quantity: str, unit: str) -> Iterator[Row]:
    consumption = both[0].consumption
    roots = consumption.roots(quantity)
    if len(roots) > 1:
        totals = tuple(one.consumption.total(quantity) for one in both)
        words = text("{quantity}, all of these", quantity=word(quantity, language()))
        yield Row(say(words), totals, unit)
    mine = [one for one in consumption.used.values() if one.meter.quantity == quantity]
    below = [one for one in mine if one.of]
    shown = _worth_showing(both, below)
    for root in roots:
        yield from _branch(both, root, shown, 0)
    for parent in sorted({one.of for one in shown} - consumption.used.keys()):
        # A sum of meters, which is no meter itself.
        yield Row(_sum_label(consumption, parent))
        for one in shown:
            if one.of == parent:
                yield from _branch(both, one, shown, 1)
    if left := len(mine) - len(roots) - len(shown):
        yield Row("  " + say(text("and {count} meters more: --json lists them", count=left)))


def _worth_showing(both: Sequence[Result], below: Sequence[Used]) -> list[Used]:
    """Of two or more runs those that differ most, else those that used most; with what they hang below, so
    that each is seen under its own."""

    def weight(one: Used) -> tuple[Decimal, Decimal, str]:
        totals = _totals(both, one)
        return -max(abs(total - totals[0]) for total in totals), -totals[0], one.meter.name

    ranked = sorted(below, key=weight)
    by_name = {one.meter.name: one for one in below}
    found: dict[str, None] = {}
    for one in ranked:
        wanted = [one.meter.name]
        while (above := by_name[wanted[-1]].of) in by_name and above not in (*found, *wanted):
            wanted.append(above)
        if one.meter.name not in found and len(found) + len(wanted) <= _MOST_LISTED:
            found |= dict.fromkeys(wanted)
    return [one for one in ranked if one.meter.name in found]


def _branch(both: Sequence[Result], one: Used, shown: Sequence[Used], depth: int) -> Iterator[Row]:
    """A meter and those below it."""
    yield Row("  " * depth + (one.label or one.meter.name), _totals(both, one), one.meter.unit)
    for other in shown:
        if other.of == one.meter.name:
            yield from _branch(both, other, shown, depth + 1)


def _totals(both: Sequence[Result], one: Used) -> tuple[Decimal, ...]:
    return tuple(each.consumption.used[one.meter.name].total for each in both)


def _sum_label(consumption: Consumption, name: str) -> str:
    return next((item.label for item in consumption.plan.metering.virtual if item.name == name), "") or name


def costs(both: Sequence[Result]) -> list[Row]:
    """By period and in all, as on a bill."""
    rows: list[Row] = []
    yuan = say(text("yuan"))
    tables = [{period: (kwh, cost) for period, kwh, cost in one.consumption.by_period()} for one in both]
    nothing = (Decimal(0), Decimal(0))
    for period, words in PERIODS.items():
        if not any(period in table for table in tables):
            continue
        rows.append(Row(say(words), tuple(table.get(period, nothing)[0] for table in tables), "kWh"))
        rows.append(Row("", tuple(table.get(period, nothing)[1] for table in tables), yuan, FEN))
    if rows:
        sums = tuple(cost_of(one.consumption) for one in both)
        rows.append(Row(say(text("all of it")), sums, yuan, FEN))
    return rows


def demand(both: Sequence[Result]) -> list[Row]:
    """How high, and until when."""
    if all(one.demand.highest_kw is None for one in both):
        return []
    ends = tuple(
        None
        if one.demand.highest_kw is None
        else f"{datetime.fromtimestamp(one.demand.ended_ms / 1000, one.context.local.zone):%m-%d %H:%M}"
        for one in both
    )
    return [
        Row(say(text("highest")), tuple(one.demand.highest_kw for one in both), "kW"),
        Row(say(text("ended at")), ends),
    ]
