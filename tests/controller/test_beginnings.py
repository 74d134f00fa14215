"""What is told at a start of what an earlier run has left behind."""

from __future__ import annotations

from pathlib import Path

import pytest

from controller import damage
from controller.beginnings import tell_beginnings
from controller.clock import SiteClock
from controller.decide.records import Observe
from controller.plan_loss import Loss
from tests.controller.house import house
from tests.controller.rig import THURSDAY
from tests.controller.shell import Shell, shell


def begin(made: Shell, site: Path) -> list[tuple[str, bool]]:
    """What is told of the beginning, by kind."""
    began = made.stores.control.begin(THURSDAY, trusted=True, version="test", plan=made.plan.hash)
    tell_beginnings(made.daemon, began, made.stores, SiteClock(1.0, THURSDAY), site, Loss.NONE)
    return [(item.kind, item.on) for item in made.board.noticed()]


@pytest.mark.parametrize("edited", [True, False])
def test_whether_the_files_are_edited_is_said_at_once(tmp_path: Path, edited: bool) -> None:
    """An alarm of the run before must not stand until somebody looks at the files."""
    with shell(tmp_path, house()) as made:
        made.daemon.differs = edited
        assert [on for kind, on in begin(made, tmp_path) if kind == "files"] == [edited]


async def test_what_a_damaged_control_db_holds_back_stands_until_a_person_ends_it(tmp_path: Path) -> None:
    """Over any number of restarts: nothing is sent, and it is told at each."""
    with shell(tmp_path, house()) as made:
        await made.daemon.accept(damage.hold_back("control.db.damaged-x", THURSDAY))
        made.cycle()
    for _ in range(2):
        with shell(tmp_path, house()) as made:
            assert ("memory-lost", True) in begin(made, tmp_path)
            made.house_answers()
            made.cycle()
            assert made.written == []
    with shell(tmp_path, house()) as made:
        await made.daemon.accept(Observe("", False, "Li", "all is well", THURSDAY))
        made.house_answers()
        made.cycle()
        assert made.written
    with shell(tmp_path, house()) as made:
        assert "memory-lost" not in dict(begin(made, tmp_path))
