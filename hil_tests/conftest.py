"""Options of these tests, and what tests on a bench ask for.

A test asks for capabilities by the names of its parameters, and says what is dangerous about it:

    @pytest.mark.dangerous("switching")
    async def test_…(bench: Trying, relay: Relay) -> None: …

Without the capability, or where the danger is not allowed, it is skipped with the reason.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest

from config.plan.site import Plan
from hil_tests.bench.file import CAPABILITIES, BenchFile, read
from hil_tests.bench.granted import Dimmer, Granted, Load, Meter, Relay, Tank
from hil_tests.bench.simulated import rack
from hil_tests.bench.trying import Trying
from hil_tests.stand import plan_of


def pytest_addoption(parser: pytest.Parser) -> None:
    group = parser.getgroup("louguan")
    group.addoption("--scenarios", type=Path, help="play this folder's scenarios instead of the house's")
    group.addoption("--bench", type=Path, help="only what asks for a bench, on the hardware of this file")


def pytest_configure(config: pytest.Config) -> None:
    if config.getoption("--bench") is not None and "not hil" in config.option.markexpr:
        config.option.markexpr = ""  # whoever names a bench wants all that can be tried on it


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    if config.getoption("--bench") is None:
        return
    others = [item for item in items if "bench" not in getattr(item, "fixturenames", ())]
    config.hook.pytest_deselected(items=others)
    items[:] = [item for item in items if item not in others]


@pytest.fixture(scope="session")
def bench_file(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[BenchFile]:
    """The bench of --bench, else the simulators'."""
    own = request.config.getoption("--bench")
    if own is not None:
        yield read(own)
        return
    with rack(tmp_path_factory.mktemp("rack")) as (path, _):
        yield read(path)


@pytest.fixture(scope="session")
def bench_plan(bench_file: BenchFile) -> Plan:
    return plan_of(bench_file.site)


@pytest.fixture(scope="session")
def granted(bench_file: BenchFile, bench_plan: Plan) -> Granted:
    return Granted(bench_file, bench_plan)


@pytest.fixture
async def bench(
    request: pytest.FixtureRequest, bench_file: BenchFile, bench_plan: Plan, granted: Granted, tmp_path: Path
) -> AsyncIterator[Trying]:
    """The bench with a daemon on it, left as it was found."""
    needs = tuple(name for name in CAPABILITIES if name in request.fixturenames)
    dangers = tuple(str(word) for mark in request.node.iter_markers("dangerous") for word in mark.args)
    refusal = bench_file.refusal(needs, dangers)
    if refusal is not None:
        pytest.skip(refusal)
    async with Trying(bench_file, bench_plan, granted, tmp_path) as trying:
        yield trying


@pytest.fixture
def relay(bench: Trying) -> Relay:
    assert bench.granted.relay is not None
    return bench.granted.relay


@pytest.fixture
def load(bench: Trying) -> Load:
    assert bench.granted.load is not None
    return bench.granted.load


@pytest.fixture
def dimmer(bench: Trying) -> Dimmer:
    assert bench.granted.dimmer is not None
    return bench.granted.dimmer


@pytest.fixture
def meter(bench: Trying) -> Meter:
    assert bench.granted.meter is not None
    return bench.granted.meter


@pytest.fixture
def tank(bench: Trying) -> Tank:
    assert bench.granted.tank is not None
    return bench.granted.tank
