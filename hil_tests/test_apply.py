"""Edits come into force under the running daemon, over real Modbus TCP, RTU, RTU over TCP and BACnet/IP."""

from __future__ import annotations

import asyncio
import json
import random
import shutil
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest

from controller.store.ledger import Kind
from hil_tests.running import PATIENCE_S
from hil_tests.scenario.starving import Starving
from hil_tests.stand import HOUSE, Stand

pytestmark = pytest.mark.timeout(300)


class Edited:
    """A stand whose site's files are edited."""

    def __init__(self, folder: Path) -> None:
        self.site = folder / "site"
        shutil.copytree(HOUSE, self.site)
        self.stand = Stand(self.site, folder)

    def edit(self, name: str, old: str, new: str) -> None:
        path = self.site / name
        content = path.read_text(encoding="utf-8")
        assert old in content
        path.write_text(content.replace(old, new), encoding="utf-8")

    async def louguan(self, *words: str) -> tuple[int, str, str]:
        """Exit code, what was printed, what was said."""
        done = await asyncio.to_thread(
            subprocess.run,
            [sys.executable, "-P", "-m", "controller.cli.main", "--lang", "en", *words],
            capture_output=True,
            text=True,
            timeout=PATIENCE_S,
            check=False,
            stdin=subprocess.DEVNULL,
        )
        return done.returncode, done.stdout, done.stderr

    async def apply(self, *words: str) -> dict[str, Any]:
        code, out, err = await self.louguan("apply", str(self.site), "--json", *words)
        assert code == 0, out + err
        return dict(json.loads(out))

    async def history(self) -> list[dict[str, Any]]:
        code, out, err = await self.louguan(
            "history", "--site", str(self.site), "--data", self.data, "--json"
        )
        assert code == 0, out + err
        return list(json.loads(out)["versions"])

    @property
    def data(self) -> str:
        return str(self.stand.data)


async def test_an_edit_is_in_force_at_once_and_nothing_is_dropped(tmp_path: Path) -> None:
    edited = Edited(tmp_path)
    async with edited.stand as stand:
        tap = await stand.tap("T1")
        await stand.start()
        await stand.online()
        await stand.call("set", person="王工", point="store", value="on", for_s=3600.0)
        await stand.has("relay.ch2", True)
        before = await stand.call("status")
        began, starving = time.monotonic(), Starving(stand.pids)
        mark = stand.ledger()[-1].seq

        edited.edit("schedules/house.yaml", "default: 60 %", "default: 45 %")
        edited.edit("schedules/house.yaml", "targets: [store, relay.ch3]", "targets: [store]")
        found = await edited.apply("--data", edited.data, "--comment", "less light", "--as", "李工")
        applied = time.monotonic()
        await stand.has("hall.zone1_level", 45.0)
        assert time.monotonic() - applied < 3.0 + starving.waited_s()
        assert [write["point"] for write in found["writes"]] == ["hall.zone1_level"]
        assert set(found["changes"]) == {"programmes"}

        await asyncio.sleep(2.0)
        after = await stand.call("status")
        # No cycle was missed, no connection made anew, nothing lost, and nothing said again.
        lasted_s = time.monotonic() - began - starving.waited_s()
        assert after["cycles"] - before["cycles"] >= int(lasted_s) - 1
        assert after["plan"] == found["plan"] != before["plan"]
        assert tap.connections == 1
        lines = {line["name"]: line for line in after["lines"]}
        assert all(line["connected"] for line in lines.values()), lines
        assert starving.burst() or not any(line["timeouts"] for line in lines.values()), lines
        assert after["devices_online"] == after["devices_total"]
        assert [item["point"] for item in after["overrides"]] == ["relay.ch2"]
        rows = [row.entry for row in stand.ledger(after=mark)]
        assert {row.point for row in rows if row.kind == Kind.SENT} == {"hall.zone1_level"}
        assert [row.why for row in rows if row.kind == Kind.PLAN] == ["less light"]
        assert not [line for line in stand.said().splitlines() if "does not answer" in line]

        code, _, err = await edited.louguan("rollback", "--data", edited.data, "--as", "李工")
        assert code == 0, err
        await stand.has("hall.zone1_level", 60.0)
        versions = await edited.history()
        assert [(row["number"], row["state"]) for row in versions] == [
            (3, "in-force"),
            (2, "rolled-back"),
            (1, "replaced"),
        ]
        assert tap.connections == 1


@pytest.mark.slow
async def test_an_edit_with_mistakes_lists_them_all_and_changes_nothing(tmp_path: Path) -> None:
    edited = Edited(tmp_path)
    async with edited.stand as stand:
        await stand.start()
        plan = (await stand.call("status"))["plan"]
        path = edited.site / "schedules" / "house.yaml"
        wrong = path.read_text(encoding="utf-8")
        for number in range(8):
            wrong += f"wrong-{number}: {{targets: [nobody-{number}], default: on, untrusted_clock: on}}\n"
        path.write_text(wrong, encoding="utf-8")
        code, _, err = await edited.louguan("apply", str(edited.site), "--data", edited.data)
        assert code == 1
        assert len([line for line in err.splitlines() if "schedules/house.yaml:" in line]) == 8
        code, out, _ = await edited.louguan("apply", str(edited.site), "--data", edited.data, "--json")
        assert code == 1
        assert len(json.loads(out)["errors"]) == 8
        assert (await stand.call("status"))["plan"] == plan
        assert len(await edited.history()) == 1


