"""Whose turn it is: virtual time, a line that takes 10 ms for an answer and the patience for silence."""

from __future__ import annotations

from collections import Counter, defaultdict
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from drivers.backoff import Health, Manners
from drivers.batching import Block, Part
from drivers.turns import Agenda, Turn

MANNERS = Manners(timeout_s=0.3)


def block(number: int, size: int = 2) -> Block:
    return Block("holding", 10 * number, size, 1.0, (Part(number, 10 * number, size),))


class Bench:
    """Plays an agenda on virtual time."""

    def __init__(
        self, periods: dict[int, list[float]], manners: Manners = MANNERS, answer_s: float = 0.01
    ) -> None:
        self.now = 100.0
        self.answer_s = answer_s
        self.silent: set[int] = set()
        self.agenda = Agenda(
            {device: [(block(i), period) for i, period in enumerate(own)] for device, own in periods.items()},
            manners,
            self.now,
        )
        self.polls: dict[tuple[int, int], list[float]] = defaultdict(list)
        self.turns: list[tuple[float, Turn, bool]] = []
        self.lost: list[tuple[float, int]] = []
        self.back: list[tuple[float, int]] = []

    def run(self, seconds: float) -> None:
        end = self.now + seconds
        while self.now < end:
            turn = self.agenda.next(self.now)
            if turn is None:
                wake = self.agenda.wake_s(self.now)
                assert wake > self.now
                self.now = wake
                continue
            answers = turn.device not in self.silent
            took = self.answer_s if answers else turn.patience_s
            began, self.now = self.now, self.now + took
            self.turns.append((began, turn, answers))
            if answers:
                self.polls[turn.device, turn.block.address].append(began)
                if self.agenda.answered(turn.device, turn.block, self.now, took):
                    self.back.append((self.now, turn.device))
            elif self.agenda.failed(turn, self.now, took):
                self.lost.append((self.now, turn.device))

    def gaps(self, since: float) -> list[float]:
        """Actual poll periods of those that answer."""
        return sorted(
            after - before
            for (device, _), times in self.polls.items()
            if device not in self.silent
            for before, after in pairwise(time for time in times if time >= since)
        )


def percentile(values: list[float], share: float) -> float:
    return values[min(len(values) - 1, int(share * len(values)))]


def test_polls_keep_their_period_and_share_wake_ups() -> None:
    bench = Bench({device: [1.0, 5.0] for device in range(5)})
    bench.run(60.0)
    for (_, address), times in bench.polls.items():
        period = 1.0 if address == 0 else 5.0
        assert len(times) == pytest.approx(60 / period, abs=1)
    assert {round(began % 1.0, 1) for began, _, _ in bench.turns} <= {0.0, 0.1, 1.0}


def test_a_fast_poll_is_not_held_up_by_many_slow_ones() -> None:
    bench = Bench({0: [1.0], **{device: [20.0] for device in range(1, 40)}}, answer_s=0.1)
    bench.run(60.0)
    gaps = [after - before for before, after in pairwise(bench.polls[0, 0][1:])]
    assert max(gaps) < 1.25


def test_an_overloaded_line_starves_nobody() -> None:
    bench = Bench({device: [0.5 if device < 5 else 10.0] for device in range(10)}, answer_s=0.2)
    bench.run(200.0)
    counts = [len(bench.polls[device, 0]) for device in range(10)]
    assert min(counts) >= 10
    assert max(counts[:5]) - min(counts[:5]) <= 2


def test_a_held_up_poll_is_not_made_up_for_by_a_burst() -> None:
    bench = Bench({0: [1.0]})
    bench.run(5.0)
    bench.now += 30.0
    bench.run(5.0)
    times = bench.polls[0, 0]
    assert all(after - before > 0.5 for before, after in pairwise(times))


