"""A command is stored before a cycle hears of it: what that cycle and those before it store does not undo it,
so that a kill in between leaves what the ledger says."""

from __future__ import annotations

import asyncio
from concurrent.futures import Future
from pathlib import Path

import pytest

from config.language import text
from controller.decide.records import (
    Acknowledge,
    Lock,
    Observe,
    Override,
    PersonCommand,
    Release,
    Shelve,
    Unlock,
    Unshelve,
)
from controller.store.errors import StoreError
from drivers.api import DeviceState
from tests.controller.house import house
from tests.controller.shell import Shell, shell

HOUR = 3_600_000


async def stored(made: Shell, *commands: PersonCommand) -> None:
    """Accepted and stored, and heard of by no cycle yet."""
    heard = made.daemon.commands.waiting
    for command in commands:
        await made.daemon.accept(command)
    made.daemon.commands.waiting = heard[: len(heard) - len(commands)]


def override(made: Shell, value: float, lasting_s: float, person: str = "Li") -> Override:
    now = made.clock.now().wall_ms
    return Override("lamp.level", value, person, "", now, now + round(lasting_s * 1000))


async def test_one_override_runs_out_while_another_is_being_set(tmp_path: Path) -> None:
    with shell(tmp_path, house()) as made:
        await made.daemon.accept(override(made, 40.0, 10.0))
        made.cycle()
        made.clock.advance(5)
        second = override(made, 60.0, 3600.0, "Wang")
        await stored(made, second)
        made.cycle(20)
        assert made.daemon.engine.remembered().overrides == ()
    with shell(tmp_path, house()) as made:
        assert made.daemon.engine.remembered().overrides == (second,)


async def test_the_cycle_of_one_command_does_not_undo_the_next(tmp_path: Path) -> None:
    with shell(tmp_path, house()) as made:
        now = made.clock.now().wall_ms
        second = override(made, 60.0, 3600.0, "Wang")
        await made.daemon.accept(override(made, 40.0, 3600.0))
        await made.daemon.accept(Lock("hall", "Li", "lamps", now))
        await made.daemon.accept(Observe("lamp", True, "Li", "", now))
        await stored(made, second, Unlock("hall", "Wang"), Observe("lamp", False, "Wang", "", now))
        made.cycle()
        assert made.daemon.engine.remembered().locks
    with shell(tmp_path, house()) as made:
        found = made.daemon.engine.remembered()
        assert (found.overrides, found.locks) == ((second,), ())
        assert [item.observing for item in found.observe] == [False]
        made.cycle()
        await made.daemon.accept(Release("lamp.level", "Li"))
        await stored(made, override(made, 30.0, 3600.0), Lock("hall", "Wang", "again", now))
        made.cycle()
        await made.daemon.accept(Unlock("hall", "Li"))
        await stored(made, Lock("hall", "Wang", "again", now))
        made.cycle()
    with shell(tmp_path, house()) as made:
        found = made.daemon.engine.remembered()
        assert [item.value for item in found.overrides] == [30.0]
        assert [item.reason for item in found.locks] == ["again"]


async def test_the_first_of_two_is_not_stored_over_the_second_for_the_sake_of_a_third(tmp_path: Path) -> None:
    """The end of one is stored while two are on their way; then the cycle of the first of them comes."""
    with shell(tmp_path, house()) as made:
        await made.daemon.accept(override(made, 40.0, 10.0))
        made.cycle()
        commands = made.daemon.commands
        await made.daemon.accept(override(made, 50.0, 3600.0))
        await made.daemon.accept(second := override(made, 60.0, 3600.0, "Wang"))
        heard, commands.waiting = commands.waiting, []
        made.cycle(20)
        commands.waiting = heard[:1]
        made.cycle()
        assert [item.value for item in made.daemon.engine.remembered().overrides] == [50.0]
    with shell(tmp_path, house()) as made:
        assert made.daemon.engine.remembered().overrides == (second,)


