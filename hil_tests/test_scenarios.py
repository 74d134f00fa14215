"""The scenarios of `scenarios/`, or of the folder of --scenarios, each played on a stand of its own."""

from __future__ import annotations

from pathlib import Path

import pytest

from config.plan.site import Plan
from hil_tests.scenario.form import Deed, Expect, Scenario, Unfit
from hil_tests.scenario.playing import Missed, Played, bound, play, site_of
from hil_tests.scenario.reading import read
from hil_tests.stand import plan_of

HOUSE = Path(__file__).parent / "scenarios"
_ROOT = Path(__file__).parents[1]


def files(folder: Path) -> list[Path]:
    return sorted(folder.glob("*.yaml"))


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    if "scenario" not in metafunc.fixturenames:
        return
    own = metafunc.config.getoption("--scenarios")
    cases: list[tuple[float, pytest.ParameterSet]] = []
    for path in files(own or HOUSE):
        try:
            found: list[Scenario] | list[Unfit] = read(path, shown_name(path))
        except Unfit as error:
            found = [error]
        for item in found:
            quick = isinstance(item, Unfit) or item.quick or own is not None
            name = "unreadable" if isinstance(item, Unfit) else item.name
            marks = () if quick else (pytest.mark.hil,)
            length_s = 0.0 if isinstance(item, Unfit) else item.length_s()
            cases.append((length_s, pytest.param(item, id=f"{path.stem}/{name}", marks=marks)))
    if not cases:
        raise pytest.UsageError(f"there is no scenario in {own}")
    # The longest first, so that no worker is left alone with one at the end.
    cases.sort(key=lambda case: -case[0])
    metafunc.parametrize("scenario", [param for _, param in cases])


def shown_name(path: Path) -> str:
    return str(path.relative_to(_ROOT)) if path.is_relative_to(_ROOT) else str(path)


@pytest.mark.timeout(3600)  # of three tries together
async def test_scenario(scenario: Scenario | Unfit, tmp_path: Path) -> None:
    __tracebackhide__ = True
    if isinstance(scenario, Unfit):
        pytest.fail(str(scenario), pytrace=False)
    missed, played = "", []
    try:
        played = await play(scenario, tmp_path)
    except (Missed, Unfit) as error:
        missed = str(error)
    if missed:
        pytest.fail(missed, pytrace=False)
    print(f"\n{scenario.name}: {scenario.title}", *map(told, played), sep="\n  ")


def told(played: Played) -> str:
    step, took_s, waited_s = played
    if isinstance(step, Deed):
        words = f"{step.verb} {step.what}"
    else:
        words = "; ".join(line.words for line in step.sentences) or "waited"
        words += f" (of {step.within_s:g} s)" if isinstance(step, Expect) else " all the while"
    busy = f"; {waited_s:.1f} s of the machine were others'" if waited_s >= 1 else ""
    return f"{took_s:8.1f} s  {words}{busy}"


def test_every_scenario_means_something_at_its_site() -> None:
    """Names, values and forms, without playing any."""
    plans: dict[Path, Plan] = {}
    names: list[str] = []
    mistakes: list[str] = []
    for path in files(HOUSE):
        try:
            found = read(path, shown_name(path))
        except Unfit as error:
            mistakes.append(str(error))
            continue
        for scenario in found:
            names.append(scenario.name)
            try:
                bound(scenario, _compiled_once(site_of(scenario), plans))
            except Unfit as error:
                mistakes.append(str(error))
    assert not mistakes, "\n".join(["", *mistakes])
    assert len(set(names)) == len(names), "two scenarios have one name"
    assert names


def _compiled_once(site: Path, known: dict[Path, Plan]) -> Plan:
    if site not in known:
        known[site] = plan_of(site)
    return known[site]
