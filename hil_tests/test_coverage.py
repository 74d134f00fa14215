"""The table of systems and days in hil_tests/README.md: each cell is a scenario of that day and system."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import date, datetime
from pathlib import Path

import pytest

from config.plan.site import Plan
from hil_tests.scenario.form import Deed, Scenario
from hil_tests.scenario.playing import site_of
from hil_tests.stand import plan_of
from hil_tests.test_reliability import scenarios
from schedules.calendar import Calendar

_HEAD = "| system | working day | holiday, weekend | make-up workday | night | faults |"
COLUMNS = ("working day", "holiday, weekend", "make-up workday", "night", "faults")
SYSTEMS = {
    "corridors": "corridor-",
    "street lights": "street",
    "grey-water plant": "grey-water|grey-plant|lift-|suction-|blower-|equalisation-tank",
    "reuse supply, tap make-up": "reuse-tank|makeup-valve|flushing-valve|grey-water.permit",
    "pumps of a works": "pump-",
    "canteen: stoves": "cooker-",
    "canteen: exhaust, purifiers": "exhaust-|fume-|hood|makeup-fan",
    "canteen: gas, fire": "gas-|fire|canteen-di",
    "drinking water": "drinking-|canteen-water-",
    "restrooms": "restroom-",
    "irrigation": "irrigation-|green-wall-valve|greening-valve|roads-valve",
    "conference centre": "hall|room-light|foyer|stage-light",
    "meters": "p_total|energy|counter",
    "upload": "upstream",
    "demand cap": "大院需量",
    "people: override, selector, lock, observe": "set|lock|selector|observe",
    "edits": "edit",
    "power returns": "power-comes-back|pumps-|restart",
}
"""How a scenario speaks of each, in its steps or its name."""
_ABNORMAL = {"fault", "another", "hide", "show", "daemon", "edit", "upstream"}


def cells(text: str) -> dict[str, dict[str, list[str]]]:
    """Scenarios by system and column."""
    found: dict[str, dict[str, list[str]]] = {}
    for line in text[text.index(_HEAD) :].splitlines()[2:]:
        if not line.startswith("|"):
            break
        system, *rest = (cell.strip() for cell in line.strip("|").split("|"))
        assert len(rest) == len(COLUMNS), line
        assert all(cell for cell in rest), f"an empty cell: {line}"
        named = ([] if cell == "–" else [name.strip(" `") for name in cell.split(",")] for cell in rest)
        found[system] = dict(zip(COLUMNS, named, strict=True))
    return found


def wrong(
    table: Mapping[str, Mapping[str, list[str]]], known: Mapping[str, Scenario], plans: Mapping[str, Plan]
) -> list[str]:
    """What the table says and is not so."""
    found = [f"no row of {system}" for system in SYSTEMS if system not in table]
    for system, columns in table.items():
        for column, names in columns.items():
            for name in names:
                scenario = known.get(name)
                if scenario is None:
                    found.append(f"there is no scenario {name}")
                elif not re.search(SYSTEMS.get(system, "$^"), spoken(scenario)):
                    found.append(f"{name} says nothing of {system}")
                elif column not in of(scenario, plans[scenario.site]):
                    found.append(f"{name} begins on {scenario.start}, which shows no {column}")
    return found


def spoken(scenario: Scenario) -> str:
    """Its name and all of its steps in words."""
    words = [scenario.name]
    for step in scenario.steps:
        if isinstance(step, Deed):
            words.append(f"{step.verb} {step.what}")
        else:
            words += [line.words for line in step.sentences]
    return "\n".join(words)


def of(scenario: Scenario, plan: Plan) -> set[str]:
    """The columns that it can stand in."""
    begins = datetime.fromisoformat(scenario.start)
    found = {day_of(begins.date(), plan)}
    if begins.hour >= 21 or begins.hour < 6:
        found.add("night")
    if any(isinstance(step, Deed) and step.verb in _ABNORMAL for step in scenario.steps):
        found.add("faults")
    return found


def day_of(day: date, plan: Plan) -> str:
    kinds = Calendar(plan.calendar).kind(day).kinds
    if "makeup" in kinds:
        return "make-up workday"
    return "working day" if "workday" in kinds else "holiday, weekend"


@pytest.fixture(scope="module")
def known() -> dict[str, Scenario]:
    return {scenario.name: scenario for scenario in scenarios()}


@pytest.fixture(scope="module")
def plans(known: Mapping[str, Scenario]) -> dict[str, Plan]:
    found = {}
    for scenario in known.values():
        if scenario.site not in found:
            found[scenario.site] = plan_of(site_of(scenario))
    return found


@pytest.fixture(scope="module")
def table() -> dict[str, dict[str, list[str]]]:
    return cells((Path(__file__).parent / "README.md").read_text(encoding="utf-8"))


def test_each_cell_is_a_scenario_of_that_day_that_speaks_of_the_system(
    table: Mapping[str, Mapping[str, list[str]]], known: Mapping[str, Scenario], plans: Mapping[str, Plan]
) -> None:
    assert not wrong(table, known, plans)


def test_no_scenario_is_without_a_place(
    table: Mapping[str, Mapping[str, list[str]]], known: Mapping[str, Scenario]
) -> None:
    named = {name for columns in table.values() for names in columns.values() for name in names}
    assert not [name for name, scenario in known.items() if name not in named and not scenario.proves]


def test_a_cell_that_nothing_shows_is_found(known: Mapping[str, Scenario], plans: Mapping[str, Plan]) -> None:
    right: dict[str, dict[str, list[str]]] = {
        system: {column: [] for column in COLUMNS} for system in SYSTEMS
    }
    assert not wrong(right, known, plans)
    for system, column, name, said in (
        ("corridors", "holiday, weekend", "corridors-holiday", ""),
        ("corridors", "holiday, weekend", "corridors-by-the-clock", "which shows no holiday, weekend"),
        ("corridors", "make-up workday", "corridors-makeup-day", ""),
        ("corridors", "night", "corridors-by-the-clock", "which shows no night"),
        ("corridors", "working day", "corridors-holidays", "there is no scenario"),
        ("irrigation", "holiday, weekend", "corridors-holiday", "says nothing of irrigation"),
        ("corridors", "faults", "corridors-by-the-clock", "which shows no faults"),
    ):
        table = {**right, system: {**right[system], column: [name]}}
        found = wrong(table, known, plans)
        assert not found if not said else said in found[0], (name, found)
    assert wrong({"corridors": right["corridors"]}, known, plans)[0].startswith("no row of ")
