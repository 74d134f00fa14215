"""Back as it was found: what is said of it, and what stays noted."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator, Sequence
from pathlib import Path

import pytest

from config.plan.reading import Value
from controller.accept.records import Aspect, Left
from controller.accept.session import Planned
from controller.decide.records import Remembered, RuleMemory
from tests.controller.accept import test_bacnet
from tests.controller.accept.stand import MORNING, SITE, Person, Stand


@pytest.fixture
def stand(tmp_path: Path) -> Iterator[Stand]:
    with Stand(tmp_path) as stand:
        yield stand


class Meddler(Person):
    """Says yes, and then its answers come spoilt."""

    device, fault = "", ""

    async def may_write(self, planned: Sequence[Planned]) -> bool:
        await self._stand.simulation.fault(self.fault, True, device=self.device)
        return True


@pytest.mark.parametrize(
    ("site", "key", "device", "fault"),
    [
        ("", "do-1.ch6", "do-1", "crc"),
        ("", "panel.ex1_min_speed", "panel", "slow"),
        (test_bacnet.SITE, test_bacnet.LEVEL, "hall", "slow"),
    ],
)
def test_a_reading_of_before_the_trial_does_not_put_it_back(
    tmp_path: Path, site: str, key: str, device: str, fault: str
) -> None:
    """The device hears the trial, its answer is lost, and then it is silent."""
    with Stand(tmp_path, *([site] if site else [])) as stand:
        before = stand.has(key)
        person = Meddler(stand)
        person.device, person.fault = device, fault

        async def lost() -> None:
            run = asyncio.create_task(stand.session(stand.wish(key), person))
            while not run.done():
                await asyncio.sleep(0.0005)
                if stand.has(key) != before:
                    break
            await stand.simulation.fault("freeze", True, device=device)
            await run

        stand.within(lost())
        assert stand.has(key) != before
        assert stand.verdicts(key)["restored"] == "failed"
        assert key in stand.keeper.progress.left


def test_an_array_that_was_not_read_is_not_an_empty_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with Stand(tmp_path, test_bacnet.SITE) as stand:
        stand.simulation.another(test_bacnet.LEVEL, 40.0, 15)
        stand.keeper.leave(Left(test_bacnet.LEVEL, 40.0, None, 40.0, "Li", 0))
        monkeypatch.setattr("controller.accept.writing.ARRAY_S", 0.0)
        monkeypatch.setattr("controller.accept.ground.SlotState", Left)
        refused = stand.run(person=Person(stand, yes=False))
        assert refused.asked_back == [test_bacnet.LEVEL]
        assert test_bacnet.LEVEL in stand.keeper.progress.left


class Stubborn(Person):
    """Lets be written, but nothing be put back."""

    async def may_put_back(self, left: Sequence[Left]) -> bool:
        return False


def test_what_is_not_put_back_yet_is_not_tried_again(stand: Stand) -> None:
    left = Left("do-1.ch7", False, None, True, "Li", 0)
    stand.keeper.leave(left)
    stand.simulation.another("do-1.ch7", True)
    stand.run(stand.wish("lamp.switch"), Stubborn(stand))
    assert stand.why("do-1.ch7", Aspect.WRITE) == "an earlier trial has not put it back yet"
    assert (stand.has("do-1.ch7"), stand.writes("do-1")) == (True, 0)
    assert stand.keeper.progress.left == {"do-1.ch7": left}


def started(ago_s: int, *, out: bool) -> Remembered:
    """What is known of a pump that may start once an hour."""
    past_ms = MORNING - ago_s * 1000
    kept = {"out": out, "on": out, "since_ms": past_ms, "forced": False, "start0_ms": past_ms}
    return Remembered(rules=(RuleMemory("equipment pump", kept),))


SELDOM = SITE.replace("min_off: 2 min}", "min_off: 2 min, starts_per_hour: 1}")


def test_a_motor_that_could_not_be_started_again_is_not_stopped(tmp_path: Path) -> None:
    with Stand(tmp_path, SELDOM) as stand:
        stand.simulation.another("do-1.ch1", True)
        stand.remembered = started(600, out=True)
        stand.run(stand.wish("pump.run_cmd"))
        assert (stand.has("do-1.ch1"), stand.writes("do-1")) == (True, 0)
        why = stand.why("do-1.ch1", Aspect.WRITE)
        assert why.startswith("it could be started again only after")


def test_what_is_put_back_waits_longer_than_an_override_may_last(tmp_path: Path) -> None:
    with Stand(
        tmp_path,
        SELDOM.replace("calendar: none", "calendar: none, override: {at_most: 20 min}", 1),
    ) as stand:
        stand.keeper.leave(Left("do-1.ch1", True, None, False, "Li", 0))
        stand.remembered = started(1700, out=False)
        stand.run()
        assert (stand.has("do-1.ch1"), stand.keeper.progress.left) == (True, {})


class Slow(Person):
    """Says yes when a motor has rested for long enough."""

    async def may_write(self, planned: Sequence[Planned]) -> bool:
        await asyncio.sleep(150.0)
        return await super().may_write(planned)


@pytest.mark.parametrize("feedback", ["", "run_fb: di-1.di1,", "stuck"])
def test_a_motor_found_running_runs_and_rests_for_its_times(tmp_path: Path, feedback: str) -> None:
    """Somebody else had started it: nothing is known of it, or only what a slow feedback says."""
    site = SITE if feedback else SITE.replace(" run_fb: di-1.di1,", "")
    with Stand(tmp_path, site) as stand:
        stand.simulation.another("do-1.ch1", True)
        if feedback == "stuck":
            stand.follows = lambda told: True
        changes = stand.within(watched(stand, "do-1.ch1", Slow(stand)))
        (stopped_s, off), (started_s, on) = changes
        assert (off, on) == (False, True)
        assert stopped_s > 60, "its minimum run time, from when it is known to run"
        assert started_s - stopped_s > 119
        assert stand.verdicts("do-1.ch1")["restored"] == "passed"


async def watched(stand: Stand, key: str, person: Person) -> list[tuple[float, Value | None]]:
    """Run a trial; when the output changed, and to what."""
    last, changes = stand.has(key), []
    run = asyncio.create_task(stand.session(stand.wish(key), person))
    while not run.done():
        await asyncio.sleep(0.1)
        if (now := stand.has(key)) != last:
            changes.append((stand.loop.time(), now))
            last = now
    await run
    return changes
