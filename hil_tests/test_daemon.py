"""The daemon as a program, on a small house of real Modbus TCP, RTU, RTU over TCP and BACnet/IP."""

from __future__ import annotations

import asyncio
import shutil
from pathlib import Path

import pytest

from controller.store.ledger import Kind
from hil_tests.stand import HOUSE, Stand

pytestmark = pytest.mark.timeout(300)

WANTED = {
    "relay.ch1": True,
    "relay.ch2": False,
    "relay.ch3": False,
    "relay.ch4": False,
    "node.light_switch": True,
    "node.urinal_permit": False,
    "socket.switch": True,
    "hall.zone1_level": 60.0,
    "hall.zone2_level": 0.0,
    "hall.zone3_level": 10.0,
}
"""What the programmes of the house ask for in the morning."""


def sent(stand: Stand, after: int = 0) -> list[str]:
    return [row.entry.point for row in stand.ledger(after=after) if row.entry.kind == Kind.SENT]


async def test_a_start_is_bumpless_and_a_stop_leaves_what_is_declared(tmp_path: Path) -> None:
    async with Stand(HOUSE, tmp_path) as stand:
        tap = await stand.tap("T1")
        for device in ("node", "hall"):
            await stand.simulators(fault="freeze", device=device)
        before = await stand.truth()
        await stand.start()
        await stand.has("relay.ch1", True)
        # The relay was off and is wanted off on three channels: one write, after its first answer.
        assert before["relay.ch1"] is False
        assert [(one.unit, one.function, one.address) for one in tap.writes] == [(1, 5, 0)]
        assert all(one.answered for one in tap.writes)
        assert set(sent(stand)) == {"relay.ch1"}

        for device in ("node", "hall"):
            await stand.simulators(fault="freeze", device=device, on=False)
        await stand.online()
        truth = await stand.truth()
        assert {key: truth[key] for key in WANTED} == WANTED
        # A BACnet device is to hold our own slot; any other is written only where it had something else.
        others = {key for key, value in WANTED.items() if key.startswith("hall.") or before[key] != value}
        assert sorted(sent(stand)) == sorted(others)

        mark = stand.ledger()[-1].seq
        code, took_s = await stand.stop()
        assert code == 0
        assert took_s < 10.0
        truth = await stand.truth()
        assert truth["relay.ch1"] is False
        assert truth["node.light_switch"] is True
        assert truth["hall.zone1_level"] != 60.0
        last = [(row.entry.kind, row.entry.point) for row in stand.ledger(after=mark)]
        assert sorted(last[:2]) == [(Kind.SENT, "hall.zone1_level"), (Kind.SENT, "relay.ch1")]
        assert sorted(last[2:4]) == [(Kind.READ_BACK, "hall.zone1_level"), (Kind.READ_BACK, "relay.ch1")]
        assert last[4:] == [(Kind.STOP, "")]

        mark = stand.ledger()[-1].seq
        await stand.start()
        await stand.online()
        # What was held stands still, and is not written again.
        assert sorted(sent(stand, mark)) == ["hall.zone1_level", "relay.ch1"]
        assert {row.entry.kind for row in stand.ledger(after=mark)}.isdisjoint({Kind.GAP})


async def test_a_frozen_device_is_missed_once_and_told_again_when_it_is_back(tmp_path: Path) -> None:
    frozen = {"relay": "继电器", "node": "卫生间节点", "socket": "计量插座", "hall": "大厅照明"}
    async with Stand(HOUSE, tmp_path) as stand:
        await stand.start()
        await stand.online()
        for device in frozen:
            await stand.simulators(fault="freeze", device=device)

        async def missed() -> bool:
            points = await stand.points()
            offline = (await stand.call("status"))["offline"]
            return sorted(offline) == sorted(frozen) and {points[key]["quality"] for key in WANTED} == {
                "stale"
            }

        await stand.until(missed)
        points = await stand.points()
        assert points["meter.energy_import"]["quality"] == "good"
        assert points["node-meter.energy_import"]["quality"] == "good"
        status = await stand.call("status")
        assert status["points_stale"] >= len(WANTED)
        assert {item["subject"] for item in status["notices"] if item["kind"] == "device-lost"} == set(frozen)

        async def told_of() -> bool:
            listed = (await stand.call("status"))["alarm_list"]
            return {item["subject"] for item in listed if item["kind"] == "device-lost"} == set(frozen)

        await stand.until(told_of)
        mark = stand.ledger()[-1].seq
        for device in frozen:
            await stand.simulators(fault="freeze", device=device, on=False)
        await stand.online()
        assert set(sent(stand, mark)) >= {"relay.ch1", "node.light_switch", "socket.switch"}
        lines = stand.said().splitlines()
        for device, label in frozen.items():
            told = [line for line in lines if f"{label} ({device}) does not answer" in line]
            assert len(told) == 2, told
            assert [" over: " in line for line in told] == [False, True]
        assert not any("院内电表" in line for line in lines)

        # One that is gone at the very end is not waited for, and named.
        await stand.simulators(fault="freeze", device="relay")
        code, took_s = await stand.stop()
        assert code == 0
        assert took_s < 10.0
        assert "relay was not reached at the end" in stand.said()
        assert not [line for line in stand.said().splitlines() if "hall was not reached" in line]