@given(
    st.integers(0, 2 * 10**5).map(lambda moments: moments / 200),
    st.sampled_from([0.1, 1.0, 2.0, 7.0, 10.0, 60.0]),
    st.integers(1, 10_000),
)
def test_a_poll_answered_at_its_very_moment_is_not_due_again(
    start_s: float, period_s: float, turn: int
) -> None:
    read = block(1)
    agenda = Agenda({1: [(read, period_s)]}, MANNERS, start_s)
    agenda.answered(1, read, start_s, 0.0)
    # As a clock in nanoseconds tells the moment.
    now_s = round((start_s + turn * period_s) * 1e9) / 1e9
    agenda.answered(1, read, now_s, 0.0)
    assert agenda.wake_s(now_s) == pytest.approx(now_s + period_s, abs=1e-6)
    assert agenda.next(now_s) is None


AFTER_NS = st.integers(10, 5_000_000)


@given(st.integers(0, 2 * 10**5), AFTER_NS, AFTER_NS, st.integers(1, 100))
def test_lines_that_begin_in_one_moment_are_due_in_one(
    moment: int, after_ns: int, other_ns: int, turn: int
) -> None:
    wakes = []
    for at_ns in (moment * 5_000_000 + after_ns, moment * 5_000_000 + other_ns):
        begun_s = at_ns / 1e9
        agenda = Agenda({1: [(block(1), 1.0)]}, MANNERS, begun_s)
        agenda.answered(1, block(1), begun_s, 0.0)
        assert begun_s + 1.0 <= agenda.wake_s(begun_s) + 1e-6 <= begun_s + 1.006, "once is enough at first"
        answered_s = begun_s + turn + 0.02
        following = agenda.next(answered_s)
        assert following is not None
        agenda.answered(1, following.block, answered_s, 0.0)
        wakes.append(agenda.wake_s(answered_s))
    assert wakes[0] == wakes[1]
    assert wakes[0] * 200 == pytest.approx(round(wakes[0] * 200), abs=1e-6)


@given(st.integers(0, 3000), st.sampled_from([0.5, 1.0, 2.0, 10.0]), st.integers(0, 1000))
def test_no_line_reads_again_later_than_in_its_period(number: int, period_s: float, ms: int) -> None:
    read = block(1)
    agenda = Agenda({1: [(read, period_s)]}, MANNERS, 7.0 + ms / 1000, number)
    answered_s = 7.0 + ms / 1000 + 0.002
    agenda.answered(1, read, answered_s, 0.0)
    first_s = agenda.wake_s(answered_s)
    assert answered_s < first_s <= answered_s + period_s + 0.005
    agenda.answered(1, read, first_s + 0.001, 0.0)
    assert agenda.wake_s(first_s + 0.001) == pytest.approx(first_s + period_s, abs=1e-6)


def test_many_lines_that_begin_together_are_not_due_together() -> None:
    wakes = []
    for number in range(1000):
        read = block(1)
        agenda = Agenda({1: [(read, 1.0)]}, MANNERS, 7.0, number)
        agenda.answered(1, read, 7.002, 0.0)
        wakes.append(agenda.wake_s(7.002))
    due = Counter(round(wake_s * 200) for wake_s in wakes)
    assert set(due.values()) == {20}
    assert max(wakes) - min(wakes) < 1.0
    assert wakes[0] == wakes[19] == 8.0, "the lines of a small site stay together"


@pytest.mark.parametrize("period", [1.0, 3.0, 10.0])
@pytest.mark.parametrize("timeout_s", [0.3, 1.0])
@pytest.mark.parametrize("answer_s", [0.01, 0.05])
def test_six_frozen_devices_slow_the_others_by_a_fifth_at_most(
    period: float, timeout_s: float, answer_s: float
) -> None:
    bench = Bench({device: [period] for device in range(20)}, Manners(timeout_s), answer_s)
    bench.run(60.0)
    before = percentile(bench.gaps(105.0), 0.95)
    bench.silent = {2, 3, 7, 11, 12, 19}
    frozen_at = bench.now
    bench.run(120.0)
    assert percentile(bench.gaps(frozen_at), 0.95) <= 1.2 * before
    bench.run(600.0)
    assert percentile(bench.gaps(frozen_at + 120.0), 0.95) <= 1.2 * before
    assert sorted(device for _, device in bench.lost) == sorted(bench.silent)
    assert max(time for time, _ in bench.lost) < frozen_at + 60.0


