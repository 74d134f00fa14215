"""The file sink: whole or not at all, nothing doubled, exact when read back."""

from __future__ import annotations

import asyncio
import csv
import hashlib
import io
import os
import subprocess
import threading
from collections.abc import Iterator
from contextlib import suppress
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any, Literal
from zoneinfo import ZoneInfo

import pyarrow.parquet as pq
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from config.plan.devices import Source
from config.plan.sinks import Common, FileSink
from controller.consumption import tables
from controller.consumption.upload import drops, files
from controller.consumption.upload.files import FilesUpload
from controller.consumption.upload.port import Batch, Denied, Outcome, Row, SinkError, Stream, Unreachable
from tests.controller.consumption.upload.rows import SLOT_MS, START_MS, key, row

ZONE = ZoneInfo("Asia/Shanghai")
SITE = "shuangliu"
FORMATS = pytest.mark.parametrize("kind", ["csv", "parquet"])
Kind = Literal["csv", "parquet"]


def made(
    folder: Path, kind: Kind = "csv", every: Literal["hour", "day"] = "day", timeout_s: float = 10.0
) -> FilesUpload:
    common = Common("stick", "stick", Source("site.yaml", 1, 1), timeout_s=timeout_s)
    return FilesUpload(FileSink(common, str(folder), kind, every), site=SITE, zone=ZONE)


def batch(rows: list[Row]) -> Batch:
    return Batch(key(rows), Stream.LIVE, rows)


def sent(sink: FilesUpload, what: Batch) -> Outcome:
    return asyncio.run(sink.send(what))


def rows(*numbers: int) -> list[Row]:
    return [row(number) for number in numbers]


def whole(folder: Path, *, summed: bool = True) -> list[dict[str, Any]]:
    """All rows of all files; fails where one is not whole, or its sum is not of it."""
    found = []
    for path in sorted(folder.iterdir()):
        if path.suffix in (".sha256", ".part"):
            continue
        beside = path.with_name(path.name + ".sha256")
        if summed or beside.exists():
            assert beside.read_text() == f"{hashlib.sha256(path.read_bytes()).hexdigest()}  {path.name}\n"
        found += read(path)
    return found


def read(path: Path) -> list[dict[str, Any]]:
    if path.suffix == ".parquet":
        return list(pq.read_table(path).to_pylist())
    return list(csv.DictReader(io.StringIO(path.read_text(encoding="utf-8-sig"), newline="")))


def starts(found: list[dict[str, Any]]) -> list[int]:
    return sorted(int(one["start_ms"]) for one in found)


@FORMATS
def test_a_day_is_one_file_that_grows_and_is_exact(tmp_path: Path, kind: Kind) -> None:
    sink = made(tmp_path, kind)
    odd = row(3)._replace(
        quantum="0.000000001", count_end=10**26 + 1, consumption=None, peak=None, from_ms=None, flags=9
    )
    assert sent(sink, batch(rows(1, 2))) == Outcome(frozenset({1, 2}), {})
    assert sent(sink, batch([odd])).accepted == {3}
    assert [path.name for path in sorted(tmp_path.iterdir())] == [
        f"shuangliu_2026-03-05_000000001.{kind}",
        f"shuangliu_2026-03-05_000000001.{kind}.sha256",
    ]
    done = subprocess.run(
        ["sha256sum", "-c", *(path.name for path in tmp_path.glob("*.sha256"))], cwd=tmp_path
    )
    assert done.returncode == 0
    first, _, last = whole(tmp_path)
    if kind == "csv":
        assert first == {
            "site": SITE, "meter": "main-1", "quantity": "electricity", "unit": "kWh",
            "start": "2026-03-05T00:15:00+08:00", "end": "2026-03-05T00:30:00+08:00",
            "start_ms": str(row(1).start_ms), "end_ms": str(row(1).end_ms), "revision": "0",
            "from": "2026-03-05T00:15:00+08:00", "count_start": "10.00", "count_end": "10.07",
            "consumption": "0.07", "peak": "1.500", "covered_s": "900", "flags": "",
        }  # fmt: skip
        assert (last["count_end"], last["consumption"]) == ("100000000000000000.000000001", "")
    else:
        assert first["start"] == datetime(2026, 3, 4, 16, 15, tzinfo=UTC)
        assert (first["consumption"], first["peak"]) == (Decimal("0.07"), Decimal("1.5"))
        assert (last["count_end"], last["consumption"]) == (Decimal("100000000000000000.000000001"), None)
    assert last["flags"] == "partial suspect"


