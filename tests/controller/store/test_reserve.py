"""The room kept in reserve, on disks that are really full."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from controller.store import ledger
from controller.store.connection import open_reader, sound
from controller.store.control import ControlStore
from controller.store.logdb import LogStore
from controller.store.logread import LogReader
from controller.store.reserve import FILE, Reserve
from tests.controller.store.writing import METER, START, cycle
from tests.disks import fill, small_disk

KEPT = 640 * 1024


@pytest.fixture
def disk(tmp_path: Path) -> Iterator[Path]:
    with small_disk(tmp_path / "small", 3000) as folder:
        yield folder


def test_it_is_given_up_on_a_full_disk_and_made_again_when_there_is_room(disk: Path) -> None:
    reserve = Reserve(disk, KEPT)
    reserve.begin()
    file = disk / FILE
    assert file.stat().st_blocks * 512 >= KEPT, "no hole"
    assert not reserve.release(), "there is room"
    ballast = fill(disk)
    assert reserve.release()
    assert reserve.missing
    assert not file.exists()
    assert not reserve.restore(), "as much again would not stay free"
    assert not file.exists()
    ballast.unlink()
    assert reserve.restore()
    assert not Reserve(disk, KEPT).release()
    assert file.stat().st_blocks * 512 >= KEPT


def test_nothing_to_give_up_and_nowhere_to_keep_it(disk: Path) -> None:
    fill(disk)
    reserve = Reserve(disk, KEPT)
    reserve.begin()
    assert reserve.missing
    assert not reserve.release()
    assert not Reserve(disk / "nowhere", KEPT).restore()


def test_half_a_reserve_is_made_whole(disk: Path) -> None:
    (disk / FILE).write_bytes(b"x")
    assert Reserve(disk, KEPT).restore()
    assert (disk / FILE).stat().st_blocks * 512 >= KEPT


def test_a_start_on_a_full_disk_has_the_room_it_needs(disk: Path) -> None:
    Reserve(disk, KEPT).begin()
    fill(disk)
    reserve = Reserve(disk, KEPT)
    reserve.begin()
    assert reserve.missing
    control, log = ControlStore.open(disk, START), LogStore.open(disk, START)
    control.begin(START, trusted=True, version="0", plan="")
    log.register([METER], START)
    assert control.close() + log.close() == 0


def test_commits_go_on_in_the_reserve_then_wait_and_none_is_lost(disk: Path) -> None:
    reserve = Reserve(disk, KEPT)
    reserve.begin()
    control = ControlStore.open(disk, START, reserve.release)
    log = LogStore.open(disk, START, reserve.release)
    control.begin(START, trusted=True, version="0", plan="")
    log.register([METER], START)
    first = fill(disk)
    number = 0
    while (disk / FILE).exists():  # as long as what the files have already is enough
        assert [future.result(10) for future in cycle(control, log, number)]
        number += 1
        assert number < 1000
    inside = number
    for _ in range(5):
        assert [future.result(10) for future in cycle(control, log, number)]
        number += 1
    second = fill(disk, "more")
    waiting = []
    end = time.monotonic() + 30
    while not (control.status().error and log.status().error):
        waiting += cycle(control, log, number)
        number += 1
        time.sleep(0.001)
        assert time.monotonic() < end
    assert "full" in control.status().error
    began = time.monotonic()
    first.unlink()
    second.unlink()
    for future in waiting:
        future.result(30)
    print(
        f"{inside} cycles to the reserve, {number} in all; back {time.monotonic() - began:.1f} s after room"
    )
    assert reserve.restore()
    control.end(START, "")
    assert control.close() + log.close() == 0
    assert sound(control.path) == sound(log.path) == ""
    with closing(open_reader(control.path)) as connection:
        assert ledger.broken_at(connection) is None
        sent = [one.entry.value for one in ledger.read(connection, limit=10**6) if one.entry.kind == "sent"]
        assert sent == list(range(number))
    with LogReader(log.path) as reader:
        assert len(reader.intervals("main")) == number
