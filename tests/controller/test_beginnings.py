"""What is told at a start of what an earlier run has left behind."""

from __future__ import annotations

from pathlib import Path

import pytest

from controller.beginnings import tell_beginnings
from controller.clock import SiteClock
from controller.plan_loss import Loss
from tests.controller.house import house
from tests.controller.rig import THURSDAY
from tests.controller.shell import shell


@pytest.mark.parametrize("edited", [True, False])
def test_whether_the_files_are_edited_is_said_at_once(tmp_path: Path, edited: bool) -> None:
    """An alarm of the run before must not stand until somebody looks at the files."""
    plan = house()
    with shell(tmp_path, plan) as made:
        made.daemon.differs = edited
        began = made.stores.control.begin(THURSDAY, trusted=True, version="test", plan=plan.hash)
        tell_beginnings(made.daemon, began, made.stores, SiteClock(1.0, THURSDAY), tmp_path, Loss.NONE)
        assert [item.on for item in made.board.noticed() if item.kind == "files"] == [edited]
