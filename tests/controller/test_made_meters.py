"""An integrated meter in the daemon: logged, verified, killed, corrected like any other."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from config.plan.reading import Quality
from config.plan.site import Plan
from controller.consumption.audit import Logged
from controller.consumption.records import Flag
from controller.operations.logs import Logs
from controller.operations.overview import Overview
from controller.socket.protocol import Code
from controller.store import feed, history
from controller.store.audit import audit_log
from controller.store.migrations.log import LOG
from drivers.api import Unchanged
from tests.controller.operations.asking import call, refusal
from tests.controller.rig import THURSDAY
from tests.controller.shell import Shell, shell
from tests.plans import PlanMaker

QUARTER_MS = 900_000


def oven() -> Plan:
    """An oven that shows its power, believed up to 20 kW."""
    maker = PlanMaker()
    device = maker.add_device("oven")
    power = maker.add_point(device, "power", poll_s=10.0, max_age_s=30.0)
    maker.add_point(device, "heat")
    maker.integrate("oven-energy", power, max_rate=20.0, label="烤箱")
    return maker.build()


@pytest.fixture
def made(tmp_path: Path) -> Iterator[Shell]:
    """46 minutes at 6 kW from 07:00 on: 1.5 kWh a quarter."""
    with shell(tmp_path, oven()) as found:
        bake(found, 46)
        assert len(rows(found)) == 3
        yield found


def bake(made: Shell, minutes: int, kw: float = 6.0) -> None:
    for _ in range(minutes * 6):
        made.read("oven.power", kw)
        made.cycle(10.0)


def rows(made: Shell) -> list[Logged]:
    made.stores.log.submit(lambda _: None).result(9)
    with closing(history.open_file(made.stores.log.path, LOG)) as connection:
        assert list(audit_log(connection)) == []
        (entry,) = history.meters(connection)
        assert (entry.name, entry.point, entry.quantity) == ("oven-energy", "oven.power", "electricity")
        assert [(one.unit, one.quantum, one.modulus) for one in entry.fittings] == [("kWh", "0.001", None)]
        return list(history.newest(history.logged(connection, entry)))


def test_it_is_logged_and_fed_to_the_sinks_like_any_meter(made: Shell) -> None:
    found = [item.row for item in rows(made)]
    assert [(row.consumption, row.peak, row.covered_s) for row in found] == [(1500, 6000, 900)] * 3
    assert [row.flags for row in found] == [Flag.ESTIMATED] * 3
    assert made.stores.log.ask(feed.last) == 3


def test_readings_that_only_came_again_count(tmp_path: Path) -> None:
    with shell(tmp_path, oven()) as made:
        made.read("oven.power", 6.0)
        for _ in range(92):
            made.cycle(10.0)
            now = made.clock.now()
            made.put(Unchanged((0, 1), now.wall_ms, now.mono_ns))
        assert [item.row.consumption for item in rows(made)] == [1500]


def test_what_is_not_believed_or_not_good_is_no_reading(tmp_path: Path) -> None:
    with shell(tmp_path, oven()) as made:
        for number in range(92):
            wild = number % 2 == 1
            made.read("oven.power", 600.0 if wild else 6.0, Quality.GOOD)
            made.cycle(10.0)
        assert [item.row.consumption for item in rows(made)] == [1500]
        assert rows(made)[0].row.peak == 6000


def test_a_kill_loses_no_more_than_a_minute(tmp_path: Path) -> None:
    with shell(tmp_path, oven()) as made:
        bake(made, 9)
        made.stores.log.submit(lambda _: None).result(9)
        before = made.clock.now().wall_ms
    # Nothing was ended in order: what is on the disk is what a kill leaves.
    with shell(tmp_path, oven(), before) as made:
        bake(made, 7)
        (row,) = [item.row for item in rows(made)]
        assert row.consumption is not None
        lost_s = 900 - row.covered_s
        assert 0 < lost_s <= 60 + 10
        assert row.consumption == 1500 - round(lost_s * 6000 / 3600)
        assert row.flags == Flag.ESTIMATED


async def test_an_orderly_end_loses_only_the_time_between(tmp_path: Path) -> None:
    with shell(tmp_path, oven()) as made:
        bake(made, 9)
        await made.daemon.wind_up()
        before = made.clock.now().wall_ms
    with shell(tmp_path, oven(), before) as made:
        bake(made, 7)
        (row,) = [item.row for item in rows(made)]
        assert row.covered_s == 890


def test_where_it_stands_is_written_once_a_minute(tmp_path: Path) -> None:
    with shell(tmp_path, oven()) as made:
        bake(made, 61)
        made.stores.log.submit(lambda _: None).result(9)
        # Every 50 s, with the slots' ends among them or apart.
        assert 60 <= made.stores.log.status().jobs <= 72 + 4 + 2


async def test_there_is_no_meter_to_replace_and_no_count_to_correct(made: Shell) -> None:
    logs = Logs(made.daemon)
    asked = call("log-replace-meter", meter="oven-energy", last="1", first="0", reason="broken")
    code, words, _ = await refusal(logs.replace(asked))
    assert code == Code.REFUSED
    assert "no meter that could be replaced" in words
    asked = call("log-correct", meter="oven-energy", at="07:20", count_end="2", reason="by hand")
    code, words, _ = await refusal(logs.correct(asked))
    assert code == Code.REFUSED
    assert "say its consumption" in words
    assert not [row for row in made.ledger() if row.entry.kind == "command"]


async def test_its_consumption_is_corrected_like_any(made: Shell) -> None:
    asked = call("log-correct", meter="oven-energy", at="07:20", consumption="1.4", reason="by hand")
    assert (await Logs(made.daemon).correct(asked))["revised"] == 2
    assert [item.row.consumption for item in rows(made)] == [1500, 1400, 1600]


async def test_what_was_used_in_a_gap_can_be_said(made: Shell) -> None:
    made.cycle(1800.0)
    bake(made, 20)
    gap = next(item.row for item in rows(made) if item.row.consumption is None)
    assert gap.flags == Flag.SUSPECT
    asked = call("log-correct", meter="oven-energy", at="08:05", consumption="0.7", reason="estimated")
    assert (await Logs(made.daemon).correct(asked))["revised"] == 1
    said = next(item.row for item in rows(made) if item.row.start_ms == gap.start_ms)
    assert (said.consumption, said.flags) == (700, Flag.SUSPECT | Flag.ESTIMATED)


async def test_the_overview_shows_it_by_its_own_label(made: Shell) -> None:
    (meter,) = (await Overview(made.daemon).answer(call("overview")))["meters"]
    assert (meter["label"], meter["last"], meter["rate"]) == ("烤箱", 1.5, 6.0)


def test_the_power_is_asked_for_before_an_interval_ends(tmp_path: Path) -> None:
    with shell(tmp_path, oven(), THURSDAY) as made:
        made.read("oven.power", 6.0)
        made.cycle(1.0)
        made.cycle(896.0)
        assert made.lines[0].asked == [0]
