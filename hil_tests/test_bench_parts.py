"""The bench itself: what it refuses, how it leaves devices, and that its health check bites."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from pathlib import Path

import pytest

from hil_tests.bench.file import BadBench, read
from hil_tests.bench.granted import Granted
from hil_tests.bench.moving import move
from hil_tests.bench.simulated import rack
from hil_tests.bench.trying import Trying
from hil_tests.bench.wires import Unwell, Wires
from hil_tests.stand import Stand, plan_of

TANK = "level: a.b, moved_by: a.c, moves: sideways, low: 60 %, high: 30 %, longest: 5"
EXAMPLE = Path(__file__).parent / "bench" / "example.yaml"
pytestmark = pytest.mark.timeout(300)


def test_the_example_is_right_and_grants_what_it_says() -> None:
    file = read(EXAMPLE)
    granted = Granted(file, plan_of(file.site))
    assert sorted(point.key for point in granted.points) == [
        "lights.zone1_level", "meter.energy_import", "meter.p_total", "relay.ch7", "relay.ch8",
        "socket.power", "socket.switch", "water.reuse_level",
    ]  # fmt: skip
    assert granted.load is not None
    assert granted.load.draws == pytest.approx(0.06)  # kW


def test_what_is_not_granted_or_not_allowed_is_refused_with_the_reason(tmp_path: Path) -> None:
    path = tmp_path / "bench.yaml"
    path.write_text("bench: wall\nsite: .\nallow: [switching]\ngrants: {relay: {point: a.b}}\n")
    file = read(path)
    assert file.refusal(("relay",), ("switching",)) is None
    assert file.refusal(("relay", "meter"), ()) == "bench wall grants no meter"
    said = "bench wall does not allow killing: the daemon is killed while it holds an output"
    assert file.refusal(("relay",), ("switching", "killing")) == said
    path.write_text(f"bench: wall\nsite: .\nallow: [switching]\ngrants:\n  tank: {{{TANK}}}\n")
    said = "bench wall does not allow moving: a pump or valve moves a level"
    assert read(path).refusal(("tank",), ("switching",)) == said, "whether the test calls itself so or not"
    path.write_text("bench: wall\nsite: .\ngrants: {relay: {point: a.b}}\n")
    assert "does not allow switching" in (read(path).refusal(("relay",), ("switching",)) or "")


def test_every_mistake_of_a_bench_file_has_its_place(tmp_path: Path) -> None:
    path = tmp_path / "bench.yaml"
    path.write_text(
        "bench: wall\nsite: nowhere\nalow: [switching]\nallow: [swiching]\n"
        "grants:\n  relay: {pont: a.b}\n  meter: {energy: a.b, power: a.c}\n"
    )
    with pytest.raises(BadBench) as told:
        read(path)
    lines = [line.removeprefix(f"{path}:") for line in str(told.value).splitlines()]
    assert [line.split(": ")[0] for line in lines] == ["3:1", "4:9", "6:11", "6:3", "7:3", "2:7"]
    assert 'did you mean "allow"' in lines[0]
    assert 'did you mean "switching"' in lines[1]
    assert 'did you mean "point"' in lines[2]
    assert lines[4].endswith("meter does not say most")


def test_points_and_limits_are_judged_by_the_site(tmp_path: Path) -> None:
    path = tmp_path / "bench.yaml"
    site = EXAMPLE.parents[1] / "sites" / "rack"
    path.write_text(
        f"bench: wall\nsite: {site}\ngrants:\n  relay: {{point: realy.ch8}}\n"
        "  dimmer: {point: lights.zone1_level, low: 60 %, high: 50 kW}\n"
        "  meter: {energy: meter.p_total, power: meter.p_total, most: 4 kW}\n"
        "  load: {switch: socket.power, power: socket.power, draws: 60 W}\n"
        f"  tank: {{{TANK.replace('a.b', 'water.reuse_level').replace('a.c', 'relay.ch7')}}}\n",
        encoding="utf-8",
    )
    with pytest.raises(BadBench) as told:
        Granted(read(path), plan_of(site))
    said = str(told.value)
    assert 'did you mean "' in said
    for part in (
        "relay.ch8",
        "is in %, not kW",
        "meter.p_total is no counter",
        "socket.power cannot be",
        "low (60) is not below high (30)",
        "moves is sideways",
        "longest: 5 has no unit",
    ):
        assert part in said, part


@pytest.mark.hil
async def test_a_bench_is_left_as_found_though_a_test_fails(tmp_path: Path) -> None:
    async with Stand(EXAMPLE.parents[1] / "sites" / "rack", tmp_path) as stand:
        path = bench_file(tmp_path, stand)
        file = read(path)
        granted = Granted(file, stand.plan)
        await stand.simulators(another="lights.zone1_level", value=35.0, slot=8)
        before = await stand.truth()
        with pytest.raises(RuntimeError, match="in the midst"):
            await fail_in_the_midst(Trying(file, stand.plan, granted, folder(tmp_path, "one")))
        after = await stand.truth()
        for key in ("relay.ch8", "lights.zone1_level", "socket.switch"):
            assert after[key] == before[key], key

        # A device that has gone silent meanwhile fails the test, whatever the test itself saw.
        async with Wires(stand.plan, stand.overlay, granted.points) as wires:
            found = await wires.found()
        await stand.simulators(fault="lying-write", device="relay")
        await stand.simulators(another="relay.ch8", value=True)
        with pytest.raises(Unwell, match=r"relay\.ch8 was found as False and could not be left so"):
            async with Wires(stand.plan, stand.overlay, granted.points) as wires:
                await wires.leave(found)


@pytest.mark.hil
async def test_a_level_that_leaves_its_limits_stops_the_pump(tmp_path: Path) -> None:
    """It falls too far, rises where it should fall, or stands still."""
    async with Stand(EXAMPLE.parents[1] / "sites" / "rack", tmp_path) as stand:
        path = bench_file(tmp_path, stand)
        file = read(path)
        granted = Granted(file, stand.plan)
        tank = granted.tank
        assert tank is not None
        async with Trying(file, stand.plan, granted, folder(tmp_path, "one")) as bench:
            assert await move(bench, tank, 3.0) < 30
            with pytest.raises(Unwell, match="too near its limit to be moved"):
                await move(bench, tank, 40.0)
            for level, said in ((25.0, "beyond 30 to 80"), (70.0, "the wrong way")):
                moving = asyncio.create_task(move(bench, tank, 10.0))
                await stand.has("relay.ch7", True)
                await stand.simulators(force="water.reuse_level", value=level)
                with pytest.raises(Unwell, match=said):
                    await moving
                assert (await stand.truth())["relay.ch7"] is False
                await stand.simulators(force="water.reuse_level", value=56.0)
                await bench.reads(tank.level, lambda read: read == 56.0, 10.0)
            with pytest.raises(Unwell, match="has not moved by 3 in 4 s"):
                await move(bench, replace(tank, longest_s=4.0), 3.0)
            assert (await stand.truth())["relay.ch7"] is False


async def fail_in_the_midst(trying: Trying) -> None:
    """A test that has switched things when it fails."""
    async with trying as bench:
        relay, dimmer = bench.granted.relay, bench.granted.dimmer
        assert relay is not None
        assert dimmer is not None
        await bench.set(relay.point, True)
        await bench.set(dimmer.point, 20.0)
        await bench.reads(relay.point, lambda read: read is True, 10.0)
        await bench.reads(dimmer.point, lambda read: read == 20.0, 10.0)
        raise RuntimeError("in the midst")


def bench_file(tmp_path: Path, stand: Stand) -> Path:
    path = tmp_path / "bench.yaml"
    said = EXAMPLE.read_text(encoding="utf-8").replace("site: ../sites/rack", f"site: {stand.site}")
    path.write_text(f"{said}overlay: {stand.overlay.name}\n", encoding="utf-8")
    return path


def folder(tmp_path: Path, name: str) -> Path:
    made = tmp_path / name
    made.mkdir()
    return made


@pytest.mark.hil
def test_the_generated_file_of_the_simulators_is_a_bench_file(tmp_path: Path) -> None:
    with rack(tmp_path) as (path, stand):
        file = read(path)
        assert Granted(file, stand.plan).points
        assert file.refusal(("relay", "load", "dimmer", "meter", "tank"), ("switching", "killing")) is None
