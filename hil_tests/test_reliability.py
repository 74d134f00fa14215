"""The table of faults in docs/reliability.md: each row is a scenario that says so, and none is left out."""

from __future__ import annotations

import re
from pathlib import Path
from typing import NamedTuple

from config.written.quantities import inside
from hil_tests.scenario.form import Expect, Scenario
from hil_tests.scenario.reading import read

_ROOT = Path(__file__).parents[1]
_HEAD = "| fault | system | what the daemon does | within | scenario |"


class Row(NamedTuple):
    """One line of the table."""

    fault: str
    system: str
    does: str
    within: str
    scenario: str


def table(text: str) -> list[Row]:
    lines = text[text.index(_HEAD) :].splitlines()[2:]
    rows = []
    for line in lines:
        if not line.startswith("|"):
            break
        rows.append(Row(*(cell.strip() for cell in line.strip("|").split("|"))))
    return rows


def wrong(rows: list[Row], scenarios: list[Scenario]) -> list[str]:
    """What the table says and no scenario does, and the other way round."""
    found = []
    by_name = {scenario.name: scenario for scenario in scenarios}
    for row in rows:
        of = by_name.get(row.scenario.strip("`"))
        if of is None:
            found.append(f"there is no scenario {row.scenario}")
        elif f"{row.fault} / {row.system}" not in of.proves:
            found.append(f"{row.scenario} does not say that it proves {row.fault} / {row.system}")
        elif not re.fullmatch(r"\d+ (s|min)", row.within):
            found.append(f"{row.within} of {row.scenario} is no time")
        elif float(inside(row.within, "s")) not in limits(of):
            found.append(f"{row.scenario} has nothing that is expected within {row.within}")
    said = {(f"{row.fault} / {row.system}", row.scenario.strip("`")) for row in rows}
    for scenario in scenarios:
        lacking = [proved for proved in scenario.proves if (proved, scenario.name) not in said]
        found += [f"the table lacks {proved}, by {scenario.name}" for proved in lacking]
    return found


def limits(scenario: Scenario) -> set[float]:
    return {step.within_s for step in scenario.steps if isinstance(step, Expect)}


def scenarios() -> list[Scenario]:
    folder = Path(__file__).parent / "scenarios"
    return [scenario for path in sorted(folder.glob("*.yaml")) for scenario in read(path)]


def test_each_row_is_a_scenario_and_each_proof_a_row() -> None:
    rows = table((_ROOT / "docs" / "reliability.md").read_text(encoding="utf-8"))
    assert len(rows) > 20
    assert not wrong(rows, scenarios())


def test_a_row_that_nothing_proves_is_found() -> None:
    found = scenarios()
    (proof,) = [(one, one.proves[0]) for one in found if one.name == "link-flap"]
    fault, system = proof[1].split(" / ")
    right = Row(fault, system, "", "45 s", "`link-flap`")
    others = [one for one in found if one.name == "link-flap"]
    lacking = wrong([right], others)
    assert all(line.startswith("the table lacks") for line in lacking)
    assert len(lacking) == len(proof[0].proves) - 1
    for row, said in (
        (right._replace(scenario="`link-flop`"), "there is no scenario"),
        (right._replace(fault="silence"), "does not say that it proves"),
        (right._replace(within="46 s"), "has nothing that is expected within 46 s"),
        (right._replace(within="soon"), "is no time"),
    ):
        assert any(said in line for line in wrong([row], others)), row
