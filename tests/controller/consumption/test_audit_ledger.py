"""The ledger's chain is verified through its sealed files, which may be gone, altered or of another chain."""

from __future__ import annotations

import gzip
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest

from config.language import render
from controller.store import archive, history
from controller.store.audit import audit_ledger
from controller.store.control import Changes, ControlStore
from controller.store.ledger import Entry, Kind
from controller.store.migrations.control import CONTROL

NOON = 1_772_683_200_000


@pytest.fixture
def data(tmp_path: Path) -> Path:
    """Ten rows, of which two times three are sealed."""
    store = ControlStore.open(tmp_path, NOON)
    try:
        rows = tuple(Entry(NOON + number, Kind.COMMAND, who="li") for number in range(10))
        store.commit(Changes(NOON, rows)).result(9)
        for _ in range(2):
            store.take_out(archive.seal(tmp_path / "control.db", tmp_path, 3), NOON).result(9)
    finally:
        store.close()
    return tmp_path


def found(data: Path) -> list[str]:
    with closing(history.open_file(data / "control.db", CONTROL)) as connection:
        return [render(problem.what, "en") for problem in audit_ledger(connection, data)]


def gone(path: Path) -> None:
    path.unlink()


def altered(path: Path) -> None:
    content = gzip.decompress(path.read_bytes()).replace(b'"li"', b'"mo"', 1)
    path.write_bytes(gzip.compress(content))


def cut(path: Path) -> None:
    path.write_bytes(path.read_bytes()[:-20])


def exchanged(path: Path) -> None:
    path.write_bytes(path.with_name("ledger-4-6.jsonl.gz").read_bytes())


def test_sealed_files_and_the_rest_hold_together(data: Path) -> None:
    assert found(data) == []


@pytest.mark.parametrize(
    ("harm", "words"),
    [
        (gone, "ledger-1-3.jsonl.gz is missing"),
        (altered, "ledger-1-3.jsonl.gz is not what was sealed"),
        (cut, "ledger-1-3.jsonl.gz is not what was sealed"),
        (exchanged, "ledger-1-3.jsonl.gz is not chained"),
    ],
)
def test_a_sealed_file_that_is_not_as_it_was_is_found(
    data: Path, harm: Callable[[Path], None], words: str
) -> None:
    harm(data / archive.FOLDER / "ledger-1-3.jsonl.gz")
    (said,) = found(data)
    assert said.startswith(words)
