"""Whatever is wrong with control.db, the daemon starts: with it, or with its backup and holding back."""

from __future__ import annotations

import random
from collections.abc import Callable
from contextlib import closing
from datetime import date
from pathlib import Path

import pytest

from controller.decide.records import Lock, Observe, Output, Override
from controller.store import backup
from controller.store.connection import open_writer
from controller.store.control import Changes, ControlStore
from controller.store.ledger import Entry, Kind
from controller.store.plans import Acceptance
from controller.store.reasserts import Reasserted

NOON = 1_772_683_200_000
PAGE = 4096
HASH = "ab" * 32


@pytest.fixture
def sound(tmp_path: Path) -> tuple[bytes, Path]:
    """A control.db with something in each of its tables, and a backup of it."""
    data = tmp_path / "first"
    store = ControlStore.open(data, NOON)
    store.begin(NOON, trusted=True, version="0.1", plan=HASH)
    store.accept("{}", Acceptance(HASH, NOON, "li")).result(5)
    store.commit(
        Changes(
            NOON,
            tuple(Entry(NOON, Kind.SENT, f"p.{number}", 1.0, 15) for number in range(20)),
            (Override("a.on", True, "li", "", NOON, NOON + 9_000_000),),
            (),
            (Lock("pump", "li", "", NOON),),
            (),
            (Observe("fan", True, "li", "", NOON),),
            (Output("a.on", True, 8, NOON, (15,)),),
            reasserted=(Reasserted("a.on", True, 8, "read-back", "", 3, NOON, NOON + 1),),
        )
    ).result(5)
    store.close()
    kept = backup.make(data / "control.db", data, date(2026, 3, 5))
    return (data / "control.db").read_bytes(), kept


def start(data: Path) -> ControlStore:
    """What a daemon does with it at its start."""
    store = ControlStore.open(data, NOON + 60_000)
    try:
        store.in_force()
        store.stood()
        began = store.begin(NOON + 60_000, trusted=True, version="0.1", plan=HASH)
        store.commit(Changes(NOON + 60_000, (Entry(NOON, Kind.SENT, "a.on", True, 8),))).exception(10)
        if store.opening.set_aside is not None:
            assert [item.person for item in began.remembered.observe if item.observing] == ["louguan", "li"]
            assert [item.target for item in began.remembered.locks] == ["pump"]
    finally:
        store.close()
    return store


def check(data: Path, content: bytes, kept: Path) -> bool:
    (data / "backup").mkdir(parents=True)
    (data / "backup" / kept.name).write_bytes(kept.read_bytes())
    (data / "control.db").write_bytes(content)
    store = start(data)
    assert (store.opening.restored is not None) is (store.opening.set_aside is not None)
    return store.opening.set_aside is not None


@pytest.mark.parametrize("spoil", [bytes, lambda size: random.Random(size).randbytes(size)])
def test_each_page_in_turn(tmp_path: Path, sound: tuple[bytes, Path], spoil: Callable[[int], bytes]) -> None:
    content, kept = sound
    for place in range(0, len(content), PAGE):
        assert check(tmp_path / str(place), content[:place] + spoil(PAGE) + content[place + PAGE :], kept)


@pytest.mark.parametrize("seed", [0, 1, 123])
def test_a_few_bytes_anywhere(tmp_path: Path, sound: tuple[bytes, Path], seed: int) -> None:
    content, kept = sound
    chance = random.Random(seed)
    for number in range(25):
        spoiled = bytearray(content)
        for _ in range(chance.randrange(1, 40)):
            spoiled[chance.randrange(len(spoiled))] = chance.randrange(256)
        check(tmp_path / str(number), bytes(spoiled), kept)


def test_each_byte_of_the_header(tmp_path: Path, sound: tuple[bytes, Path]) -> None:
    content, kept = sound
    for place in range(100):
        spoiled = content[:place] + bytes([content[place] ^ 0xFF]) + content[place + 1 :]
        check(tmp_path / str(place), spoiled, kept)


@pytest.mark.parametrize(
    "statement",
    [
        "DELETE FROM _sqlite_migrations",
        "DROP TABLE ledger",
        "DROP TABLE seals",
        "UPDATE overrides SET value = 'tru'",
        "UPDATE outputs SET value = '[1]'",
        "UPDATE outputs SET slots_left = 'x'",
        "UPDATE reasserts SET value = ''",
        "UPDATE reasserts SET first_ms = 'noon'",
        "UPDATE ledger SET value = '{' WHERE seq = (SELECT max(seq) FROM ledger)",
    ],
)
def test_pages_that_are_whole_and_say_nonsense(
    tmp_path: Path, sound: tuple[bytes, Path], statement: str
) -> None:
    content, kept = sound
    (tmp_path / "spoiled.db").write_bytes(content)
    with closing(open_writer(tmp_path / "spoiled.db", create=False)) as connection:
        connection.execute(statement)
    assert check(tmp_path / "data", (tmp_path / "spoiled.db").read_bytes(), kept)


@pytest.mark.parametrize("left", ["log.db", "plans/ab.json", "backup/plan-ab.json", "backup"])
@pytest.mark.parametrize("empty", [False, True], ids=["gone", "empty"])
def test_a_lost_file_is_no_first_start(
    sound: tuple[bytes, Path], tmp_path: Path, left: str, *, empty: bool
) -> None:
    """Whatever else of an earlier run is there: a backup is put in its place where there is one, and nothing
    is sent until a person has looked."""
    data = tmp_path / "again"
    if left == "backup":
        (data / "backup").mkdir(parents=True)
        (data / "backup" / sound[1].name).write_bytes(sound[1].read_bytes())
    else:
        (data / left).parent.mkdir(parents=True, exist_ok=True)
        (data / left).write_bytes(b"something")
    if empty:
        (data / "control.db").touch()
    store = ControlStore.open(data, NOON)
    try:
        assert store.opening.damage == ("it is empty" if empty else "it is gone")
        assert (store.opening.restored is not None) is (left == "backup")
        began = store.begin(NOON, trusted=True, version="0.1", plan=HASH)
        assert [item.person for item in began.remembered.observe if not item.target] == ["louguan"]
        assert [item.target for item in began.remembered.locks] == (["pump"] if left == "backup" else [])
    finally:
        store.close()


def test_a_first_start_is_one(tmp_path: Path) -> None:
    store = ControlStore.open(tmp_path / "new", NOON)
    try:
        assert store.opening.fresh
        assert not store.opening.damage
        assert not store.has_run()
        store.begin(NOON, trusted=True, version="0.1", plan=HASH)
        assert store.has_run()
    finally:
        store.close()
