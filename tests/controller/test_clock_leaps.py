"""The daemon on a machine whose clock leaps: lamps, overrides, log, notices and the next start."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import replace
from datetime import datetime
from pathlib import Path

import pytest

from config.plan.reading import Quality, Reading
from config.plan.site import Plan
from controller.clock import SiteClock
from controller.decide.records import Override
from controller.store import boots
from controller.store.control import ControlStore
from controller.store.ledger import Kind
from drivers.api import Sample
from tests.controller.house import house
from tests.controller.machine import HOUR, MINUTE, YEARS_26, Machine
from tests.controller.shell import Shell, metered, shell
from tests.plans import LEVEL, SHUANGLIU, PlanMaker, everyday
from tests.schedules.build import at

SEVEN = at("2026-03-05 07:00") // 1000


class Running:
    """A daemon on a scripted machine."""

    def __init__(self, made: Shell, machine: Machine, clock: SiteClock) -> None:
        self.made = made
        self.machine = machine
        self.clock = clock
        made.daemon.clock = clock
        made.house_answers()
        made.daemon.cycle()
        self.passes(1)

    def passes(self, seconds: int, every: int = 1) -> None:
        for _ in range(seconds // every):
            self.machine.passes(every)
            self.made.daemon.cycle()

    async def sets(self, value: float, lasting_s: int) -> None:
        now = self.clock.now()
        end_ms = now.wall_ms + lasting_s * 1000
        await self.made.daemon.accept(
            Override("lamp.level", value, "Li", "", now.wall_ms, end_ms, 8, lasting_s * 1000, now.trusted)
        )
        self.made.daemon.cycle()

    @property
    def lamp(self) -> float:
        level = self.made.plan.point_named("lamp.level")
        assert level is not None
        value = self.made.daemon.engine.decisions[level.id].value
        assert isinstance(value, float)
        return value

    @property
    def notices(self) -> list[str]:
        return [item.kind for item in self.made.board.standing()]

    def seen_s(self) -> int:
        self.made.ledger()
        with closing(self.made.stores.control.reader()) as connection:
            return (boots.latest_seen_ms(connection) or 0) // 1000

    def clock_rows(self) -> list[tuple[str, str]]:
        return [
            (row.entry.point, row.entry.detail) for row in self.made.ledger() if row.entry.kind == Kind.CLOCK
        ]


@contextmanager
def running(data: Path, machine: Machine, plan: Plan | None = None) -> Iterator[Running]:
    """A start on `data` with whatever was stored there before."""
    control = ControlStore.open(data, 0)
    stood = control.stood()
    control.close()
    clock = machine.clock(stood.seen_ms // 1000, stood.booted_in(machine.boot))
    with shell(data, plan or house(), clock.now().wall_ms, machine=machine.boot) as made:
        yield Running(made, machine, clock)


@pytest.mark.parametrize("leap_s", [YEARS_26, -SEVEN, 5 * HOUR, -61 * MINUTE])
async def test_five_minutes_of_a_wrong_clock_change_nothing_but_a_notice(
    tmp_path: Path, leap_s: int, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO, "louguan")
    with running(tmp_path, Machine(SEVEN)) as run:
        await run.sets(35.0, 2 * HOUR)
        run.machine.leaps(leap_s)
        run.passes(5 * MINUTE)
        assert (run.lamp, run.notices) == (35.0, ["clock-leap"])
        run.machine.leaps(-leap_s)
        run.passes(2)
        assert (run.lamp, run.notices, run.clock_rows()) == (35.0, [], [])
        assert abs(run.seen_s() - SEVEN) <= 6 * MINUTE
        said = [record.message for record in caplog.records if "has leapt" in record.message]
        assert [message.startswith("over: ") for message in said] == [False, True]


async def test_a_leap_for_good_is_followed_told_and_kept(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    machine = Machine(SEVEN)
    with running(tmp_path, machine) as run:
        await run.sets(35.0, 2 * HOUR)
        machine.leaps(3 * HOUR)
        run.passes(10 * MINUTE)
        assert run.lamp == 35.0
        run.passes(5)
        (override,) = run.made.daemon.engine.remembered().overrides
        assert override.expires_ms // 1000 - run.clock.now().wall_ms // 1000 == 2 * HOUR - 10 * MINUTE - 5
        assert run.clock_rows() == [
            ("", "put right by +10800.000 s"),
            ("lamp.level", f"set until {override.expires_ms}"),
        ]
        assert "site time was put right by +3.0 h: it is 2026-03-05T10:10" in caplog.text
        before = run.made.daemon.engine.remembered()
    with running(tmp_path, machine) as run:
        assert run.made.daemon.engine.remembered().overrides == before.overrides
        run.passes(2 * HOUR - 10 * MINUTE, every=10)
        assert run.lamp == 10.0  # past noon


def test_programmes_follow_when_the_clock_does(tmp_path: Path) -> None:
    with running(tmp_path, Machine(SEVEN)) as run:
        run.machine.leaps(2 * HOUR)
        run.passes(9 * MINUTE)
        assert run.lamp == 10.0
        run.passes(2 * MINUTE)
        assert run.lamp == 80.0
        run.machine.leaps(-HOUR)  # small enough to be followed at once
        run.passes(1)
        assert run.lamp == 80.0  # 08:11
        run.machine.leaps(-12 * MINUTE)
        run.passes(1)
        assert run.lamp == 10.0


@pytest.mark.parametrize("seconds", [67, -67])
def test_after_a_correction_by_ntp_a_change_comes_on_time(tmp_path: Path, seconds: int) -> None:
    with running(tmp_path, Machine(SEVEN + 55 * MINUTE)) as run:
        run.machine.leaps(seconds)
        run.passes(5 * MINUTE - seconds - 2)
        assert run.lamp == 10.0
        run.passes(2)
        assert run.lamp == 80.0


def test_a_start_after_a_leap_that_was_followed_believes_the_right_time(tmp_path: Path) -> None:
    machine = Machine(SEVEN)
    with running(tmp_path, machine) as run:
        machine.leaps(YEARS_26)
        run.passes(11 * MINUTE)
        assert run.seen_s() > SEVEN + YEARS_26
        machine.leaps(-YEARS_26)
        run.passes(11 * MINUTE)
        assert abs(run.seen_s() - (SEVEN + 22 * MINUTE)) <= MINUTE
    with running(tmp_path, machine) as run:
        now = run.clock.now()
        assert (now.wall_ms // 1000, now.trusted) == (machine.wall_ns // 10**9, True)


async def test_a_clock_put_right_while_the_daemon_was_down(
    tmp_path: Path,
) -> None:
    machine = Machine(SEVEN)
    with running(tmp_path, machine) as run:
        machine.leaps(YEARS_26)
        run.passes(11 * MINUTE)
        await run.sets(35.0, 2 * HOUR)
        run.passes(30 * MINUTE, every=10)
    machine.leaps(-YEARS_26)
    with running(tmp_path, machine) as run:
        # A clock chip alone is not enough: the stored time may be the right one.
        assert (run.clock.now().trusted, run.notices) == (False, ["clock"])
        machine.synchronised = True
        run.passes(1)
        assert (run.clock.now().wall_ms // 1000, run.notices) == (machine.wall_ns // 10**9, [])
        assert abs(run.seen_s() - machine.wall_ns // 10**9) <= MINUTE
    with running(tmp_path, machine) as run:
        assert (run.clock.now().trusted, run.clock.behind_ms) == (True, 0)


async def test_a_start_that_is_synchronised_puts_right_what_was_stored(tmp_path: Path) -> None:
    machine = Machine(SEVEN)
    with running(tmp_path, machine) as run:
        machine.leaps(YEARS_26)
        run.passes(11 * MINUTE)
        await run.sets(35.0, 2 * HOUR)
        run.passes(30 * MINUTE, every=10)
    machine.leaps(-YEARS_26)
    machine.synchronised = True
    with running(tmp_path, machine) as run:
        assert run.clock.behind_ms // 1000 in range(YEARS_26 - MINUTE, YEARS_26 + 1)
        (override,) = run.made.daemon.engine.remembered().overrides
        left_s = override.expires_ms // 1000 - run.clock.now().wall_ms // 1000
        assert 90 * MINUTE - 5 <= left_s <= 91 * MINUTE
        assert run.clock_rows()[-1] == ("lamp.level", f"set until {override.expires_ms}")


@pytest.mark.parametrize("killed_after_s", [None, 5])
async def test_a_leap_ahead_while_the_daemon_was_down_is_doubted(
    tmp_path: Path, killed_after_s: int | None
) -> None:
    """Or shortly before: a start in the same boot goes on from where the last run was."""
    machine = Machine(SEVEN)
    with running(tmp_path, machine, metered()) as run:
        await run.sets(35.0, 2 * HOUR)
        run.made.inbox.put(_sample(run, 10.0))
        run.passes(20 * MINUTE, every=5)
        if killed_after_s is not None:
            machine.leaps(YEARS_26)
            run.passes(killed_after_s)
        run.made.ledger()
    if killed_after_s is None:
        machine.leaps(YEARS_26)
    machine.passes(2 * MINUTE)
    with running(tmp_path, machine, metered()) as run:
        run.made.inbox.put(_sample(run, 11.0))
        assert (run.lamp, run.notices) == (35.0, ["clock-leap"])
        assert run.clock.now().wall_ms // 1000 - SEVEN in range(22 * MINUTE, 23 * MINUTE)
        run.passes(5 * MINUTE, every=5)
        machine.leaps(-YEARS_26)
        run.passes(2)
        assert (run.lamp, run.notices, run.clock_rows()) == (35.0, [], [])
        run.passes(5 * MINUTE, every=5)
    with running(tmp_path, machine, metered()) as run, run.made.stores.log.reader() as log:
        rows = log.intervals("lamp")
    assert [row.start_ms // 1000 for row in rows] == [SEVEN, SEVEN + 15 * MINUTE]


async def test_a_leap_ahead_over_a_boot_of_the_machine_is_believed(tmp_path: Path) -> None:
    """How long it was off, nobody knows."""
    machine = Machine(SEVEN)
    with running(tmp_path, machine) as run:
        run.passes(MINUTE)
    machine.boot = "the second"
    machine.leaps(26 * HOUR)
    with running(tmp_path, machine) as run:
        assert (run.clock.now().wall_ms // 1000 - SEVEN) // HOUR == 26
        assert run.notices == []


async def test_a_boot_in_1970_knows_no_time_until_it_is_told(tmp_path: Path) -> None:
    machine = Machine(SEVEN)
    with running(tmp_path, machine) as run:
        run.passes(5)
    machine.is_set(0)
    machine.has_chip = False
    with running(tmp_path, machine) as run:
        assert (run.lamp, run.notices) == (50.0, ["clock"])  # as declared for it
        await run.sets(35.0, 2 * HOUR)
        run.passes(HOUR, every=10)
        machine.is_set(SEVEN + 26 * HOUR)
        machine.synchronised = True
        run.passes(1)
        assert (run.lamp, run.notices) == (35.0, [])
        run.passes(HOUR - 10, every=10)
        assert run.lamp == 35.0
        run.passes(20)
        assert run.lamp == 80.0  # 10:00 of the next day


def test_a_wrong_clock_writes_no_interval(tmp_path: Path) -> None:
    machine = Machine(SEVEN)
    with running(tmp_path, machine, metered()) as run:
        count = 10.0
        for minute in range(62):
            machine.leaps({20: YEARS_26, 25: -YEARS_26, 40: -SEVEN, 48: SEVEN}.get(minute, 0))
            count += 0.1
            run.made.inbox.put(_sample(run, count))
            run.passes(MINUTE, every=5)
        run.made.ledger()
    with running(tmp_path, machine, metered()) as run, run.made.stores.log.reader() as log:
        rows = log.intervals("lamp")
    assert [row.start_ms // 1000 for row in rows] == [SEVEN + quarter * 15 * MINUTE for quarter in range(4)]
    assert [row.flags.value for row in rows[1:]] == [0, 0, 0]
    assert [row.consumption for row in rows[1:]] == [150, 150, 150]


def test_a_log_that_stands_in_the_future_is_told_of_until_time_has_come_so_far(tmp_path: Path) -> None:
    machine = Machine(SEVEN)
    with running(tmp_path, machine, metered()) as run:
        run.made.inbox.put(_sample(run, 10.0))
        run.passes(2)
        machine.leaps(5 * HOUR)
        run.passes(11 * MINUTE)
        assert "log-waits" not in run.notices
        machine.leaps(-5 * HOUR)
        run.passes(11 * MINUTE)
        assert "log-waits" in run.notices
        run.made.ledger()
    with running(tmp_path, machine, metered()) as run:
        machine.synchronised = True
        run.passes(5)
        assert "log-waits" in run.notices
        run.passes(4 * HOUR, every=20)
        assert "log-waits" not in run.notices


def _sample(run: Running, value: float) -> Sample:
    now = run.clock.now()
    point = run.made.plan.point_named("lamp.energy")
    assert point is not None
    return Sample(point.id, Reading(value, Quality.GOOD, "", now.wall_ms, now.mono_ns))


BERLIN = replace(SHUANGLIU, time_zone="Europe/Berlin")


@pytest.mark.parametrize(
    ("before", "lamp_goes_on"),
    [
        ("2026-03-28T20:00+00:00", "2026-03-29T06:00+00:00"),
        ("2026-10-24T20:00+00:00", "2026-10-25T07:00+00:00"),
    ],
)
async def test_a_night_on_which_the_clocks_change_is_no_leap(
    tmp_path: Path, before: str, lamp_goes_on: str
) -> None:
    maker = PlanMaker(BERLIN)
    level = maker.add_point(maker.add_device("lamp"), "level", LEVEL)
    maker.add_programme(everyday("lamp", [level], (8, 12, 80.0), default=10.0, untrusted=50.0))
    start_s, on_s = (int(datetime.fromisoformat(moment).timestamp()) for moment in (before, lamp_goes_on))
    with running(tmp_path, Machine(start_s), maker.build()) as run:
        await run.sets(35.0, 7 * HOUR)
        run.passes(7 * HOUR - 5, every=5)
        assert run.lamp == 35.0
        run.passes(10)
        assert run.lamp == 10.0
        run.passes(on_s - run.machine.wall_ns // 10**9 - 1)
        assert run.lamp == 10.0
        run.passes(2)
        assert (run.lamp, run.notices, run.clock_rows()) == (80.0, [], [])
        assert run.clock.now().put_right_ms == 0
