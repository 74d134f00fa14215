"""The small house, answered and told, for the operations' tests."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from controller.decide.records import PersonCommand
from tests.controller.house import house
from tests.controller.shell import Shell, shell


@pytest.fixture
def made(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Shell]:
    """A house whose devices have answered and been told. The tests themselves say when a cycle runs, so a
    command answers as soon as it is committed."""
    with shell(tmp_path, house()) as found:
        accept = found.daemon.accept

        async def committed(command: PersonCommand) -> None:
            await accept(command)

        monkeypatch.setattr(found.daemon, "command", committed)
        found.house_answers()
        found.cycle()
        found.cycle()
        yield found
