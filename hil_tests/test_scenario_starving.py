"""A busy machine is told from a daemon that is late, and costs no scenario its verdict."""

from __future__ import annotations

import asyncio
import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import pytest

from hil_tests.scenario.form import Scenario
from hil_tests.scenario.playing import Missed, Played, again_if_starved, allowed_s
from hil_tests.scenario.reading import read
from hil_tests.scenario.starving import Starving

COUNTED = bool(list(Path("/proc/self/task").glob("*/schedstat")))


@contextmanager
def busy(cpu: int) -> Iterator[int]:
    """A program that would use all of one processor, and may use no other."""
    code = f"import os\nos.sched_setaffinity(0, {{{cpu}}})\nwhile True: pass"
    with subprocess.Popen([sys.executable, "-c", code]) as process:
        try:
            yield process.pid
        finally:
            process.kill()


@pytest.mark.hil
@pytest.mark.skipif(not COUNTED, reason="nobody counts here what a thread waits for")
async def test_who_shares_a_processor_with_others_is_seen_to_wait() -> None:
    cpu = min(os.sched_getaffinity(0))
    with ExitStack() as programs:
        first, *_ = (programs.enter_context(busy(cpu)) for _ in range(4))
        await asyncio.sleep(0.3)
        starving = Starving(lambda: [first])
        await asyncio.sleep(1.2)
        assert starving.waited_s() > 0.5  # of four that take turns each waits three quarters
        assert starving.burst()
        gone = Starving(lambda: [2**22 + 1])
        assert gone.waited_s() < 0.2
        assert not gone.burst()


async def test_an_oversleeping_machine_is_seen_without_the_schedulers_count() -> None:
    starving = Starving(list)
    late = asyncio.create_task(starving.sleep(0.05))
    await asyncio.sleep(0)
    asyncio.get_running_loop().call_soon(_hold_up)
    await late
    assert starving.waited_s() > 0.2
    assert starving.burst()


def _hold_up() -> None:
    """As a machine that stands still does."""
    subprocess.run(["sleep", "0.35"], check=True)


def test_what_the_machine_did_not_give_is_added_to_the_promise() -> None:
    assert allowed_s(5.0, 1.0, 0.0) == 5.0
    assert allowed_s(60.0, 15.0, 2.0) == 90.0


@pytest.mark.parametrize(
    ("fates", "tries", "misses"),
    [
        ([None], 1, False),
        ([True, None], 2, False),
        ([True, True, None], 3, False),
        ([True, True, True], 3, True),
        ([False], 1, True),
        ([True, False], 2, True),
    ],
)
async def test_only_what_a_busy_machine_may_have_spoilt_is_played_again(
    fates: list[bool | None], tries: int, misses: bool
) -> None:
    """Fates: None, it went well; else it missed something, and was starved or not."""
    tried = []

    async def once(number: int) -> list[Played]:
        tried.append(number)
        starved = fates[number - 1]
        if starved is not None:
            raise Missed("late", starved)
        return []

    if misses:
        with pytest.raises(Missed):
            await again_if_starved(once)
    else:
        await again_if_starved(once)
    assert tried == list(range(1, tries + 1))


def test_the_longest_scenarios_are_known(tmp_path: Path) -> None:
    path = tmp_path / "s.yaml"
    head = "one:\n  title: 一\n  site: house\n  from: 2026-03-05 23:59:00\n  speed: 2\n"
    steps = "  steps: [{wait: 20 s}, {within: 40 s, expect: yard is on}, {until: '00:01'}]\n"
    path.write_text(head + steps, encoding="utf-8")
    (found,) = read(path)
    assert isinstance(found, Scenario)
    assert found.length_s() == pytest.approx(60.0)
