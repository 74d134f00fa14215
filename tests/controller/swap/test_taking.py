"""Plans taken by a running daemon with real stores: committed first, nothing lost, back by itself."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from pathlib import Path

import pytest

from config.plan import codec
from config.plan.site import Plan
from controller.consumption.records import Flag
from controller.decide.records import Override, Refused
from controller.store.ledger import Kind
from controller.swap.versions import told, was_rolled_back
from drivers.api import Fate
from tests.controller.swap.bench import bench, heard, sealed, site, until


async def test_a_plan_is_committed_before_it_is_in_force(tmp_path: Path) -> None:
    async with bench(tmp_path, site("a")) as made:
        heard(made)
        following = site("b", "a", default=30.0)
        assert await made.apply(following, "王工", "brighter") == 2
        assert made.daemon.plan == following
        made.shell.cycle()
        rows = [row.entry for row in made.shell.ledger()]
        plan = next(number for number, row in enumerate(rows) if row.kind == Kind.PLAN and row.why)
        assert (rows[plan].who, rows[plan].why) == ("王工", "brighter")
        sent = [number for number, row in enumerate(rows) if row.kind == Kind.SENT and row.value == 30.0]
        assert sent
        assert plan < sent[0]
        assert made.followed == [site("a").hash]
        # The line stayed open, and was told of the new device alone, by a number that it never had.
        line = made.opened[0]
        assert (len(made.opened), line.stopped) == (2, False)
        assert line.taken == [([], ["b"])]
        assert [write.point for write in line.written] == [0, 0]
        with pytest.raises(Refused, match="in force already"):
            await made.apply(following)
        assert len(await made.applying.versions()) == 2


async def test_what_cannot_be_taken_changes_nothing(tmp_path: Path) -> None:
    async with bench(tmp_path, site("a")) as made:
        plan = site("a", default=20.0)
        for other, why in (
            (replace(plan.site, time_zone="Europe/Paris"), "time zone"),
            (replace(plan.site, interval_s=300), "interval"),
            (replace(plan.site, name="other"), "name"),
        ):
            with pytest.raises(Refused, match=why):
                await made.apply(sealed(replace(plan, site=other)))
        with pytest.raises(Refused, match="no plan"):
            await made.offer("{}", plan.hash)
        with pytest.raises(Refused, match="another plan"):
            await made.offer(codec.dump(plan), site("b").hash)
        with pytest.raises(Refused, match="hash does not match"):
            await made.offer(codec.dump(replace(plan, hash=site("a").hash)), plan.hash)
        assert made.daemon.plan == site("a")
        assert len(await made.applying.versions()) == 1


async def test_a_removed_output_is_let_go_of_as_declared(tmp_path: Path) -> None:
    async with bench(tmp_path, site("a", "b")) as made:
        heard(made)
        await made.apply(site("b"))
        line = made.opened[0]
        assert [(write.point, write.value) for write in line.written] == [(0, 10.0), (4, 10.0), (0, 0.0)]
        assert line.taken == [([0], [])]
        rows = [(row.entry.kind, row.entry.value) for row in made.shell.ledger("a.level")]
        assert rows[-2:] == [(Kind.SENT, 0.0), (Kind.READ_BACK, 0.0)]
        made.shell.cycle()
        assert len(line.written) == 3


async def test_overrides_survive_there_and_back(tmp_path: Path) -> None:
    async with bench(tmp_path, site("a", "b")) as made:
        heard(made)
        now_ms = made.daemon.now_ms()
        await made.daemon.accept(Override("a.level", 77.0, "Li", "", now_ms, now_ms + 3_600_000))
        made.shell.cycle()
        await made.apply(site("b"))
        async with made.cycling():
            version = await made.applying.roll_back(None, "Li", "")
            await made.taking.settled()
        assert version.number == 1
        made.read("a.level", 0.0)
        made.shell.cycle()
        result = made.daemon.engine.decisions[0]
        assert (result.value, made.daemon.plan.points[0].key) == (77.0, "a.level")


async def test_the_log_has_no_gap_over_a_swap(tmp_path: Path) -> None:
    async with bench(tmp_path, site("a")) as made:
        heard(made)
        count, plans = 100.0, [site("b", "a"), site("b", "a", slower=True), site("a", default=5.0)]
        for second in range(0, 3 * 900, 10):
            if second % 700 == 350 and plans:
                await made.apply(plans.pop(0))
            # The counter stands still at times: what came again is only said to have come again.
            count += 0.01 if second % 40 else 0.0
            made.read("a.energy", round(count, 2))
            made.shell.clock.advance(10.0)
            made.daemon.cycle()
            mark = made.daemon.consumption.mark("a")
            assert mark is not None
        made.shell.stores.log.submit(lambda _: None).result(10)
        with made.shell.stores.log.reader() as reader:
            rows = reader.ask(
                lambda connection: connection.execute(
                    "SELECT start_ms, end_ms, consumption, covered_s, flags FROM intervals "
                    "JOIN meters ON meters.id = intervals.meter WHERE meters.name = 'a' ORDER BY start_ms"
                ).fetchall()
            )
        assert len(rows) >= 2
        ends = [row[1] for row in rows]
        assert [row[0] for row in rows[1:]] == ends[:-1]
        # All but the first, in which the run began, are whole, covered to the last second and not flagged.
        assert {row[4] for row in rows[1:]} == {int(Flag(0))}
        assert {row[3] for row in rows[1:]} == {900}
        assert sum(row[2] for row in rows[1:]) > 0


async def test_a_meter_that_comes_is_logged_and_one_that_goes_leaves_its_log(tmp_path: Path) -> None:
    async with bench(tmp_path, site("a")) as made:
        heard(made)
        for number, plan in enumerate((None, site("a", "b"), site("b"))):
            if plan is not None:
                await made.apply(plan)
            for second in range(0, 2 * 900, 30):
                for device in made.daemon.plan.devices:
                    made.read(f"{device.name}.energy", 100.0 + number * 60 + second // 30)
                made.shell.cycle(30.0)
        made.shell.stores.log.submit(lambda _: None).result(10)
        with made.shell.stores.log.reader() as reader:
            found = reader.ask(
                lambda connection: dict(
                    connection.execute(
                        "SELECT meters.name, COUNT(consumption) FROM intervals "
                        "JOIN meters ON meters.id = intervals.meter GROUP BY meters.name"
                    ).fetchall()
                )
            )
        assert found == {"a": 4, "b": 4}
        assert made.shell.stores.log.refused == 0


async def test_a_meter_that_may_count_faster_loses_nothing(tmp_path: Path) -> None:
    plan = site("a")
    faster = tuple(
        point if point.counter is None else replace(point, counter=replace(point.counter, max_rate=2000.0))
        for point in plan.points
    )
    async with bench(tmp_path, plan) as made:
        heard(made)
        for number in range(3 * 90):
            if number == 135:
                await made.apply(sealed(replace(plan, points=faster)))
            made.read("a.energy", 100.0 + number / 10)
            made.shell.cycle(10.0)
        made.shell.stores.log.submit(lambda _: None).result(10)
        with made.shell.stores.log.reader() as reader:
            rows = reader.ask(
                lambda connection: connection.execute(
                    "SELECT count_end - count_start, consumption FROM intervals ORDER BY start_ms"
                ).fetchall()
            )
        assert [row[1] for row in rows[1:]] == [900] * (len(rows) - 1)
        assert all(row[0] == row[1] for row in rows)


def slower_line(plan: Plan) -> Plan:
    return sealed(replace(plan, lines=(replace(plan.lines[0], timeout_s=3.0), *plan.lines[1:])))


async def test_a_line_with_other_settings_is_closed_and_opened_anew(tmp_path: Path) -> None:
    async with bench(tmp_path, site("a")) as made:
        heard(made)
        made.may_open.clear()
        following = slower_line(site("a", default=30.0))
        await made.offer(codec.dump(following), following.hash)
        # What is written before it is open is not lost, nor waited for for ever.
        made.shell.cycle()
        assert [kind for kind, _, value in made.shell.told("a.level") if value == 30.0][-1] == Kind.NOT_SENT
        made.may_open.set()
        async with made.cycling():
            await made.taking.settled()
        assert [line.stopped for line in made.opened] == [True, False, False]
        made.shell.cycle(3.0)
        assert [(write.point, write.value) for write in made.opened[2].written] == [(0, 30.0)]
        assert made.daemon.counters.devices_online == 1
        assert made.daemon.board.standing() == []


async def test_a_line_that_cannot_be_opened_takes_its_devices_with_it(tmp_path: Path) -> None:
    async with bench(tmp_path, site("a")) as made:
        heard(made)
        made.broken.add("T1")
        await made.apply(slower_line(site("a")))
        made.shell.cycle()
        assert made.daemon.counters.devices_online == 0
        assert {item.kind for item in made.daemon.board.standing()} == {"line", "device-lost"}
        made.broken.clear()
        await made.apply(site("a"))
        made.answers(a_level=10.0)
        made.shell.cycle()
        assert made.daemon.board.standing() == []


async def test_devices_that_reject_writes_bring_the_version_before_back_once(tmp_path: Path) -> None:
    async with bench(tmp_path, site("a", "b")) as made:
        heard(made)
        for line in made.opened:
            line.fate = Fate.REJECTED
        await made.apply(site("a", "b", default=60.0))
        made.shell.cycle()
        made.shell.cycle()
        await until(lambda: made.daemon.plan == site("a", "b"))
        versions = await made.applying.versions()
        assert [version.item.person for version in versions] == ["louguan", "Li", "Li"]
        assert versions[0].item.detail.startswith("rollback to 1: writes were rejected: a.level")
        assert [row["state"] for row in told(versions, ())] == ["in-force", "rolled-back", "replaced"]
        assert was_rolled_back(versions, site("a", "b", default=60.0).hash)
        assert [item.kind for item in made.daemon.board.standing() if item.kind == "rolled-back"]
        for _ in range(20):
            made.shell.cycle()
        await asyncio.sleep(0)
        assert len(await made.applying.versions()) == 3


async def test_silence_is_no_rejection(tmp_path: Path) -> None:
    async with bench(tmp_path, site("a", "b")) as made:
        heard(made)
        for line in made.opened:
            line.fate = Fate.NO_ANSWER
        await made.apply(site("a", "b", default=60.0))
        for _ in range(10):
            made.shell.cycle()
        await asyncio.sleep(0.05)
        assert made.daemon.plan == site("a", "b", default=60.0)


async def test_a_plan_that_was_prepared_for_another_one_is_judged_anew(tmp_path: Path) -> None:
    async with bench(tmp_path, site("a")) as made:
        made.answers(a_level=10.0)
        prepared = await made.applying.prepare(codec.dump(site("a", "b")))
        assert await made.apply(site("c")) == 2
        async with made.cycling():
            await made.applying.apply(prepared, prepared.plan.hash, "Li", "")
            await made.taking.settled()
        assert [device.name for device in made.daemon.plan.devices] == ["a", "b"]
        # "a" was gone meanwhile: it is no device that stays.
        assert made.opened[0].taken[-1][1] == ["a", "b"]
