"""Trends in the daemon: what the image says is in the file some seconds later, and nothing waits for it."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path

from config.plan.clock import Pace
from config.plan.reading import Quality
from config.plan.site import Plan
from controller.store import trendread
from controller.trending import Trending, trending_of
from tests.controller.rig import THURSDAY
from tests.controller.shell import Shell, shell
from tests.controller.test_stores import spoil
from tests.disks import fill, small_disk
from tests.plans import PlanMaker

SAMPLE = tuple[int, int | float | None]


def room() -> Plan:
    """A room whose temperature and window are kept, and its noise is not."""
    maker = PlanMaker()
    device = maker.add_device("room")
    temperature = maker.add_point(device, "temperature", max_age_s=1e6)
    window = maker.add_point(device, "window", kind="bool", max_age_s=1e6)
    maker.add_point(device, "noise", max_age_s=1e6)
    maker.keep_trend(temperature, deadband=0.2, every_s=30.0)
    maker.keep_trend(window)
    return maker.build()


@contextmanager
def trending(data: Path, wall_ms: int = THURSDAY, *, expected: bool = False) -> Iterator[Shell]:
    with shell(data, room(), wall_ms) as made:
        made.daemon.trending = trending_of(made.plan, data, Pace(), made.board, expected=expected)
        assert made.daemon.trending is not None
        made.cycle(0.0)
        yield made
        made.daemon.trending.close()


def of(made: Shell) -> Trending:
    assert made.daemon.trending is not None
    return made.daemon.trending


def samples(data: Path, key: str) -> list[SAMPLE]:
    """(seconds since the start, value)."""
    with closing(trendread.open_file(data / "trends.db")) as connection:
        number, _ = trendread.numbers(connection)[key]
        found = list(trendread.samples(connection, number, 0, 2**62))
    return [((time_ms - THURSDAY) // 1000, value) for time_ms, value in found]


def kept(data: Path, key: str, count: int) -> list[SAMPLE]:
    """Once there are so many."""
    end = time.monotonic() + 10
    while len(found := samples(data, key)) < count and time.monotonic() < end:
        time.sleep(0.01)
    return found


def until(made: Shell, condition: Callable[[], object], step_s: float = 15.0) -> None:
    """Cycle, site time passing."""
    end = time.monotonic() + 10
    while not condition():
        assert time.monotonic() < end
        made.cycle(step_s)
        time.sleep(0.01)


def test_what_the_registers_say_is_kept(tmp_path: Path) -> None:
    with trending(tmp_path) as made:
        made.cycle(1)
        # A reading is of the time when it is put in; the cycle that takes it comes after.
        for value in (20.0, 20.1, 21.5, 22.5, 22.6):
            made.read("room.temperature", value)
            made.read("room.noise", value)
            made.cycle(10)
        made.read("room.window", True)
        made.cycle(1)
        made.read("room.temperature", None, Quality.BAD)  # type: ignore[arg-type]
        made.cycle(20)
        assert kept(tmp_path, "room.temperature", 4) == [(0, None), (1, 20), (31, 22.5), (52, None)]
        assert samples(tmp_path, "room.window") == [(0, None), (51, 1)]
        with closing(trendread.open_file(tmp_path / "trends.db")) as connection:
            assert list(trendread.numbers(connection)) == ["room.temperature", "room.window"]


def test_an_end_in_order_loses_nothing_and_a_new_run_begins_with_nothing_known(tmp_path: Path) -> None:
    with trending(tmp_path) as made:
        made.cycle(1)
        made.read("room.window", True)
        made.cycle(1)
    assert samples(tmp_path, "room.window") == [(0, None), (1, 1)]
    with trending(tmp_path, THURSDAY + 60_000):
        pass
    assert samples(tmp_path, "room.window") == [(0, None), (1, 1), (60, None)]


def test_commits_are_few(tmp_path: Path) -> None:
    with trending(tmp_path) as made:
        for second in range(600):
            made.read("room.window", second % 2 == 0)
            made.cycle(1)
        status = of(made).status()
        assert status is not None
        assert status.jobs + status.waiting <= 600 / 15 + 2


def test_what_is_a_month_old_leaves(tmp_path: Path) -> None:
    with trending(tmp_path) as made:
        made.cycle(1)
        made.read("room.window", True)
        made.cycle(20)
        kept(tmp_path, "room.window", 2)
    month_s = 30 * 86_400
    with trending(tmp_path, THURSDAY + (month_s - 4 * 3600) * 1000) as made:
        for _ in range(3):
            made.cycle(3600)
        assert samples(tmp_path, "room.window")[:2] == [(0, None), (1, 1)]
    later = THURSDAY + (month_s + 5) * 1000
    with trending(tmp_path, later) as made:
        made.clock.trusted = False
        made.cycle(3600)
        made.cycle(3600)
        # Nothing is old under a clock that is not trusted.
        assert kept(tmp_path, "room.window", 4)[:2] == [(0, None), (1, 1)]
        made.clock.trusted = True
        until(made, lambda: samples(tmp_path, "room.window")[0][0] > 1000)


def test_a_file_that_is_damaged_or_gone_is_begun_anew_and_told(tmp_path: Path) -> None:
    with trending(tmp_path) as made:
        made.cycle(16)
        kept(tmp_path, "room.window", 1)
        for begun, harm in ((2, spoil), (3, Path.unlink)):
            harm(tmp_path / "trends.db")
            until(made, lambda begun=begun: of(made).begun == begun, 700.0)  # type: ignore[misc]
            made.read("room.window", True)
            until(made, lambda: len(samples(tmp_path, "room.window")) > 1)
        assert not [item for item in made.board.standing() if item.subject == "trends.db"]
        assert not list(tmp_path.glob("trends.db.*"))


def test_a_full_disk_is_told_once_and_hinders_nothing(tmp_path: Path) -> None:
    with small_disk(tmp_path / "disk", 40 * 1024) as disk, trending(disk) as made:
        made.cycle(16)
        kept(disk, "room.window", 1)
        ballast = fill(disk, leave=8 * 1024 * 1024)
        until(made, lambda: [item.subject for item in made.board.standing()] == ["trends.db"])
        before = samples(disk, "room.window")
        for _ in range(5):
            made.read("room.window", True)
            made.cycle(16)
        assert samples(disk, "room.window") == before
        assert made.stores.control.status().error == ""
        ballast.unlink()
        until(made, lambda: not made.board.standing())
        assert len(samples(disk, "room.window")) > len(before)


def test_a_site_without_trends_has_no_file(tmp_path: Path) -> None:
    with shell(tmp_path, PlanMaker().build()) as made:
        assert trending_of(made.plan, tmp_path, Pace(), made.board, expected=True) is None
        assert not (tmp_path / "trends.db").exists()
