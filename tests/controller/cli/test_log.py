"""log meters, export, gaps, verify: on a data directory as a daemon leaves it, without one."""

from __future__ import annotations

import csv
import io
import json
import shutil
import sqlite3
from contextlib import closing
from dataclasses import replace
from decimal import Decimal
from pathlib import Path

import pyarrow.parquet as pq
import pytest

from config.plan import codec
from controller.consumption.log import Closed
from controller.consumption.meters import meters_of
from controller.consumption.records import Flag, Interval, Mark
from controller.origin import MARK, mark
from controller.store.control import ControlStore
from controller.store.logdb import LogStore
from controller.store.plans import Acceptance
from tests.controller.cli.test_main import louguan
from tests.controller.consumption.bench import PLAN, START
from tests.controller.store.tampering import tamper

QUARTER = 900_000


def row(slot: int, consumption: int | None, flags: Flag = Flag(0), since: int | None = None) -> Interval:
    """10 quanta a slot."""
    start = START + slot * QUARTER
    since = slot if since is None else since
    known = consumption is not None
    starts = known or Flag.RECOVERED not in flags
    return Interval(
        "main",
        start,
        start + QUARTER,
        START + since * QUARTER if starts else None,
        since * 10 if starts else None,
        slot * 10 + 10 if known else None,
        consumption,
        1500,
        900,
        flags,
    )


ROWS = (
    row(0, 10),
    row(1, None, Flag.PARTIAL),
    row(2, 20, Flag.PARTIAL | Flag.RECOVERED, since=1),
    row(3, 10),
)


@pytest.fixture
def data(tmp_path: Path) -> Path:
    """A data directory with a plan, a ledger and four intervals from 10:00 on, of a simulation: time has come
    no further than they have."""
    folder = tmp_path / "data"
    mark(folder)
    control = ControlStore.open(folder, START)
    current = replace(PLAN, format=codec.FORMAT)
    found = codec.seal(current)
    plan = codec.dump(replace(current, hash=found))
    control.begin(START, trusted=True, version="0", plan=found)
    control.accept(plan, Acceptance(found, START, "li")).result(9)
    control.close()
    store = LogStore.open(folder, START)
    store.register([meter for meter in meters_of(PLAN) if meter.name == "main"], START, "Asia/Shanghai")
    end = START + 4 * QUARTER
    store.write(Closed(ROWS, (("main", Mark(end, end, 40, end - 1000, 40)),))).result(9)
    store.close()
    return folder


def change(path: Path, statement: str) -> None:
    with closing(sqlite3.connect(path)) as connection, connection:
        (tamper(connection) if path.name == "log.db" else connection).execute(statement)
        assert connection.total_changes


def test_meters(capsys: pytest.CaptureFixture[str], data: Path) -> None:
    code, out, err = louguan(capsys, "log", "meters", "--data", str(data), "--json")
    assert (code, err) == (0, "")
    (line,) = out.splitlines()
    found = json.loads(line)
    assert (found["meter"], found["quantity"], found["unit"], found["quantum"]) == (
        "main",
        "electricity",
        "kWh",
        "0.01",
    )
    assert found["last"] == {
        "start": "2026-03-05T10:45:00+08:00",
        "end": "2026-03-05T11:00:00+08:00",
        "consumption": "0.10",
        "flags": [],
    }
    assert [one["modulus"] for one in found["fittings"]] == [1_000_000]
    code, out, _ = louguan(capsys, "log", "meters", "--data", str(data), "--lang", "zh")
    assert "0.10 kWh" in out
    assert "电" in out


DAY = ("--from", "2026-03-05", "--to", "2026-03-05")


