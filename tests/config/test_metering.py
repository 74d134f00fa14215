"""What the section `meters` becomes: parts, integrals, the tree; and that nothing is counted twice."""

from __future__ import annotations

from dataclasses import replace
from functools import cache
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from config.plan.devices import Source
from config.plan.metering import IntegratedMeter, Part, Submeter
from config.plan.programmes import CalendarPlan
from config.plan.site import Plan
from config.written.check.counting import Item, check_counting
from config.written.check.order import heights, ordered
from config.written.check.tariff import check_boundaries, check_table
from config.written.compile import compile_site
from config.written.problems import Findings
from config.written.tariffs import read_tariff, tariff_names
from tests.config.golden import GOLDEN

NOWHERE = Source("", 0, 0)


@cache
def plan() -> Plan:
    made = compile_site(GOLDEN / "good-meters", Findings())
    assert made is not None
    return made


def parts(name: str) -> str:
    found = next(meter for meter in plan().metering.virtual if meter.name == name)
    return " ".join(f"{'+' if part.sign > 0 else '-'}{part.meter}" for part in found.parts)


def test_sums_go_down_to_what_is_logged() -> None:
    assert parts("whole-site") == "+main-1 +main-2"
    assert parts("offices") == "+office-1 +office-2 +socket"
    assert parts("office-rest") == "+office-1 -corridor -socket"
    assert parts("without-offices") == "+main-1 +main-2 -office-1 -office-2 -socket"
    assert parts("main-and-hall") == "+main-2 +hall-meter -office-2"
    sums = {meter.name: meter for meter in plan().metering.virtual}
    assert sums["whole-site"].label == "全院用电"
    assert sums["offices"].label == "offices"
    assert {(meter.quantity, meter.unit) for meter in sums.values()} == {("electricity", "kWh")}
    assert sums["offices"].parts[0] == Part("office-1", 1)


def integral(name: str) -> IntegratedMeter:
    return next(meter for meter in plan().metering.integrated if meter.name == name)


def test_integrals_count_what_their_points_are_in() -> None:
    hall = integral("hall-meter")
    point = plan().points[hall.point]
    assert point.key == "hall-air.power"
    assert replace(hall, source=NOWHERE, point=0) == IntegratedMeter(
        "hall-meter", "空调机组（估算）", 0, "electricity", "kWh", "0.001", 15.0, NOWHERE
    )
    # Nobody said how much at most: it is what the point can read.
    purified = integral("purified")
    assert purified.max_rate == plan().points[purified.point].valid_high == 1.2
    assert (purified.quantity, purified.unit, purified.quantum) == ("water", "m³", "0.01")
    gas = integral("stove-gas")
    assert (gas.quantity, gas.unit, gas.max_rate) == ("gas", "m³", 30.0)


def test_the_tree_and_the_labels() -> None:
    below = {(item.meter, item.of) for item in plan().metering.submeters}
    assert below == {
        ("office-1", "main-1"),
        ("office-2", "main-2"),
        ("corridor", "office-1"),
        ("office-rest", "office-1"),
        ("hall-meter", "office-2"),
        ("purified", "water"),
    }
    first = plan().metering.submeters[0]
    assert first == Submeter("office-rest", "office-1", Source("meters.yaml", 5, 3))
    assert plan().metering.labels == (("main-1", "1 号变压器"), ("office-1", "低区办公"))


def test_trends_follow_as_closely_as_was_said() -> None:
    trends = {plan().points[trend.point].key: trend for trend in plan().trends}
    said = {key: (trend.deadband, trend.every_s) for key, trend in trends.items()}
    assert said["main-2.u_c"] == (1.0, 60.0)
    assert said["main-1.pf_total"] == (0.01, 10.0)
    assert said["hall-air.supply_temperature"] == (0.5, 10.0)
    # Nobody said: the profile's COV increment, a share of what can be read, each change.
    assert said["hall-air.return_temperature"] == (0.2, 10.0)
    assert said["purifier.flow"][0] == pytest.approx(0.006, rel=0.02)
    assert said["main-1.p_total"][0] == 0.0
    assert [said[key][0] for key in ("hall-air.mode", "hall-air.run_fb", "purifier.heating")] == [0, 0, 0]


def test_what_the_log_does_when_the_disk_is_full() -> None:
    assert (plan().site.full_disk, plan().site.flash_budget_mb) == ("drop_oldest", 2000.0)
    plain = compile_site(GOLDEN / "good-one-file", Findings())
    assert plain is not None
    assert (plain.site.full_disk, plain.site.flash_budget_mb) == ("keep", 1000.0)
    assert (plain.metering.virtual, plain.trends, plain.tariff) == ((), (), None)


@pytest.mark.parametrize("name", tariff_names())
def test_each_tariff_that_comes_with_louguan_is_whole(name: str) -> None:
    findings = Findings()
    found = read_tariff(name, findings)
    assert found is not None
    entry, table = found
    check_table(entry, table, CalendarPlan("none", (), ()), findings)
    check_boundaries(entry, table, 1800, findings)
    assert (findings.problems(), findings.notes()) == ([], [])
    assert table.source
    assert table.version


TREES = st.integers(1, 8).flatmap(
    lambda size: st.tuples(
        st.tuples(*(st.integers(-1, number - 1) for number in range(size))),
        st.dictionaries(st.integers(0, size - 1), st.sampled_from([1, -1])),
    )
)


@given(TREES)
def test_a_sum_is_right_if_no_share_counts_otherwise_than_once(
    drawn: tuple[tuple[int, ...], dict[int, int]],
) -> None:
    """Each meter has a share of its own, and measures that of all below it."""
    parents, signs = drawn

    def chain(number: int) -> list[int]:
        return [number, *chain(parents[number])] if number >= 0 else []

    def share(number: int) -> int:
        return sum(signs.get(upper, 0) for upper in chain(number))

    right = all(
        abs(share(number)) <= 1 and share(number) * share(upper) >= 0
        for number in range(len(parents))
        for upper in chain(number)
    )
    findings = Findings()
    items = [
        Item(str(number), Source("s", number + 1, 1), {str(number): sign}) for number, sign in signs.items()
    ]
    check_counting(
        items,
        lambda meter: [str(parents[int(meter)])] if parents[int(meter)] >= 0 else [],
        findings,
    )
    assert findings.failed is not right


GRAPHS = st.integers(1, 8).flatmap(
    lambda size: st.lists(st.lists(st.integers(0, size - 1), max_size=3), min_size=size, max_size=size)
)


@given(GRAPHS)
def test_an_order_leaves_out_circles_and_what_leads_into_them(drawn: list[list[int]]) -> None:
    graph = {str(number): [str(other) for other in others] for number, others in enumerate(drawn)}

    def reaches(start: str) -> set[str]:
        found: set[str] = set()
        waiting = list(graph[start])
        while waiting:
            name = waiting.pop()
            if name not in found:
                found.add(name)
                waiting += graph[name]
        return found

    circular = {name for name in graph if name in reaches(name)}
    names, circles = ordered(graph)
    assert set(names) == {name for name in graph if name not in circular and not circular & reaches(name)}
    assert all(set(graph[name]) <= set(names[:number]) for number, name in enumerate(names))
    assert bool(circles) == bool(circular)
    for circle in circles:
        assert circle[0] == circle[-1]
        assert all(after in graph[name] for name, after in pairwise(circle))
    deep = heights(names, graph)
    assert all(deep[name] == 1 + max((deep[other] for other in graph[name]), default=-1) for name in names)
