"""What the ledger tells of a point at a past moment, be its rows here or in sealed files."""

from __future__ import annotations

import gzip
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from controller.decide.records import Lock, Unlock
from controller.recorder import command_changes
from controller.store import archive
from controller.store.control import Changes, ControlStore
from controller.store.ledger import Entry, Kind
from controller.store.story import Bar, Story, story

NOON = 1_772_683_200_000
MIN = 60_000
TARGETS = {"site", "lamp", "lamps"}


@pytest.fixture
def store(tmp_path: Path) -> Iterator[ControlStore]:
    made = ControlStore.open(tmp_path, NOON)
    made.begin(NOON, trusted=True, version="test", plan="x")
    fill(made)
    yield made
    made.close()


def fill(store: ControlStore) -> None:
    """Decided and sent every ten minutes; locked from minute 25 to 45, and from 55 on."""
    for step in range(6):
        at_ms = NOON + step * 10 * MIN
        write(
            store,
            Entry(at_ms, Kind.DECIDED, "lamp.level", 10.0 * step, 15, why="lights: workday", source="a:1:1"),
            Entry(at_ms, Kind.SENT, "lamp.level", 10.0 * step, 15),
            Entry(at_ms + 1000, Kind.READ_BACK, "lamp.level", 10.0 * step, 15, fate="read-back"),
            Entry(at_ms, Kind.DECIDED, "other.level", 1.0, 15),
        )
        if step == 2:
            lock(store, 25)
        if step == 4:
            store.commit(command_changes(Unlock("lamps", "Wang"), NOON + 45 * MIN)).result(10)
    lock(store, 55)


def write(store: ControlStore, *entries: Entry) -> None:
    store.commit(Changes(entries[0].time_ms, entries)).result(10)


def lock(store: ControlStore, minute: int) -> None:
    command = Lock("lamps", "Li", f"work {minute}", NOON + minute * MIN)
    store.commit(command_changes(command, NOON + minute * MIN)).result(10)


def seal(store: ControlStore, data: Path, rows: int) -> Path:
    sealed = archive.seal(data / "control.db", data, rows)
    store.take_out(sealed, NOON).result(10)
    return sealed.path


def told(store: ControlStore, data: Path, minute: float, point: str = "lamp.level") -> Story:
    with closing(store.reader()) as reader:
        return story(reader, data, point, TARGETS, NOON + round(minute * MIN))


@pytest.mark.parametrize("sealed", [0, 1, 7, 14, 27])
def test_it_is_the_same_story_wherever_the_rows_are(store: ControlStore, tmp_path: Path, sealed: int) -> None:
    before = [told(store, tmp_path, minute) for minute in (-1, 0, 12, 30, 47, 58, 600)]
    for _ in range(2 if sealed else 0):
        seal(store, tmp_path, sealed)
    after = [told(store, tmp_path, minute) for minute in (-1, 0, 12, 30, 47, 58, 600)]
    for then, now in zip(before, after, strict=True):
        assert (now.decided, now.done, now.after) == (then.decided, then.done, then.after)
        assert now.damaged == ()
        if now.decided is not None or now.bars == ():
            assert [bar.target for bar in now.bars] == [bar.target for bar in then.bars]


def test_what_was_decided_sent_and_decided_next(store: ControlStore, tmp_path: Path) -> None:
    found = told(store, tmp_path, 12)
    assert found.decided is not None
    assert (found.decided.value, found.decided.time_ms) == (10.0, NOON + 10 * MIN)
    assert [entry.kind for entry in found.done] == [Kind.SENT, Kind.READ_BACK]
    assert found.after is not None
    assert found.after.value == 20.0
    assert found.run is not None
    assert found.run.kind == Kind.START


def test_a_moment_before_everything(store: ControlStore, tmp_path: Path) -> None:
    found = told(store, tmp_path, -1)
    assert (found.decided, found.done, found.run, found.bars) == (None, (), None, ())
    assert found.after is not None
    assert found.after.value == 0.0


@pytest.mark.parametrize(
    ("minute", "stands"),
    [
        (24, ()),
        (25, (Bar("lock", "lamps", "Li", "work 25", NOON + 25 * MIN),)),
        (44, (Bar("lock", "lamps", "Li", "work 25", NOON + 25 * MIN),)),
        (45, ()),
        (54, ()),
        (58, (Bar("lock", "lamps", "Li", "work 55", NOON + 55 * MIN),)),
    ],
)
def test_locks_that_stood(store: ControlStore, tmp_path: Path, minute: int, stands: tuple[Bar, ...]) -> None:
    assert told(store, tmp_path, minute).bars == stands


def test_a_lock_whose_row_is_sealed_away_is_still_told(store: ControlStore, tmp_path: Path) -> None:
    seal(store, tmp_path, 18)
    (bar,) = told(store, tmp_path, 44).bars
    assert (bar.target, bar.person) == ("lamps", "")
    seal(store, tmp_path, 500)
    assert told(store, tmp_path, 58).bars[0].reason == "work 55"


def test_a_damaged_file_is_named(store: ControlStore, tmp_path: Path) -> None:
    path = seal(store, tmp_path, 14)
    whole = gzip.decompress(path.read_bytes())
    path.write_bytes(gzip.compress(whole)[: len(gzip.compress(whole)) // 2])
    found = told(store, tmp_path, 5)
    assert found.damaged == (path.name,)
    path.write_bytes(gzip.compress(whole.replace(b'"decided"', b'"decided')))
    assert told(store, tmp_path, 5).damaged == (path.name,)


def test_a_clock_that_was_put_back_counts_as_it_was_lived_last(store: ControlStore, tmp_path: Path) -> None:
    again = Entry(NOON + 11 * MIN, Kind.DECIDED, "lamp.level", 77.0, 15, source="a:1:1")
    write(store, again)
    found = told(store, tmp_path, 12)
    assert found.decided == again
