"""`louguan event` on the command line, against a daemon that answers on its socket."""

from __future__ import annotations

import asyncio
import json
import logging
import threading
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from config.plan.codec import dump, seal
from controller.cli.event_source import of_daemon
from controller.cli.main import main
from controller.operations.registry import register
from controller.socket.server import SocketServer
from controller.store.plans import PlanFiles
from tests.controller.house import booked_house
from tests.controller.shell import shell

WHEN = ("2026-03-05", "13:30-17:00")


@pytest.fixture
def data(tmp_path: Path) -> Iterator[Path]:
    """The data directory of a daemon that cycles, and answers, on a thread of its own."""
    folder = tmp_path / "data"
    folder.mkdir()
    plan = booked_house()
    plan = replace(plan, hash=seal(plan))
    PlanFiles(folder / "plans", folder / "backup").save(plan.hash, dump(plan))
    started, over = threading.Event(), threading.Event()

    async def serve() -> None:
        with shell(folder, plan) as made:
            server = SocketServer(folder / "louguan.sock", "test")
            register(server, made.daemon)
            await server.start()
            started.set()
            while not over.is_set():
                made.cycle(0.01)
                await asyncio.sleep(0.005)
            await server.stop()

    log = logging.getLogger("louguan")
    handlers, log.handlers = log.handlers, []
    thread = threading.Thread(target=asyncio.run, args=(serve(),))
    thread.start()
    assert started.wait(30)
    yield folder
    over.set()
    thread.join(30)
    log.handlers = handlers


def event(
    capsys: pytest.CaptureFixture[str], data: Path, *words: str, language: str = "en"
) -> tuple[int, str, str]:
    with pytest.raises(SystemExit) as ended:
        main(["event", *words, "--data", str(data), "--lang", language])
    said = capsys.readouterr()
    return int(ended.value.code or 0), said.out, said.err


def test_from_the_first_booking_to_the_last(
    capsys: pytest.CaptureFixture[str], data: Path, tmp_path: Path
) -> None:
    assert event(capsys, data, "list") == (0, "", "nothing is booked\n")
    code, out, err = event(capsys, data, "add", "会议大厅", *WHEN, "--label", "培训", "--as", "王工")
    assert (code, out, err) == (0, "会议大厅 is booked 2026-03-05 13:30-17:00\n", "")
    code, out, err = event(capsys, data, "add", "hall", *WHEN)
    assert (code, out, err) == (1, "", "louguan: hall is booked for this very time already\n")
    code, out, err = event(capsys, data, "add", "hall", "2026-03-05", "16:00", "-", "2026-03-06", "01:00")
    assert (code, out) == (0, "会议大厅 is booked 2026-03-05 16:00-2026-03-06 01:00\n")
    assert err == "note: 会议大厅 is also booked 2026-03-05 13:30-17:00\n"
    code, out, _ = event(capsys, data, "add", "hal", *WHEN, "--json", language="zh")
    assert code == 1
    assert json.loads(out)["error"]["message"] == "没有名为 hal 的场所；是不是“会议大厅（hall）”？"

    table = tmp_path / "events.csv"
    table.write_bytes("place,start,end\nhall,2026-03-07 09:00,2026-03-07 10:00\n".encode("utf-8-sig"))
    for added, known in ((1, 0), (0, 1)):
        said = f"{added} bookings added; {known} were there already, 0 are over\n"
        assert event(capsys, data, "import", str(table)) == (0, said, "")
    table.write_bytes("地点,日期,开始,结束\n会议大厅,2026-03-07,09:00,10:00\n".encode("gbk"))
    code, out, err = event(capsys, data, "import", str(table))
    assert (code, out) == (0, "0 bookings added; 1 were there already, 0 are over\n")
    assert err == "note: the file is not UTF-8; it was read as GBK\n"
    table.write_text("place,date,from,to\nhall,2026-03-07,09:00,08:00\n", encoding="utf-8")
    code, _, err = event(capsys, data, "import", str(table))
    assert code == 1
    assert 'events.csv:2: "09:00-08:00" would end on the next day; if that is meant, write both dates' in err

    code, out, _ = event(capsys, data, "list")
    lines = out.splitlines()
    assert (code, len(lines)) == (0, 4)
    assert lines[0].split() == ["place", "label", "booked", "what", "for", "organiser", "entered", "by"]
    assert lines[1].split()[:6] == ["hall", "会议大厅", "2026-03-05", "13:30-17:00", "培训", "王工"]
    assert "2026-03-05 16:00-2026-03-06 01:00" in lines[2]
    rows = [json.loads(line) for line in event(capsys, data, "list", "hall", "--json")[1].splitlines()]
    assert [row["to"][:16] for row in rows] == ["2026-03-05T17:00", "2026-03-06T01:00", "2026-03-07T10:00"]
    assert [item.end_ms - item.start_ms for item in of_daemon(data)] == [12_600_000, 32_400_000, 3_600_000]

    code, out, _ = event(capsys, data, "remove", "hall", "2026-03-07", "09:00")
    assert (code, out) == (0, "会议大厅 is not booked 2026-03-07 09:00-10:00 any more\n")
    assert event(capsys, data, "remove", "hall", "2026-03-07", "09:00")[0] == 1
    assert event(capsys, data, "list", "lobby")[0] == 1
    assert len(of_daemon(data)) == 2


def test_without_a_daemon_and_without_a_database(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    assert event(capsys, tmp_path, "list")[0] == 1
    assert of_daemon(tmp_path) == ()
