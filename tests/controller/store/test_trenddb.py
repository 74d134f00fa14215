"""trends.db: exact, small, and given up before anything else."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path

import pytest

from controller.store import trenddb, trendread
from controller.store.errors import StoreError, StoreUnavailable
from controller.store.trenddb import KEEP_FREE, PIECE, Named, NoRoom, Row, TrendStore
from tests.disks import fill, small_disk

TEN = 1_772_676_000_000
POINTS = (Named("main.power", "kW"), Named("room.temperature", "°C"))


@pytest.fixture
def store(tmp_path: Path) -> Iterator[TrendStore]:
    made = opened(tmp_path)
    yield made
    made.close()


def opened(folder: Path, points: tuple[Named, ...] = POINTS) -> TrendStore:
    made = TrendStore(folder, points)
    made.begin()
    return made


def read(folder: Path, key: str = "main.power") -> list[tuple[int, float | None]]:
    with closing(trendread.open_file(folder / "trends.db")) as connection:
        number, _ = trendread.numbers(connection)[key]
        return list(trendread.samples(connection, number, 0, 2**62))


def many(count: int, every_ms: int = 10_000) -> list[Row]:
    return [(TEN + number // 2 * every_ms, number % 2, number * 0.1) for number in range(count)]


def test_values_come_back_as_they_were(tmp_path: Path, store: TrendStore) -> None:
    values = [0.1 + 0.2, 21, -7.25, None, 0, 1e-300, 2**60, 21.399999618530273]
    store.keep((TEN + at, 0, value) for at, value in enumerate(values)).result(9)
    assert read(tmp_path) == [(TEN + at, value) for at, value in enumerate(values)]
    assert [type(value) for _, value in read(tmp_path)] == [type(value) for value in values]


def test_points_are_known_by_name_over_restarts_and_other_plans(tmp_path: Path) -> None:
    first = opened(tmp_path)
    first.keep([(TEN, 0, 1.5), (TEN, 1, 20)]).result(9)
    first.close()
    second = opened(tmp_path, (Named("room.temperature", "K"), Named("new.point", "")))
    second.keep([(TEN + 1, 0, 21)]).result(9)
    second.close()
    assert read(tmp_path, "room.temperature") == [(TEN, 20), (TEN + 1, 21)]
    with closing(trendread.open_file(tmp_path / "trends.db")) as connection:
        found = [(one.key, one.unit, one.samples) for one in trendread.courses(connection)]
    assert found == [("main.power", "kW", 1), ("room.temperature", "K", 2)]


def test_the_later_sample_of_a_millisecond_stands(tmp_path: Path, store: TrendStore) -> None:
    store.keep([(TEN, 0, 1.5), (TEN, 0, None)]).result(9)
    assert read(tmp_path) == [(TEN, None)]


def test_a_sample_takes_22_bytes_and_the_file_some_more(tmp_path: Path, store: TrendStore) -> None:
    for first in range(0, 20_000, 300):
        store.keep(many(20_000)[first : first + 300]).result(9)
    store.close()
    assert (tmp_path / "trends.db").stat().st_size / 20_000 < 23.5


def test_what_is_older_or_lies_in_the_future_leaves_a_piece_at_a_time(
    tmp_path: Path, store: TrendStore
) -> None:
    rows = many(3 * PIECE)
    store.keep([*rows, (TEN + 10**12, 0, 5)]).result(9)
    before_ms = rows[2 * PIECE + 1000][0]
    tries = [store.expire(before_ms, TEN + 10**11).result(9) for _ in range(3)]
    assert tries == [True, True, False]
    left = [(time_ms, value) for time_ms, place, value in rows if place == 0 and time_ms >= before_ms]
    assert read(tmp_path) == left


def test_half_of_it_is_given_back_to_the_disk(tmp_path: Path, store: TrendStore) -> None:
    rows = many(40_000)
    store.keep(rows).result(9)
    with closing(sqlite3.connect(tmp_path / "trends.db")) as connection:
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    before = (tmp_path / "trends.db").stat().st_size
    assert store.give_up_room() > before * 0.4
    assert (tmp_path / "trends.db").stat().st_size < before * 0.6
    assert read(tmp_path) == [(time_ms, value) for time_ms, place, value in rows[20_000:] if place == 0]
    store.keep([(TEN + 10**9, 0, 1)]).result(9)
    assert read(tmp_path)[-1] == (TEN + 10**9, 1)


def test_on_a_full_disk_it_grows_no_more_and_is_given_up(tmp_path: Path) -> None:
    with small_disk(tmp_path / "disk", 32 * 1024) as disk:
        store = opened(disk)
        store.keep(many(20_000)).result(9)
        ballast = fill(disk, leave=KEEP_FREE // 2)
        failure = store.keep([(TEN + 10**9, 0, 1)]).exception(9)
        assert failure is not None
        assert isinstance(failure.__cause__, NoRoom)
        assert len(read(disk)) == 10_000
        # What is left may be taken by somebody else meanwhile: then the file goes as a whole.
        more = fill(disk, "more")
        assert store.give_up_room() > 0
        ballast.unlink()
        more.unlink()
        store.begin()
        store.keep([(TEN + 10**9, 0, 1)]).result(9)
        assert read(disk)[-1] == (TEN + 10**9, 1)
        store.close()


def spoil(path: Path) -> None:
    with path.open("r+b") as handle:
        handle.write(b"\xa5" * 8192)


def other_version(path: Path) -> None:
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("PRAGMA user_version = 77")


def without_table(path: Path) -> None:
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("DROP TABLE samples")


def empty(path: Path) -> None:
    path.write_bytes(b"")


@pytest.mark.parametrize("harm", [spoil, other_version, without_table, empty, Path.unlink])
def test_a_file_that_cannot_be_used_is_begun_anew(tmp_path: Path, harm: Callable[[Path], None]) -> None:
    store = opened(tmp_path)
    store.keep([(TEN, 0, 1.5)]).result(9)
    store.close()
    harm(tmp_path / "trends.db")
    anew = TrendStore(tmp_path, POINTS)
    assert anew.begin() != ""
    assert anew.usable
    anew.keep([(TEN + 1, 0, 2.5)]).result(9)
    anew.close()
    assert read(tmp_path) == [(TEN + 1, 2.5)]
    assert not list(tmp_path.glob("*damaged*"))


def test_a_sound_file_goes_on(tmp_path: Path) -> None:
    opened(tmp_path).close()
    store = TrendStore(tmp_path, POINTS)
    assert store.begin() == ""
    store.close()


def test_what_comes_while_it_is_closed_fails_and_nothing_more(store: TrendStore) -> None:
    store.close()
    assert isinstance(store.keep([(TEN, 0, 1)]).exception(1), StoreError)
    assert not store.usable


def test_who_reads_is_told_what_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(StoreUnavailable):
        trendread.open_file(tmp_path / "trends.db")
    opened(tmp_path).close()
    other_version(tmp_path / trenddb.FILE)
    with pytest.raises(StoreUnavailable):
        trendread.open_file(tmp_path / "trends.db")
