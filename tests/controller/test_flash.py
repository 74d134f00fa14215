"""What is written to the disk: counted by the day, over restarts, told once above the budget."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from controller.board import Board
from controller.flash import FILE, Figures, Flash, charged

NOON = 1_772_683_200
"""2026-03-05T12:00 in Shanghai."""
HOUR = 3600


class Machine:
    """Its clocks, and what the kernel has counted."""

    def __init__(self) -> None:
        self.wall_s = NOON
        self.up_s = 0
        self.bytes: int | None = 5_000_000
        self.board = Board("en")

    def flash(self, data: Path, budget_mb: float = 100.0) -> Flash:
        return Flash(
            data,
            "Asia/Shanghai",
            budget_mb,
            self.board,
            lambda: 0,
            charged=lambda: self.bytes,
            wall_ns=lambda: self.wall_s * 10**9,
            mono_ns=lambda: self.up_s * 10**9,
        )

    def live(self, seconds: int, mb: float) -> None:
        self.wall_s += seconds
        self.up_s += seconds
        if self.bytes is not None:
            self.bytes += round(mb * 1e6)

    def told(self) -> list[str]:
        return [str(item.text) for item in self.board.standing()]


async def test_a_day_is_what_all_runs_of_it_wrote(tmp_path: Path) -> None:
    machine = Machine()
    first = machine.flash(tmp_path)
    machine.live(HOUR, 4)
    first.close()
    second = machine.flash(tmp_path)
    machine.live(HOUR, 2)
    assert second.figures() == Figures(6.0, 48.0, 100.0)
    machine.live(22 * HOUR, 0)
    await second.look()
    assert second.figures().today == 0.0, "another day"
    machine.live(24 * HOUR, 30)
    await second.look()
    machine.live(24 * HOUR, 1)
    assert second.figures().a_day == 30.0, "yesterday was whole"


async def test_it_is_kept_every_hour_so_that_a_kill_loses_little(tmp_path: Path) -> None:
    machine = Machine()
    first = machine.flash(tmp_path)
    machine.live(HOUR, 4)
    await first.look()
    machine.live(60, 1)
    await first.look()
    assert machine.flash(tmp_path).figures().today == 4.0


async def test_more_than_the_budget_is_told_while_it_is_so(tmp_path: Path) -> None:
    machine = Machine()
    flash = machine.flash(tmp_path, 10.0)
    for _ in range(5):
        machine.live(600, 3)
        await flash.look()
    assert machine.told() == [
        "15 MB were written to the disk today, more than the 10 MB a day that the site allows"
    ]
    machine.live(24 * HOUR, 1)
    await flash.look()
    assert machine.told() == []


def test_nothing_is_reckoned_from_a_few_minutes(tmp_path: Path) -> None:
    machine = Machine()
    flash = machine.flash(tmp_path)
    machine.live(300, 8)
    assert flash.figures() == Figures(8.0, None, 100.0)


def test_where_the_kernel_does_not_count_nothing_is_said(tmp_path: Path) -> None:
    machine = Machine()
    machine.bytes = None
    flash = machine.flash(tmp_path)
    machine.live(HOUR, 0)
    flash.close()
    assert flash.figures() == Figures(None, None, 100.0)


@pytest.mark.parametrize("content", ["", "[]", "{", '{"2026-03-05": "x"}', '{"2026-03-05": -5}', "\x00"])
def test_a_file_that_says_nothing_of_use(tmp_path: Path, content: str) -> None:
    (tmp_path / FILE).write_text(content)
    assert Machine().flash(tmp_path).figures().today == 0.0


def test_the_kernel_counts_what_is_written_here(tmp_path: Path) -> None:
    before = charged()
    if before is None:
        pytest.skip("this kernel does not say what a process writes")
    with (tmp_path / "some").open("wb") as file:
        file.write(os.urandom(1_000_000))
        file.flush()
        os.fsync(file.fileno())
    after = charged()
    assert after is not None
    if after == before:
        pytest.skip("the tests' directory is on no disk")
    assert 1_000_000 <= after - before < 3_000_000
