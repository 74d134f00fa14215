"""What electricity costs, to the fen: terminal, page and data tell the same, and what is printed adds up."""

from __future__ import annotations

import contextlib
import io
import json
import re
from collections.abc import Mapping
from dataclasses import replace
from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from config.language import text
from config.plan.equipment import Equipment
from config.plan.site import Plan
from config.plan.tariff import Tariff, TariffPeriod, TariffSeason, TariffSpan
from controller.cli import preview_changes, speech
from controller.cli.preview_changes_page import page
from controller.cli.rehearse_rows import section
from controller.cli.rehearse_used import costs
from controller.consumption.meters import meters_of
from controller.rehearsal.commands import Commands
from controller.rehearsal.demand import Demand
from controller.rehearsal.metering import Consumption
from controller.rehearsal.motors import Motors
from controller.rehearsal.needs import Needs
from controller.rehearsal.result import Frame, Result, as_data
from schedules.changes import compare
from schedules.context import Context
from schedules.preview import foresee
from tests.controller.cli.foreseen import compound
from tests.controller.cli.pages import Reader
from tests.many import many
from tests.plans import LEVEL, SHUANGLIU, PlanMaker
from tests.schedules.build import programme

HOUR_S = 3600
PRICES = st.integers(1, 30_000).map(lambda number: number / 10_000)
LEVELS = st.integers(0, 100).map(float)
PERIODS: tuple[TariffPeriod, ...] = ("peak", "flat", "valley")


@pytest.fixture(autouse=True)
def english(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(speech, "_language", "en")


def exact(found: float) -> Decimal:
    return Decimal(repr(found))


@settings(max_examples=many(12))
@given(
    price=PRICES, used=st.dictionaries(st.sampled_from(PERIODS), st.decimals(0, 99999, places=3), min_size=1)
)
def test_a_rehearsal_tells_one_bill(price: float, used: dict[str, Decimal]) -> None:
    result = rehearsed(price, used)
    data = as_data(result)
    lines = {row["period"]: exact(row["cost_yuan"]) for row in data["tariff"]}
    assert lines.keys() == used.keys()
    assert sum(lines.values()) == exact(data["cost_yuan"])
    printed = [
        line for line in section(text("Cost of electricity"), costs((result,))) if line.endswith(" yuan")
    ]
    figures = [Decimal(line.split()[-2].replace(",", "")) for line in printed]
    assert figures == [*(lines[period] for period in PERIODS if period in lines), exact(data["cost_yuan"])]


def rehearsed(price: float, used: Mapping[str, Decimal]) -> Result:
    """Of the compound at that price, with these kWh of one of its mains."""
    plan = compound()
    assert plan.tariff is not None
    plan = replace(plan, tariff=replace(plan.tariff, flat_price=price))
    context = Context.of(plan)
    consumption = Consumption(plan, meters_of(plan), context, 0)
    consumption.used["main-1"].by_period.update(used)
    parts = Motors(plan, 60_000, 0), Commands(plan), Needs(plan, context)
    frame = Frame(date(2026, 3, 5), 1, 60.0, 1)
    return Result(plan, frame, context, 1, consumption, Demand(plan, consumption), *parts)


@settings(max_examples=40, deadline=None)
@given(
    price=PRICES,
    by_period=st.booleans(),
    ratings=st.lists(st.integers(1, 99_999).map(lambda watts: watts / 1000), min_size=1, max_size=4),
    levels=st.tuples(LEVELS, LEVELS),
)
def test_a_preview_tells_one_bill(
    price: float, by_period: bool, ratings: list[float], levels: tuple[float, float]
) -> None:
    tariff = replace(TARIFF, flat_price=price, by_period=by_period)
    old, new = (foresee(lamps(ratings, level, tariff), date(2026, 3, 5), 2) for level in levels)
    data: dict[str, Any] = json.loads(shown(old, new, as_json=True))
    total, groups = (
        data["electricity"]["switched_and_dimmed"],
        [item["electricity"] for item in data["groups"]],
    )
    before, after = (exact(total[side]["cost_yuan"]) for side in ("before", "after"))
    if levels[0] == levels[1]:
        assert (before, groups) == (after, [])
        return
    told = f"{before:.2f} → {after:.2f} yuan ({after - before:+.2f})"
    assert told in " ".join(shown(old, new, as_json=False).split())
    rows = [row for table in Reader(page(old, new, compare(old, new), None, "en")).tables for row in table]
    assert ["yuan", f"{before:.2f}", f"{after:.2f}", f"{after - before:+.2f}"] in rows
    found = [cell for row in rows for cell in row[4:] if re.fullmatch(r"[0-9.]+ → [0-9.]+ [-+0-9.]+", cell)]
    for group in groups:
        one, other = (exact(group[side]["cost_yuan"]) for side in ("before", "after"))
        assert f"{one:.2f} → {other:.2f} {other - one:+.2f}" in found
    # All points differ alike here: their group is all there is.
    (group,) = groups
    assert [group[side] for side in ("before", "after")] == [total[side] for side in ("before", "after")]


TARIFF = Tariff(
    name="t",
    label="t",
    document="",
    since="2025-01-01",
    seasons=(
        TariffSeason(
            tuple(range(1, 13)),
            (),
            (
                TariffSpan(0, 7 * HOUR_S, "valley"),
                TariffSpan(10 * HOUR_S + 1200, 12 * HOUR_S, "peak"),
                TariffSpan(23 * HOUR_S, 24 * HOUR_S, "valley"),
            ),
        ),
    ),
    factors=(("peak", 1.6), ("flat", 1.0), ("valley", 0.4)),
    flat_price=0.72,
    by_period=True,
)


def lamps(ratings: list[float], level: float, tariff: Tariff) -> Plan:
    """Lamps of these ratings, lit so much from 06:00 to 23:40."""
    maker = PlanMaker(SHUANGLIU)
    points = [
        maker.add_point(maker.add_device(f"lamp-{number}"), "level", LEVEL) for number in range(len(ratings))
    ]
    periods = [("06:00-23:40", level)]
    maker.add_programme(programme({"everyday": periods}, default=1.0, targets=tuple(points), name="work"))
    plan = maker.build()
    equipment = tuple(
        Equipment(
            number, f"lamps-{number}", "", "lamp-group", (("level", point),), primary=point, rated_kw=kw
        )
        for number, (point, kw) in enumerate(zip(points, ratings, strict=True))
    )
    shown_as = tuple(replace(point, unit="%") for point in plan.points)
    return replace(plan, points=shown_as, equipment=equipment, tariff=tariff)


def shown(old: Any, new: Any, *, as_json: bool) -> str:
    out = io.StringIO()
    with contextlib.redirect_stdout(out):
        preview_changes.show(old, new, None, as_json=as_json)
    return out.getvalue()
