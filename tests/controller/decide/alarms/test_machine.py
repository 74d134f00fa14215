"""One alarm's states: every event in every state, and what nothing that happens can break."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from config.language import text
from controller.decide.alarms.alarm import MOST_RAISED, WINDOW_MS, Alarm, State, Transition
from controller.decide.alarms.machine import (
    acknowledge,
    announce,
    come,
    due_ms,
    go,
    settle,
    shelve,
    suppress,
    unshelve,
)

T = 1_000_000_000
WORDS = text("the level is low")
Event = Callable[[Alarm, int], Alarm]
EVENTS: dict[str, Event] = {
    "come": lambda alarm, now: come(alarm, WORDS, now),
    "go": go,
    "ack": lambda alarm, now: acknowledge(alarm, "Li", "seen", now),
    "shelve": lambda alarm, now: shelve(alarm, now + 3_600_000, "Li", "works"),
    "unshelve": lambda alarm, _: unshelve(alarm),
    "suppress": lambda alarm, _: suppress(alarm, "device lamp", 3) if alarm.active else alarm,
    "unsuppress": lambda alarm, _: suppress(alarm, "", 0),
}
NORMAL = Alarm(1, "alarm", "tank", "high", latch=True, words=WORDS)


def after(*events: str, latch: bool = True) -> tuple[Alarm, list[str]]:
    """The alarm after these, a second apart, and all that was told of it."""
    alarm, told = NORMAL._replace(latch=latch), []
    for number, event in enumerate(events):
        alarm, transition = announce(EVENTS[event](alarm, T + number * 1000))
        if transition is not None:
            told.append(transition.value)
    return alarm, told


STATES = {
    "normal": (),
    "active-unacked": ("come",),
    "active-acked": ("come", "ack"),
    "returned-unacked": ("come", "go"),
    "shelved": ("come", "shelve"),
    "suppressed": ("come", "suppress"),
}
TABLE = {
    # state: come, go, ack, shelve, unshelve
    "normal": ("active-unacked +raised", "normal", "normal", "shelved", "normal"),
    "active-unacked": ("active-unacked", "returned-unacked +returned", "active-acked", "shelved",
                       "active-unacked"),
    "active-acked": ("active-acked", "normal +returned", "active-acked", "shelved", "active-acked"),
    "returned-unacked": ("active-unacked +raised", "returned-unacked", "normal", "shelved",
                         "returned-unacked"),
    "shelved": ("shelved", "shelved", "shelved", "shelved", "active-unacked +raised"),
    "suppressed": ("suppressed", "returned-unacked +returned", "suppressed", "shelved", "suppressed"),
}  # fmt: skip


@pytest.mark.parametrize("state", TABLE)
@pytest.mark.parametrize(("column", "event"), list(enumerate(["come", "go", "ack", "shelve", "unshelve"])))
def test_every_event_in_every_state(state: str, column: int, event: str) -> None:
    before, told = after(*STATES[state])
    assert before.state.value == state
    found, all_told = after(*STATES[state], event)
    news = "".join(f" +{one}" for one in all_told[len(told) :])
    assert found.state.value + news == TABLE[state][column]


def test_what_needs_no_acknowledgement_is_over_when_it_is_over() -> None:
    found, told = after("come", "go", latch=False)
    assert (found.state, told) == (State.NORMAL, ["raised", "returned"])


def test_what_was_suppressed_all_along_is_never_told() -> None:
    alarm = suppress(come(NORMAL, WORDS, T), "hold", 0)
    assert announce(alarm) == (alarm, None)
    assert announce(go(alarm, T + 5))[1] is None
    assert go(alarm, T + 5).state is State.NORMAL
    assert announce(suppress(alarm, "", 0))[1] is Transition.RAISED


def test_a_return_while_shelved_is_told_when_the_time_is_up() -> None:
    assert after("come", "shelve", "go", "come", "go")[1] == ["raised"]
    assert after("come", "shelve", "go", "unshelve")[1] == ["raised", "returned"]
    assert after("come", "shelve", "unshelve")[1] == ["raised", "raised"]


def flapping(times: int, every_ms: int) -> tuple[Alarm, list[str], int]:
    alarm, told, now = NORMAL._replace(latch=False), [], T
    for _ in range(times):
        for event in (EVENTS["come"], EVENTS["go"]):
            alarm, transition = announce(settle(event(alarm, now), now))
            told += [] if transition is None else [transition.value]
            now += every_ms // 2
    return alarm, told, now


def test_what_chatters_is_told_once_more_and_then_when_it_is_calm() -> None:
    alarm, told, now = flapping(200, 2000)
    assert told == ["raised", "returned"] * MOST_RAISED + ["raised"]
    assert (alarm.damped, alarm.times, len(alarm.recent)) == (True, 200, MOST_RAISED + 1)
    due = due_ms(alarm)
    assert due is not None
    assert now < due <= now + WINDOW_MS
    assert announce(settle(alarm, due - 1))[1] is None
    calm, transition = announce(settle(alarm, due))
    assert (transition, calm.chattering, calm.damped) == (Transition.RETURNED, False, False)


def test_what_comes_seldom_does_not_chatter() -> None:
    _, told, _ = flapping(30, WINDOW_MS // MOST_RAISED)
    assert told == ["raised", "returned"] * 30


@settings(max_examples=150, deadline=None)
@given(
    st.lists(st.tuples(st.sampled_from([*EVENTS, "calm"]), st.integers(1, 700_000)), max_size=40),
    st.booleans(),
)
def test_what_is_told_always_takes_turns_and_ends_as_it_is(
    events: list[tuple[str, int]], latch: bool
) -> None:
    """Raised and returned alternate, but for what an end of shelving tells anew; and once nothing mutes it,
    people know what is so."""
    alarm, now = NORMAL._replace(latch=latch), T
    believed = False
    for event, later_ms in events:
        now += later_ms
        changed = alarm if event == "calm" else EVENTS[event](alarm, now)
        again = changed.anew
        alarm, transition = announce(settle(changed, now))
        if transition is not None:
            assert believed is not (transition is Transition.RAISED) or again
            believed = transition is Transition.RAISED
        assert alarm.said is believed
        muted = alarm.shelved_until_ms is not None or alarm.damped or (alarm.active and alarm.suppressed)
        if not muted:
            assert believed is alarm.active
        assert (alarm.state is State.RETURNED_UNACKED) <= latch
        assert len(alarm.recent) <= MOST_RAISED + 1
