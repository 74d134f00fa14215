"""A person's new command is a new try, whatever became of the one before."""

from __future__ import annotations

from controller.decide.records import Lock, Override, PersonCommand, Release, Unlock
from drivers.api import Fate
from tests.controller.house import HELD, settled
from tests.controller.rig import Rig


def refused(made: Rig, seconds: int) -> list[str]:
    """What is sent in that time; nothing of it takes."""
    sent: list[str] = []
    for _ in range(seconds):
        step = made.step(1.0)
        sent += made.words(step.writes)
        for write in step.writes:
            made.answer(write, Fate.MISMATCH)
    return sent


def test_a_persons_new_command_is_a_new_try() -> None:
    made = settled()
    made.override("lamp.level", 50.0, 1)
    assert refused(made, 60) == ["lamp.level=50.0@8"] * 4
    assert made.engine.refused(made.id("lamp.level"))
    assert refused(made, 60) == []
    # The same value by the same person: tried at once, and repeated as quickly as before.
    made.override("lamp.level", 50.0, 1)
    assert refused(made, 1) == ["lamp.level=50.0@8"]
    assert refused(made, 60) == ["lamp.level=50.0@8"] * 3
    made.override("lamp.level", 50.0, 1)
    step = made.step(1.0)
    made.answer(step.writes[0], HELD)
    told = made.step(1.0).notices
    assert [(notice.kind, notice.on) for notice in told] == [("command-failed", False)]
    assert not made.engine.refused(made.id("lamp.level"))


def test_a_pulse_that_may_have_acted_is_given_again_by_a_person_alone() -> None:
    made = settled()
    made.override("relay.latch", True, 1)
    assert made.writes(1, answer=Fate.NO_ANSWER) == ["relay.latch=True@8"]
    assert not any("latch" in word for _ in range(400) for word in made.writes(1, answer=HELD))
    made.override("relay.latch", True, 1)
    assert made.writes(1, answer=HELD) == ["relay.latch=True@8"]
    assert made.writes(1) == []


def test_a_command_on_what_takes_is_not_sent_twice() -> None:
    made = settled()
    made.override("lamp.level", 50.0, 1)
    assert made.writes(1, answer=HELD) == ["lamp.level=50.0@8"]
    made.override("lamp.level", 50.0, 1)
    assert made.writes(1) == []
    assert made.writes(1) == []


def test_what_is_taken_back_in_the_same_step_is_not_stored() -> None:
    # Of what is stored in one commit, ends come before what begins: the next start would find it again.
    made = settled()
    now = made.clock.now()
    override = Override("lamp.level", 50.0, "Li", "", now.wall_ms, now.wall_ms + 600_000)
    commands: list[PersonCommand] = [
        override,
        Lock("pump", "Li", "work", now.wall_ms),
        Release("lamp.level", "Li"),
        Unlock("pump", "Li"),
    ]
    memory = made.engine.step(now, (), commands).memory
    assert (memory.overrides, [item[:2] for item in memory.ended]) == ([], [("lamp.level", 8)])
    assert (memory.locks, memory.unlocked) == ([], ["pump"])
    back: list[PersonCommand] = [override, Release("lamp.level", "Li"), override]
    memory = made.engine.step(made.clock.advance(1.0), (), back).memory
    assert memory.overrides == [override]