@FORMATS
def test_rows_that_come_again_are_not_doubled(tmp_path: Path, kind: Kind) -> None:
    sent(made(tmp_path, kind), batch(rows(1, 2, 3)))
    before = {path: path.stat().st_mtime_ns for path in tmp_path.iterdir()}
    sink = made(tmp_path, kind)
    assert sent(sink, batch(rows(2, 3))).accepted == {2, 3}
    assert {path: path.stat().st_mtime_ns for path in tmp_path.iterdir()} == before
    corrected = row(3)._replace(revision=1, id=9)
    assert sent(sink, batch([*rows(3, 4), corrected])).accepted == {3, 4, 9}
    assert len(whole(tmp_path)) == 5


def test_hours_and_days_are_those_of_the_site(tmp_path: Path) -> None:
    sent(made(tmp_path), batch(rows(95, 96)))
    assert [path.name for path in sorted(tmp_path.glob("*.csv"))] == [
        "shuangliu_2026-03-05_000000095.csv",
        "shuangliu_2026-03-06_000000096.csv",
    ]
    hours = tmp_path / "hours"
    hours.mkdir()
    sent(made(hours, every="hour"), batch(rows(3, 4)))
    assert [path.name for path in sorted(hours.glob("*.csv"))] == [
        "shuangliu_2026-03-05T00+0800_000000003.csv",
        "shuangliu_2026-03-05T01+0800_000000004.csv",
    ]


@FORMATS
def test_what_was_taken_away_gets_no_second_file_of_its_name(tmp_path: Path, kind: Kind) -> None:
    sink = made(tmp_path, kind)
    sent(sink, batch(rows(1, 2)))
    taken = {path.name for path in tmp_path.iterdir()}
    for path in tmp_path.iterdir():
        path.unlink()
    sent(sink, batch(rows(3)))
    assert not taken & {path.name for path in tmp_path.iterdir()}
    assert starts(whole(tmp_path)) == [row(3).start_ms]


@FORMATS
@pytest.mark.parametrize("damage", ["cut off", "changed", "other columns"])
def test_a_damaged_file_is_left_alone_and_another_one_begun(tmp_path: Path, kind: Kind, damage: str) -> None:
    sent(made(tmp_path, kind), batch(rows(1, 2)))
    (path,) = tmp_path.glob(f"*.{kind}")
    content = path.read_bytes()
    bad = {
        "cut off": content[:-9],
        "changed": content.replace(b"main-1", b"main-2"),
        "other columns": b"a,b\r\n1,2\r\n",
    }[damage]
    path.write_bytes(bad)
    if damage != "changed":
        path.with_name(path.name + ".sha256").unlink()
    assert sent(made(tmp_path, kind), batch(rows(1, 2, 3))).accepted == {1, 2, 3}
    assert path.read_bytes() == bad
    path.unlink()
    path.with_name(path.name + ".sha256").unlink(missing_ok=True)
    assert starts(whole(tmp_path)) == [row(number).start_ms for number in (1, 2, 3)]


