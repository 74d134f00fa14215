"""The running daemon: what came in is decided, sent, recorded; people's commands; the end of a run."""

from __future__ import annotations

import asyncio
from contextlib import closing
from pathlib import Path

import pytest

from config.language import text
from config.plan.reading import Quality
from controller.decide.records import Lock, Notice, Observe, Override, Refused, Release, Unlock
from controller.store import boots
from controller.store.errors import StoreError
from controller.store.jobs import WriterStatus
from controller.store.ledger import Kind
from drivers.api import Fate, SetUp, WriteReport
from tests.controller.house import house
from tests.controller.shell import Shell, metered, shell
from tests.schedules.build import at

AT_FIRST = ["hall.level=10.0@15", "lamp.level=10.0@15", "panel.mode=1@15"]
"""What the house is told in the morning; the latch is off as it is to be, and no pulse is sent."""


def override(made: Shell, key: str, value: float, lasting_s: float = 60.0) -> Override:
    now_ms = made.clock.now().wall_ms
    return Override(key, value, "Li", "trial", now_ms, now_ms + round(lasting_s * 1000))


def test_what_comes_in_is_decided_sent_and_recorded(tmp_path: Path) -> None:
    with shell(tmp_path, house()) as made:
        made.cycle()
        assert made.written == []
        made.house_answers()
        made.cycle()
        made.cycle()
        assert made.written == AT_FIRST
        assert made.told("lamp.level") == [
            (Kind.DECIDED, 15, 10.0),
            (Kind.SENT, 15, 10.0),
            (Kind.READ_BACK, 15, 10.0),
        ]
        decided = next(row.entry for row in made.ledger("lamp.level"))
        assert (decided.who, decided.source) == ("", "site.yaml:1:3")
        assert "lamp" in decided.why
        assert made.daemon.counters.commands_held == 3
        assert made.daemon.cycles.count == 3


async def test_a_command_is_committed_before_it_acts(tmp_path: Path) -> None:
    with shell(tmp_path, house()) as made:
        made.house_answers()
        made.cycle()
        await made.daemon.accept(override(made, "lamp.level", 40.0))
        assert [kind for kind, _, _ in made.told("lamp.level")][-1] == Kind.COMMAND
        assert "lamp.level=40.0@8" not in made.written
        made.cycle()
        assert "lamp.level=40.0@8" in made.written


async def test_a_command_that_cannot_be_committed_does_not_act(tmp_path: Path) -> None:
    with shell(tmp_path, house()) as made:
        made.house_answers()
        made.cycle()
        made.stores.control.close()
        with pytest.raises(StoreError):
            await made.daemon.accept(override(made, "lamp.level", 40.0))
        made.cycle()
        assert made.daemon.engine.remembered().overrides == ()
        assert "lamp.level=40.0@8" not in made.written


@pytest.mark.parametrize(("key", "value"), [("lamp.level", 140.0), ("panel.gas", 1.0), ("nothing.here", 1.0)])
async def test_a_refused_command_leaves_no_trace(tmp_path: Path, key: str, value: float) -> None:
    with shell(tmp_path, house()) as made:
        with pytest.raises(Refused):
            await made.daemon.accept(override(made, key, value))
        made.cycle()
        assert all(row.entry.kind != Kind.COMMAND for row in made.ledger())


async def test_released_and_expired_are_told_apart(tmp_path: Path) -> None:
    with shell(tmp_path, house()) as made:
        made.house_answers()
        made.cycle()
        await made.daemon.accept(override(made, "lamp.level", 40.0))
        await made.daemon.accept(override(made, "stove.permit", True, 10.0))
        made.cycle()
        await made.daemon.accept(Release("lamp.level", "Li"))
        made.cycle(20.0)
        ends = [
            (row.entry.kind, row.entry.point)
            for row in made.ledger()
            if row.entry.kind in ("command", "expired")
        ]
        assert ends == [
            (Kind.COMMAND, "lamp.level"),
            (Kind.COMMAND, "stove.permit"),
            (Kind.COMMAND, "lamp.level"),
            (Kind.EXPIRED, "stove.permit"),
        ]
        assert made.daemon.engine.remembered().overrides == ()
    with shell(tmp_path, house()) as made:
        assert made.daemon.engine.remembered().overrides == ()


async def test_what_people_said_outlives_the_daemon(tmp_path: Path) -> None:
    with shell(tmp_path, house()) as made:
        now_ms = made.clock.now().wall_ms
        await made.daemon.accept(Lock("hall", "Li", "lamps", now_ms))
        await made.daemon.accept(Observe("lamp", True, "Li", "", now_ms))
        await made.daemon.accept(override(made, "lamp.level", 40.0))
        made.cycle()
        before = made.daemon.engine.remembered()
    with shell(tmp_path, house()) as made:
        assert made.daemon.engine.remembered() == before
        made.house_answers()
        made.cycle()
        assert made.written == ["panel.mode=1@15"]
        would = [row.entry for row in made.ledger() if row.entry.kind == Kind.WOULD_WRITE]
        assert [(entry.point, entry.value, entry.slot) for entry in would] == [("lamp.level", 40.0, 8)] * 2


