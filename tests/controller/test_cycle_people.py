"""A person's new command is a new try, whatever became of the one before."""

from __future__ import annotations

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
