"""Roll-ups add up to the last digit, whatever is rolled up, spread or made of others."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from config.plan.devices import Source
from config.plan.metering import Metering, Part, Submeter, VirtualMeter
from config.plan.tariff import Tariff
from controller.consumption.audit import Fitting, Logged
from controller.consumption.gaps import lacks
from controller.consumption.made import made_meters, share, tree, with_parts, work_out
from controller.consumption.periods import Periods
from controller.consumption.records import Flag, Interval
from controller.consumption.rollups import Item, Rollup, by, by_period, cost, item_of, roll_up
from controller.consumption.spreading import divided, shares, spread

QUARTER = 900_000
HOUR = 4 * QUARTER
FITTING = Fitting(1, "", "kWh", "0.01", None, 0, 0, None)
NOWHERE = Source("site.yaml", 1, 1)


def ms(written: str) -> int:
    return round(datetime.fromisoformat(written).timestamp() * 1000)


NIGHT = ms("2026-03-05T00:00+08:00")
SHANGHAI = Periods("Asia/Shanghai")


def chain(start_ms: int, known: Sequence[int | None]) -> list[Interval]:
    """Rows from `start_ms` on; what is None is recovered in the next that is known."""
    rows, anchor_ms = [], start_ms
    for number, used in enumerate(known):
        at = start_ms + number * QUARTER
        flags = Flag(0) if used is not None and at == anchor_ms else Flag.PARTIAL
        if used is not None and at != anchor_ms:
            flags |= Flag.RECOVERED
        begun = anchor_ms if used is not None or at == anchor_ms else None
        rows.append(Interval("main", at, at + QUARTER, begun, None, None, used, 1000 + number, 900, flags))
        anchor_ms = at + QUARTER if used is not None else anchor_ms
    return rows


def told(rows: Sequence[Interval]) -> list[tuple[Logged, object, Fitting]]:
    return [(Logged(0, 1, row), lack, FITTING) for row, lack in zip(rows, lacks(rows), strict=True)]


def items(rows: Sequence[Interval]) -> list[Item]:
    return [item_of(logged, lack, fitting) for logged, lack, fitting in told(rows)]  # type: ignore[arg-type]


def spread_items(rows: Sequence[Interval]) -> list[Item]:
    return list(spread(told(rows)))  # type: ignore[arg-type]


def test_a_day_in_hours() -> None:
    rows = chain(NIGHT, [1, 2, 3, 4, 5, None, None, None, None, 60, 7])
    found = roll_up(items(rows), by(SHANGHAI.hour, NIGHT + 3 * HOUR))
    figures = [(one.consumption, one.known_s, one.unknown_s, one.later_s, one.missing_s) for one in found]
    assert figures == [
        (Decimal("0.10"), 3600, 0, 0, 0),
        (Decimal("0.05"), 900, 0, 2700, 0),
        (Decimal("0.67"), 1800, 0, 900, 900),
    ]
    assert [one.has_earlier for one in found] == [False, False, True]
    assert [one.peak for one in found] == [1003, 1007, 1010]
    assert [one.covered_s for one in found] == [3600, 3600, 2700]
    assert found[2].flags == Flag.PARTIAL | Flag.RECOVERED


def test_what_nobody_knows_is_none_and_what_is_still_to_come_is_not_missing() -> None:
    found = roll_up(items(chain(NIGHT, [None, None])), by(SHANGHAI.day, NIGHT + HOUR))
    assert [(one.consumption, one.unknown_s, one.missing_s) for one in found] == [(None, 1800, 1800)]


def test_a_unit_that_changed_comes_beside_the_other() -> None:
    other = [item._replace(unit="MWh") for item in items(chain(NIGHT + QUARTER, [5]))]
    found = roll_up([*items(chain(NIGHT, [3])), *other], by(SHANGHAI.hour, NIGHT + HOUR))
    assert [(one.unit, one.consumption, one.missing_s) for one in found] == [
        ("kWh", Decimal("0.03"), 1800),
        ("MWh", Decimal("0.05"), 1800),
    ]


@given(
    st.lists(st.one_of(st.none(), st.integers(0, 10**12)), max_size=400),
    st.sampled_from(["Asia/Shanghai", "Europe/Berlin", "Australia/Lord_Howe"]),
    st.integers(ms("2026-03-28T00:00+00:00") // QUARTER, ms("2026-11-01T00:00+00:00") // QUARTER),
)
def test_sums_are_exact_by_whatever_slot_spread_or_not(
    known: list[int | None], zone: str, start: int
) -> None:
    rows = chain(start * QUARTER, known)
    total = Decimal("0.01") * sum(row.consumption or 0 for row in rows)
    periods = Periods(zone)
    for partition in (periods.hour, periods.day, periods.month):
        slicing = by(partition, rows[-1].end_ms if rows else 0)
        for view in (items(rows), spread_items(rows)):
            found = roll_up(view, slicing)
            assert sum(one.consumption or 0 for one in found) == total
            seconds = [one.known_s + one.unknown_s + one.later_s for one in found]
            assert sum(seconds) == 900 * len(rows)
            assert all(one.end_ms - one.start_ms >= 1000 * s for one, s in zip(found, seconds, strict=True))


@given(st.integers(0, 10**15), st.lists(st.integers(1, 10**7), min_size=1, max_size=50))
def test_shares_are_whole_and_exact_and_at_most_one_off(total: int, weights: list[int]) -> None:
    parts = divided(total, weights)
    assert sum(parts) == total
    exact = [Decimal(total) * weight / sum(weights) for weight in weights]
    assert all(abs(part - wanted) < 1 for part, wanted in zip(parts, exact, strict=True))


def test_what_was_recovered_is_shared_by_time_and_flagged() -> None:
    rows = chain(NIGHT, [1, None, None, 10, 5])
    row = rows[3]._replace(from_ms=NIGHT + QUARTER + 60_000)
    found = list(shares(row, FITTING))
    assert [(one.start_ms - NIGHT, one.known_s) for one in found] == [
        (QUARTER + 60_000, 840),
        (2 * QUARTER, 900),
        (3 * QUARTER, 900),
    ]
    assert [one.consumption for one in found] == [Decimal("0.03"), Decimal("0.04"), Decimal("0.03")]
    assert {one.flags for one in found} == {Flag.PARTIAL | Flag.RECOVERED | Flag.ESTIMATED}
    whole = roll_up(spread_items(rows), by(SHANGHAI.hour, NIGHT + 2 * HOUR))
    assert [(one.consumption, one.known_s, one.later_s) for one in whole] == [
        (Decimal("0.11"), 3600, 0),
        (Decimal("0.05"), 900, 0),
    ]
    assert not any(one.has_earlier for one in whole)
    assert whole[0].flags & Flag.ESTIMATED
    assert not whole[1].flags & Flag.ESTIMATED


# Tariff


def periods(from_ms: int, to_ms: int) -> list[tuple[int, int, str]]:
    """Peak from 10:00 to 12:00, valley before, flat after."""
    found = []
    for day in range(from_ms, to_ms, 24 * HOUR):
        found += [
            (day, day + 10 * HOUR, "valley"),
            (day + 10 * HOUR, day + 12 * HOUR, "peak"),
            (day + 12 * HOUR, day + 24 * HOUR, "flat"),
        ]
    return found


TARIFF = Tariff("t", "", "", "2026-01-01", (), (("peak", 1.6), ("flat", 1.0), ("valley", 0.4)), 0.7, True)


SPAN = (NIGHT, NIGHT + 48 * HOUR)


def test_a_tariff_over_two_days_and_what_it_costs() -> None:
    rows = chain(NIGHT, [1] * 4 * 48)
    found = roll_up(items(rows), by_period(periods(*SPAN), SPAN, NIGHT + 72 * HOUR))
    assert [(one.period, one.consumption, one.known_s, one.missing_s) for one in found] == [
        ("flat", Decimal("0.96"), 86400, 0),
        ("peak", Decimal("0.16"), 14400, 0),
        ("valley", Decimal("0.80"), 72000, 0),
    ]
    assert [cost(one, TARIFF) for one in found] == [Decimal("0.672"), Decimal("0.1792"), Decimal("0.224")]
    flat = Tariff("t", "", "", "2026-01-01", (), TARIFF.factors, 0.7, False)
    assert [cost(one, flat) for one in found] == [Decimal("0.672"), Decimal("0.112"), Decimal("0.56")]
    unpriced = Tariff("t", "", "", "2026-01-01", (), TARIFF.factors, None, True)
    assert [cost(one, unpriced) for one in found] == [None] * 3
    assert cost(found[0]._replace(consumption=None), TARIFF) is None


# Made of others


def rolled(known: Sequence[int | None], flags: Flag = Flag(0)) -> list[Rollup]:
    rows = [row._replace(flags=row.flags | flags) for row in chain(NIGHT, known)]
    return roll_up(items(rows), by(SHANGHAI.hour, NIGHT + HOUR))


METERING = Metering(
    virtual=(
        VirtualMeter(
            "house", "", "electricity", "kWh", (Part("main", 1), Part("sun", 1), Part("sold", -1)), NOWHERE
        ),
    ),
    submeters=(
        Submeter("kitchen", "house", NOWHERE),
        Submeter("light", "house", NOWHERE),
        Submeter("oven", "kitchen", NOWHERE),
    ),
)
KNOWN = dict.fromkeys(("main", "sun", "sold", "kitchen", "light", "oven"), ("electricity", "kWh"))


def test_sums_with_signs_and_remainders() -> None:
    made = made_meters(METERING, KNOWN)
    assert [(item.name, item.formula, item.remainder) for item in made] == [
        ("house", "main + sun - sold", False),
        ("house.unmetered", "house - kitchen - light", True),
        ("kitchen.unmetered", "kitchen - oven", True),
    ]
    logged = {
        "main": rolled([10, 10, 10, 10]),
        "sun": rolled([5, 5, 5, 5]),
        "sold": rolled([0, 0, 0, 20], Flag.ROLLOVER),
        "kitchen": rolled([20, 0, 0, 0]),
        "light": rolled([25, 0, 0, 0], Flag.ESTIMATED),
        "oven": rolled([1, 1, 1, 1]),
    }
    found = work_out(made, logged)
    (house,), (rest,), (kitchen,) = (found[item.name] for item in made)
    assert (house.consumption, house.lacking, house.flags) == (Decimal("0.40"), (), Flag.ROLLOVER)
    assert (rest.consumption, rest.flags) == (Decimal("-0.05"), Flag.ROLLOVER | Flag.ESTIMATED)
    assert kitchen.consumption == Decimal("0.16")
    assert share(rest, house) == Decimal("-0.125")
    assert share(logged["kitchen"][0], house) == Decimal("0.5")
    assert (
        share(rest, None) is share(None, house) is share(rest, house._replace(consumption=Decimal(0))) is None
    )
    assert set(with_parts([made[1]], made)) == {"main", "sun", "sold", "kitchen", "light"}


def test_unknown_when_a_part_is_and_which() -> None:
    made = made_meters(METERING, KNOWN)
    logged = {
        "main": rolled([10, 10, 10, 10]),
        "sun": rolled([5, 5]),
        "sold": rolled([None] * 4),
        "kitchen": rolled([1, 1, 1, 1]),
        "light": [one._replace(unit="MWh") for one in rolled([1, 1, 1, 1])],
    }
    found = work_out(made, logged)
    (house,) = found["house"]
    assert (house.consumption, house.lacking) == (None, ("sun", "sold"))
    assert (house.unknown_s, house.missing_s) == (3600, 1800)
    assert found["house.unmetered"][0].consumption is None
    assert found["house.unmetered"][0].lacking == ("house", "light")
    assert (found["kitchen.unmetered"][0].consumption, found["kitchen.unmetered"][0].lacking) == (
        None,
        ("oven",),
    )


@given(st.lists(st.tuples(st.integers(0, 10**9), st.integers(0, 10**9), st.integers(0, 10**9)), min_size=1))
def test_a_made_meter_is_the_sum_of_its_parts_over_any_time(used: list[tuple[int, int, int]]) -> None:
    logged = {
        name: roll_up(items(chain(NIGHT, list(figures))), by(SHANGHAI.hour, NIGHT))
        for name, figures in zip(("main", "sun", "sold"), zip(*used, strict=True), strict=True)
    }
    total = sum(one.consumption or 0 for one in work_out(made_meters(METERING, KNOWN), logged)["house"])
    assert total == Decimal("0.01") * sum(main + sun - sold for main, sun, sold in used)


def test_the_tree() -> None:
    found = list(tree(METERING, [*KNOWN, "house"]))
    assert [(node.depth, node.name, node.parent, node.last) for node in found] == [
        (0, "house", "", False),
        (1, "kitchen", "house", False),
        (2, "oven", "kitchen", False),
        (2, "kitchen.unmetered", "kitchen", True),
        (1, "light", "house", False),
        (1, "house.unmetered", "house", True),
        (0, "main", "", False),
        (0, "sold", "", False),
        (0, "sun", "", True),
    ]


@pytest.mark.parametrize("zone", ["Europe/Berlin"])
@pytest.mark.parametrize(("night", "hours"), [("2026-03-29", 23), ("2026-10-25", 25)])
def test_nights_in_which_clocks_change_in_hours(zone: str, night: str, hours: int) -> None:
    local = Periods(zone)
    start = local.day(ms(f"{night}T12:00+00:00"))[0]
    found = roll_up(items(chain(start, [1] * 4 * hours)), by(local.hour, start + hours * HOUR))
    assert len(found) == hours
    assert {one.consumption for one in found} == {Decimal("0.04")}
    (day,) = roll_up(items(chain(start, [1] * 4 * hours)), by(local.day, start + 48 * HOUR))
    assert (day.consumption, day.missing_s) == (Decimal("0.01") * 4 * hours, 0)