def test_a_saturated_line_still_looks_for_the_lost_now_and_then() -> None:
    bench = Bench({device: [0.1] for device in range(10)}, Manners(0.5), answer_s=0.05)
    bench.run(10.0)
    bench.silent = {1, 2}
    bench.run(600.0)
    since = bench.now
    bench.run(600.0)
    probing = sum(turn.patience_s for began, turn, answers in bench.turns if not answers and began > since)
    assert 0 < probing <= 0.04 * 600
    bench.silent = set()
    bench.run(320.0)
    assert sorted(device for _, device in bench.back[-2:]) == [1, 2]


def test_a_lost_device_comes_back_with_all_its_reads() -> None:
    bench = Bench({0: [1.0, 1.0], 1: [1.0]})
    bench.run(5.0)
    bench.silent = {0}
    bench.run(60.0)
    assert [device for _, device in bench.lost] == [0]
    assert [device for _, device in bench.back] == [0, 1]
    bench.silent = set()
    since = bench.now
    bench.run(60.0)
    assert [device for _, device in bench.back] == [0, 1, 0]
    returned = bench.back[-1][0]
    assert returned < since + 30.0
    assert all(any(returned - 0.1 < time < returned + 0.1 for time in bench.polls[0, at]) for at in (0, 10))


def test_a_dead_line_is_found_at_once_though_most_of_it_is_read_seldom() -> None:
    # Their periods end minutes apart.
    seldom = {device: [280.0 + 20.0 * device] for device in range(1, 6)}
    bench = Bench({0: [5.0], **seldom})
    bench.run(20.0)
    bench.silent = set(range(6))
    cut_s = bench.now
    bench.run(60.0)
    assert sorted(device for _, device in bench.lost) == list(range(6))
    times = [time_s for time_s, _ in bench.lost]
    assert max(times) - min(times) < 10.0, "all within what folds them into one alarm"
    assert max(times) < cut_s + 30.0
    # Back again, each is where it was on its grid.
    bench.silent = set()
    bench.run(900.0)
    assert len(bench.back) == 12
    assert max(bench.gaps(bench.now - 800.0)) < 400.0


def test_while_anybody_answers_a_lost_device_costs_the_others_no_read() -> None:
    bench = Bench({0: [5.0], 1: [4.0], 2: [300.0]})
    bench.run(20.0)
    bench.silent = {0}
    bench.run(100.0)
    assert [device for _, device in bench.lost] == [0]
    assert len(bench.polls[2, 0]) == 1


def test_one_failed_turn_of_three_is_no_loss() -> None:
    bench = Bench({0: [1.0]})
    bench.run(5.0)
    for _ in range(5):
        bench.silent = {0}
        before = len(bench.turns)
        while len(bench.turns) < before + 2:
            bench.run(0.01)
        bench.silent = set()
        bench.run(10.0)
    assert bench.lost == []


def test_the_first_contact_counts_as_three_and_goes_on_between_polls() -> None:
    bench = Bench({device: [1.0] for device in range(10)}, Manners(0.3))
    bench.silent = {0, 1, 2, 3, 4, 5}
    bench.run(10.0)
    assert sorted(device for _, device in bench.lost) == [0, 1, 2, 3, 4, 5]
    live = [time for device in range(6, 10) for time in bench.polls[device, 0]]
    assert min(live) - 100.0 <= 0.3 * 6 + 0.1
    assert max(bench.gaps(100.0)) <= 1.35


