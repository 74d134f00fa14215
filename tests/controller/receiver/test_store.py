"""The receiver's store: once each, exactly as committed; gaps."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from controller.receiver.store import FILE, Gap, Store, gaps
from controller.store.errors import StoreDamaged, StoreTooNew, StoreUnavailable
from tests.controller.consumption.upload.rows import SLOT_MS, START_MS
from tests.controller.receiver.samples import received


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    made = Store(tmp_path)
    yield made
    made.close()


def test_a_repeat_is_accepted_and_not_new(store: Store) -> None:
    what = [received(1), received(2)]
    assert store.put("a", what) == (tuple(one.key for one in what), (), 2)
    again = [what[1]._replace(stream="backfill", consumption="0.070"), what[0]]
    assert store.put("a", again) == ((what[1].key, what[0].key), (), 0)
    assert store.put("b", what).new == 2, "another site's"


@pytest.mark.parametrize(
    "changed", [{"consumption": "9.99"}, {"consumption": None}, {"unit": "MWh"}, {"flags": ("partial",)}]
)
def test_another_row_of_the_same_name_is_refused(store: Store, changed: dict[str, Any]) -> None:
    first = received(1)
    store.put("a", [first])
    put = store.put("a", [first._replace(**changed), received(2)])
    assert put.accepted == (received(2).key,)
    assert [key for key, _ in put.refused] == [first.key]


def test_a_row_twice_in_a_batch(store: Store) -> None:
    put = store.put("a", [received(1), received(1)])
    assert (len(put.accepted), put.new) == (2, 1)


def test_gaps_are_told_a_meter(store: Store, tmp_path: Path) -> None:
    store.put("a", [received(number) for number in (1, 2, 5, 9)])
    store.put("a", [received(number, meter="sub") for number in (2, 3)])
    store.put("a", [received(3, meter="sub", consumption=None, revision=1)])
    store.put("b", [received(1)])
    main, sub = gaps(tmp_path, "a")

    def span(first: int, last: int) -> Gap:
        return Gap(START_MS + first * SLOT_MS, START_MS + last * SLOT_MS)

    assert main.gaps == (span(3, 5), span(6, 9))
    assert (main.rows, main.unknown, main.behind_ms) == (4, 0, 0)
    assert (sub.gaps, sub.rows, sub.unknown, sub.behind_ms) == ((), 2, 1, 6 * SLOT_MS)
    assert [one.site for one in gaps(tmp_path)] == ["a", "a", "b"]
    assert [(one.gaps, one.more) for one in gaps(tmp_path, "a", most=1)] == [
        ((span(3, 5),), True),
        ((), False),
    ]
    assert gaps(tmp_path, "nobody") == []


def test_a_long_row_fills_what_is_in_it(store: Store, tmp_path: Path) -> None:
    long = received(1, end_ms=START_MS + 6 * SLOT_MS, end=None)
    store.put("a", [long, received(2), received(6)])
    assert gaps(tmp_path, "a")[0].gaps == ()


def test_what_was_put_is_there_after_a_reopening(tmp_path: Path) -> None:
    for number in (1, 2):
        store = Store(tmp_path)
        store.put("a", [received(number)])
        store.close()
    assert gaps(tmp_path)[0].rows == 2


def test_a_failure_stores_nothing_of_the_batch(store: Store, tmp_path: Path) -> None:
    store._connection.execute(
        "CREATE TRIGGER full BEFORE INSERT ON intervals WHEN NEW.revision = 7 "
        "BEGIN SELECT RAISE(FAIL, 'full'); END"
    )
    with pytest.raises(StoreUnavailable):
        store.put("a", [received(1), received(2, revision=7)])
    assert gaps(tmp_path) == []
    assert store.put("a", [received(1)]).new == 1


def test_a_damaged_file_is_never_replaced(tmp_path: Path) -> None:
    (tmp_path / FILE).write_bytes(b"this is no database, whatever it was" * 100)
    with pytest.raises(StoreDamaged):
        Store(tmp_path)
    assert (tmp_path / FILE).read_bytes().startswith(b"this is")


def test_a_newer_file_is_left_alone(store: Store, tmp_path: Path) -> None:
    store._connection.execute(
        "INSERT INTO _sqlite_migrations (migration_set, name, applied_at) "
        "VALUES ('receiver', 'm999_later', '')"
    )
    with pytest.raises(StoreTooNew):
        Store(tmp_path)


def test_gaps_of_a_store_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(StoreUnavailable):
        gaps(tmp_path / "nowhere")
    assert not (tmp_path / "nowhere").exists()
