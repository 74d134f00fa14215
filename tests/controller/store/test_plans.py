"""Accepted plans as they lie on the disk: whichever copy is sound is the plan."""

from __future__ import annotations

from contextlib import closing
from dataclasses import replace
from pathlib import Path

import pytest

from config.plan.codec import dump, seal
from config.plan.site import Plan
from controller.store import plans
from controller.store.control import ControlStore
from controller.store.plans import Acceptance, PlanFiles
from tests.controller.house import booked_house, house


def sealed(plan: Plan) -> Plan:
    return replace(plan, hash=seal(plan))


@pytest.mark.parametrize("first", [None, "", "no plan", dump(sealed(booked_house()))])
def test_the_second_copy_serves_where_the_first_is_another_thing(tmp_path: Path, first: str | None) -> None:
    plan = sealed(house())
    files = PlanFiles(tmp_path / "plans", tmp_path / "backup")
    file = files.save(plan.hash, dump(plan))
    assert files.sound(plan.hash) == (dump(plan), plan)
    if first is None:
        file.unlink()
    else:
        file.write_text(first, encoding="utf-8")
    assert files.sound(plan.hash) == (dump(plan), plan)
    files.spare(plan.hash).write_text(dump(plan)[:-1], encoding="utf-8")
    assert files.sound(plan.hash) is None


def numbered(number: int) -> Plan:
    plan = house()
    return sealed(replace(plan, site=replace(plan.site, label=str(number))))


def test_plans_that_nobody_goes_back_to_are_deleted(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(plans, "KEPT", 3)
    made = [numbered(number) for number in range(8)]
    store = ControlStore.open(tmp_path, 1)

    def accept(number: int, back_to: int = 0) -> None:
        item = Acceptance(made[number].hash, number + 1, "Li", back_to=back_to)
        store.accept(dump(made[number]), item).result(10)

    def kept() -> set[int]:
        return {number for number, plan in enumerate(made) if store.files.path(plan.hash).exists()}

    try:
        (tmp_path / "plans").mkdir(exist_ok=True)
        (tmp_path / "plans" / "notes.json").write_text("somebody's own")
        accept(0)
        accept(1)
        store.begin(5, trusted=True, version="test", plan=made[1].hash)
        for number in (2, 3, 4):
            accept(number)
        assert kept() == {1, 2, 3, 4}, "one that was started with stays"
        accept(5)
        assert kept() == {1, 3, 4, 5}
        for number, back_to in ((4, 5), (5, 6), (4, 5), (5, 6)):
            accept(number, back_to)
        assert kept() == {1, 3, 4, 5}, "the same again takes nobody's place"
        accept(6)
        accept(7)
        assert kept() == {1, 5, 6, 7}
        assert store.files.has(made[7].hash)
        assert not store.files.has(made[2].hash)
        assert (tmp_path / "plans" / "notes.json").exists()
        assert len(store.versions()) == 12, "the history has them all"
    finally:
        store.close()


def test_what_a_rollback_would_bring_back_stays(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(plans, "KEPT", 1)
    made = [numbered(number) for number in range(3)]
    store = ControlStore.open(tmp_path, 1)
    try:
        for number, plan in enumerate(made):
            store.accept(dump(plan), Acceptance(plan.hash, number + 1, "Li")).result(10)
        with closing(store.reader()) as connection:
            assert plans.worth_keeping(connection) == {made[1].hash, made[2].hash}
    finally:
        store.close()