def test_a_dead_lines_devices_are_fresh_when_it_opens() -> None:
    bench = Bench({0: [1.0], 1: [1.0]})
    bench.run(3.0)
    assert bench.agenda.line_failed() == []
    assert bench.agenda.line_failed() == []
    assert bench.agenda.line_failed() == [0, 1]
    assert bench.agenda.line_failed() == []
    bench.now += 20.0
    bench.agenda.line_opened(bench.now)
    opened = bench.now
    bench.run(0.1)
    assert [device for time, device in bench.back if time > opened] == [0, 1]


def test_what_is_never_opened_is_lost_at_once() -> None:
    bench = Bench({0: [1.0]})
    assert bench.agenda.line_failed() == [0]


def test_a_wanted_device_is_asked_before_its_back_off_is_over() -> None:
    bench = Bench({0: [1.0]})
    bench.silent = {0}
    bench.run(100.0)
    asked = len(bench.turns)
    bench.agenda.ask_soon(0, bench.now)
    bench.run(0.1)
    assert len(bench.turns) == asked + 1


def test_a_split_block_is_read_in_parts_until_the_device_restarts() -> None:
    bench = Bench({0: [1.0]})
    bench.run(1.5)
    turn = bench.turns[-1][1]
    bench.agenda.split(0, turn.block, (block(5), block(6)), bench.now)
    bench.run(3.0)
    assert len(bench.polls[0, 50]) == len(bench.polls[0, 60]) >= 3
    assert bench.agenda.block_with(0, 5) == block(5)
    assert bench.agenda.block_with(0, 0) is None
    bench.agenda.mend(0, bench.now)
    bench.run(2.0)
    assert bench.turns[-1][1].block == block(0)


def test_patience_follows_a_devices_habit_and_its_failures() -> None:
    manners = Manners(timeout_s=1.0)
    health = Health()
    assert health.patience_s(manners) == 1.0
    health.answered(0.005)
    assert health.patience_s(manners) == 0.1
    health.answered(0.05)
    assert health.patience_s(manners) == pytest.approx(0.2)
    waited = []
    for _ in range(12):
        health.failed(0.0, manners)
        waited.append(health.patience_s(manners))
    assert waited == pytest.approx([0.2, 0.2, 0.2, 1.0] * 3)


def test_an_unknown_device_is_waited_for_like_its_neighbours_after_the_first_contact() -> None:
    manners = Manners(timeout_s=1.0)
    health = Health()
    assert health.patience_s(manners, 0.06) == 1.0
    health.failed(0.0, manners)
    assert health.patience_s(manners, 0.06) == pytest.approx(0.24)
    assert health.patience_s(manners) == 1.0


@given(st.integers(1, 400))
def test_the_back_off_grows_to_five_minutes(failures: int) -> None:
    health = Health(fresh=False, lost=False)
    manners = Manners(0.3)
    lost = [health.failed(1000.0, manners) for _ in range(failures)]
    assert health.ask_at_s == 1000.0 + min(2.0 * failures, 300.0)
    assert lost.count(True) == (failures >= 3)


def test_a_late_answer_is_a_sign_of_life() -> None:
    bench = Bench({0: [1.0]}, Manners(1.0))
    bench.run(3.0)
    bench.silent = {0}
    bench.run(1.0)
    bench.agenda.late(0, bench.now, 0.2)
    bench.silent = set()
    bench.run(0.05)
    assert bench.agenda.health[0].live
    assert bench.agenda.health[0].patience_s(Manners(1.0)) == pytest.approx(0.8)


def test_answers_of_one_unit_do_not_follow_each_other() -> None:
    bench = Bench({device: [1.0] * 4 for device in range(3)})
    bench.run(5.5)
    devices = [turn.device for began, turn, _ in bench.turns if began > 101.0]
    assert all(before != after for before, after in pairwise(devices))
