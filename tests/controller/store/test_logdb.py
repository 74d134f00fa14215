"""log.db: rows once, integers only, marks with their rows, a meter read in another quantum."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import pytest

from config.plan.clock import Pace
from controller.consumption.intervals import MeterLog
from controller.consumption.log import Closed
from controller.consumption.meters import Meter
from controller.consumption.records import Count, Flag, Interval, Mark
from controller.consumption.slots import Slots
from controller.store.connection import open_reader, open_writer
from controller.store.errors import StoreJobFailed
from controller.store.logdb import LogStore
from controller.store.status import disk, figures

TEN = 1_772_676_000_000
QUARTER = 900_000
MAIN = Meter("main", 0, "main.energy", "electricity", "kWh", "0.01", 1_000_000, 36.0, None, 10.0)
WATER = Meter("water", 1, "water.volume", "water", "m³", "0.001", None, 5.0, None, 10.0)


def row(meter: str, slot: int, consumption: int | None = 5) -> Interval:
    start = TEN + slot * QUARTER
    return Interval(
        meter, start, start + QUARTER, start, slot * 5, slot * 5 + 5, consumption, 3500, 900, Flag(0)
    )


def mark(slot: int) -> Mark:
    return Mark(TEN + slot * QUARTER, TEN + slot * QUARTER, slot * 5, TEN + slot * QUARTER - 1000, slot * 5)


@pytest.fixture
def store(tmp_path: Path) -> Iterator[LogStore]:
    made = LogStore.open(tmp_path, TEN)
    yield made
    made.close()


def test_rows_and_marks_come_back(store: LogStore) -> None:
    assert store.register([MAIN, WATER], TEN) == {}
    rows = (
        row("main", 0),
        row("main", 1, None),
        row("water", 0)._replace(peak=None, from_ms=None, count_start=None),
    )
    assert store.write(Closed(rows, (("main", mark(2)), ("water", mark(1))))).result(5) == 3
    with store.reader() as reader:
        assert reader.intervals("main") == list(rows[:2])
        assert reader.intervals("water") == [rows[2]]
        assert reader.intervals("main", TEN + QUARTER, TEN + 2 * QUARTER) == [rows[1]]
        assert reader.intervals("nobody") == []
        assert reader.marks() == {"main": mark(2), "water": mark(1)}
        assert [tuple(meter)[:4] for meter in reader.meters()] == [
            ("main", "main.energy", "electricity", "kWh"),
            ("water", "water.volume", "water", "m³"),
        ]


def test_a_repeat_changes_nothing(store: LogStore) -> None:
    store.register([MAIN], TEN)
    closed = Closed((row("main", 0), row("main", 1)), (("main", mark(2)),))
    assert [store.write(closed).result(5) for _ in range(3)] == [2, 0, 0]
    assert store.write(Closed((row("main", 1, 77), row("main", 2)))).result(5) == 1
    with store.reader() as reader:
        assert [one.consumption for one in reader.intervals("main")] == [5, 5, 5]


@pytest.mark.parametrize(
    "wrong",
    [
        {"consumption": 1.5},
        {"consumption": -1},
        {"peak": 0.5},
        {"count_end": "twelve"},
        {"end_ms": TEN},
        {"covered_s": -1},
        {"count_end": 2**64},
    ],
)
def test_only_whole_and_possible_figures_are_taken(tmp_path: Path, wrong: dict[str, object]) -> None:
    """What is refused is kept aside in the same commit as the mark that goes on, and tried at each start."""
    bad = row("main", 0)._replace(**wrong)  # type: ignore[arg-type]
    with closing(LogStore.open(tmp_path, TEN)) as store:
        store.register([MAIN, WATER], TEN)
        closed = Closed((row("water", 0), bad, row("main", 1)), (("main", mark(2)), ("water", mark(1))))
        assert [store.write(closed).result(5) for _ in range(2)] == [2, 0]
        assert store.refused == 1
        assert store.refusal
        with store.reader() as reader:
            assert reader.intervals("main") == [row("main", 1)]
            assert reader.intervals("water") == [row("water", 0)]
            assert reader.marks() == {"main": mark(2), "water": mark(1)}
            (aside,) = reader.refused()
        assert (aside["meter"], aside["start_ms"], aside["reason"]) == ("main", str(TEN), store.refusal)
        assert json.loads(aside["content"]) == json.loads(json.dumps(bad._asdict()))
    with closing(LogStore.open(tmp_path, TEN)) as store:
        store.register([MAIN, WATER], TEN)
        assert store.refused == 1
        assert store.refusal == aside["reason"]


def test_what_somebody_has_put_right_is_let_in_at_the_next_start(tmp_path: Path) -> None:
    bad = row("main", 0)._replace(consumption=-1)
    with closing(LogStore.open(tmp_path, TEN)) as store:
        store.register([MAIN], TEN)
        store.write(Closed((bad,))).result(5)
    with closing(open_writer(tmp_path / "log.db", create=False)) as connection:
        connection.execute("UPDATE refused SET content = json_set(content, '$.consumption', 7)")
    with closing(LogStore.open(tmp_path, TEN)) as store:
        store.register([MAIN], TEN)
        assert store.refused == 0
        with store.reader() as reader:
            assert reader.intervals("main") == [row("main", 0, 7)]
            assert reader.refused() == []


def test_a_mark_that_cannot_be_stored_takes_no_other_meters_rows_with_it(store: LogStore) -> None:
    store.register([MAIN, WATER], TEN)
    wrong = mark(1)._replace(anchor_count=2**64)
    with pytest.raises(StoreJobFailed):
        store.write(Closed((row("main", 0), row("water", 0)), (("main", wrong), ("water", mark(1))))).result(
            5
        )
    with store.reader() as reader:
        assert reader.intervals("main") == []
        assert reader.intervals("water") == [row("water", 0)]
        assert reader.marks() == {"water": mark(1)}


def test_a_meter_must_be_known(store: LogStore) -> None:
    with pytest.raises(KeyError):
        store.write(Closed((row("main", 0),)))


def test_marks_are_found_at_the_next_start(tmp_path: Path) -> None:
    for number in range(3):
        with closing(LogStore.open(tmp_path, TEN)) as store:
            assert store.register([MAIN], TEN).get("main") == (mark(number) if number else None)
            store.write(Closed((row("main", number),), (("main", mark(number + 1)),)))
    with closing(open_reader(tmp_path / "log.db")) as connection:
        assert [tuple(one) for one in connection.execute("SELECT id, first_count FROM fittings")] == [(1, 5)]


def test_a_meter_read_in_another_quantum_is_a_new_fitting_and_loses_no_slot(store: LogStore) -> None:
    store.register([MAIN], TEN)
    store.write(Closed((row("main", 0),), (("main", mark(1)),))).result(5)
    finer = replace(MAIN, quantum="0.001", modulus=10_000_000)
    marks = store.register([finer], TEN + QUARTER + 60_000)
    assert marks == {"main": Mark(TEN + QUARTER, None, None, None, None)}
    log = MeterLog(finer.terms(_pace()), Slots("Asia/Shanghai", 900), marks["main"])
    rows = log.good(Count(TEN + QUARTER + 70_000, 0.0, 5000)) + log.good(
        Count(TEN + 2 * QUARTER - 1000, 8e5, 5040)
    )
    rows += log.advance(TEN + 2 * QUARTER)
    last = log.take_mark()
    assert last is not None
    store.write(Closed(tuple(rows), (("main", last),))).result(5)
    with store.reader() as reader:
        assert [(one.start_ms, one.consumption, one.flags) for one in reader.intervals("main")] == [
            (TEN, 5, Flag(0)),
            (TEN + QUARTER, 40, Flag.PARTIAL),
        ]
        assert [(meter["quantum"], meter["modulus"]) for meter in reader.meters()] == [("0.001", 10_000_000)]
    with closing(open_reader(store.path)) as connection:
        assert [
            tuple(one) for one in connection.execute("SELECT fitting FROM intervals ORDER BY start_ms")
        ] == [(1,), (2,)]


def test_a_corrected_modulus_keeps_the_count(store: LogStore) -> None:
    store.register([MAIN], TEN)
    store.write(Closed((), (("main", mark(1)),))).result(5)
    assert store.register([replace(MAIN, modulus=None)], TEN) == {"main": mark(1)}


def test_a_modulus_corrected_behind_a_rollover_loses_no_interval(store: LogStore) -> None:
    store.register([MAIN], TEN)
    slots = Slots("Asia/Shanghai", 900)
    log = MeterLog(MAIN.terms(_pace()), slots, None)
    log.good(Count(TEN + 1000, 1e3, 999_990))
    rows = log.advance(TEN + QUARTER)
    log.good(Count(TEN + QUARTER + 1000, 9e5, 10))
    store.write(Closed(tuple(rows), (("main", log.mark or mark(0)),))).result(5)
    for modulus in (100_000, None, 5_000_000):
        other = replace(MAIN, modulus=modulus)
        log = MeterLog(other.terms(_pace()), slots, store.register([other], TEN + QUARTER)["main"])
    log.good(Count(TEN + 2 * QUARTER - 1000, 1.8e6, 30))
    rows = log.advance(TEN + 2 * QUARTER)
    assert store.write(Closed(tuple(rows), (("main", log.mark or mark(0)),))).result(5) == 1
    assert store.refused == 0
    with store.reader() as reader:
        assert reader.intervals("main")[-1].consumption == 40


def _pace() -> Pace:
    return Pace()


def test_what_is_no_database_is_set_aside(tmp_path: Path) -> None:
    (tmp_path / "log.db").write_bytes(b"\x00nonsense" * 2000)
    with closing(LogStore.open(tmp_path, TEN)) as store:
        assert store.opening.set_aside == tmp_path / "log.db.damaged-20260305T020000Z"
        assert store.register([MAIN], TEN) == {}


def test_figures_count_rows_and_bytes(store: LogStore) -> None:
    store.register([MAIN, WATER], TEN)
    store.write(Closed(tuple(row("main", slot) for slot in range(500)))).result(5)
    found = figures(store.path)
    names = (
        "aside",
        "days_due",
        "deletions",
        "marks",
        "notes",
        "refused",
        "restores",
        "settled",
        "sinks",
        "undone",
    )
    empty = dict.fromkeys(names, 0)
    filled = {"days": 6, "fed": 1, "fittings": 2, "logged": 500, "meters": 2, "slots": 500, "stretches": 500}
    assert found.rows == empty | filled
    assert found.bytes + found.wal_bytes >= 500 * 15
    assert 0 < disk(store.path.parent).free_bytes <= disk(store.path.parent).total_bytes


def test_a_log_damaged_inside_is_set_aside_when_the_meters_are_registered(tmp_path: Path) -> None:
    made = LogStore.open(tmp_path, TEN)
    made.register([MAIN], TEN)
    made.write(Closed((row("main", 0),), (("main", mark(1)),))).result(5)
    made.close()
    path = tmp_path / "log.db"
    with closing(open_reader(path)) as connection:
        page = connection.execute("SELECT rootpage FROM sqlite_master WHERE name = 'meters'").fetchone()[0]
        size = connection.execute("PRAGMA page_size").fetchone()[0]
    with path.open("r+b") as file:
        file.seek((page - 1) * size)
        file.write(b"\xff" * size)
    again = LogStore.open(tmp_path, TEN + QUARTER)
    try:
        assert again.register([MAIN], TEN + QUARTER) == {}
        assert again.opening.set_aside is not None
        assert again.opening.set_aside.exists()
        assert again.opening.damage
        assert again.write(Closed((row("main", 1),))).result(5) == 1
    finally:
        again.close()
