"""Nobody is woken before time, on either event loop, and those of one moment are woken together."""

from __future__ import annotations

import asyncio
import time

import pytest

from drivers.waking import fine_time, wake_after, wake_at

pytestmark = pytest.mark.leaks_allowed("libuv keeps one pipe for the life of the process")


@pytest.fixture(params=["asyncio", "uvloop"])
def runner(request: pytest.FixtureRequest) -> asyncio.Runner:
    if request.param == "asyncio":
        return asyncio.Runner()
    uvloop = pytest.importorskip("uvloop")
    return asyncio.Runner(loop_factory=uvloop.new_event_loop)


def test_nobody_is_woken_before_time(runner: asyncio.Runner) -> None:
    async def woken(at_s: float) -> float:
        loop = asyncio.get_running_loop()
        gone: asyncio.Future[float] = loop.create_future()
        wake_at(loop, time.monotonic(), at_s, lambda: gone.set_result(time.monotonic()))
        return await gone

    async def run() -> None:
        for begins in range(10):
            while not begins <= time.monotonic() * 10_000 % 10 < begins + 1:
                pass  # a tenth of a millisecond into one, two tenths, …
            begun_s = time.monotonic()
            due_s = [begun_s + 0.003 + at * 0.00037 for at in range(12)]
            for at_s, woken_s in zip(due_s, await asyncio.gather(*map(woken, due_s)), strict=True):
                assert woken_s >= at_s - 2e-6

    with runner:
        runner.run(run())


def test_those_of_one_moment_are_woken_together() -> None:
    """Though each was asked for at another time; being stopped in between parts them now and then."""
    judged: list[bool] = []
    for _ in range(60):
        if (rounds := _rounds()) is not None:
            judged.append(len(set(rounds)) == 1)
        if len(judged) == 6:
            break
    assert sum(judged) >= 4


def _rounds() -> list[int] | None:
    """Rounds of the loop in which eight wishes for one moment came true; None where it came before they were
    all made."""
    uvloop = pytest.importorskip("uvloop")
    rounds: list[int] = []
    in_time = False

    async def run() -> None:
        nonlocal in_time
        loop = asyncio.get_running_loop()
        moment_s = (time.monotonic_ns() // 1_000_000 + 30) / 1000
        number = 0

        def turned() -> None:
            nonlocal number
            number += 1
            loop.call_soon(turned)

        for _ in range(8):
            wake_at(loop, time.monotonic(), moment_s, lambda: rounds.append(number))
            await asyncio.sleep(0.0016)
        turned()
        in_time = time.monotonic() < moment_s
        await asyncio.sleep(0.05)

    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        runner.run(run())
    assert len(rounds) == 8
    return rounds if in_time else None


def test_a_silence_that_is_looked_at_again_is_kept_and_hardly_longer(runner: asyncio.Runner) -> None:
    async def run() -> list[float]:
        loop = asyncio.get_running_loop()
        now = fine_time(loop)
        over_s = []
        for _ in range(20):
            until_s = now() + 0.00401
            while (left_s := until_s - now()) > 0:
                gone = loop.create_future()
                wake_after(loop, left_s, lambda gone=gone: gone.set_result(None))  # type: ignore[misc]
                await gone
            over_s.append(now() - until_s)
        return over_s

    with runner:
        over_s = runner.run(run())
    assert min(over_s) >= 0
    assert min(over_s) < 0.002, "the least, for a busy machine is late now and then"


def test_the_time_is_finer_than_whole_milliseconds(runner: asyncio.Runner) -> None:
    async def run() -> set[float]:
        now = fine_time(asyncio.get_running_loop())
        return {now() * 1000 % 1 for _ in range(50)}

    with runner:
        assert len(runner.run(run())) > 10
