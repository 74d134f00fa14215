"""What is written again though nothing has changed, and what it costs."""

from __future__ import annotations

from typing import Any

import pytest

from controller.decide.output import Standing
from controller.decide.outputs import Outputs
from controller.decide.records import Lock
from tests.controller.house import HELD, house, settled
from tests.controller.rig import Rig


def test_a_value_is_asserted_again_every_quarter_of_an_hour() -> None:
    made = settled()
    assert made.writes(897) == []
    assert made.writes(3, answer=HELD) == [
        "hall.level=10.0@15",
        "lamp.level=10.0@15",
        "panel.mode=1@15",
    ]
    assert made.writes(1) == []
    assert len(made.writes(900)) == 3


def test_on_modbus_a_change_of_slot_alone_writes_nothing() -> None:
    made = settled()
    made.override("lamp.level", 10.0, 1)
    assert made.writes(1) == []
    assert made.decided("lamp.level") == (10.0, 8)
    assert [output.slot for output in made.engine.remembered().outputs if output.point == "lamp.level"] == [8]


def test_a_re_assert_that_is_due_when_the_slot_changes_is_not_lost() -> None:
    made = settled()
    made.override("lamp.level", 10.0, 0.1)
    assert made.writes(1) == []
    assert "lamp.level=10.0@15" in made.writes(900)


def test_a_re_assert_and_a_slot_that_stands_as_it_did_cost_no_look_at_the_output(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    made, looked, settle = settled(), list[str](), Outputs._settle

    def settling(self: Outputs, standing: Standing, *given: Any) -> None:
        if standing.wanted is not None:
            looked.append(standing.point.key)
        settle(self, standing, *given)

    made.array("hall.level", s15=10.0)
    made.step(1)
    monkeypatch.setattr(Outputs, "_settle", settling)
    assert made.writes(899, answer=HELD) == ["hall.level=10.0@15", "lamp.level=10.0@15", "panel.mode=1@15"]
    made.array("hall.level", s15=10.0)
    assert made.writes(1) == []
    assert looked == []
    made.array("hall.level", s15=10.0, s5=20.0)
    assert made.writes(1) == []
    assert looked == ["hall.level"]


@pytest.mark.parametrize("why", ["lost", "locked", "closed"])
def test_nothing_is_asserted_again_where_nothing_may_be_written(why: str) -> None:
    made = settled()
    if why == "lost":
        made.device("lamp", False)
    elif why == "locked":
        made.do(Lock("lamp", "Wang", "wiring", made.clock.now().wall_ms))
    else:
        made.engine.stop_writes()
    # Whether it is due in the same cycle or later.
    for wait_s in (0, 1800, 900):
        assert "lamp.level=10.0@15" not in made.writes(wait_s)


def test_re_assertion_and_ages_follow_the_speed_of_site_time() -> None:
    made = Rig(house(), speed=60.0)
    made.read("lamp.level", 10.0)
    made.step()
    assert made.writes(14) == []
    assert made.writes(1) == ["lamp.level=10.0@15"]
