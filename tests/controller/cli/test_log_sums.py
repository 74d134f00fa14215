"""log export --by, log tree, log meters: sums of a data directory as a daemon leaves it, made meters among
them."""

from __future__ import annotations

import csv
import io
import json
import re
import shutil
import sqlite3
from collections.abc import Iterable
from contextlib import closing
from dataclasses import replace
from decimal import Decimal
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest
from rich.cells import cell_len

from config.plan import codec
from config.plan.devices import Source
from config.plan.metering import Metering, Part, Submeter, VirtualMeter
from config.plan.tariff import Tariff, TariffPeriod, TariffSeason, TariffSpan
from controller.consumption.log import Closed
from controller.consumption.meters import meters_of
from controller.consumption.records import Flag, Interval
from controller.origin import MARK, mark
from controller.store.control import ControlStore
from controller.store.expiry import delete_old
from controller.store.logdb import LogStore
from controller.store.plans import Acceptance
from tests.controller.cli.test_main import louguan
from tests.controller.consumption.bench import PLAN, START

QUARTER = 900_000
HOUR = 4 * QUARTER
NIGHT = START - 10 * HOUR
"""2026-03-05 00:00 local."""
WHERE = Source("site.yaml", 1, 1)
METERING = Metering(
    virtual=(
        VirtualMeter(
            "house", "全楼", "electricity", "kWh", (Part("main", 1), Part("twin.export", -1)), WHERE
        ),
    ),
    submeters=(Submeter("twin.import", "house", WHERE),),
    labels=(("twin.import", "厨房"),),
)
SPANS = (TariffSpan(0, 7 * 3600, "valley"), TariffSpan(10 * 3600, 12 * 3600, "peak"))
FACTORS: tuple[tuple[TariffPeriod, float], ...] = (("peak", 1.6), ("flat", 1.0), ("valley", 0.4))
TARIFF = Tariff("t", "", "", "2026-01-01", (TariffSeason((3,), (), SPANS),), FACTORS, 0.7, True)


def chain(meter: str, slots: int, each: int, gap: tuple[int, int] = (0, 0)) -> list[Interval]:
    """From 00:00 on; in the gap nothing is known, and the interval after it has all."""
    rows = []
    for slot in range(slots):
        at, count = NIGHT + slot * QUARTER, slot * each
        if gap[0] <= slot < gap[1]:
            from_ms, start = (at, count) if slot == gap[0] else (None, None)
            rows.append(Interval(meter, at, at + QUARTER, from_ms, start, None, None, None, 0, Flag.PARTIAL))
            continue
        since = gap[0] if gap[0] < slot == gap[1] else slot
        flags = Flag.PARTIAL | Flag.RECOVERED if since < slot else Flag(0)
        end, used = count + each, (slot + 1 - since) * each
        rows.append(
            Interval(
                meter,
                at,
                at + QUARTER,
                NIGHT + since * QUARTER,
                since * each,
                end,
                used,
                1500 + slot,
                900,
                flags,
            )
        )
    return rows


