"""control.db: what a start finds of the run before, people's wishes, plans, a damaged file."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from config.plan.reading import Value
from controller.decide.records import Ended, Lock, Observe, Output, Override, Remembered
from controller.store import boots, ledger, values
from controller.store.boots import Stood
from controller.store.connection import open_writer
from controller.store.control import Changes, ControlStore
from controller.store.errors import StoreBacklogFull, StoreDamaged, StoreTooNew, StoreUnavailable
from controller.store.ledger import Entry, Kind
from controller.store.plans import Acceptance, PlanFiles

NOON = 1_772_683_200_000
"""2026-03-05 12:00 in Shanghai."""
HASH = "ab" * 32


@contextmanager
def store(data: Path, wall_ms: int = NOON) -> Iterator[ControlStore]:
    made = ControlStore.open(data, wall_ms)
    try:
        yield made
    finally:
        made.close()


def begin(made: ControlStore) -> None:
    made.begin(NOON, trusted=True, version="0.1", plan=HASH)


def entries(made: ControlStore) -> list[Entry]:
    with closing(made.reader()) as connection:
        assert ledger.broken_at(connection) is None
        return [row.entry for row in ledger.read(connection)]


def test_the_first_start_finds_nothing_and_says_so(tmp_path: Path) -> None:
    with store(tmp_path / "site" / "data") as made:
        assert made.opening.fresh
        assert made.opening.set_aside is None
        began = made.begin(NOON, trusted=False, version="0.1", plan="")
        assert (began.boot, began.previous, began.clean, began.remembered) == (1, None, True, Remembered())
        assert [entry.kind for entry in entries(made)] == [Kind.START]
        assert began.head.seq == 1


def test_after_an_orderly_end_no_gap_is_marked(tmp_path: Path) -> None:
    with store(tmp_path) as made:
        begin(made)
        made.end(NOON + 5000, "SIGTERM")
    with store(tmp_path) as made:
        assert not made.opening.fresh
        began = made.begin(NOON + 9000, trusted=True, version="0.2", plan=HASH)
        assert began.clean
        assert began.previous == boots.Boot(1, NOON, True, "0.1", HASH, NOON + 5000, NOON + 5000, "SIGTERM")
        assert [entry.kind for entry in entries(made)] == [Kind.START, Kind.STOP, Kind.START]


def test_after_an_unclean_end_the_gap_is_marked_from_what_was_seen_last(tmp_path: Path) -> None:
    with store(tmp_path) as made:
        begin(made)
        made.commit(Changes(NOON + 60_000, (Entry(NOON + 60_000, Kind.SENT, "lamp.level", 80.0, 15),)))
    with store(tmp_path) as made:
        began = made.begin(NOON + 120_000, trusted=True, version="0.1", plan=HASH)
        assert not began.clean
        assert began.previous is not None
        assert began.previous.seen_ms == NOON + 60_000
        gap = entries(made)[-2]
        assert gap.kind == Kind.GAP
        assert "last seen 2026-03-05T04:01:00.000+00:00" in gap.detail


FAR = NOON + 26 * 365 * 86_400_000


def test_the_time_seen_last_goes_back_when_the_clock_is_put_right(tmp_path: Path) -> None:
    with store(tmp_path) as made:
        begin(made)
        for wall_ms in (NOON + 5000, FAR, NOON + 6000):
            made.commit(Changes(wall_ms)).result(5)
            assert made.stood().seen_ms == wall_ms


@pytest.mark.parametrize("in_order", [True, False])
def test_what_counts_is_the_latest_boots_idea_of_the_time(tmp_path: Path, in_order: bool) -> None:
    with store(tmp_path) as made:
        assert made.stood() == Stood()
        made.begin(FAR, trusted=True, version="0.1", plan=HASH)
        if in_order:
            made.end(FAR + 1000, "SIGTERM")
    with store(tmp_path) as made:
        assert made.stood().seen_ms == FAR + 1000 * in_order
        begin(made)
        made.end(NOON - 67_000, "SIGTERM")
    with store(tmp_path) as made:
        assert made.stood().seen_ms == NOON - 67_000


def test_a_start_knows_when_the_machine_has_booted_if_it_has_not_since(tmp_path: Path) -> None:
    with store(tmp_path) as made:
        made.begin(NOON, trusted=False, version="0.1", plan=HASH, machine="first")
        assert made.stood() == Stood(NOON, "first", None)
        made.commit(Changes(NOON + 5000, booted_ms=NOON - 9000)).result(5)
        made.commit(Changes(NOON + 6000)).result(5)  # a person's command knows nothing of it
    with store(tmp_path) as made:
        assert made.stood() == Stood(NOON + 6000, "first", NOON - 9000)
        assert made.stood().booted_in("first") == NOON - 9000
        assert made.stood().booted_in("second") is None
        made.begin(NOON + 9000, trusted=True, version="0.1", plan=HASH, booted_ms=NOON)
        assert made.stood().booted_in("") is None


def override(point: str, value: Value, **more: Any) -> Override:
    return Override(point, value, "王工 (li)", "会议", NOON, NOON + 7_200_000, urgent=True)._replace(**more)


def test_what_people_asked_for_outlives_the_daemon_exactly(tmp_path: Path) -> None:
    overrides = (
        override("a.mode", 1),
        override("b.on", True),
        override("c.level", 1.0, lasting_ms=7_200_000),
        override("d.text", "自动", lasting_ms=7_200_000, trusted=False),
    )
    lock, observe = Lock("pump-1", "li", "挂牌检修", NOON), Observe("", True, "li", "调试", NOON)
    output = Output("c.level", 1.0, 8, NOON, (10, 15))
    with store(tmp_path) as made:
        begin(made)
        made.commit(Changes(NOON, (), overrides, (), (lock,), (), (observe,), (output,))).result(5)
    with store(tmp_path) as made:
        found = made.begin(NOON, trusted=True, version="0.1", plan=HASH).remembered
    assert found == Remembered(overrides, (lock,), (observe,), (output,))
    assert [type(item.value) for item in found.overrides] == [int, bool, float, str]


def test_the_end_of_one_override_is_not_that_of_another_set_since(tmp_path: Path) -> None:
    with store(tmp_path) as made:
        begin(made)
        first, second = (override("a.on", True, expires_ms=end) for end in (NOON + 1000, NOON + 9000))
        made.commit(Changes(NOON, overrides=(first,)))
        made.commit(Changes(NOON, overrides=(second,)))
        made.commit(Changes(NOON + 1000, ended=(Ended("a.on", 8, first.expires_ms),))).result(10)
    with store(tmp_path) as made:
        assert made.begin(NOON, trusted=True, version="", plan="").remembered.overrides == (second,)
        made.commit(Changes(NOON, ended=(Ended("a.on", 8, NOON + 99_000, moved=True),))).result(10)
    with store(tmp_path) as made:
        assert made.begin(NOON, trusted=True, version="", plan="").remembered.overrides == ()


def test_later_wishes_replace_earlier_ones_and_end(tmp_path: Path) -> None:
    with store(tmp_path) as made:
        begin(made)
        made.commit(Changes(NOON, overrides=(override("a.on", True), override("b.on", True))))
        zhao = override("a.on", False, person="zhao")
        made.commit(Changes(NOON, overrides=(zhao,), ended=(Ended("b.on", 8),)))
        made.commit(Changes(NOON, locks=(Lock("x", "li", "r", 1), Lock("y", "li", "r", 1)), unlocked=("z",)))
        made.commit(Changes(NOON, unlocked=("x",), observe=(Observe("y", True, "li", "r", 1),)))
        made.commit(
            Changes(NOON, observe=(Observe("y", False, "li", "r", 2),), outputs=(Output("q", 1, 15, 1),))
        )
        made.commit(Changes(NOON, dropped=("q",))).result(5)
    with store(tmp_path) as made:
        found = made.begin(NOON, trusted=True, version="0.1", plan=HASH).remembered
    assert [(item.point, item.value, item.person) for item in found.overrides] == [("a.on", False, "zhao")]
    assert [item.target for item in found.locks] == ["y"]
    assert found.observe == (Observe("y", False, "li", "r", 2),)
    assert found.outputs == ()


def test_a_command_and_its_row_are_committed_together_or_not_at_all(tmp_path: Path) -> None:
    with store(tmp_path) as made:
        begin(made)
        before = len(entries(made))
        bad = made.commit(
            Changes(
                NOON, (Entry(NOON, Kind.COMMAND, "a.on", True),), overrides=(override("a.on", True, slot=3),)
            ),
            within_s=5,
        )
        assert bad.exception(5) is not None
        assert len(entries(made)) == before
        made.commit(
            Changes(NOON, (Entry(NOON, Kind.COMMAND, "a.on", True),), (override("a.on", True),))
        ).result(5)
        assert len(entries(made)) == before + 1


def test_rows_lost_to_a_long_failure_are_told_by_the_next(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("controller.store.connection.BUSY_S", 0.0)
    monkeypatch.setattr("controller.store.writer._PAUSES_S", (0.01,))
    with store(tmp_path) as made:
        begin(made)
        monkeypatch.setattr(made._writer, "_limit", 3)
        other = sqlite3.connect(made.path, isolation_level=None)
        other.execute("BEGIN IMMEDIATE")
        one = Changes(NOON, (Entry(NOON, Kind.SENT, "a.on", True), Entry(NOON, Kind.HELD, "a.on", True)))
        futures = [made.commit(one) for _ in range(5)]
        assert [isinstance(future.exception(0), StoreBacklogFull) for future in futures[3:]] == [True, True]
        other.close()
        for future in futures[:3]:
            future.result(5)
        made.commit(Changes(NOON, (Entry(NOON, Kind.SENT, "b.on", True),))).result(5)
        told = entries(made)[-2:]
        assert (told[0].kind, told[0].detail) == (Kind.GAP, "4 entries could not be kept")
        assert told[1].point == "b.on"


def test_rows_that_the_database_refuses_are_told_by_the_next(tmp_path: Path) -> None:
    with store(tmp_path) as made:
        begin(made)
        rows = (Entry(NOON, Kind.SENT, "a.on", True), Entry(NOON, Kind.HELD, "a.on", True))
        refused = made.commit(Changes(NOON, rows, (override("a.on", True, slot=3),)))
        assert refused.exception(5) is not None
        made.commit(Changes(NOON)).result(5)
        assert "CHECK" in made.refusal
        assert [entry.detail for entry in entries(made)[1:]] == ["2 entries could not be kept"]


def test_a_file_found_damaged_under_way_is_set_aside_though_it_looks_sound(tmp_path: Path) -> None:
    with store(tmp_path) as made:
        begin(made)
        assert made.may_restart(NOON)
        made.suspect("index and table differ")
    for number in range(3):
        with store(tmp_path, NOON + number) as made:
            assert (made.opening.set_aside is not None) is (number == 0)
            assert made.opening.damage == ("index and table differ" if number == 0 else "")
            assert bool(made.begin(NOON, trusted=True, version="", plan="").remembered.observe)
    assert not (tmp_path / "control.db.suspect").exists()


def test_a_file_that_refuses_a_start_is_set_aside_by_the_next(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with store(tmp_path) as made:
        begin(made)
    with monkeypatch.context() as strange, store(tmp_path) as made:
        strange.setattr("controller.store.boots.begin", _malformed)
        with pytest.raises(StoreDamaged):
            begin(made)
    with store(tmp_path) as made:
        assert made.opening.set_aside is not None
        begin(made)


def _malformed(*_: object) -> int:
    error = sqlite3.DatabaseError("database disk image is malformed")
    error.sqlite_errorcode = sqlite3.SQLITE_CORRUPT
    raise error


def test_files_set_aside_lately_are_counted_to_end_no_more(tmp_path: Path) -> None:
    for number in range(3):
        with store(tmp_path, NOON + number * 3_600_000) as made:
            assert made.may_restart(NOON + number * 3_600_000)
            made.suspect("again")
    with store(tmp_path, NOON + 3 * 3_600_000) as made:
        assert not made.may_restart(NOON + 3 * 3_600_000)
        assert made.may_restart(NOON + 30 * 3_600_000)


def test_accepted_plans_are_kept_by_hash_and_the_last_one_is_in_force(tmp_path: Path) -> None:
    other = "cd" * 32
    with store(tmp_path) as made:
        begin(made)
        assert made.in_force() is None
        made.accept('{"plan": "一"}', Acceptance(HASH, NOON, "li", "first")).result(5)
        made.accept('{"plan": "二"}', Acceptance(other, NOON + 1, "li")).result(5)
        made.accept('{"plan": "一"}', Acceptance(HASH, NOON + 2, "zhao", "rollback")).result(5)
        assert made.in_force() == Acceptance(HASH, NOON + 2, "zhao", "rollback")
        assert made.files.copies(other) == ('{"plan": "二"}', None)
        assert made.files.copies(HASH) == ('{"plan": "一"}', '{"plan": "一"}')
        assert [entry.kind for entry in entries(made)][1:] == [Kind.PLAN] * 3
    assert sorted(file.name for file in (tmp_path / "plans").iterdir()) == [f"{HASH}.json", f"{other}.json"]


@pytest.mark.parametrize("name", ["", "../../etc/passwd", "AB" * 32, "ab" * 31, "ab" * 32 + "\n"])
def test_only_a_hash_names_a_plan(tmp_path: Path, name: str) -> None:
    with pytest.raises(ValueError, match="not a plan's hash"):
        PlanFiles(tmp_path, tmp_path).copies(name)


def test_a_plan_that_is_not_there_is_none(tmp_path: Path) -> None:
    assert PlanFiles(tmp_path / "none", tmp_path).copies(HASH) == (None, None)


@pytest.mark.parametrize("junk", [b"not a database at all, surely" * 400, None])
def test_a_damaged_file_is_set_aside_whole_and_named(tmp_path: Path, junk: bytes | None) -> None:
    with store(tmp_path) as made:
        begin(made)
        made.commit(Changes(NOON, tuple(Entry(NOON, Kind.SENT, f"p.{n}") for n in range(2000)))).result(5)
    file = tmp_path / "control.db"
    if junk is None:
        content = file.read_bytes()
        junk = content[:8192] + b"\xff" * 8192 + content[16384:]
    file.write_bytes(junk)
    with store(tmp_path, NOON + 1000) as made:
        assert made.opening.fresh
        assert made.opening.damage
        assert made.opening.set_aside == tmp_path / "control.db.damaged-20260305T040001Z"
        assert made.opening.set_aside.read_bytes()[:4096] == junk[:4096]
        began = made.begin(NOON + 1000, trusted=True, version="0.1", plan=HASH)
        assert began.boot == 1
        first = entries(made)[0]
        assert first.kind == Kind.GAP
        assert "control.db.damaged-20260305T040001Z" in first.detail
    assert sorted(path.name for path in tmp_path.glob("control.db*")) == [
        "control.db",
        "control.db.damaged-20260305T040001Z",
    ]


def test_two_files_set_aside_in_one_second_do_not_meet(tmp_path: Path) -> None:
    for _ in range(2):
        (tmp_path / "control.db").write_bytes(b"junk" * 3000)
        with store(tmp_path):
            pass
    assert len(list(tmp_path.glob("control.db.damaged-*"))) == 2


def test_an_empty_file_is_a_new_database(tmp_path: Path) -> None:
    (tmp_path / "control.db").touch()
    with store(tmp_path) as made:
        assert made.opening.fresh
        assert made.opening.set_aside is None


def test_a_newer_file_is_refused_and_left_alone(tmp_path: Path) -> None:
    with store(tmp_path):
        pass
    with closing(open_writer(tmp_path / "control.db", create=False)) as connection:
        connection.execute(
            "INSERT INTO _sqlite_migrations (migration_set, name, applied_at) VALUES (?, ?, '')",
            ("control", "m999_new"),
        )
    with pytest.raises(StoreTooNew, match="m999_new"), store(tmp_path):
        pass


def test_a_directory_that_cannot_be_used_is_said_plainly(tmp_path: Path) -> None:
    (tmp_path / "data").write_text("a file")
    with pytest.raises(StoreUnavailable, match="cannot open"), store(tmp_path / "data"):
        pass


ANY_VALUE: st.SearchStrategy[Value | None] = st.one_of(
    st.none(), st.booleans(), st.integers(), st.floats(allow_nan=False, allow_infinity=False), st.text()
)


@given(ANY_VALUE)
def test_values_come_back_as_they_were(value: Value | None) -> None:
    back = values.load(values.dump(value))
    assert type(back) is type(value)
    assert repr(back) == repr(value)


@pytest.mark.parametrize(
    ("value", "kept"), [(float("nan"), "nan"), (float("-inf"), "-inf"), ("a\ud800", "a?")]
)
def test_what_cannot_be_stored_is_named(value: Value, kept: str) -> None:
    assert values.load(values.dump(value)) == kept