def test_a_full_file_is_followed_by_another(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(drops, "MOST_ROWS", 4)
    sink = made(tmp_path)
    for number in range(1, 10):
        sent(sink, batch(rows(number)))
    assert [len(read(path)) for path in sorted(tmp_path.glob("*.csv"))] == [4, 4, 1]
    assert len(whole(tmp_path)) == 9


def test_a_number_that_no_column_holds_is_refused_alone(tmp_path: Path) -> None:
    bad = row(2)._replace(quantum="0.0000000001")
    outcome = sent(made(tmp_path, "parquet"), batch([row(1), bad, row(3)]))
    assert outcome.accepted == {1, 3}
    assert list(outcome.refused) == [2]
    assert len(whole(tmp_path)) == 2


def test_without_pyarrow_parquet_is_denied_and_says_why(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(files, "has_parquet", lambda: False)
    with pytest.raises(Denied, match="needs pyarrow"):
        sent(made(tmp_path, "parquet"), batch(rows(1)))
    assert sent(made(tmp_path), batch(rows(1))).accepted == {1}


def test_a_stick_that_is_not_there_is_unreachable_and_never_made(tmp_path: Path) -> None:
    folder = tmp_path / "stick"
    sink = made(folder)
    with pytest.raises(Unreachable, match="is not there"):
        sent(sink, batch(rows(1)))
    assert not folder.exists()
    folder.mkdir()
    assert sent(sink, batch(rows(1))).accepted == {1}


async def test_a_stick_that_hangs_costs_the_time_out(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    release = threading.Event()

    def hang(*_: object) -> None:
        release.wait(10)

    sink = made(tmp_path, timeout_s=0.5)
    with monkeypatch.context() as patch:
        patch.setattr(drops.Drops, "add", hang)
        for _ in range(2):
            with pytest.raises(Unreachable, match=r"did not take the rows within 0\.5 s"):
                await sink.send(batch(rows(1)))
        release.set()
        await asyncio.sleep(0.1)
    assert (await sink.send(batch(rows(1)))).accepted == {1}


@pytest.fixture
def small(tmp_path: Path) -> Iterator[Path]:
    """A disk of 64 kB."""
    folder = tmp_path / "small"
    folder.mkdir()
    if (
        os.getuid() != 0
        or subprocess.run(["mount", "-t", "tmpfs", "-o", "size=64k", "small", folder]).returncode
    ):
        pytest.skip("only root can mount a small tmpfs")
    yield folder
    subprocess.run(["umount", folder], check=True)


@FORMATS
def test_a_full_disk_is_unreachable_and_what_is_there_stays_whole(small: Path, kind: Kind) -> None:
    sink = made(small, kind)
    accepted: set[int] = set()

    def fill() -> None:
        for number in range(1, 4000, 40):
            accepted.update(sent(sink, batch(rows(*range(number, number + 40)))).accepted)

    with pytest.raises(Unreachable, match="is full"):
        fill()
    assert accepted
    assert starts(whole(small)) == [row(number).start_ms for number in sorted(accepted)]
    assert not list(small.glob(".*"))
    for path in small.glob("*2026-03-05*"):
        path.unlink()
    number = max(accepted) + 1
    assert sent(sink, batch(rows(number))).accepted == {number}


class Killed(BaseException):
    """The power went."""


class Faulty:
    """The os module, but for one of its calls that change something."""

    def __init__(self, at: int, fault: BaseException) -> None:
        self._left = at
        self._fault = fault

    def __getattr__(self, name: str) -> Any:
        real = getattr(os, name)
        if name not in ("open", "write", "fsync", "rename", "unlink", "close"):
            return real

        def call(*args: Any, **words: Any) -> Any:
            self._left -= 1
            if self._left == 0 or (self._left < 0 and isinstance(self._fault, Killed)):
                if name == "write" and self._left == 0:
                    real(args[0], bytes(args[1])[: len(args[1]) // 2])
                if name == "close":
                    real(*args)
                raise self._fault
            return real(*args, **words)

        return call


FAULTS = st.lists(st.tuples(st.integers(1, 14), st.sampled_from(["full", "gone", "killed"])), max_size=6)


@settings(max_examples=150, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])
@given(FAULTS, st.sampled_from(["csv", "csv", "csv", "parquet"]))
def test_whatever_fails_at_whatever_step_files_are_whole_and_no_row_is_lost_or_doubled(
    tmp_path_factory: pytest.TempPathFactory, faults: list[tuple[int, str]], kind: Kind
) -> None:
    """Batches are sent until they are accepted; each step of each may fail, or be the last before a kill."""
    folder = tmp_path_factory.mktemp("stick")
    format_ = drops.Csv() if kind == "csv" else drops.Parquet()
    made_ = drops.Drops(folder, SITE, format_)
    failing = iter(faults)
    for number in range(1, 9, 2):
        records = [tables.record(SITE, one, ZONE) for one in rows(number, number + 1)]
        while True:
            at, fault = next(failing, (0, ""))
            error: BaseException = (
                Killed() if fault == "killed" else OSError(28 if fault == "full" else 5, fault)
            )
            with pytest.MonkeyPatch.context() as patch:
                patch.setattr(drops, "os", Faulty(at, error))
                with suppress(OSError, Killed):
                    made_.add("2026-03-05", number, records)
                    break
            if fault == "killed":
                made_ = drops.Drops(folder, SITE, format_)
            there = starts(whole(folder, summed=False))
            assert there == [row(one).start_ms for one in range(1, len(there) + 1)]
            assert len(there) in (number - 1, number + 1), "all of a batch, or nothing"
        assert starts(whole(folder)) == [row(one).start_ms for one in range(1, number + 2)]
    assert not list(folder.glob(".*"))


ROWS = st.builds(
    lambda meter, slot, revision, unit, quantum, numbers, flags: Row(
        1, meter, "water", unit, quantum, START_MS + slot * SLOT_MS, START_MS + (slot + 1) * SLOT_MS,
        revision, None, numbers[0], numbers[1], numbers[2], None, 900, flags,
    ),
    st.text(st.characters(codec="utf-8", exclude_categories=["Cs", "Cc"]), min_size=1),
    st.integers(0, 10_000),
    st.integers(0, 3),
    st.sampled_from(["m³", "kWh", 'a "quoted", unit']),
    st.sampled_from(["0.01", "1", "0.0625", "1E+2"]),
    st.tuples(*[st.none() | st.integers(-(10**15), 10**15)] * 3),
    st.integers(0, 63),
)  # fmt: skip


@given(st.lists(ROWS, min_size=1, max_size=5))
def test_every_row_reads_back_as_it_was(made_: list[Row]) -> None:
    records = [tables.record(SITE, one, ZONE) for one in made_]
    content = tables.csv_head() + tables.csv_lines(records)
    assert list(tables.csv_keys(content)) == [tables.key(cells) for cells in records]
    read_back = list(csv.DictReader(io.StringIO(content.removeprefix("\ufeff"), newline="")))
    for cells, one in zip(read_back, made_, strict=True):
        assert (cells["meter"], cells["unit"]) == (one.meter, one.unit)
        said = Decimal(cells["consumption"]) if cells["consumption"] else None
        assert said == one.exact(one.consumption)
        assert int(datetime.fromisoformat(cells["start"]).timestamp() * 1000) == one.start_ms
    columns = tables.parquet(records)
    assert list(tables.parquet_keys(columns)) == [tables.key(cells) for cells in records]
    longer = tables.parquet(records, columns)
    table = pq.read_table(io.BytesIO(longer)).to_pylist()
    assert [cells["consumption"] for cells in table] == [one.exact(one.consumption) for one in made_] * 2


def test_only_sink_errors_come_out(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: object) -> None:
        raise RuntimeError("surprise")

    monkeypatch.setattr(drops.Drops, "add", fail)
    with pytest.raises(SinkError, match="surprise"):
        sent(made(tmp_path), batch(rows(1)))
