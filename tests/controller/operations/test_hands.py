"""Changes by hand, and what a barrier leaves open, as people are told."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine
from pathlib import Path
from typing import Any

from controller.operations.commands import Commands
from controller.operations.status import Status
from controller.store.ledger import Kind
from tests.controller.operations.asking import call
from tests.controller.shell import Shell, shell
from tests.plans import SWITCH, PlanMaker, everyday


async def obeyed(made: Shell, asked: Coroutine[Any, Any, dict[str, Any]]) -> dict[str, Any]:
    """The answer to a command, with cycles until it is there."""
    task = asyncio.ensure_future(asked)
    while not task.done():
        await asyncio.sleep(0.002)
        made.cycle()
    return await task


async def test_what_a_shared_device_leaves_open_is_named(tmp_path: Path) -> None:
    maker = PlanMaker()
    box = maker.add_device("box")
    first, second = (maker.add_point(box, name, SWITCH) for name in ("first", "second"))
    maker.add_point(box, "third", SWITCH)
    maker.add_equipment("lamp", "lamp-group", switch=first)
    maker.add_equipment("other", "lamp-group", switch=second)
    with shell(tmp_path, maker.build()) as made:
        commands = Commands(made.daemon)
        done = await obeyed(made, commands.observe(call("observe", target="lamp", on=True)))
    assert (done["covers"], done["open"]) == (["box.first"], ["box.third"])


async def test_a_hand_is_shown_and_released(tmp_path: Path) -> None:
    maker = PlanMaker()
    box = maker.add_device("box", hand_s=7200.0)
    lamp = maker.add_point(box, "lamp", SWITCH, poll_s=1.0)
    maker.add_programme(everyday("lamp", [lamp], (0, 24, True)))
    with shell(tmp_path, maker.build()) as made:
        for says in (True, True, False, False):
            made.read("box.lamp", says)
            made.cycle()
        (notice,) = (await Status(made.daemon).answer(call("status")))["notices"]
        words = "box.lamp: changed by hand at 07:00 from on to off; left until 09:00"
        assert (notice["kind"], notice["message"]) == ("changed-by-hand", words)
        done = await obeyed(made, Commands(made.daemon).release(call("release", point="box.lamp")))
        assert done["scheduled"] is True
        assert (await Status(made.daemon).answer(call("status")))["notices"] == []
        made.cycle()
        assert made.daemon.engine.decisions[lamp].value is True
        details = [row.entry.detail for row in made.ledger("box.lamp") if row.entry.kind == Kind.HAND]
    assert len(details) == 2
    assert details[1] == "a person commands it"