def filled(folder: Path, rows: Iterable[Interval]) -> Path:
    """A simulation's data directory with these rows: time has come no further than they have."""
    mark(folder)
    control = ControlStore.open(folder, START)
    current = replace(PLAN, format=codec.FORMAT, metering=METERING, tariff=TARIFF)
    found = codec.seal(current)
    control.begin(START, trusted=True, version="0", plan=found)
    control.accept(codec.dump(replace(current, hash=found)), Acceptance(found, START, "li")).result(9)
    control.close()
    store = LogStore.open(folder, START)
    store.register(meters_of(PLAN), START, "Asia/Shanghai")
    store.write(Closed(tuple(rows))).result(9)
    store.close()
    return folder


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two days and an hour of three meters; the second was away from 22:00 to 02:15."""
    rows = (*chain("main", 196, 10), *chain("twin.import", 196, 3, (88, 104)), *chain("twin.export", 196, 2))
    return filled(tmp_path_factory.mktemp("sums") / "data", rows)


def exported(capsys: pytest.CaptureFixture[str], data: Path, *words: str) -> list[dict[str, Any]]:
    where = ("--data", str(data), "--format", "json", "--lang", "en")
    code, out, err = louguan(capsys, "log", "export", *words, *where)
    assert (code, err) == (0, ""), err
    return [json.loads(line) for line in out.splitlines()]


DAYS = ("--from", "2026-03-05", "--to", "2026-03-07")
ALL = ["main", "twin.export", "twin.import", "house", "house.unmetered"]


def test_by_day_with_all_made_meters(capsys: pytest.CaptureFixture[str], whole: Path) -> None:
    found = exported(capsys, whole, *DAYS, "--by", "day")
    assert list(dict.fromkeys(row["meter"] for row in found)) == ALL
    figures = {name: [row["consumption"] for row in found if row["meter"] == name] for name in ALL}
    assert figures == {
        "main": ["9.60", "9.60", "0.40"],
        "twin.export": ["1.92", "1.92", "0.08"],
        "twin.import": ["2.64", "3.12", "0.12"],
        "house": ["7.68", "7.68", "0.32"],
        "house.unmetered": ["5.04", "4.56", "0.20"],
    }
    kinds = {row["meter"]: row["kind"] for row in found}
    assert kinds == dict.fromkeys(ALL[:3], "logged") | {"house": "virtual", "house.unmetered": "remainder"}
    kitchen = [row for row in found if row["meter"] == "twin.import"]
    assert [(row["known_s"], row["later_s"], row["missing_s"]) for row in kitchen] == [
        (79200, 7200, 0),
        (79200, 7200, 0),
        (3600, 0, 0),
    ]
    assert kitchen[1]["counts_from_utc"] == "2026-03-05T14:00:00+00:00"
    assert kitchen[1]["start"] == "2026-03-06T00:00:00+08:00"
    assert kitchen[1]["start_utc"] == "2026-03-05T16:00:00+00:00"
    assert "recovered" in kitchen[1]["flags"]
    assert kitchen[0]["peak"] == "1.587"


def test_by_hour_spread_and_not(capsys: pytest.CaptureFixture[str], whole: Path) -> None:
    words = (*DAYS, "--by", "hour", "--meter", "twin.import", "--meter", "house.unmetered")
    plain, spread = exported(capsys, whole, *words), exported(capsys, whole, *words, "--spread")
    for found in (plain, spread):
        of = [row for row in found if row["meter"] == "twin.import"]
        assert len(of) == 49
        assert sum(Decimal(row["consumption"] or 0) for row in of) == Decimal("5.88")
    booked = {row["start"][5:13]: row for row in plain if row["meter"] == "twin.import"}
    shared = {row["start"][5:13]: row for row in spread if row["meter"] == "twin.import"}
    assert (booked["03-05T23"]["consumption"], booked["03-06T02"]["consumption"]) == (None, "0.60")
    assert {shared[hour]["consumption"] for hour in ("03-05T22", "03-05T23", "03-06T01", "03-06T02")} == {
        "0.12"
    }
    assert {"estimated", "recovered"} <= set(shared["03-05T22"]["flags"])
    assert shared["03-06T03"]["flags"] == []
    rest = [row for row in plain if row["meter"] == "house.unmetered" and row["consumption"] is None]
    assert [row["lacking"] for row in rest] == [["twin.import"]] * 4
    assert all(row["consumption"] for row in spread)


def test_by_month_as_csv_and_parquet(capsys: pytest.CaptureFixture[str], whole: Path, tmp_path: Path) -> None:
    words = ("log", "export", *DAYS, "--by", "month", "--data", str(whole), "--lang", "en")
    code, _, err = louguan(capsys, *words, "-o", str(tmp_path / "m.csv"))
    assert (code, err) == (0, f"{tmp_path / 'm.csv'}: 5 sums\n")
    content = (tmp_path / "m.csv").read_bytes().decode("utf-8-sig")
    lines = list(csv.DictReader(io.StringIO(content, newline="")))
    assert [(line["meter"], line["consumption"]) for line in lines][:2] == [
        ("main", "19.60"),
        ("twin.export", "3.92"),
    ]
    assert lines[0]["start"] == "2026-03-01T00:00:00+08:00"
    assert lines[0]["missing_s"] == "0", "before its log began nothing is missing"
    assert lines[0]["period"] == lines[0]["cost"] == ""
    code, _, _ = louguan(capsys, *words, "--format", "parquet", "-o", str(tmp_path / "m.parquet"))
    assert code == 0
    table = pq.read_table(tmp_path / "m.parquet")
    assert table["consumption"].to_pylist()[0] == Decimal("19.60")


def test_by_tariff_and_what_it_costs(capsys: pytest.CaptureFixture[str], whole: Path) -> None:
    words = (
        "--from",
        "2026-03-05",
        "--to",
        "2026-03-06",
        "--by",
        "tariff",
        "--meter",
        "main",
        "--meter",
        "house",
    )
    found = exported(capsys, whole, *words)
    assert [(row["meter"], row["period"], row["consumption"], row["cost"]) for row in found] == [
        ("main", "flat", "12.00", "8.4000"),
        ("main", "peak", "1.60", "1.7920"),
        ("main", "valley", "5.60", "1.5680"),
        ("house", "flat", "9.60", "6.7200"),
        ("house", "peak", "1.28", "1.4336"),
        ("house", "valley", "4.48", "1.2544"),
    ]
    assert {(row["known_s"], row["missing_s"]) for row in found if row["period"] == "peak"} == {(14400, 0)}


@pytest.fixture(scope="module")
def late(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The log of twin.export began on the first day at 20:15; an hour of main is lost."""
    main, export = chain("main", 196, 10), chain("twin.export", 196, 2)
    rows = (*main[:101], *main[105:], *export[81:])
    return filled(tmp_path_factory.mktemp("late") / "data", rows)


