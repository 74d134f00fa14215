"""A disk that runs full under the real daemon: the control goes on, people are told, nothing is lost."""

from __future__ import annotations

from pathlib import Path

import pytest

from controller.consumption.meters import meters_of
from controller.consumption.records import Flag
from controller.socket.client import RemoteError
from controller.store.ledger import Kind, broken_at
from controller.store.logread import LogReader
from hil_tests.stand import HOUSE, Stand
from hil_tests.test_kill import judge_meter
from hil_tests.upstream import whole
from tests.disks import fill, small_disk

pytestmark = pytest.mark.timeout(300)

SPEED = 60.0


async def test_a_full_disk_stops_no_control_and_costs_no_row(tmp_path: Path) -> None:
    with small_disk(tmp_path / "data", 16_000) as disk:
        async with Stand(HOUSE, tmp_path, speed=SPEED) as stand:
            await stand.start()
            await stand.online()
            assert (disk / "reserve").exists()

            async def notices() -> set[str]:
                return {item["kind"] for item in (await stand.call("status"))["notices"]}

            async def reserve_gone() -> bool:
                # A WAL that has grown once needs no more room for a while: people keep it busy.
                await stand.call("set", point="store", value="on", for_s=3600)
                return "disk" in await notices()

            async def cannot_be_written() -> bool:
                return "store" in await notices()

            fill(disk)
            await stand.until(reserve_gone)
            assert not (disk / "reserve").exists()
            # In the room that was kept a person is heard still.
            lit = (await stand.truth())["relay.ch1"]
            await stand.call("set", point="yard", value="off" if lit else "on", for_s=900)
            await stand.has("relay.ch1", not lit)
            fill(disk, "more")

            async def refused() -> str:
                try:
                    await stand.call("set", point="store", value="on", for_s=3600)
                except RemoteError as error:
                    return str(error)
                return ""

            said = await stand.until(refused)
            assert "control.db could not be written in time: database or disk is full" in said
            await stand.until(cannot_be_written)
            # The control itself: the override ends in its time, and its point goes back.
            await stand.has("relay.ch1", lit)
            assert "store" in await notices(), "the disk was full all the while"
            assert all(
                row["quality"].lower() == "good"
                for row in (await stand.points()).values()
                if "command" in row
            )
            (disk / "ballast").unlink()
            (disk / "more").unlink()

            async def all_well() -> bool:
                return not {"disk", "store"} & await notices()

            await stand.until(all_well)
            assert (disk / "reserve").exists()
            await stand.call("set", point="store", value="on", for_s=3600)
            before = int((await stand.call("status"))["intervals_written"])

            async def logged_on() -> bool:
                return int((await stand.call("status"))["intervals_written"]) > before + 4

            await stand.until(logged_on)
            code, _ = await stand.stop()
            assert code == 0
        with LogReader(disk / "log.db") as log:
            for meter in meters_of(stand.plan):
                intervals = log.intervals(meter.name)
                judge_meter(stand.plan, meter, intervals)
                assert not any(one.flags & Flag.RECOVERED for one in intervals)
        with stand.control() as connection:
            assert broken_at(connection) is None
        assert not [row for row in stand.ledger() if row.entry.kind == Kind.GAP]
        for name in ("log.db", "control.db"):
            whole(disk / name)
