"""What a rehearsal's table says was used, in the tree of meters, and what it costs."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import date
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from config.language import text
from config.plan.bill import rounded
from controller.cli import speech
from controller.cli.rehearse_rows import Row, section
from controller.cli.rehearse_used import costs, used
from controller.consumption.meters import meters_of
from controller.rehearsal.commands import Commands
from controller.rehearsal.demand import Demand
from controller.rehearsal.metering import Consumption
from controller.rehearsal.motors import Motors
from controller.rehearsal.needs import Needs
from controller.rehearsal.result import Frame, Result
from schedules.context import Context
from tests.controller.cli.foreseen import compound


@pytest.fixture(autouse=True)
def english(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(speech, "_language", "en")


def result(totals: Mapping[str, str], periods: Mapping[str, str] | None = None) -> Result:
    """Of the compound, with these kWh by meter, and of main-1 by period."""
    plan = compound()
    context = Context.of(plan)
    consumption = Consumption(plan, meters_of(plan), context, 0)
    for number, one in enumerate(consumption.used.values()):
        one.total = Decimal(totals.get(one.meter.name, str(number)))
    for period, kwh in (periods or {}).items():
        consumption.used["main-1"].by_period[period] = Decimal(kwh)
    parts = Motors(plan, 60_000, 0), Commands(plan), Needs(plan, context)
    frame = Frame(date(2026, 3, 5), 1, 60.0, 1)
    return Result(plan, frame, context, 1, consumption, Demand(plan, consumption), *parts)


def tree(rows: list[Row]) -> dict[str, str]:
    """Each meter's label with that of the one above it, by how far in it stands."""
    found, above = {}, [""]
    for row in rows:
        if not row.cells:
            continue
        name = row.name.lstrip()
        depth = (len(row.name) - len(name)) // 2
        above[depth + 1 :] = [name]
        found[name] = above[depth]
    return found


def test_in_a_comparison_what_differs_most_is_seen_under_its_own() -> None:
    former = result({"corridor-2": "10", "street-power": "20", "hall-air-energy": "40"})
    other = result({"corridor-2": "910", "street-power": "820", "hall-air-energy": "740"})
    rows = [row for row in used((former, other)) if not row.cells or row.unit == "kWh"]
    meters = former.consumption.used
    labels = {name: one.label for name, one in meters.items()}
    below = {labels[name]: labels[one.of] for name, one in meters.items() if one.of in labels}
    shown = tree(rows)
    assert len(shown) == 3 + 12
    assert {name: above for name, above in shown.items() if name in below}.items() <= below.items()
    for name in ("corridor-2", "corridor-power", "street-power", "hall-air-energy", "conference-power"):
        assert labels[name] in shown
    electric = [one for one in meters.values() if one.meter.quantity == "electricity"]
    left = len(electric) - 2 - 12
    assert [row.name.strip() for row in rows if not row.cells] == [
        f"and {left} meters more: --json lists them"
    ]


def test_alone_those_that_used_most_are_shown() -> None:
    shown = tree(used((result({"security-power": "99999"}),)))
    label = result({}).consumption.used["security-power"].label
    assert shown[label] == result({}).consumption.used["main-2"].label


def test_the_bill_adds_up() -> None:
    # 1903.104 + 1684.80 + 307.584 is 3895.488, and 0.01 more than what is printed.
    rows = costs((result({}, {"peak": "1652", "flat": "2340", "valley": "1068"}),))
    money = [
        str(rounded(cell, 2))
        for row in rows
        if row.unit == "yuan"
        for cell in row.cells
        if isinstance(cell, Decimal)
    ]
    *periods, total = map(Decimal, money)
    assert total == sum(periods)
    assert money == ["1903.10", "1684.80", "307.58", "3895.48"]


@pytest.mark.parametrize(
    ("number", "digits", "shown"),
    [
        (Decimal("28.05"), 1, "28.1"),
        (Decimal("2.55"), 1, "2.6"),
        (2.55, 1, "2.6"),
        (0.125, 2, "0.13"),
        (-0.04, 1, "0.0"),
        (Decimal("-28.05"), 1, "-28.1"),
    ],
)
def test_numbers_are_rounded_half_up(number: Decimal | float, digits: int, shown: str) -> None:
    assert str(rounded(number, digits)) == shown


@given(st.decimals(-9999, 9999, places=3), st.decimals(-9999, 9999, places=3))
def test_a_difference_is_of_what_is_printed(first: Decimal, second: Decimal) -> None:
    (_, _, line) = section(text("Used"), [Row("x", (first, second), "kWh")])
    one, other, between = (Decimal(found.replace(",", "")) for found in re.findall(r"-?[\d,]+\.\d", line))
    assert other - one == between
