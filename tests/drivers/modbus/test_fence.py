"""The fence as logic: an in-order unit whose answers may be held back, and what is believed of it."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from config.plan.devices import Limits
from config.plan.points import Point, Register
from drivers.batching import blocks_of
from drivers.modbus.fence import Challenges, Doubts, Resting, challenges
from drivers.modbus.requests import Request, read
from tests.drivers.build import point, word


def meter() -> list[Point]:
    return [
        *(point(f"u{n}", Register("holding", 2 * n, "float32"), id=n) for n in range(5)),
        *(point(f"e{n}", Register("holding", 100 + 10 * n, "float32"), id=5 + n) for n in range(3)),
    ]


def relay() -> list[Point]:
    return [point(f"ch{n}", Register("coil", n, "bool"), id=n) for n in range(8)]


def test_a_meters_challenges_are_parts_of_its_own_reads_that_no_poll_has() -> None:
    found = challenges(1, blocks_of(meter(), Limits()))
    parts = [one.request for one in found if not one.refusal_counts and not one.is_poll]
    assert [request.size for request in parts[:3]] == [4, 6, 8]
    assert {request.size for request in parts}.isdisjoint({2, 10})
    assert all(request.address + request.size <= 10 for request in parts)


def test_challenges_are_those_of_the_blocks_a_unit_is_polled_in_now() -> None:
    known = Challenges()
    known.serve(1, blocks_of(relay(), Limits()))
    known.serve(2, iter(blocks_of(meter(), Limits())))
    assert known[1] == challenges(1, blocks_of(relay(), Limits()))
    assert known.get(2) == known[2] == challenges(2, blocks_of(meter(), Limits()))
    assert (known.get(3), sorted(known), len(known)) == (None, [1, 2], 2)
    known.serve(1, blocks_of(meter(), Limits()))
    assert known[1] == challenges(1, blocks_of(meter(), Limits()))


def test_a_relays_challenges_are_functions_it_is_never_asked_for() -> None:
    found = challenges(1, blocks_of(relay(), Limits()))
    assert [one.request.function for one in found if one.refusal_counts] == [3, 4, 2]
    assert [one.request.size for one in found if one.is_poll] == [8]
    assert all(one.refusal_counts or one.is_poll for one in found)


class Unit:
    """Answers in order; the answers wait in a queue until they are let through."""

    def __init__(self, points: list[Point]) -> None:
        self.polls = [
            read(1, block.space, block.address, block.size)
            for block in blocks_of(points, Limits(max_registers=10))
        ]
        self.doubts = Doubts({1: challenges(1, blocks_of(points, Limits(max_registers=10)))}, rest_s=1000.0)
        self.held: deque[Request] = deque()
        self.now = 0.0
        self.believed = 0

    def turn(self, poll: Request, fate: str) -> None:
        """One turn as the link takes it, challenges first: answered in time, late or never."""
        for _ in range(3):
            try:
                challenge = self.doubts.next(poll, self.now)
            except Resting:
                self.now += 1001.0
                self.held.clear()
                return
            if not self.ask(poll if challenge is None else challenge.request, fate) or challenge is None:
                return

    def ask(self, request: Request, fate: str) -> bool:
        self.now += 1.0
        if fate != "never":
            self.held.append(request)
        while self.held and fate == "prompt":
            answer = self.held.popleft()
            if answer.shape == request.shape:
                if request in self.polls:
                    assert answer == request, "another request's answer was believed"
                    self.believed += 1
                self.doubts.answered(request, self.now)
                return True
            assert self.doubts.asked_at(1, answer.shape) is not None, "an answer nobody owed"
            self.doubts.late(1, answer.shape)
        self.doubts.add(request, self.now)
        return False


FATES = ("prompt", "late", "never")


@given(
    st.lists(st.tuples(st.integers(0, 7), st.sampled_from(FATES)), max_size=60),
    st.sampled_from([meter, relay]),
)
def test_no_late_answer_is_ever_believed(
    turns: list[tuple[int, str]], points: Callable[[], list[Point]]
) -> None:
    unit = Unit(points())
    for number, fate in turns:
        unit.turn(unit.polls[number % len(unit.polls)], fate)
    before = unit.believed
    for _ in range(6):
        unit.turn(unit.polls[0], "prompt")
    assert unit.believed > before, "it is believed again once it answers in time"


def test_a_unit_that_knows_no_challenge_is_left_alone_and_then_believed() -> None:
    doubts = Doubts({}, rest_s=5.0)
    poll = Request(1, 3, 0, 2)
    doubts.add(poll, 10.0)
    with pytest.raises(Resting):
        doubts.next(poll, 14.9)
    assert doubts.next(poll, 15.1) is None


def test_other_units_are_not_in_doubt() -> None:
    doubts = Doubts({}, rest_s=5.0)
    doubts.add(Request(1, 3, 0, 2), 10.0)
    assert doubts.next(Request(2, 3, 0, 2), 10.0) is None


def test_a_single_read_of_a_challenges_length_waits_for_the_challenge() -> None:
    """A read-back may have the length of a challenge whose answer is still to come."""
    own = challenges(1, blocks_of([word(f"w{n}", n, id=n) for n in range(4)], Limits()))
    doubts = Doubts({1: own}, rest_s=5.0)
    first = own[0].request
    doubts.add(first, 10.0)
    assert doubts.next(Request(1, 3, 0, 4), 10.0) is None
    challenge = doubts.next(Request(1, 3, 2, first.size), 10.0)
    assert challenge is not None
    assert challenge.request.shape != first.shape
