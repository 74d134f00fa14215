"""What a start, an edit and a demo do to a site and its data: nothing that nobody asked for."""

from __future__ import annotations

import asyncio
import json
import os
import shutil
import signal
import sqlite3
import subprocess
import sys
import time
from contextlib import closing
from pathlib import Path

import pytest

from controller.consumption.records import Flag
from controller.store.ledger import Kind
from hil_tests.running import PATIENCE_S
from hil_tests.stand import HOUSE, Stand

pytestmark = pytest.mark.timeout(300)
PROGRAM = [sys.executable, "-P", "-m", "controller.cli", "--lang", "en"]


def louguan(*words: str) -> tuple[int, str]:
    """Run a command to its end: exit code, and all it said."""
    done = subprocess.run(
        [*PROGRAM, *words],
        capture_output=True,
        text=True,
        timeout=PATIENCE_S,
        check=False,
        stdin=subprocess.DEVNULL,
    )
    assert "Traceback" not in done.stderr
    return done.returncode, done.stdout + done.stderr


async def kinds(stand: Stand) -> dict[str, str]:
    return {item["kind"]: item["message"] for item in (await stand.call("status"))["notices"]}


async def test_an_edit_and_a_removed_socket_are_noticed_while_it_runs(tmp_path: Path) -> None:
    site = tmp_path / "site"
    shutil.copytree(HOUSE, site)
    programme = site / "schedules" / "house.yaml"
    async with Stand(site, tmp_path) as stand:
        await stand.start()
        assert (await stand.call("status"))["directory_differs"] is False
        right = programme.read_text(encoding="utf-8")
        programme.write_text(right.replace("60 %", "60"), encoding="utf-8")

        async def judged() -> bool:
            return "files-wrong" in await kinds(stand)

        await stand.until(judged)
        assert (await stand.call("status"))["directory_differs"] is True
        assert "the first: schedules/house.yaml:" in (await kinds(stand))["files-wrong"]
        code, said = await asyncio.to_thread(louguan, *stand.command("--accept")[5:])
        assert code == 1
        assert "stop it first" in said

        (stand.data / "louguan.sock").unlink()
        code, said = await asyncio.to_thread(louguan, "status", "--data", str(stand.data))
        assert code == 1
        assert "but its socket is gone" in said

        async def again() -> bool:
            return (stand.data / "louguan.sock").exists()

        await stand.until(again)
        code, said = await asyncio.to_thread(louguan, "status", "--data", str(stand.data))
        assert code == 0
        # Who was connected stays so.
        programme.write_text(right, encoding="utf-8")

        async def over() -> bool:
            return not {"files", "files-wrong"} & set(await kinds(stand))

        await stand.until(over)
        await stand.stop()
        assert not (stand.data / "louguan.sock").exists()


async def test_a_lost_plan_puts_no_edit_in_force_unseen(tmp_path: Path) -> None:
    site = tmp_path / "site"
    shutil.copytree(HOUSE, site)
    async with Stand(site, tmp_path) as stand:
        await stand.start()
        await stand.online()
        accepted = (await stand.call("status"))["plan"]
        await stand.stop()
        programme = site / "schedules" / "house.yaml"
        edited = programme.read_text(encoding="utf-8").replace("60 %", "45 %")
        programme.write_text(edited, encoding="utf-8")

        shutil.rmtree(stand.data / "plans")
        await stand.start()
        assert (await stand.call("status"))["plan"] == accepted
        assert "its second copy is in force" in stand.said()
        await stand.stop()

        shutil.rmtree(stand.data / "plans")
        shutil.rmtree(stand.data / "backup")
        mark = stand.ledger()[-1].seq
        for _ in range(2):  # over a restart too
            await stand.start()
            status = await stand.call("status")
            assert status["plan"] != accepted
            assert status["observe"] is True
            assert "nobody has accepted their edits" in (await kinds(stand))["plan-lost"]
            await stand.heard()
            await stand.story("hall.zone1_level", ends=Kind.WOULD_WRITE, after=mark)
            await stand.stop()
        assert not [row for row in stand.ledger(after=mark) if row.entry.kind == Kind.SENT]
        await stand.start()
        await stand.call("observe", person="王工", on=False)
        await stand.has("hall.zone1_level", 45.0)
        assert "plan-lost" not in await kinds(stand)