ALIKE = ("--by month", "--by day", "--by hour", "--by tariff", "tree", "gaps")


@pytest.mark.parametrize("how", ALIKE)
def test_what_is_missing_is_the_same_however_it_is_asked(
    capsys: pytest.CaptureFixture[str], late: Path, how: str
) -> None:
    """Not what was before the log began, but an hour in the middle."""
    words = ("--from", "2026-03-01", "--to", "2026-03-07")
    missing = dict.fromkeys(("main", "twin.export"), 0)
    if how == "tree":
        out = louguan(capsys, "log", "tree", *words, "--data", str(late), "--json")[1]
        for row in json.loads(out)["meters"]:
            missing[row["meter"]] = row["missing_s"]
    elif how == "gaps":
        out = louguan(capsys, "log", "gaps", *words, "--data", str(late), "--json")[1]
        for gap in json.loads(out)["gaps"]:
            if gap["lack"] == "missing":
                missing[gap["meter"]] += round(3600 * gap["hours"])
    else:
        for row in exported(capsys, late, *words, *how.split()):
            missing[row["meter"]] = missing.get(row["meter"], 0) + row["missing_s"]
    assert (missing["main"], missing["twin.export"]) == (3600, 0)


def test_a_sum_says_whose_log_began_later(capsys: pytest.CaptureFixture[str], late: Path) -> None:
    words = ("--from", "2026-03-05", "--to", "2026-03-05", "--by", "day", "--meter", "house")
    (house,) = exported(capsys, late, *words)
    assert (house["consumption"], house["missing_s"], house["lacking"]) == ("9.30", 0, ["twin.export"])