async def test_overrides_end_and_stand_in_the_ledger_and_a_second_daemon_is_refused(tmp_path: Path) -> None:
    async with Stand(HOUSE, tmp_path) as stand:
        await stand.start()
        await stand.online()
        await stand.call("set", person="王工", point="hall-lights", value="25 %", for_s=3600, reason="试灯")
        await stand.has("hall.zone1_level", 25.0)
        await stand.call("set", point="store", value="on", for_s=4)
        await stand.has("relay.ch2", True)
        await stand.has("relay.ch2", False)
        await stand.call("release", point="hall-lights")
        await stand.has("hall.zone1_level", 60.0)

        by_programme = [(Kind.DECIDED, 15, 60.0), (Kind.SENT, 15, 60.0), (Kind.READ_BACK, 15, 60.0)]
        by_hand = [(Kind.COMMAND, 8, 25.0), (Kind.DECIDED, 8, 25.0), (Kind.SENT, 8, 25.0)]
        released = [(Kind.COMMAND, 8, None), *by_programme]
        assert await stand.story("hall.zone1_level", ends=Kind.READ_BACK, times=3) == [
            *by_programme, *by_hand, (Kind.READ_BACK, 8, 25.0), *released,
        ]  # fmt: skip
        assert await stand.story("relay.ch2", ends=Kind.READ_BACK, times=2) == [
            (Kind.DECIDED, 15, False),
            (Kind.COMMAND, 8, True),
            (Kind.DECIDED, 8, True),
            (Kind.SENT, 8, True),
            (Kind.READ_BACK, 8, True),
            (Kind.EXPIRED, 8, None),
            (Kind.DECIDED, 15, False),
            (Kind.SENT, 15, False),
            (Kind.READ_BACK, 15, False),
        ]
        command = next(row.entry for row in stand.ledger("hall.zone1_level") if row.entry.kind == "command")
        assert command.who.startswith("王工 (")
        assert command.why == "试灯"

        code, said = await stand.refused()
        assert code == 1
        assert said.startswith("louguan: louguan already runs on ")
        assert len(said.splitlines()) == 1
        # A set-up register that the driver put right is in the ledger too.
        assert [row.entry.value for row in stand.ledger("node.comm_timeout")] == [60.0]


async def test_locks_and_observe_mode_let_nothing_pass_and_survive_a_kill(tmp_path: Path) -> None:
    async with Stand(HOUSE, tmp_path) as stand:
        await stand.start()
        await stand.online()
        await stand.call("lock", target="hall", reason="换灯")
        before = stand.ledger()[-1].seq
        await stand.call("observe", target="relay", on=True)
        mark = stand.ledger()[-1].seq
        await stand.call("set", point="hall-lights", value="30 %", for_s=3600)
        await stand.call("set", point="yard", value="off", for_s=3600)
        # What stands already is noted once when observe mode begins, then what is newly decided.
        story = await stand.story("relay.ch1", ends=Kind.WOULD_WRITE, times=2, after=before)
        assert story[-3:] == [
            (Kind.COMMAND, 8, False), (Kind.DECIDED, 8, False), (Kind.WOULD_WRITE, 8, False),
        ]  # fmt: skip
        await stand.kill()
        await stand.start()
        status = await stand.call("status")
        assert [lock["target"] for lock in status["locks"]] == ["hall"]
        assert sorted(item["point"] for item in status["overrides"]) == ["hall.zone1_level", "relay.ch1"]
        assert "换灯" in (await stand.call("read", point="hall-lights"))["held_back"]
        assert "observe" in (await stand.call("read", point="yard"))["held_back"]
        why = await stand.call("why", point="hall-lights")
        assert (why["winner"]["by"], [item["kind"] for item in why["hindrances"]][:1]) == ("person", ["lock"])
        await stand.heard()
        await asyncio.sleep(2.5)
        assert not {key for key in sent(stand, mark) if key.startswith(("hall.", "relay."))}
        truth = await stand.truth()
        assert (truth["hall.zone1_level"], truth["relay.ch1"]) == (60.0, True)
        await stand.call("unlock", target="hall")
        await stand.call("observe", target="relay", on=False)
        await stand.has("hall.zone1_level", 30.0)
        await stand.has("relay.ch1", False)