async def test_a_simulation_and_a_real_site_share_no_data(tmp_path: Path) -> None:
    site = tmp_path / "site"
    shutil.copytree(HOUSE, site)
    async with Stand(site, tmp_path) as stand:
        await stand.start()
        code, said = await asyncio.to_thread(louguan, "demo", str(site), "--data", str(stand.data))
        assert (code, "louguan already runs on" in said) == (1, True)
        await stand.stop()
        code, said = await asyncio.to_thread(louguan, "run", str(site), "--data", str(stand.data))
        assert (code, "of a simulation" in said) == (1, True)

        real = tmp_path / "real"
        real.mkdir()
        (real / "control.db").touch()
        for words in (["demo", str(site)], ["run", str(site), "--overlay", str(stand.overlay)]):
            code, said = await asyncio.to_thread(louguan, *words, "--data", str(real))
            assert (code, "of a real site" in said) == (1, True)
        assert [path.name for path in real.iterdir()] == ["control.db"]

        # An overlay that lacks a line would send the daemon to the real one.
        overlay = json.loads(stand.overlay.read_text(encoding="utf-8"))
        del overlay["lines"]["T1"]
        stand.overlay.write_text(json.dumps(overlay), encoding="utf-8")
        code, said = await stand.refused()
        assert code == 1
        assert "no address for line T1" in said


def usual_signals() -> None:
    """In the child: as a terminal starts it, however these tests were started (nohup ignores SIGHUP)."""
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, signal.SIG_DFL)


@pytest.mark.parametrize(
    ("number", "shell"),
    [
        (signal.SIGTERM, []),
        (signal.SIGHUP, []),
        (signal.SIGINT, []),
        # In the background of a script ctrl-C is ignored.
        (signal.SIGTERM, ["sh", "-c", "trap '' INT; exec \"$@\"", "sh"]),
    ],
    ids=["TERM", "HUP", "INT", "TERM in the background"],
)
def test_a_demo_that_is_ended_leaves_nothing(
    tmp_path: Path, number: signal.Signals, shell: list[str]
) -> None:
    scratch = tmp_path / "scratch"
    scratch.mkdir()
    with subprocess.Popen(
        [*shell, *PROGRAM, "demo", str(HOUSE), "--for", "5min", "--json"],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        env={**os.environ, "TMPDIR": str(scratch)},
        preexec_fn=usual_signals,
    ) as demo:
        deadline = time.monotonic() + PATIENCE_S
        while not list(scratch.glob("louguan-demo-*/louguan.sock")) and time.monotonic() < deadline:
            time.sleep(0.05)
        demo.send_signal(number)
        try:
            _, said = demo.communicate(timeout=PATIENCE_S)
        finally:
            demo.kill()
    assert demo.returncode in (0, 1, 130), said
    assert b"Traceback" not in said
    assert list(scratch.glob("louguan-demo-*")) == []


@pytest.mark.slow
def test_what_a_demo_adds_stays_through_an_apply(tmp_path: Path) -> None:
    site, data = tmp_path / "site", tmp_path / "kept"
    shutil.copytree(HOUSE, site)
    with subprocess.Popen(
        [*PROGRAM, "demo", str(site), "--for", "5min", "--json", "--data", str(data)],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        preexec_fn=usual_signals,
    ) as demo:
        try:
            deadline = time.monotonic() + PATIENCE_S
            while not (data / "louguan.sock").exists() and time.monotonic() < deadline:
                time.sleep(0.05)
            apply = ("apply", str(site), "--data", str(data), "--json")
            code, said = louguan(*apply)
            found = json.loads(said)
            assert (code, found["changes"], found["number"]) == (0, {}, None), "nobody has edited anything"
            programme = site / "schedules" / "house.yaml"
            programme.write_text(programme.read_text(encoding="utf-8").replace("60 %", "55 %"), "utf-8")
            code, said = louguan(*apply)
            assert (code, list(json.loads(said)["changes"])) == (0, ["programmes"])
            code, said = louguan("upload", "--data", str(data), "--json")
            assert [row["sink"] for row in json.loads(said)["sinks"]] == ["demo"]
        finally:
            demo.send_signal(signal.SIGTERM)
            demo.wait(PATIENCE_S)


def test_a_demo_keeps_its_data_where_it_is_told_and_goes_on_there(tmp_path: Path) -> None:
    data, said = tmp_path / "kept", ""
    for seconds in (4, 12):
        _, said = louguan("demo", str(HOUSE), "--for", f"{seconds}s", "--json", "--data", str(data))
        assert (data / "control.db").exists()
        assert (data / "simulated").exists()
    assert "the simulated counters go on from where they stood" in said
    with closing(sqlite3.connect(data / "log.db")) as log:
        rows = [Flag(flags) for (flags,) in log.execute("SELECT flags FROM intervals")]
    assert rows
    assert not [row for row in rows if Flag.SUSPECT in row], "its meters go on where they stood"
    assert "jumped" not in (data / "daemon.log").read_text(encoding="utf-8")
    found = json.loads(next(line for line in said.splitlines() if line.startswith("{")))
    assert min(found["intervals_delivered"], found["intervals_written"]) > 0, "its receiver takes the log"
    assert louguan("run", str(HOUSE), "--data", str(data))[0] == 1
