"""The days of log.db are what their intervals add up to, whatever is written, revised or deleted."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import closing
from datetime import datetime
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from controller.consumption import corrections
from controller.consumption.audit_days import KeptDay, audit_days
from controller.consumption.log import Closed
from controller.consumption.meters import Meter
from controller.consumption.periods import Periods
from controller.consumption.records import Flag, Interval
from controller.store import amend, days, history, sums
from controller.store.connection import open_writer
from controller.store.expiry import delete_old
from controller.store.logdb import LogStore

QUARTER = 900_000
HOUR = 4 * QUARTER
MAIN = Meter("main", 0, "main.energy", "electricity", "kWh", "0.01", None, 36.0, None, 10.0)


def ms(written: str) -> int:
    return round(datetime.fromisoformat(written).timestamp() * 1000)


NIGHT = ms("2026-03-05T00:00+08:00")
EVENING = NIGHT - 4 * QUARTER


def chain(start_ms: int, known: Sequence[int | None]) -> list[Interval]:
    """A meter's rows from `start_ms` on; what is None is recovered in the next that is known."""
    rows, anchor_ms, count = [], start_ms, 0
    for number, used in enumerate(known):
        at = start_ms + number * QUARTER
        if used is None:
            from_ms, start = (at, count) if at == anchor_ms else (None, None)
            rows.append(Interval("main", at, at + QUARTER, from_ms, start, None, None, None, 0, Flag.PARTIAL))
            continue
        flags = Flag(0) if at == anchor_ms else Flag.PARTIAL | Flag.RECOVERED
        rows.append(
            Interval("main", at, at + QUARTER, anchor_ms, count, count + used, used, 1000 + used, 900, flags)
        )
        anchor_ms, count = at + QUARTER, count + used
    return rows


@pytest.fixture
def store(tmp_path: Path) -> Iterator[LogStore]:
    made = LogStore.open(tmp_path, NIGHT)
    made.register([MAIN], NIGHT, "Asia/Shanghai")
    yield made
    made.close()


def write(store: LogStore, rows: Sequence[Interval]) -> None:
    store.write(Closed(tuple(rows))).result(9)


def kept(store: LogStore) -> list[KeptDay]:
    """All days; they are also held against the intervals by other code."""

    def look(connection: sqlite3.Connection) -> list[KeptDay]:
        (meter,) = history.meters(connection)
        found = sums.kept_days(connection, meter)
        rows = history.newest(history.logged(connection, meter))
        assert list(audit_days("main", found, rows)) == []
        return found

    return store.ask(look)


def test_a_day_is_made_with_its_first_interval_and_grows_with_each(store: LogStore) -> None:
    rows = chain(EVENING, [1, 2, 3, 4, 5, 6])
    totals = []
    for row in rows:
        write(store, [row])
        totals.append([(day.start_ms, day.consumption) for day in kept(store)])
    first = (NIGHT - 24 * HOUR, 10)
    assert totals[0] == [(NIGHT - 24 * HOUR, 1)]
    assert totals[3] == [first]
    assert totals[4:] == [[first, (NIGHT, 5)], [first, (NIGHT, 11)]]
    last = kept(store)[-1]
    assert last == KeptDay(NIGHT, NIGHT + 24 * HOUR, 1, 11, NIGHT, 1800, 0, 0, 1006, 1800, 2, 0, 0)
    write(store, rows)  # a repeat changes nothing
    assert kept(store)[-1] == last


@pytest.mark.parametrize(("night", "hours"), [("2026-03-29T00:00+01:00", 23), ("2026-10-25T00:00+02:00", 25)])
def test_both_nights_in_which_clocks_change(tmp_path: Path, night: str, hours: int) -> None:
    with closing(LogStore.open(tmp_path, NIGHT)) as store:
        store.register([MAIN], NIGHT, "Europe/Berlin")
        start = ms(night)
        write(store, chain(start - HOUR, [1] * (4 * (hours + 2))))
        assert [(day.start_ms, day.end_ms, day.consumption, day.logged_s) for day in kept(store)] == [
            (start - 24 * HOUR, start, 4, 3600),
            (start, start + hours * HOUR, 4 * hours, hours * 3600),
            (start + hours * HOUR, start + (hours + 24) * HOUR, 4, 3600),
        ]