def test_export_as_csv_is_exact_and_leaves_the_unknown_empty(
    capsys: pytest.CaptureFixture[str], data: Path
) -> None:
    out_file = data / "out.csv"
    code, out, _ = louguan(capsys, "log", "export", *DAY, "--data", str(data), "-o", str(out_file), "--json")
    assert code == 0
    assert json.loads(out)["rows"] == 4
    content = out_file.read_bytes().decode("utf-8-sig")
    lines = list(csv.DictReader(io.StringIO(content, newline="")))
    assert [line["consumption"] for line in lines] == ["0.10", "", "0.20", "0.10"]
    assert lines[2]["start"] == "2026-03-05T10:30:00+08:00"
    assert lines[2]["start_utc"] == "2026-03-05T02:30:00+00:00"
    assert lines[2]["from_utc"] == "2026-03-05T02:15:00+00:00"
    assert lines[2]["flags"] == "partial recovered"
    assert lines[2]["revision"] == "0"
    assert not list(data.glob(".out.csv*"))


def test_export_as_json_and_parquet(capsys: pytest.CaptureFixture[str], data: Path) -> None:
    where = ("--data", str(data))
    code = louguan(capsys, "log", "export", *DAY, *where, "--format", "json", "-o", str(data / "o.json"))[0]
    assert code == 0
    rows = [json.loads(line) for line in (data / "o.json").read_text().splitlines()]
    assert [(line["consumption"], line["flags"]) for line in rows][:2] == [("0.10", []), (None, ["partial"])]
    code = louguan(
        capsys, "log", "export", *DAY, *where, "--format", "parquet", "-o", str(data / "o.parquet")
    )[0]
    assert code == 0
    table = pq.read_table(data / "o.parquet")
    assert table["consumption"].to_pylist() == [Decimal("0.10"), None, Decimal("0.20"), Decimal("0.10")]


@pytest.mark.parametrize("words", [(), ("--by", "day")])
def test_json_is_printed_where_it_is_asked_for(
    capsys: pytest.CaptureFixture[str], data: Path, words: tuple[str, ...]
) -> None:
    asked = ("log", "export", *DAY, *words, "--data", str(data))
    code, out, err = louguan(capsys, *asked, "--json")
    assert (code, err) == (0, "")
    assert out == louguan(capsys, *asked, "--format", "json")[1]
    assert {json.loads(line)["meter"] for line in out.splitlines()} == {"main"}
    code, out, _ = louguan(capsys, *asked, "--json", "--format", "csv", "--lang", "en")
    assert code == 2
    assert "leave out --format csv" in json.loads(out)["error"]["message"]


@pytest.mark.parametrize(
    "words",
    [
        (*DAY, "--meter", "nobody"),
        (*DAY, "--by", "day", "--meter", "nobody"),
        (*DAY, "--by", "tariff"),
        ("--from", "2025-01-01", "--to", "2025-01-31"),
    ],
)
def test_an_export_that_fails_prints_no_head(
    capsys: pytest.CaptureFixture[str], data: Path, words: tuple[str, ...]
) -> None:
    code, out, err = louguan(capsys, "log", "export", *words, "--data", str(data))
    assert (code, out) == (1, "")
    assert err


DAY_OF_ALL = {
    "export": DAY,
    "tree": DAY,
    "trend": ("main.power", *DAY),
    "trends": (),
    "gaps": (),
    "meters": (),
    "verify": (),
}


@pytest.mark.parametrize("command", DAY_OF_ALL)
def test_where_there_is_no_log_only_that_is_said(
    capsys: pytest.CaptureFixture[str], tmp_path: Path, command: str
) -> None:
    where = ("--data", str(tmp_path), "--lang", "en")
    code, out, err = louguan(capsys, "log", command, *DAY_OF_ALL[command], *where)
    assert (code, out) == (1, "")
    assert err.startswith("louguan: there is no ")
    assert "UTC" not in err


def test_nothing_logged_makes_no_file(capsys: pytest.CaptureFixture[str], data: Path) -> None:
    words = ("log", "export", "--from", "2025-01-01", "--to", "2025-01-31", "-o", str(data / "o.csv"))
    code, _, err = louguan(capsys, *words, "--data", str(data), "--lang", "en")
    assert code == 1
    assert "nothing was logged" in err
    assert not (data / "o.csv").exists()