@pytest.mark.slow
async def test_devices_and_lines_come_and_go(tmp_path: Path) -> None:
    edited = Edited(tmp_path)
    async with edited.stand as stand:
        tap = await stand.tap("T1")
        await stand.start()
        await stand.online()
        whole = (edited.site / "devices.yaml").read_text(encoding="utf-8")
        programmes = (edited.site / "schedules" / "house.yaml").read_text(encoding="utf-8")

        # A meter on a line that stays, a whole line, and a zone of the hall that is let go of.
        start, end = whole.index("  meter:\n"), whole.index("  node:\n")
        less = whole[:start] + whole[end:]
        start, end = less.index("  socket:\n"), less.index("  hall:\n")
        less = less[:start] + less[end:]
        less = "\n".join(line for line in less.splitlines() if not line.startswith("  T2:")) + "\n"
        (edited.site / "devices.yaml").write_text(less, encoding="utf-8")
        edited.edit("schedules/house.yaml", ", socket.switch]", "]")
        await edited.apply("--data", edited.data)

        async def fewer() -> bool:
            status = await stand.call("status")
            return bool(status["devices_total"] == status["devices_online"] == 4)

        await stand.until(fewer, 10.0)
        status = await stand.call("status")
        assert [line["name"] for line in status["lines"]] == ["T1", "S1", "B1"]
        assert "meter.energy_import" not in await stand.points()
        asked = len([one for one in tap.asked if one.unit == 2])

        # The BACnet device is read otherwise: it alone is taken leave of and found again.
        edited.edit("devices.yaml", "zone3_level: {poll: 2 s}", "zone3_level: {poll: 3 s}")
        await edited.apply("--data", edited.data)
        await stand.until(fewer, 10.0)
        await asyncio.sleep(3.0)
        assert len([one for one in tap.asked if one.unit == 2]) == asked
        points = await stand.points()
        assert points["hall.zone3_level"]["quality"] == "good"

        (edited.site / "devices.yaml").write_text(whole, encoding="utf-8")
        (edited.site / "schedules" / "house.yaml").write_text(programmes, encoding="utf-8")
        await edited.apply("--data", edited.data)
        await stand.online()
        assert len([one for one in tap.asked if one.unit == 2]) > asked
        assert tap.connections == 1
        points = await stand.points()
        assert {row["quality"] for row in points.values()} == {"good"}
        assert not [line for line in stand.said().splitlines() if "does not answer" in line]


@pytest.mark.slow
async def test_watched_files_come_into_force_and_go_back_when_devices_reject_them(tmp_path: Path) -> None:
    edited = Edited(tmp_path)
    edited.edit("site.yaml", "calendar: none", "calendar: none\n  apply: watched")
    async with edited.stand as stand:
        await stand.start()
        await stand.online()
        first = (await stand.call("status"))["plan"]
        path = edited.site / "schedules" / "house.yaml"
        whole = path.read_text(encoding="utf-8")

        # Half of a file, twice, and then the whole of it.
        better = whole.replace("default: 60 %", "default: 45 %")
        path.write_text(better[: len(better) // 2] + "\n  targets: [", encoding="utf-8")
        await asyncio.sleep(6.0)
        assert (await stand.call("status"))["plan"] == first
        path.write_text(better, encoding="utf-8")
        await stand.has("hall.zone1_level", 45.0)
        assert (await edited.history())[0]["person"] == "files"

        second = (await stand.call("status"))["plan"]
        await stand.simulators(fault="refuse-writes", device="hall")
        path.write_text(whole.replace("default: 60 %", "default: 85 %"), encoding="utf-8")

        async def back() -> bool:
            status = await stand.call("status")
            kinds = {item["kind"] for item in status["notices"]}
            return bool(status["plan"] == second and "rolled-back" in kinds)

        await stand.until(back)
        versions = await edited.history()
        assert [row["state"] for row in versions[:3]] == ["in-force", "rolled-back", "replaced"]
        assert versions[0]["person"] == "louguan"
        await stand.simulators(fault="refuse-writes", device="hall", on=False)
        # What was taken back does not come into force again by itself, not after a restart either.
        await asyncio.sleep(6.0)
        assert len(await edited.history()) == len(versions)
        await stand.stop()
        await stand.start()
        await asyncio.sleep(8.0)
        assert len(await edited.history()) == len(versions)
        assert (await stand.call("status"))["plan"] == second


@pytest.mark.slow
async def test_a_kill_in_the_middle_leaves_one_version_whole(tmp_path: Path) -> None:
    edited = Edited(tmp_path)
    chance = random.Random(20261126)
    async with edited.stand as stand:
        await stand.start()
        await stand.online()
        level = 60
        for number in range(12):
            old, level = level, 20 + 5 * number
            edited.edit("schedules/house.yaml", f"default: {old} %", f"default: {level} %")
            before = (await stand.call("status"))["plan"]
            applying = asyncio.create_task(
                edited.louguan("apply", str(edited.site), "--data", edited.data, "--json")
            )
            await asyncio.sleep(chance.uniform(0.5, 3.0))
            await stand.kill()
            code, out, _ = await applying
            await stand.start()
            after = (await stand.call("status"))["plan"]
            if code == 0:
                assert after == json.loads(out)["plan"]
            if after == before:  # it was not committed: then it is taken now
                assert (await edited.apply("--data", edited.data))["number"]
            versions = await edited.history()
            assert versions[0]["plan"] == (await stand.call("status"))["plan"]
            await stand.has("hall.zone1_level", float(level))
