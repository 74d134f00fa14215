"""Whenever it ends, by a person or by a kill: nothing is other than it was found without a note of it."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from pathlib import Path

import pytest

from controller.accept.file import ProgressFile
from tests.controller.accept.stand import Person, Stand

OUTPUTS = ("pump.run_cmd", "lamp.switch", "panel.ex1_min_speed", "panel.ex2_mode")


@pytest.fixture
def stand(tmp_path: Path) -> Iterator[Stand]:
    with Stand(tmp_path) as stand:
        yield stand


def had(stand: Stand) -> dict[str, object]:
    return {stand.plan.points[stand.id(name)].key: stand.has(name) for name in OUTPUTS}


def test_what_is_other_than_found_is_always_noted_on_the_disk(stand: Stand) -> None:
    before, moved = had(stand), set[str]()
    file = ProgressFile(stand.data)

    async def watched() -> None:
        run = asyncio.create_task(stand.session(stand.wish(*OUTPUTS), Person(stand)))
        while not run.done():
            other = {key for key, value in had(stand).items() if value != before[key]}
            noted = file.load("yard").left if other else {}
            assert other <= noted.keys(), f"{other} is noted nowhere"
            assert len(other) <= 1, "one at a time"
            assert all(noted[key].found == before[key] for key in other)
            moved.update(other)
            await asyncio.sleep(0.1)
        await run

    stand.within(watched())
    assert moved == before.keys(), "each was seen to move"
    assert (had(stand), file.load("yard").left) == (before, {})


@pytest.mark.parametrize("after_s", [10.0, 125.0, 150.0, 187.0, 192.5])
def test_ctrl_c_at_any_moment_leaves_all_as_it_was(stand: Stand, after_s: float) -> None:
    """The pump waits for its rest time until 122 s and runs for a minute; then come the others."""
    before = had(stand)

    async def interrupted() -> None:
        run = asyncio.create_task(stand.session(stand.wish(*OUTPUTS), Person(stand)))
        await asyncio.sleep(after_s)
        run.cancel()
        await asyncio.gather(run, return_exceptions=True)

    stand.within(interrupted())
    assert had(stand) == before
    assert ProgressFile(stand.data).load("yard").left == {}