@pytest.mark.parametrize(
    ("words", "code"),
    [
        (("export", "--from", "5.3.", "--to", "2026-03-05"), 2),
        (("export", "--from", "2026-03-06", "--to", "2026-03-05"), 2),
        (("export", *DAY, "--format", "xls"), 2),
        (("export", *DAY, "--format", "parquet"), 2),
        (("export", *DAY, "--meter", "nobody"), 1),
        (("export", "--from", "2026-03-05"), 2),
        (("gaps", "--meter", "nobody"), 1),
        (("verify", "--data", "/nonexistent"), 1),
    ],
)
def test_what_cannot_be_done(
    capsys: pytest.CaptureFixture[str], data: Path, words: tuple[str, ...], code: int
) -> None:
    where = () if "--data" in words else ("--data", str(data))
    found, _, err = louguan(capsys, "log", *words, *where)
    assert found == code
    assert "Traceback" not in err


def test_gaps_tell_what_nobody_knows_from_what_came_later(
    capsys: pytest.CaptureFixture[str], data: Path
) -> None:
    code, out, _ = louguan(capsys, "log", "gaps", "--data", str(data), "--json")
    found = json.loads(out)["gaps"]
    # twin's meters are in the plan and were never read: there is no log of them.
    assert code == 0
    assert [(gap["meter"], gap["lack"], gap["start"]) for gap in found] == [
        ("main", "recovered", "2026-03-05T10:15:00+08:00")
    ]
    change(data / "log.db", f"DELETE FROM intervals WHERE start_ms = {START + 2 * QUARTER}")
    code, out, _ = louguan(capsys, "log", "gaps", "--data", str(data), "--json")
    assert code == 1
    assert [(gap["lack"], gap["hours"]) for gap in json.loads(out)["gaps"]] == [
        ("unknown", 0.25),
        ("missing", 0.25),
    ]
    code, out, _ = louguan(capsys, "log", "gaps", "--data", str(data), "--lang", "zh")
    assert code == 1
    assert "没有记录" in out


def lacking(capsys: pytest.CaptureFixture[str], data: Path, *words: str) -> list[tuple[str, str, str]]:
    """What each stretch lacks, from when to when."""
    code, out, _ = louguan(capsys, "log", "gaps", *words, "--data", str(data), "--json")
    found = json.loads(out)["gaps"]
    assert code == int(any(gap["lost"] for gap in found))
    return [(gap["lack"], gap["start"][8:16], gap["end"][8:16]) for gap in found]


RECOVERED = ("recovered", "05T10:15", "05T10:30")


