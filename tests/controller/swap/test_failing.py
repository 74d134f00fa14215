"""A swap and what breaks in the middle of it: a kill, an error of ours, a disk that cannot be written."""

from __future__ import annotations

import os
import shutil
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest

from config.language import text
from config.plan import codec
from config.plan.site import Plan
from controller.accepted import choose_plan
from controller.consumption.records import Mark
from controller.options import Options
from controller.store.control import ControlStore
from controller.store.errors import StoreUnavailable
from controller.swap import taking
from tests.controller.rig import THURSDAY
from tests.controller.swap.bench import bench, heard, site, until


async def test_a_kill_at_any_step_leaves_the_old_or_the_new_plan_whole(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    data, old, new = tmp_path / "data", site("a"), site("b", "a", default=30.0)
    data.mkdir()
    snapshots: list[Path] = []

    def snap() -> None:
        """What a kill now would leave on the disk."""
        copy = tmp_path / f"killed-{len(snapshots)}"
        shutil.copytree(data, copy, ignore=shutil.ignore_patterns("*.lock", "*.sock"))
        snapshots.append(copy)

    real_sync, real_replace = os.fsync, Path.replace

    def sync(descriptor: int) -> None:
        snap()
        real_sync(descriptor)
        snap()

    def replace_(path: Path, target: Path) -> Path:
        snap()
        done = real_replace(path, target)
        snap()
        return done

    async with bench(data, old) as made:
        heard(made)
        made.shell.ledger()  # all of it is committed
        with monkeypatch.context() as patched:
            patched.setattr(os, "fsync", sync)
            patched.setattr(Path, "replace", replace_)
            snap()
            await made.apply(new)
        made.shell.ledger()
        snap()
    found = [_after(copy, tmp_path / "none") for copy in snapshots]
    assert len(snapshots) >= 9
    assert {plan.hash for plan in found} <= {old.hash, new.hash}
    assert (found[0], found[-1]) == (old, new)
    changes = sum(one.hash != other.hash for one, other in pairwise(found))
    assert changes == 1


async def test_a_swap_that_fails_half_way_ends_the_run_and_the_next_has_the_new_plan(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    data, new = tmp_path / "data", site("a", default=30.0)
    async with bench(data, site("a")) as made:
        heard(made)

        def fail(*_: object) -> None:
            raise ZeroDivisionError

        monkeypatch.setattr(made.lines, "follow", fail)
        with pytest.raises(ZeroDivisionError):
            await made.apply(new)
        assert made.daemon.exit_code == 1
        assert made.daemon.stopping
    assert _after(data, tmp_path / "none") == new


async def test_meters_wait_for_a_log_that_cannot_be_written(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(taking, "AGAIN_S", 0.05)
    async with bench(tmp_path, site("a")) as made:
        heard(made)
        log, failing = made.shell.stores.log, True
        real = log.register

        def register(*given: Any) -> dict[str, Mark]:
            if failing:
                raise StoreUnavailable(text("no room"))
            return real(*given)

        monkeypatch.setattr(log, "register", register)
        await made.offer(codec.dump(site("a", "b")), site("a", "b").hash)
        await until(lambda: "meters" in {item.kind for item in made.daemon.board.standing()})
        # Another edit does not wait for the disk, and loses nobody.
        following = site("a", "b", default=30.0)
        await made.offer(codec.dump(following), following.hash)
        assert made.daemon.consumption.terms("b") is None
        failing = False
        await made.taking.settled()
        assert made.daemon.consumption.terms("b") is not None
        assert "meters" not in {item.kind for item in made.daemon.board.standing()}


def _after(data: Path, nowhere: Path) -> Plan:
    """What a start after a kill runs."""
    control = ControlStore.open(data, THURSDAY + 3_600_000)
    try:
        options = Options(site=nowhere, data=data)
        return choose_plan(control, options, "en", person="Li", now_ms=THURSDAY).plan
    finally:
        control.close()