def test_what_is_missing_goes_up_to_now(
    capsys: pytest.CaptureFixture[str], whole: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    data = tmp_path / "data"
    shutil.copytree(whole, data)
    (data / MARK).unlink()
    monkeypatch.setattr("time.time", lambda: (NIGHT + 60 * HOUR) / 1000)
    for words in (("--by", "month"), ("--by", "day")):
        found = exported(capsys, data, *DAYS, *words, "--meter", "main")
        assert found[-1]["missing_s"] == 10 * 3600 + 2700


def test_days_whose_intervals_are_gone_are_still_told(
    capsys: pytest.CaptureFixture[str], whole: Path, tmp_path: Path
) -> None:
    data = tmp_path / "data"
    data.mkdir()
    with closing(sqlite3.connect(whole / "log.db")) as old, closing(sqlite3.connect(data / "log.db")) as new:
        old.backup(new)
    mark(data)
    for name in ("plans", "backup"):
        (data / name).mkdir()
        for file in (whole / name).iterdir():
            (data / name / file.name).write_bytes(file.read_bytes())
    before = {by: exported(capsys, data, *DAYS, "--by", by) for by in ("day", "month")}
    spread_before = exported(capsys, data, *DAYS, "--by", "day", "--spread")
    store = LogStore.open(data, START)
    store.register(meters_of(PLAN), START, "Asia/Shanghai")
    gone = store.submit(lambda connection: delete_old(connection, NIGHT + 24 * HOUR + 1, 0, 10_000)).result(9)
    store.close()
    assert gone.rows == 3 * 96
    assert {by: exported(capsys, data, *DAYS, "--by", by) for by in ("day", "month")} == before
    spread = exported(capsys, data, *DAYS, "--by", "day", "--spread")
    assert [row["consumption"] for row in spread if row["meter"] == "main"] == ["9.60", "9.60", "0.40"]
    assert [row["consumption"] for row in spread] == [row["consumption"] for row in spread_before]
    out = louguan(capsys, "log", "verify", "--data", str(data), "--json", "--lang", "en")[1]
    assert not [row for row in json.loads(out)["problems"] if " day" in row["what"]]
    assert json.loads(out)["past_days"] == 3
    assert exported(capsys, data, "--from", "2026-03-06", "--to", "2026-03-07", "--by", "hour")


def test_the_tree(capsys: pytest.CaptureFixture[str], whole: Path) -> None:
    code, out, err = louguan(capsys, "log", "tree", *DAYS, "--data", str(whole), "--json")
    assert (code, err) == (0, "")
    found = json.loads(out)
    assert found["logged_until"] == "2026-03-07T01:00:00+08:00"
    assert [(row["meter"], row["depth"], row["consumption"], row["share"]) for row in found["meters"]] == [
        ("house", 0, "15.68", None),
        ("twin.import", 1, "5.88", 0.375),
        ("house.unmetered", 1, "9.80", 0.625),
        ("main", 0, "19.60", None),
        ("twin.export", 0, "3.92", None),
    ]
    assert found["meters"][1]["label"] == "厨房"


@pytest.mark.parametrize(
    ("language", "words"), [("zh", "占上级, 推算, 全楼"), ("en", "of the one above, worked out, 全楼")]
)
def test_the_tree_fits_a_terminal(
    capsys: pytest.CaptureFixture[str],
    whole: Path,
    monkeypatch: pytest.MonkeyPatch,
    language: str,
    words: str,
) -> None:
    monkeypatch.setenv("COLUMNS", "80")
    monkeypatch.setenv("TTY_COMPATIBLE", "1")
    monkeypatch.setenv("NO_COLOR", "1")
    code, out, _ = louguan(capsys, "log", "tree", *DAYS, "--data", str(whole), "--lang", language)
    assert code == 0
    out = re.sub(r"\x1b\[[0-9;]*m", "", out)
    assert all(cell_len(line) <= 80 for line in out.splitlines()), out
    assert all(word in out for word in words.split(", "))
    assert "├ twin.import" in out
    assert "└ house.unmetered" in out
    assert "37.5 %" in out


def test_meters_tells_what_is_made_of_what(capsys: pytest.CaptureFixture[str], whole: Path) -> None:
    code, out, _ = louguan(capsys, "log", "meters", "--data", str(whole), "--json")
    assert code == 0
    found = {row["meter"]: row for row in map(json.loads, out.splitlines())}
    assert list(found) == ALL
    assert [found[name]["kind"] for name in ALL] == ["logged"] * 3 + ["virtual", "remainder"]
    assert (found["house"]["of"], found["house"]["label"]) == ("main - twin.export", "全楼")
    assert found["house.unmetered"]["of"] == "house - twin.import"
    code, out, _ = louguan(capsys, "log", "meters", "--data", str(whole), "--lang", "zh")
    assert "main - twin.export" in out


@pytest.mark.parametrize("command", ["gaps", "export"])
def test_a_made_meter_has_no_intervals_and_is_named_with_its_parts(
    capsys: pytest.CaptureFixture[str], whole: Path, command: str
) -> None:
    words = ("log", command, *DAYS, "--meter", "house.unmetered", "--data", str(whole), "--lang", "en")
    code, out, err = louguan(capsys, *words)
    assert (code, out) == (1, "")
    said = "house.unmetered has no intervals of its own: it is worked out from house - twin.import"
    assert err.splitlines() == [
        f"louguan: {said}",
        "  Ask for those: --meter main --meter twin.export --meter twin.import",
    ]


@pytest.mark.parametrize(
    ("words", "code", "said"),
    [
        ((*DAYS, "--by", "week"), 2, "--by takes"),
        ((*DAYS, "--spread"), 2, "--spread goes with --by"),
        ((*DAYS, "--by", "day", "--meter", "nobody"), 1, "no meter named nobody"),
        (("--from", "2025-01-01", "--to", "2025-01-31", "--by", "hour"), 1, "nothing was logged"),
        (("--from", "2025-01-01", "--to", "2025-01-31", "--by", "tariff"), 1, "nothing was logged"),
        (("--from", "2027-01-01", "--to", "2027-01-31", "--by", "month"), 1, "nothing was logged"),
    ],
)
def test_what_cannot_be_summed(
    capsys: pytest.CaptureFixture[str], whole: Path, words: tuple[str, ...], code: int, said: str
) -> None:
    found, _, err = louguan(capsys, "log", "export", *words, "--data", str(whole), "--lang", "en")
    assert found == code
    assert said in err
