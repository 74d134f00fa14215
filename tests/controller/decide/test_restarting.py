"""Who waits and whose turn it is, whatever is wanted when."""

from __future__ import annotations

from dataclasses import replace
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from config.language import text
from config.plan.reading import Quality, Reading
from config.plan.restart import Restart
from config.plan.site import Plan
from controller.decide.arbiter import arbitrate
from controller.decide.gate import Gate
from controller.decide.records import RuleMemory
from controller.decide.requests import Op, Request
from controller.decide.restarting import Restarting
from tests.controller.decide.rules.site import plan_with

RULE = (
    "  r: {kind: link, when: more.di1 is active, then: [{target: pump-1, value: on}], on_bad_input: trip}\n"
)
COUNT = 5


def plan() -> Plan:
    """Five relays, the last first."""
    made = plan_with(RULE)
    order = tuple(reversed([point.id for point in made.points if point.name.startswith("ch")][:COUNT]))
    return replace(made, restart=Restart(30.0, 5.0, order, 3, 60.0))


PLAN = plan()
ORDER = PLAN.restart.order if PLAN.restart is not None else ()
SECONDS = st.lists(
    st.tuples(
        st.sets(st.sampled_from(ORDER)), st.sets(st.sampled_from(ORDER)), st.booleans(), st.integers(1, 12)
    ),
    max_size=20,
)
"""(who wants to run, whom something else keeps, the daemon starts anew, for so many seconds)."""


def booted() -> Restarting:
    found = Restarting(PLAN, {"machine": "one"}, "two")
    found.look((), 0)
    return found


def second(
    found: Restarting,
    now_s: int,
    wants: set[int],
    kept: set[int],
    on: set[int],
    starts: list[tuple[int, int]],
) -> None:
    """One second of the gate's work."""
    found.look((), now_s * 1000)
    waiting = found.waiting - kept
    turn = found.choose(now_s * 1000, lambda command: command not in kept)
    for command in ORDER:
        if command not in wants:
            on.discard(command)
            found.leave(command)
        elif command in on:
            continue
        elif not found.active:
            on.add(command)
        elif command == turn:
            assert command == min(waiting, key=ORDER.index), "the first of those that wait"
            found.go(command, now_s * 1000)
            on.add(command)
            starts.append((now_s, command))
        else:
            assert found.wait(command, now_s * 1000) >= now_s * 1000


@given(SECONDS)
def test_starts_keep_their_distance_and_order_and_nobody_waits_for_ever(
    course: list[tuple[set[int], set[int], bool, int]],
) -> None:
    found, on, now_s = booted(), set[int](), 0
    starts: list[tuple[int, int]] = []
    for wants, kept, again, seconds in course:
        for _ in range(seconds):
            now_s += 1
            second(found, now_s, wants, kept, on, starts)
            found.changed = False
        if again:
            found = Restarting(PLAN, found.memory(), "two")
            assert not found.changed
    assert all(at_s >= 30 for at_s, _ in starts)
    assert all(later - earlier >= 5 for (earlier, _), (later, _) in pairwise(starts))
    for _ in range(31 + 5 * COUNT + 2):
        now_s += 1
        second(found, now_s, set(ORDER), set(), on, starts)
    assert on == set(ORDER)
    second(found, now_s + 6, set(ORDER), set(), on, starts)
    assert not found.active


def test_it_begins_with_a_boot_and_not_with_a_start_of_the_daemon() -> None:
    assert booted().active
    same = Restarting(PLAN, {"machine": "two"}, "two")
    same.look((), 0)
    assert not same.active
    unknown = Restarting(PLAN, {"machine": "two"}, "")
    unknown.look((), 0)
    assert not unknown.active
    assert unknown.memory() == {"machine": "two"}


def test_it_begins_when_several_devices_come_back_within_a_while() -> None:
    for times, begins in (((0, 20, 40), True), ((0, 20, 81), False), ((0, 0), False)):
        found = Restarting(PLAN, {"machine": "two"}, "two")
        for device, at_s in enumerate(times):
            found.look([device], at_s * 1000)
        assert found.active is begins, times


def test_it_begins_when_a_whole_line_comes_back() -> None:
    two = tuple(replace(device, line=min(device.id // 2, 1)) for device in PLAN.devices)
    lines = (PLAN.lines[0], replace(PLAN.lines[0], id=1, name="T2"))
    found = Restarting(replace(PLAN, devices=two, lines=lines), {}, "")
    found.look([0], 0)
    assert not found.active
    found.look([1], 1000)
    assert found.active


def test_without_a_declaration_nothing_is_staggered_or_remembered() -> None:
    found = Restarting(replace(PLAN, restart=None), {"machine": "one", "began_ms": 5}, "two")
    assert found.look([0, 1, 2], 0) == ()
    assert not found.staggers(ORDER[0])
    assert (found.memory(), found.changed) == ({}, True)


@pytest.mark.parametrize(("pulse_s", "value"), [(None, False), (0.5, True)])
def test_what_a_pulse_did_stands_for_it_cannot_be_read(pulse_s: float | None, value: bool) -> None:
    command = ORDER[0]
    points = [
        replace(point, command=replace(point.command, pulse_s=pulse_s))
        if point.command is not None and point.id == command
        else point
        for point in PLAN.points
    ]
    motor = replace(PLAN.equipment[0], roles=(("run_cmd", command),))
    made = replace(PLAN, points=tuple(points), equipment=(motor,))
    ran = {"out": True, "on": True, "since_ms": 0, "forced": False}
    readings = [Reading(False, Quality.GOOD, "", 0, 1)] * len(points)
    gate = Gate(made, readings, [RuleMemory(f"equipment {motor.name}", ran)], "second boot")
    assert command in gate.due(1000)
    wants = Request(Op.VALUE, True, 10, "rules.yaml:1:1", text("wanted"), 0, None, ())
    assert gate.passed(command, arbitrate([wants]), 1000).value is value
