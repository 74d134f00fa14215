"""Accepted plans as they lie on the disk: whichever copy is sound is the plan."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from config.plan.codec import dump, seal
from config.plan.site import Plan
from controller.store.plans import PlanFiles
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