def test_what_is_recovered_the_next_day_is_booked_there_and_the_day_before_knows_it(store: LogStore) -> None:
    rows = chain(EVENING, [1, None, None, None, None, 70])
    write(store, rows[:5])
    before, after = kept(store)
    assert (before.consumption, before.unknown_s, before.later_s) == (1, 2700, 0)
    assert (after.consumption, after.unknown_s, after.from_ms) == (None, 900, None)
    write(store, rows[5:])
    before, after = kept(store)
    assert (before.consumption, before.unknown_s, before.later_s) == (1, 0, 2700)
    assert (after.consumption, after.unknown_s, after.later_s) == (70, 0, 900)
    assert after.from_ms == EVENING + QUARTER
    assert before.flags == Flag.PARTIAL
    assert after.flags == Flag.PARTIAL | Flag.RECOVERED


def test_a_correction_moves_energy_between_two_days(store: LogStore) -> None:
    rows = chain(EVENING, [1, 2, None, None, None, 70])
    write(store, rows)
    change = corrections.correct(rows, NIGHT - 1, None, consumption=33)
    job = partial(amend.revise, periods=store.periods, meter=1, rows=change.rows)
    assert store.submit(job).result(9) == 3
    before, after = kept(store)
    assert (before.consumption, after.consumption) == (36, 37)
    assert (before.unknown_s, before.later_s, after.later_s) == (0, 900, 900)
    assert before.flags & after.flags & Flag.ESTIMATED


def test_a_replaced_meter_has_its_own_part_of_the_day(store: LogStore) -> None:
    rows = chain(NIGHT, [1, 2, 3])
    jump = Interval("main", NIGHT + 3 * QUARTER, NIGHT + HOUR, None, None, None, None, None, 0, Flag(9))
    after = Interval(
        "main", NIGHT + HOUR, NIGHT + HOUR + QUARTER, NIGHT + HOUR - 1000, 0, 4, 4, None, 900, Flag(3)
    )
    write(store, [*rows, jump, after])
    assert [(day.fitting, day.consumption, day.unknown_s) for day in kept(store)] == [(1, 10, 900)]
    made = corrections.Replacement(NIGHT + 3 * QUARTER + 60_000, 8, 0, None)
    change = corrections.replace([*rows, jump, after], made)

    def job(connection: sqlite3.Connection) -> int:
        fitting = amend.refit(connection, 1, amend.Refit("n2", made.at_ms, made.last, made.first))
        return amend.revise(connection, store.periods, 1, change.rows, fitting)

    assert store.submit(job).result(9) == 2
    found = [(day.fitting, day.consumption, day.unknown_s, day.later_s) for day in kept(store)]
    assert found == [(1, 6, 0, 0), (2, 6, 0, 900)]


def test_another_time_zone_changes_no_day_that_is_kept(store: LogStore) -> None:
    write(store, chain(EVENING, [1] * 8))
    old = kept(store)
    store.register([MAIN], NIGHT, "Europe/Berlin")
    rows = chain(EVENING, [1] * (4 * 48))[8:]
    write(store, rows[:88])  # up to the end of the day that was begun by the old one
    found = kept(store)
    assert found[0] == old[0]
    assert (found[1].start_ms, found[1].end_ms, found[1].consumption) == (old[1].start_ms, old[1].end_ms, 92)
    write(store, rows[88:])
    between = kept(store)[2]
    assert between.start_ms == old[1].end_ms
    assert between.end_ms == ms("2026-03-06T00:00+01:00")
    assert between.consumption == 28
    assert sum(day.consumption or 0 for day in kept(store)) == 4 * 48
    # An interval that was kept aside comes late, and finds the days of its time.
    write(store, [row._replace(flags=Flag.CLOCK) for row in chain(EVENING - 4 * HOUR, [5])])
    assert kept(store)[0].consumption == 9


def delete(store: LogStore, before_ms: int) -> int:
    return store.submit(lambda connection: delete_old(connection, before_ms, 0, 500)).result(9).rows