async def test_what_was_left_to_a_command_that_failed_is_stored_after_all(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with shell(tmp_path, house()) as made:
        now = made.clock.now().wall_ms
        await made.daemon.accept(for_an_hour(made, 40.0))
        await made.daemon.accept(Lock("hall", "Li", "lamps", now))
        await made.daemon.accept(Observe("lamp", True, "Li", "", now))
        made.cycle()
        later = (
            Release("lamp.level", "Wang"),
            for_an_hour(made, 70.0),
            Unlock("hall", "Wang"),
            Observe("lamp", False, "Wang", "", now),
        )
        refused: Future[None] = Future()
        commit = made.stores.control.commit
        with monkeypatch.context() as broken:
            broken.setattr(made.stores.control, "commit", lambda *_, **__: refused)
            asked = [asyncio.create_task(made.daemon.accept(command)) for command in later]
            await asyncio.sleep(0)
            broken.setattr(made.stores.control, "commit", commit)
            made.clock.set_wall(made.clock.now().wall_ms + 600_000)
            made.cycle()
        stands = made.daemon.engine.remembered()
        refused.set_exception(StoreError(text("the disk is full")))
        for one in asked:
            with pytest.raises(StoreError):
                await one
        assert not made.daemon.commands.unheard
        made.cycle()
        assert not made.daemon.commands.owing
    with shell(tmp_path, house(), now) as made:
        found = made.daemon.engine.remembered()
        assert (found.overrides, found.locks, found.observe) == (
            stands.overrides,
            stands.locks,
            stands.observe,
        )
        assert [item.expires_ms for item in found.overrides] == [now + 600_000 + HOUR]


async def test_what_people_say_of_an_alarm_one_after_the_other_is_all_kept(tmp_path: Path) -> None:
    def device(made: Shell, online: bool) -> None:
        made.put(DeviceState(made.plan.devices[2].id, online, "test"))

    with shell(tmp_path, house()) as made:
        until_ms = made.clock.now().wall_ms + HOUR
        device(made, False)
        made.cycle()
        await stored(made, Acknowledge((1,), "Li", "seen"), Shelve((1,), until_ms, "Wang", "works"))
        device(made, True)
        made.cycle()
    with shell(tmp_path, house()) as made:
        (alarm,) = made.daemon.engine.remembered().alarms
        assert (alarm.active, alarm.acked_by, alarm.shelved_by) == (False, "Li", "Wang")
        await made.daemon.accept(Unshelve((1,), "Li"))
        made.cycle()
        assert not made.daemon.commands.awaited
        (alarm,) = made.daemon.engine.remembered().alarms
        assert (alarm.acked_by, alarm.shelved_by) == ("Li", "")


async def test_what_could_not_be_stored_of_an_alarm_is_not_stored_by_a_cycle_either(tmp_path: Path) -> None:
    with shell(tmp_path, house()) as made:
        made.put(DeviceState(made.plan.devices[2].id, False, "test"))
        made.cycle()
        made.stores.control.close()
        with pytest.raises(StoreError):
            await made.daemon.accept(Acknowledge((1,), "Li", "seen"))
        assert not made.daemon.commands.awaited
        step = made.daemon.engine.step(made.clock.now())
        assert [alarm.acked for alarm in step.memory.alarms] == [False], "stored anew as it is"


async def test_what_is_let_go_stays_so_over_a_clock_that_is_put_right(tmp_path: Path) -> None:
    """The cycle that moves the override has not heard of its end."""
    with shell(tmp_path, house()) as made:
        await made.daemon.accept(for_an_hour(made, 40.0))
        made.cycle()
        await unheard_over_a_step(made, Release("lamp.level", "Wang"))
        assert made.daemon.engine.remembered().overrides == ()
    with shell(tmp_path, house()) as made:
        assert made.daemon.engine.remembered().overrides == ()


async def test_what_is_set_stays_so_over_a_clock_that_is_put_right(tmp_path: Path) -> None:
    with shell(tmp_path, house()) as made:
        await made.daemon.accept(for_an_hour(made, 40.0))
        made.cycle()
        await unheard_over_a_step(made, for_an_hour(made, 70.0))
    with shell(tmp_path, house()) as made:
        assert [item.value for item in made.daemon.engine.remembered().overrides] == [70.0]


async def test_a_change_of_trust_stores_nothing_that_was_let_go(tmp_path: Path) -> None:
    with shell(tmp_path, house()) as made:
        made.clock.trusted = False
        await made.daemon.accept(for_an_hour(made, 40.0))
        made.cycle()
        await unheard_over_a_step(made, Release("lamp.level", "Wang"), by_ms=0)
    with shell(tmp_path, house()) as made:
        assert made.daemon.engine.remembered().overrides == ()


def for_an_hour(made: Shell, value: float) -> Override:
    now = made.clock.now()
    return override(made, value, 3600.0)._replace(lasting_ms=HOUR, trusted=now.trusted)


async def unheard_over_a_step(made: Shell, command: PersonCommand, by_ms: int = 600_000) -> None:
    """It is being committed in a cycle in which the clock is put right, and heard of in the next."""
    commands = made.daemon.commands
    await made.daemon.accept(command)
    (item,) = commands.waiting
    commands.waiting = []
    made.clock.trusted = True
    made.clock.set_wall(made.clock.now().wall_ms + by_ms)
    made.cycle()
    commands.waiting = [item._replace(put_right_ms=by_ms)]
    made.cycle()