def test_time_in_which_nothing_ran_is_missing_up_to_now(
    capsys: pytest.CaptureFixture[str], data: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (data / MARK).unlink()
    now = START + 50 * 3_600_000 + 60_000
    monkeypatch.setattr("time.time", lambda: now / 1000)
    assert lacking(capsys, data) == [RECOVERED, ("missing", "05T11:00", "07T11:45")]
    assert lacking(capsys, data, "--from", "2026-03-06", "--to", "2026-03-06") == [
        ("missing", "06T00:00", "07T00:00")
    ]
    assert lacking(capsys, data, "--from", "2026-03-07", "--to", "2026-03-31") == [
        ("missing", "07T00:00", "07T11:45")
    ]
    assert lacking(capsys, data, "--to", "2026-03-04") == [], "its log had not begun"
    monkeypatch.setattr("time.time", lambda: (START + 5 * QUARTER + 60_000) / 1000)
    assert lacking(capsys, data) == [RECOVERED], "the interval that has just ended may still come"


@pytest.mark.parametrize("simulated", [True, False])
def test_a_time_that_is_still_to_come_has_no_gaps(
    capsys: pytest.CaptureFixture[str], data: Path, monkeypatch: pytest.MonkeyPatch, simulated: bool
) -> None:
    if not simulated:
        (data / MARK).unlink()
        monkeypatch.setattr("time.time", lambda: (START + 5 * QUARTER) / 1000)
    words = ("log", "gaps", "--from", "2027-01-01", "--data", str(data), "--lang", "en")
    code, out, err = louguan(capsys, *words)
    assert (code, out) == (1, "")
    now = "2026-03-05 11:00" if simulated else "2026-03-05 11:15"
    assert err == f"louguan: 2027-01-01 00:00 is still to come: the site's time is {now}\n"


def test_what_a_later_interval_has_is_not_lost_though_it_was_not_asked_for(
    capsys: pytest.CaptureFixture[str], data: Path
) -> None:
    late = START + 14 * 3_600_000
    change(data / "log.db", f"DELETE FROM intervals WHERE start_ms = {START + 3 * QUARTER}")
    change(
        data / "log.db",
        f"UPDATE intervals SET start_ms = {late}, end_ms = {late + QUARTER} "
        f"WHERE start_ms = {START + 2 * QUARTER}",
    )
    change(data / "log.db", f"UPDATE marks SET slot_ms = {late + QUARTER}")
    assert lacking(capsys, data, "--to", "2026-03-05") == [RECOVERED, ("missing", "05T10:30", "06T00:00")]


def test_a_row_that_began_before_what_is_asked_for_is_no_gap(
    capsys: pytest.CaptureFixture[str], data: Path
) -> None:
    end = START + 20 * 3_600_000
    change(data / "log.db", f"UPDATE intervals SET end_ms = {end} WHERE start_ms = {START + 3 * QUARTER}")
    assert lacking(capsys, data, "--from", "2026-03-06") == []


def test_verify(capsys: pytest.CaptureFixture[str], data: Path) -> None:
    code, out, _ = louguan(capsys, "log", "verify", "--data", str(data), "--json")
    assert json.loads(out) == {
        "sound": True,
        "meters": 1,
        "intervals": 4,
        "days": 1,
        "past_days": 0,
        "ledger_rows": 2,
        "heads": 0,
        "problems": [],
    }
    assert code == 0
    change(data / "log.db", f"UPDATE intervals SET consumption = 11 WHERE start_ms = {START}")
    change(data / "control.db", "UPDATE ledger SET who = 'nobody' WHERE seq = 1")
    code, out, _ = louguan(capsys, "log", "verify", "--data", str(data), "--json", "--lang", "en")
    assert code == 1
    first, day, second = json.loads(out)["problems"]
    assert (first["meter"], first["start"]) == ("main", "2026-03-05T10:00:00+08:00")
    assert "11 is not the difference" in first["what"]
    assert (day["start"], day["what"]) == (
        "2026-03-05T00:00:00+08:00",
        "its day has 40 as consumption, its intervals say 41",
    )
    assert "row 1" in second["what"]
    code, out, _ = louguan(capsys, "log", "verify", "--data", str(data), "--lang", "zh")
    assert code == 1
    assert "有 3 处不对" in out


def test_without_a_plan_times_are_in_utc_and_that_is_said(
    capsys: pytest.CaptureFixture[str], data: Path
) -> None:
    (data / "control.db").unlink()
    shutil.rmtree(data / "plans")
    shutil.rmtree(data / "backup")
    code, out, err = louguan(
        capsys, "log", "export", *DAY, "--data", str(data), "--format", "json", "--lang", "en"
    )
    assert code == 0
    assert "UTC" in err
    code, out, _ = louguan(capsys, "log", "verify", "--data", str(data), "--json")
    assert code == 1
    assert len(json.loads(out)["problems"]) == 1


def test_somebody_who_waits_sees_how_far_verify_is(
    capsys: pytest.CaptureFixture[str], data: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("sys.stderr.isatty", lambda: True)
    code, out, err = louguan(capsys, "log", "verify", "--data", str(data), "--lang", "zh")
    assert code == 0
    assert "第 1 块表，共 1 块" in err
    assert "\r" not in out