async def test_set_up_registers_wait_for_locks_and_observe_mode_and_are_recorded(tmp_path: Path) -> None:
    plan = house()
    panel = next(device.id for device in plan.devices if device.name == "panel")
    timeout = plan.point_named("panel.timeout")
    assert timeout is not None
    with shell(tmp_path, plan) as made:
        made.house_answers()
        made.cycle()
        assert made.daemon.may_set_up(panel)
        await made.daemon.accept(Lock("panel", "Li", "wiring", made.clock.now().wall_ms))
        made.cycle()
        assert not made.daemon.may_set_up(panel)
        await made.daemon.accept(Unlock("panel", "Li"))
        await made.daemon.accept(Observe("", True, "Li", "", made.clock.now().wall_ms))
        made.cycle()
        assert not made.daemon.may_set_up(panel)
        made.put(SetUp(panel, timeout.id, 60.0, Fate.READ_BACK, ""))
        made.cycle()
        assert made.told("panel.timeout") == [(Kind.READ_BACK, 0, 60.0)]


async def test_the_last_writes_are_done_recorded_and_who_was_missed_is_named(tmp_path: Path) -> None:
    with shell(tmp_path, house()) as made:
        made.house_answers()
        made.cycle()
        made.lines[1].fate = Fate.NO_ANSWER
        missed = await asyncio.wait_for(made.daemon.wind_up(), 3.0)
        assert missed == ["hall"]
        assert all(line.stopped for line in made.lines.values())
        # The write before has its answer too.
        assert made.told("lamp.level")[-3:] == [
            (Kind.SENT, 15, 30.0),
            (Kind.READ_BACK, 15, 10.0),
            (Kind.READ_BACK, 15, 30.0),
        ]
        assert made.told("hall.level")[-1] == (Kind.NO_ANSWER, 15, None)
        assert "stove.permit" not in "".join(made.written)