def test_days_outlive_their_intervals_and_stand_as_they_were(store: LogStore) -> None:
    rows = chain(EVENING, [1, 2, 3, 4, 5, 6])
    write(store, rows)
    whole = kept(store)
    assert delete(store, EVENING + 2 * QUARTER + 1) == 2
    assert kept(store) == [whole[0]._replace(sealed=1), whole[1]]
    job = partial(amend.revise, periods=store.periods, meter=1, rows=rows[3:5])
    store.submit(job).result(9)
    assert kept(store)[0] == whole[0]._replace(sealed=1), "what is left of it says nothing of the day"
    assert store.ask(lambda connection: days.sealed_until(connection, 1)) == NIGHT
    assert delete(store, NIGHT + HOUR) == 6
    assert [day.consumption for day in kept(store)] == [10, 11]
    assert [day.sealed for day in kept(store)] == [1, 1]


def test_a_day_that_no_column_holds_is_missing_and_nothing_else(store: LogStore) -> None:
    rows = [
        row._replace(consumption=2**62, count_end=2**62, count_start=0) for row in chain(NIGHT, [1, 1, 1])
    ]
    write(store, rows)
    write(store, chain(NIGHT + 24 * HOUR, [7]))

    def look(connection: sqlite3.Connection) -> list[Any]:
        (meter,) = history.meters(connection)
        found = sums.kept_days(connection, meter)
        return [len(found), *audit_days("main", found, history.newest(history.logged(connection, meter)))]

    days_found, *problems = store.ask(look)
    assert days_found == 1
    assert {str(problem.what) for problem in problems} == {"it is in no day"}
    assert len(problems) == 3


def test_what_was_refused_and_is_let_in_is_in_its_day(tmp_path: Path) -> None:
    (good,) = chain(NIGHT, [7])
    with closing(LogStore.open(tmp_path, NIGHT)) as store:
        store.register([MAIN], NIGHT, "Asia/Shanghai")
        write(store, [good._replace(consumption=-1)])
        assert kept(store) == []
    with closing(open_writer(tmp_path / "log.db", create=False)) as connection:
        connection.execute("UPDATE refused SET content = json_set(content, '$.consumption', 7)")
    with closing(LogStore.open(tmp_path, NIGHT)) as store:
        store.register([MAIN], NIGHT, "Asia/Shanghai")
        assert [(day.start_ms, day.consumption) for day in kept(store)] == [(NIGHT, 7)]


def test_days_of_an_older_log_are_made_beside_what_is_written(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("controller.store.logdb._DAYS_AT_ONCE", 2)
    other = Meter("plant", 1, "plant.energy", "electricity", "kWh", "0.01", None, 36.0, None, 10.0)
    rows = chain(EVENING, [1, None, None, None, *[None] * 96, 5, *[2] * 300])
    with closing(LogStore.open(tmp_path, NIGHT)) as store:
        store.register([MAIN, other], NIGHT, "Asia/Shanghai")
        write(store, [*rows, *(row._replace(meter="plant") for row in rows[:3])])
        whole = store.ask(_all_days)
    assert len(whole) == 7
    # As the step of a log of before leaves it.
    with closing(open_writer(tmp_path / "log.db", create=False)) as connection:
        connection.execute("DELETE FROM days")
        connection.execute("INSERT INTO days_due SELECT meter, min(start_ms) FROM intervals GROUP BY meter")
        assert not days.fill(connection, Periods("Asia/Shanghai"), 100)
        assert _all_days(connection) == whole
        connection.execute("DELETE FROM days")
        connection.execute("INSERT INTO days_due SELECT meter, min(start_ms) FROM intervals GROUP BY meter")
    with closing(LogStore.open(tmp_path, NIGHT)) as store:
        store.register([MAIN, other], NIGHT, "Asia/Shanghai")
        write(store, chain(EVENING, [1] * 500)[404:405])
        for _ in range(1000):
            if not store.ask(lambda connection: connection.execute("SELECT 1 FROM days_due").fetchone()):
                break
        found = store.ask(_all_days)
    assert len(found) == 7
    assert found[:4] == whole[:4]


def _all_days(connection: sqlite3.Connection) -> list[tuple[Any, ...]]:
    return [tuple(row) for row in connection.execute("SELECT * FROM days ORDER BY meter, start_ms, fitting")]


def test_an_interval_without_its_day_is_not_deleted(store: LogStore) -> None:
    write(store, chain(NIGHT, [1, 2]))
    store.submit(lambda connection: connection.execute("DELETE FROM days").rowcount).result(9)
    assert delete(store, NIGHT + HOUR) == 0
    store.submit(lambda connection: days.renew(connection, store.periods, 1, chain(NIGHT, [1]))).result(9)
    assert delete(store, NIGHT + HOUR) == 2
