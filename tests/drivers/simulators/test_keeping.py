"""Counters of the plant over one run of the simulators and the next."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from config.plan.points import Counter
from drivers.simulators.keeping import Kept, NotKept, go_on, kept_of, load, save
from drivers.simulators.plant.world import World
from tests.drivers.simulators import sites
from tests.plans import PlanMaker

MORNING = 1_774_922_400_000


def compound(start_ms: int = MORNING, seed: int = 1) -> World:
    plan, facts = sites.example("shuangliu")
    return World(plan, facts, seed, start_ms)


def test_every_counter_of_the_compound_goes_on_where_it_stood(tmp_path: Path) -> None:
    first = compound()
    for model in first.models.values():
        model.all_values()
    first.advance(MORNING + 900_000)
    save(tmp_path / "state.json", "shuangliu", kept_of(first))
    kept = load(tmp_path / "state.json", "shuangliu")
    assert kept == kept_of(first)
    # Another seed has other loads, but a meter is never another.
    later, anew = compound(MORNING + 900_000, seed=2), compound(MORNING + 900_000, seed=2)
    go_on(later, kept)
    counters = [point for point in sites.example("shuangliu")[0].points if point.counter is not None]
    assert len(counters) > 30
    for point in counters:
        owner, _, name = point.key.partition(".")
        stood, now, other = (world.models[owner].all_values()[name] for world in (first, later, anew))
        assert stood == now != other, point.key
    assert kept_of(later).counters == kept_of(first).counters
    later.advance(MORNING + 960_000)
    assert later.models["main-1"].counters()["total"] > kept.counters["main-1"]["total"]


def test_a_counter_that_no_physics_stands_behind_goes_on_too() -> None:
    maker = PlanMaker()
    device = maker.add_device("strange")
    maker.add_point(device, "energy", counter=Counter("electricity", "0.01", None, 100.0, None))
    worlds = [World(maker.build(), {}, seed, MORNING) for seed in (1, 2)]
    strange = worlds[0].models["strange"]
    before = strange.all_values()["energy"]
    worlds[0].advance(MORNING + 600_000)
    stood = strange.all_values()["energy"]
    assert stood != before
    go_on(worlds[1], kept_of(worlds[0]))
    assert worlds[1].models["strange"].all_values()["energy"] == stood


def test_devices_that_are_new_begin_as_they_would() -> None:
    world, untouched = compound(), compound()
    go_on(world, Kept(MORNING, {"gone": {"total": 5.0}, "main-1": {"strange": 5.0}}))
    assert kept_of(world) == kept_of(untouched)


def test_nothing_is_there_at_first(tmp_path: Path) -> None:
    assert load(tmp_path / "state.json", "shuangliu") is None
    with pytest.raises(OSError, match="directory"):
        load(tmp_path, "shuangliu")


@pytest.mark.parametrize(
    "damage",
    [
        lambda said: said[: len(said) // 2],
        lambda said: "",
        lambda said: "[]",
        lambda said: "[" * 100_000,
        lambda said: said.replace('"format": 1', '"format": 2'),
        lambda said: said.replace('"shuangliu"', '"another"'),
        lambda said: said.replace("1774922400000", "-5"),
        lambda said: said.replace("1774922400000", '"noon"'),
        lambda said: said.replace("7.5", "NaN"),
        lambda said: said.replace("7.5", "9" * 400),
        lambda said: said.replace("7.5", "-7.5"),
        lambda said: said.replace("7.5", "true"),
        lambda said: said.replace('{"total": 7.5}', "7.5"),
    ],
)  # fmt: skip
def test_what_is_damaged_or_another_site_s_is_not_used(tmp_path: Path, damage: object) -> None:
    file = tmp_path / "state.json"
    save(file, "shuangliu", Kept(MORNING, {"main-1": {"total": 7.5}}))
    assert [path.name for path in tmp_path.iterdir()] == ["state.json"]
    whole = file.read_text(encoding="utf-8")
    assert json.loads(whole)["counters"] == {"main-1": {"total": 7.5}}
    assert callable(damage)
    file.write_text(damage(whole), encoding="utf-8")
    with pytest.raises(NotKept):
        load(file, "shuangliu")