async def test_a_device_that_is_silent_at_the_end_is_not_waited_for_long(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("controller.daemon.STOP_WRITES_S", 0.2)
    with shell(tmp_path, house()) as made:
        made.house_answers()
        made.cycle()
        made.lines[0].fate = None
        assert await asyncio.wait_for(made.daemon.wind_up(), 3.0) == ["lamp", "panel"]


def test_counters_are_read_just_before_an_interval_ends_and_intervals_are_kept(tmp_path: Path) -> None:
    plan = metered()
    with shell(tmp_path, plan) as made:  # 07:00
        energy = plan.point_named("lamp.energy")
        assert energy is not None
        for minute in range(46):
            made.read("lamp.energy", 10.0 + minute / 10)
            made.cycle(0.0)
            for second in (56, 1, 1, 1, 1):
                made.cycle(second)
        made.lines[0].asked.sort()
        assert made.lines[0].asked == [energy.id] * 3
        made.stores.log.close()
        assert made.daemon.intervals_written == 3
        assert made.daemon.last_intervals["lamp"][1] == 150
    with shell(tmp_path, plan) as made, made.stores.log.reader() as log:
        rows = log.intervals("lamp")
        assert [row.consumption for row in rows] == [140, 150, 150]


def test_site_time_is_noted_though_nothing_happens(tmp_path: Path) -> None:
    with shell(tmp_path, metered()) as made:
        made.cycle(0.0)
        for _ in range(10):
            made.cycle(30.0)
        made.ledger()
        with closing(made.stores.control.reader()) as connection:
            seen_ms = boots.latest_seen_ms(connection)
        assert seen_ms is not None
        assert made.clock.now().wall_ms - seen_ms <= 60_000


def test_a_store_that_fails_is_told_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    with shell(tmp_path, house()) as made:
        good = made.stores.log.status()
        bad = WriterStatus(3, 0, 0, 0, "disk full", 2.0, False)
        for status in (good, bad, bad, good, good):
            monkeypatch.setattr(made.stores.log, "status", lambda said=status: said)
            made.cycle()
        told = [record for record in caplog.records if record.levelname == "WARNING"]
        assert [record.message for record in told if "log.db" in record.message] == [
            "log.db cannot be written: disk full",
        ]
        assert made.board.standing() == []


async def test_it_runs_until_told_to_stop(tmp_path: Path) -> None:
    with shell(tmp_path, house()) as made:
        running = asyncio.create_task(made.daemon.run())
        await made.daemon.accept(override(made, "lamp.level", 40.0))
        async with asyncio.timeout(5.0):
            while not made.daemon.cycles.count:  # noqa: ASYNC110 - a cycle tells nobody
                await asyncio.sleep(0.01)
        made.daemon.stop()
        await asyncio.wait_for(running, 2.0)


class Ticks:
    """A timer that is always due."""

    async def wait(self) -> None:
        await asyncio.sleep(0)

    def nudge(self) -> None:
        pass


async def test_a_failed_cycle_is_told_once_and_the_next_one_tried(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    with shell(tmp_path, house()) as made:
        monkeypatch.setattr(made.daemon, "timer", Ticks())
        good, failing = made.daemon.cycle, [True] * 9 + [False] + [True] * 2 + [False]

        def cycle() -> None:
            if failing.pop(0):
                raise ZeroDivisionError("planted")
            good()
            if not failing:
                made.daemon.stop()

        monkeypatch.setattr(made.daemon, "cycle", cycle)
        await asyncio.wait_for(made.daemon.run(), 5)
        assert made.daemon.cycles.count == 2
        told = [record for record in caplog.records if "a cycle failed" in record.message]
        assert len(told) == 2, "once for each time it began"
        assert all(record.exc_info for record in told)


async def test_ten_failed_cycles_in_a_row_end_the_daemon(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    with shell(tmp_path, house()) as made:
        monkeypatch.setattr(made.daemon, "timer", Ticks())
        tried = []

        def cycle() -> None:
            tried.append(1)
            raise ZeroDivisionError("planted")

        monkeypatch.setattr(made.daemon, "cycle", cycle)
        with pytest.raises(ZeroDivisionError):
            await asyncio.wait_for(made.daemon.run(), 5)
        assert len(tried) == 10
        assert len([record for record in caplog.records if "a cycle failed" in record.message]) == 1


async def test_a_pulse_stopped_before_its_turn_is_given_after_the_next_start(tmp_path: Path) -> None:
    """The last word on it comes while the daemon winds up."""
    nine = at("2026-03-05 09:30")
    with shell(tmp_path, house(), nine) as made:
        made.house_answers()
        made.lines[0].fate = None
        made.cycle()
        assert "relay.latch=True@15" in made.written
        (pulse,) = [write for write in made.lines[0].written if write.value is True]
        made.put(WriteReport(pulse.seq, pulse.point, Fate.NOT_SENT, None, "stopped"))
        made.lines[0].fate = Fate.READ_BACK
        await asyncio.wait_for(made.daemon.wind_up(), 8)
        assert made.told("relay.latch")[-1] == (Kind.NOT_SENT, 15, True)
    with shell(tmp_path, house(), nine + 60_000) as made:
        assert "relay.latch" not in {output.point for output in made.daemon.engine.remembered().outputs}
        made.house_answers()
        made.cycle()
        assert "relay.latch=True@15" in made.written
        made.cycle()
    with shell(tmp_path, house(), nine + 120_000) as made:
        made.house_answers()
        made.cycle()
        assert "relay.latch=True@15" not in made.written


async def test_a_command_is_answered_when_a_cycle_has_acted_on_it(tmp_path: Path) -> None:
    with shell(tmp_path, house()) as made:
        made.house_answers()
        made.cycle()
        told = asyncio.create_task(made.daemon.command(Lock("lamp", "Li", "lamps", made.clock.now().wall_ms)))
        done, _ = await asyncio.wait({told}, timeout=0.3)
        assert not done
        made.cycle()
        await asyncio.wait_for(told, 5)
        lamp = next(point.id for point in made.plan.points if point.key == "lamp.level")
        assert not made.daemon.may_write(lamp)


def test_a_count_beyond_all_bounds_fails_no_cycle(tmp_path: Path) -> None:
    with shell(tmp_path, metered()) as made:
        energy = made.plan.point_named("lamp.energy")
        assert energy is not None
        made.read("lamp.energy", 10.0)
        made.cycle()
        for value in (10**400, float("inf"), float("nan"), 2**64):
            made.read("lamp.energy", value)
            made.read("lamp.level", value)
            made.cycle()
            found = made.daemon.reading(energy.id)
            assert (found.value, found.quality, found.reason) == (None, Quality.BAD, "out of range")
        made.read("lamp.energy", 10.1)
        made.cycle()
        assert made.daemon.reading(energy.id).value == 10.1


async def test_what_was_noticed_last_is_still_said_and_kept(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    with shell(tmp_path, house()) as made:
        made.cycle()
        made.board.take([Notice("disk", "reserve", text("{name}", name="no room"), on=True)], 0)
        await made.daemon.wind_up()
        assert "no room" in caplog.messages
        made.ledger()  # waits for the commits
        assert [alarm.kind for alarm in made.stores.control.alarm_history(0, 9)] == ["disk"]