async def test_an_edit_comes_into_force_when_it_is_accepted_and_right(tmp_path: Path) -> None:
    site = tmp_path / "site"
    shutil.copytree(HOUSE, site)
    programme = site / "schedules" / "house.yaml"
    async with Stand(site, tmp_path) as stand:
        await stand.start()
        await stand.has("hall.zone1_level", 60.0)
        accepted = (await stand.call("status"))["plan"]
        await stand.stop()

        programme.write_text(programme.read_text(encoding="utf-8").replace("60 %", "45 %"), encoding="utf-8")
        await stand.start()
        await stand.has("hall.zone1_level", 60.0)
        status = await stand.call("status")
        assert status["plan"] == accepted
        assert status["directory_differs"] is True
        assert [item["kind"] for item in status["notices"]] == ["files"]
        assert "were edited" in stand.said()
        await stand.stop()

        await stand.start("--accept")
        await stand.has("hall.zone1_level", 45.0)
        status = await stand.call("status")
        assert status["plan"] != accepted
        assert status["directory_differs"] is False
        accepted = status["plan"]
        await stand.stop()

        broken = programme.read_text(encoding="utf-8").replace("45 %", "45")
        broken = broken.replace("targets: [yard, ", "targets: [yrad, ")
        programme.write_text(broken, encoding="utf-8")
        code, said = await stand.refused("--accept")
        assert code == 1
        assert "Traceback" not in said
        assert len([line for line in said.splitlines() if line.startswith("  schedules/house.yaml:")]) == 3
        assert 'did you mean "yard"' in said

        await stand.start()
        status = await stand.call("status")
        assert (status["plan"], status["directory_differs"]) == (accepted, True)
        plans = [row.entry.detail for row in stand.ledger() if row.entry.kind == Kind.PLAN]
        assert len(plans) == 2
        assert plans[-1] == accepted


async def test_after_a_damaged_control_db_nothing_is_sent_until_a_person_confirms(tmp_path: Path) -> None:
    site = tmp_path / "site"
    shutil.copytree(HOUSE, site)
    async with Stand(site, tmp_path) as stand:
        await stand.start()
        await stand.online()
        accepted = (await stand.call("status"))["plan"]
        await stand.stop()
        (stand.data / "control.db").write_bytes(b"no database at all" * 512)
        # An edit that nobody accepted does not slip in with it.
        with (site / "schedules" / "house.yaml").open("a", encoding="utf-8") as file:
            file.write("# edited\n")

        for _ in range(2):  # over a restart too
            await stand.start()
            status = await stand.call("status")
            assert status["observe"] is True
            assert (status["plan"], status["directory_differs"]) == (accepted, True)
            notices = {item["kind"]: item["message"] for item in status["notices"]}
            assert "control.db was damaged and set aside as control.db.damaged-" in notices["memory-lost"]
            await stand.heard()
            await stand.story("relay.ch1", ends=Kind.WOULD_WRITE)
            await stand.stop()
        assert not sent(stand)
        assert list(stand.data.glob("control.db.damaged-*"))

        await stand.start()
        await stand.call("observe", person="王工", on=False)
        await stand.online()
        await stand.has("relay.ch1", True)
        status = await stand.call("status")
        assert status["observe"] is False
        assert "memory-lost" not in {item["kind"] for item in status["notices"]}


@pytest.mark.slow
async def test_a_serial_device_that_is_pulled_out_and_put_back(tmp_path: Path) -> None:
    async with Stand(HOUSE, tmp_path) as stand:
        await stand.start()
        await stand.online()
        await stand.simulators(fault="unplug", line="S1")

        async def offline() -> bool:
            return sorted((await stand.call("status"))["offline"]) == ["node", "node-meter"]

        await stand.until(offline)
        await stand.simulators(fault="unplug", line="S1", on=False)
        await stand.online()
