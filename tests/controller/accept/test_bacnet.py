"""Outputs behind a priority array: only our slot is written, and what stood in it stands in it again."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path

import pytest

from controller.accept.records import Aspect, Left
from controller.accept.session import Planned
from tests.controller.accept.stand import Person, Stand

SITE = """
site: {name: hall, label: 大厅, language: en, calendar: none,
  place: {time_zone: Asia/Shanghai, latitude: 30.5, longitude: 103.9}}
lines: {B1: {transport: bacnet-ip, bind: 10.0.0.2, port: 47808}}
devices:
  hall: {profile: bacnet-lighting, line: B1, instance: 1001, address: 10.0.0.31, label: 灯控,
    if_unheard: {holds_last: true, accepted: 试验}}
"""
LEVEL = "hall.zone1_level"


@pytest.fixture
def stand(tmp_path: Path) -> Iterator[Stand]:
    with Stand(tmp_path, SITE) as stand:
        yield stand


def slots(stand: Stand) -> dict[int, object]:
    return dict(stand.simulation.had(stand.plan.points[stand.id(LEVEL)]).slots)


def test_our_slot_is_empty_again(stand: Stand) -> None:
    before = slots(stand)
    person = stand.run(stand.wish(LEVEL))
    assert [(one.found, one.to) for one in person.planned] == [(stand.has(LEVEL), 5.0)]
    verdicts = stand.verdicts(LEVEL)
    assert (verdicts["write"], verdicts["restored"]) == ("passed", "passed")
    assert (slots(stand), stand.writes("hall")) == (before, 2)


def test_what_an_earlier_person_had_put_there_is_put_there_again(stand: Stand) -> None:
    stand.simulation.another(LEVEL, 40.0, 8)
    stand.run(stand.wish(LEVEL))
    assert stand.verdicts(LEVEL)["restored"] == "passed"
    assert (slots(stand)[8], stand.has(LEVEL)) == (40.0, 40.0)


def test_below_another_master_nothing_is_written(stand: Stand) -> None:
    stand.simulation.another(LEVEL, 40.0, 3)
    stand.run(stand.wish(LEVEL))
    assert stand.why(LEVEL, Aspect.WRITE) == "another master commands it in slot 3, above ours"
    assert stand.writes("hall") == 0


def test_a_killed_run_is_put_back_though_the_value_is_the_same(stand: Stand) -> None:
    """Another one commands the same in a lower slot: our value would stand for ever."""
    stand.simulation.another(LEVEL, 40.0, 15)
    stand.keeper.leave(Left(LEVEL, 40.0, None, 40.0, "Li", 0))
    stand.simulation.another(LEVEL, 40.0, 8)
    assert stand.run().asked_back == [LEVEL]
    assert slots(stand) == {15: 40.0}
    assert stand.keeper.progress.left == {}


def limited(stand: Stand, low: float) -> None:
    """As if its profile let no less be written."""
    points = list(stand.plan.points)
    point = points[stand.id(LEVEL)]
    assert point.command is not None
    points[point.id] = replace(point, command=replace(point.command, low=low))
    stand.plan = replace(stand.plan, points=tuple(points))


def test_our_slot_is_emptied_though_what_was_found_may_not_be_written(stand: Stand) -> None:
    limited(stand, 10.0)
    stand.run(stand.wish(LEVEL))
    verdicts = stand.verdicts(LEVEL)
    assert (verdicts["write"], verdicts["restored"]) == ("passed", "passed")
    assert (slots(stand), stand.has(LEVEL)) == ({}, 0.0)


def test_what_stands_in_our_slot_and_may_not_be_written_is_left_alone(stand: Stand) -> None:
    stand.simulation.another(LEVEL, 5.0, 8)
    limited(stand, 10.0)
    stand.run(stand.wish(LEVEL))
    assert "could not be put back" in stand.why(LEVEL, Aspect.WRITE)
    assert (slots(stand), stand.writes("hall")) == ({8: 5.0}, 0)


def test_what_is_put_in_our_slot_while_a_person_thinks_is_put_there_again(stand: Stand) -> None:
    stand.simulation.another(LEVEL, 30.0, 8)

    class Slow(Person):
        async def may_write(self, planned: Sequence[Planned]) -> bool:
            self._stand.simulation.another(LEVEL, 40.0, 8)
            await asyncio.sleep(600)
            return await super().may_write(planned)

    stand.run(stand.wish(LEVEL), Slow(stand))
    assert slots(stand)[8] == 40.0
    assert stand.verdicts(LEVEL)["restored"] == "passed"
