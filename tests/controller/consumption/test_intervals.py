"""What counts become, case by case. Times in seconds since 10:00; slots of 15 min; counts up to 999."""

from __future__ import annotations

import pytest

from controller.consumption.intervals import MOST_SLOTS, MeterLog
from controller.consumption.records import Count, Doubt, Flag, Interval, Mark, Terms
from controller.consumption.slots import Slots

SLOTS = Slots("Asia/Shanghai", 900)
START = 1_772_676_000_000
"""2026-03-05 10:00 in Shanghai."""
TERMS = Terms("main", modulus=1000, max_rate=3600.0, age_ms=60_000)
"""At most one quantum a second."""

SIMPLE, PARTIAL, RECOVERED = Flag(0), Flag.PARTIAL, Flag.PARTIAL | Flag.RECOVERED


class Bench:
    """A meter log, fed by seconds."""

    def __init__(self, mark: Mark | None = None, terms: Terms = TERMS) -> None:
        self.terms = terms
        self.log = MeterLog(terms, SLOTS, mark)
        self.rows: list[Interval] = []
        self.set_back_s = 0.0

    def read(self, *readings: tuple[float, int]) -> Bench:
        for second, quanta in readings:
            self.rows += self.log.good(
                Count(START + round(second * 1000), (second + self.set_back_s) * 1000, quanta)
            )
        return self

    def advance(self, second: float) -> Bench:
        self.rows += self.log.advance(START + round(second * 1000))
        return self

    def set_back(self, seconds: float) -> Bench:
        """From now on readings are stamped that much earlier than before."""
        self.set_back_s += seconds
        self.log.clock_set_back()
        return self

    def restart(self) -> Bench:
        """A new process that knows only what was committed."""
        after = Bench(self.log.mark, self.terms)
        after.rows = self.rows
        return after

    def told(self) -> list[tuple[int, int | None, Flag]]:
        """(slot number, consumption, flags) of every row."""
        return [((row.start_ms - START) // 900_000, row.consumption, row.flags) for row in self.rows]


def test_nothing_is_said_before_the_first_reading() -> None:
    bench = Bench().advance(5000)
    assert bench.rows == []
    assert bench.log.mark is None
    assert bench.log.next_ms is None


def test_a_boundary_count_serves_both_slots() -> None:
    bench = Bench().read((0, 100), (890, 150), (910, 151), (1795, 201)).advance(1800)
    assert bench.told() == [(0, 50, SIMPLE), (1, 51, SIMPLE)]
    first, second = bench.rows
    assert (first.count_start, first.count_end) == (100, 150)
    assert (second.count_start, second.count_end) == (150, 201)
    assert (first.from_ms, first.end_ms) == (START, second.start_ms)


@pytest.mark.parametrize(("second", "known"), [(900, True), (840, True), (839.999, False)])
def test_a_boundary_count_is_at_most_a_minute_old(second: float, known: bool) -> None:
    bench = Bench().read((0, 100), (second, 150)).advance(900)
    assert bench.told() == [(0, 50, SIMPLE) if known else (0, None, PARTIAL)]
    assert bench.rows[0].count_end == (150 if known else None)


def test_a_slot_closes_at_its_end_and_a_reading_after_it_belongs_to_the_next() -> None:
    bench = Bench().read((0, 100), (880, 140)).advance(899.999)
    assert bench.rows == []
    bench.read((900.001, 155))
    assert bench.told() == [(0, 40, SIMPLE)]


def test_the_first_slot_counts_from_the_first_reading() -> None:
    bench = Bench().read((300, 100), (890, 140)).advance(900)
    assert bench.told() == [(0, 40, PARTIAL)]
    assert (bench.rows[0].from_ms, bench.rows[0].count_start) == (START + 300_000, 100)


def test_what_a_gap_hides_is_carried_by_the_next_slot_whose_end_is_known() -> None:
    bench = Bench().read((0, 100), (890, 150), (1000, 160), (3400, 300), (3590, 310)).advance(3600)
    assert bench.told() == [(0, 50, SIMPLE), (1, None, PARTIAL), (2, None, PARTIAL), (3, 160, RECOVERED)]
    last = bench.rows[-1]
    assert (last.from_ms, last.count_start, last.count_end) == (START + 900_000, 150, 310)


def test_the_slot_after_a_recovered_one_is_whole_again() -> None:
    bench = Bench().read((0, 100), (1790, 150), (2690, 190)).advance(2700)
    assert bench.told() == [(0, None, PARTIAL), (1, 50, RECOVERED), (2, 40, SIMPLE)]


def test_a_rollover_is_counted_through() -> None:
    bench = Bench().read((0, 950), (300, 990), (330, 5), (890, 60)).advance(900)
    assert bench.told() == [(0, 110, Flag.ROLLOVER)]


def test_a_rollover_inside_a_gap_is_counted_through() -> None:
    bench = Bench().read((0, 950), (890, 990), (1790, 40)).advance(1800)
    assert bench.told() == [(0, 40, SIMPLE), (1, 50, Flag.ROLLOVER)]


@pytest.mark.parametrize("terms", [TERMS, TERMS.__class__("main", None, 3600.0, 60_000)])
def test_a_reset_makes_the_slot_unknown_and_the_next_one_whole(terms: Terms) -> None:
    bench = Bench(terms=terms).read((0, 500), (300, 600), (330, 0), (890, 10), (1790, 30)).advance(1800)
    assert bench.told() == [(0, None, PARTIAL | Flag.SUSPECT), (1, 20, SIMPLE)]
    assert bench.rows[0].count_end == 10


def test_after_a_reset_and_a_gap_the_count_goes_on_from_the_reset() -> None:
    bench = Bench().read((0, 500), (300, 600), (330, 3), (1790, 30)).advance(1800)
    assert bench.told() == [(0, None, PARTIAL | Flag.SUSPECT), (1, 27, RECOVERED)]
    assert bench.rows[1].from_ms == START + 330_000


def test_one_wrong_reading_counts_for_nothing() -> None:
    """A meter that says 0 once while it starts, then its true count again."""
    bench = Bench().read((0, 500), (10, 501), (20, 0), (30, 502), (890, 510), (1790, 530)).advance(1800)
    assert bench.told() == [(0, 10, SIMPLE), (1, 20, SIMPLE)]
    assert bench.log.take_doubts() == [Doubt("main", 501, 0, reset=False, at_ms=START + 20_000)]


@pytest.mark.parametrize("wrong", [0, 999, 5])
def test_a_wrong_reading_is_no_boundary_count(wrong: int) -> None:
    bench = Bench().read((0, 500), (880, 501), (899, wrong)).advance(900).read((905, 502), (1790, 530))
    bench.advance(1800)
    assert bench.told() == [(0, 1, SIMPLE), (1, 29, SIMPLE)]
    assert bench.rows[0].count_end == 501


def test_a_jump_is_believed_once_it_has_stood_for_a_minute() -> None:
    bench = Bench().read((0, 500), (10, 501), (20, 40), (50, 41), (79, 41))
    assert bench.log.mark is not None
    assert Flag.SUSPECT not in bench.log.mark.flags
    bench.read((80, 42))
    assert (bench.log.mark.anchor_count, bench.log.mark.flags) == (40, Flag.SUSPECT)
    assert [doubt.reset for doubt in bench.log.take_doubts()] == [False, True]


def test_a_jump_that_is_believed_after_a_boundary_leaves_the_slot_before_it_alone() -> None:
    bench = Bench().read((0, 500), (880, 510), (890, 40), (905, 42), (960, 60), (1790, 90), (2690, 100))
    bench.advance(2700)
    assert bench.told() == [(0, 10, SIMPLE), (1, None, PARTIAL | Flag.SUSPECT), (2, 10, SIMPLE)]
    assert bench.rows[1].count_end == 90


def test_readings_that_jump_about_are_all_set_aside() -> None:
    bench = (
        Bench().read((0, 500), (10, 501), (20, 5), (30, 900), (40, 3), (200, 502), (890, 510)).advance(900)
    )
    assert bench.told() == [(0, 10, SIMPLE)]
    assert [doubt.read for doubt in bench.log.take_doubts()] == [5, 900, 3]


def test_a_clock_set_back_begins_a_doubt_anew() -> None:
    bench = Bench().read((0, 500), (10, 501), (20, 40)).set_back(30).read((50, 42), (60, 43))
    assert bench.log.mark is not None
    assert Flag.SUSPECT not in bench.log.mark.flags
    bench.read((110, 50))
    assert Flag.SUSPECT in bench.log.mark.flags
    assert bench.log.mark.anchor_count == 42


def test_a_counter_that_stood_still_and_catches_up_is_believed() -> None:
    """A gateway repeats an old count for ten minutes, then hands out the real one."""
    readings = [(0.0, 100), (10.0, 101), *((20.0 + 10 * step, 101) for step in range(60)), (630.0, 500)]
    bench = Bench().read(*readings, (890, 510)).advance(900)
    assert bench.told() == [(0, 410, SIMPLE)]


def test_without_a_known_rate_no_jump_is_doubted_and_a_decrease_is_a_reset() -> None:
    terms = Terms("main", 1000, 0.0, 60_000)
    bench = Bench(terms=terms).read((0, 100), (10, 101), (20, 700), (890, 999)).advance(900)
    bench.read((1000, 0), (1790, 10)).advance(1800)
    assert bench.told() == [(0, 899, SIMPLE), (1, None, PARTIAL | Flag.SUSPECT)]


def test_a_restart_within_a_slot_loses_nothing() -> None:
    bench = Bench().read((0, 100), (890, 150)).advance(900).restart()
    bench.read((1500, 190), (1790, 210)).advance(1800)
    assert bench.told() == [(0, 50, SIMPLE), (1, 60, SIMPLE)]


def test_slots_missed_while_down_are_rows_and_the_total_is_recovered() -> None:
    bench = Bench().read((0, 100), (890, 150)).advance(900).restart().advance(3000)
    assert bench.told() == [(0, 50, SIMPLE), (1, None, PARTIAL), (2, None, PARTIAL)]
    bench.read((3010, 400), (3595, 420)).advance(3600)
    assert bench.told()[3:] == [(3, 270, RECOVERED)]


@pytest.mark.parametrize(
    ("count", "flags", "consumption"), [(40, Flag.ROLLOVER, 90), (700, PARTIAL | Flag.SUSPECT, None)]
)
def test_a_decrease_over_a_restart_is_judged_by_the_wall_clock(
    count: int, flags: Flag, consumption: int | None
) -> None:
    bench = Bench().read((0, 930), (890, 950)).advance(900).restart()
    bench.read((1100, count), (1790, count)).advance(1800)
    assert bench.told()[1:] == [(1, consumption, flags)]


def test_a_meter_that_says_0_first_after_a_restart_and_over_a_boundary_invents_nothing() -> None:
    large = Terms("main", 100_000, 3600.0, 60_000)
    bench = Bench(terms=large).read((0, 50_000), (890, 50_050)).advance(900).restart()
    bench.read((1795, 0)).advance(1800).read((1805, 50_600), (2690, 50_640)).advance(2700)
    bench.read((3590, 50_650)).advance(3600)
    assert bench.told() == [
        (0, 50, SIMPLE),
        (1, None, PARTIAL | Flag.SUSPECT),
        (2, None, PARTIAL | Flag.SUSPECT),
        (3, 10, SIMPLE),
    ]


def test_a_first_reading_ever_of_0_invents_nothing() -> None:
    bench = Bench().read((890, 0)).advance(900).read((905, 600), (1790, 640)).advance(1800)
    assert bench.told() == [(0, 0, PARTIAL), (1, None, PARTIAL | Flag.SUSPECT)]


@pytest.mark.parametrize("count", [900, 999])
def test_a_first_reading_after_a_restart_faster_than_the_meter_counts_is_suspect(count: int) -> None:
    bench = Bench().read((0, 100), (890, 150)).advance(900).restart()
    bench.read((990, count), (1795, count)).advance(1800).read((1805, 170), (2690, 180)).advance(2700)
    bench.read((3590, 190)).advance(3600)
    told = bench.told()
    assert told[0] == (0, 50, SIMPLE)
    assert [row[1] for row in told[1:]] == [None, None, 10]
    assert Flag.SUSPECT in told[1][2]


def test_a_rise_that_the_meter_can_have_counted_meanwhile_is_believed() -> None:
    bench = Bench().read((0, 100), (890, 150)).advance(900).restart()
    bench.read((1390, 640), (1790, 700)).advance(1800)
    assert bench.told()[1:] == [(1, 550, SIMPLE)]


def test_a_gateway_that_repeated_an_old_count_before_and_after_a_restart_is_believed() -> None:
    readings = [(10.0 * step, 100 if step == 0 else 101) for step in range(90)]
    bench = Bench().read(*readings).advance(900).restart()
    bench.read((1000, 101), (1010, 101), (1020, 700), (1790, 710)).advance(1800)
    assert bench.told() == [(0, 1, SIMPLE), (1, 609, SIMPLE)]


def test_an_untrusted_clock_vouches_for_no_rate_over_a_restart() -> None:
    bench = Bench().read((0, 100), (890, 150)).advance(900)
    bench.log.clock_untrusted()
    bench = bench.restart().read((990, 900), (1790, 900)).advance(1800)
    assert bench.told()[1:] == [(1, 750, Flag.CLOCK)]


def test_a_clock_set_back_while_it_was_down_doubts_nothing() -> None:
    bench = Bench().read((0, 100), (890, 150), (1700, 160)).restart()
    bench.read((1000, 900), (1790, 900)).advance(1800)
    assert [row[1] for row in bench.told()] == [50, 750]


def test_rollovers_counted_under_another_modulus_stay_counted() -> None:
    bench = Bench().read((0, 950), (890, 980)).advance(900).read((920, 5), (930, 10))
    after = Bench(bench.log.mark, Terms("main", 100_000, 3600.0, 60_000))
    after.read((1000, 60), (1790, 300)).advance(1800)
    assert after.told() == [(1, 320, Flag.ROLLOVER)]
    assert (after.rows[0].count_start, after.rows[0].count_end) == (980, 300)


@pytest.mark.parametrize("modulus", [None, 500, 10_000])
def test_whatever_the_modulus_becomes_no_consumption_is_negative(modulus: int | None) -> None:
    bench = Bench().read((0, 950), (890, 980)).advance(900).read((920, 5), (930, 10))
    after = Bench(bench.log.mark, Terms("main", modulus, 3600.0, 60_000))
    after.read((1000, 20), (1500, 3), (1790, 10)).advance(1800).read((2690, 12)).advance(2700)
    assert [row[0] for row in after.told()] == [1, 2]
    assert all(row[1] is None or row[1] >= 0 for row in after.told())
    assert after.told()[1] == (2, 2, SIMPLE)


def test_an_untrusted_clock_cannot_vouch_for_a_rollover_over_a_restart() -> None:
    bench = Bench().read((0, 930), (890, 950)).advance(900)
    bench.log.clock_untrusted()
    bench = bench.restart().read((1100, 40), (1790, 60)).advance(1800)
    assert bench.told()[1:] == [(1, None, PARTIAL | Flag.SUSPECT | Flag.CLOCK)]


def test_a_clock_set_back_doubles_no_slot() -> None:
    bench = Bench().read((0, 100), (890, 150), (1000, 160)).advance(1010)
    bench.set_back(3600).read((-2580, 170), (-1000, 180), (500, 190)).advance(900).read((1790, 220)).advance(
        1800
    )
    assert bench.told() == [(0, 50, SIMPLE), (1, 70, Flag.CLOCK)]


def test_a_reading_stamped_before_a_step_back_is_no_boundary_count() -> None:
    bench = Bench().read((0, 100), (1790, 150)).advance(1790)
    bench.set_back(5).advance(1800)
    assert bench.told() == [(0, None, PARTIAL), (1, None, PARTIAL | Flag.CLOCK)]


def test_a_step_forward_leaves_rows_for_the_slots_leapt_over() -> None:
    bench = Bench().read((0, 100), (880, 150)).advance(4000)
    assert bench.told() == [
        (0, 50, SIMPLE),
        (1, None, PARTIAL),
        (2, None, PARTIAL),
        (3, None, PARTIAL),
    ]


def test_a_gap_of_years_is_one_row() -> None:
    years = (MOST_SLOTS + 1000) * 900
    bench = Bench().read((0, 100), (890, 150)).advance(years + 5)
    assert bench.told() == [(0, 50, SIMPLE), (1, None, PARTIAL | Flag.SPAN)]
    assert bench.rows[1].end_ms == START + years * 1000
    bench.read((years + 10, 200), (years + 890, 300)).advance(years + 900)
    assert bench.told()[2][1:] == (150, RECOVERED)


def test_the_peak_is_the_slots_own() -> None:
    bench = Bench().read((0, 100))
    for second, power in ((10, 3000), (500, 9000), (880, 2000), (910, 4000)):
        bench.rows += bench.log.power(START + second * 1000, power)
    bench.read((1790, 150)).advance(2700)
    assert [row.peak for row in bench.rows] == [9000, 4000, None]


@pytest.mark.parametrize(
    ("seconds", "covered"),
    [
        (range(0, 901, 10), 900),
        (range(0, 850, 60), 900),
        (range(0, 900, 61), 46),
        ((0, 10, 20, 500, 520, 870), 20 + 20 + 30),
        ((300, 310), 10),
    ],
)
def test_covered_is_the_time_good_readings_stand_for(seconds: range | tuple[int, ...], covered: int) -> None:
    bench = Bench().read(*((float(second), 100) for second in seconds)).advance(900)
    assert bench.rows[0].covered_s == covered


def test_a_mark_is_handed_out_once_for_what_it_says() -> None:
    bench = Bench()
    assert bench.log.take_mark() is None
    bench.read((0, 100))
    mark = bench.log.take_mark()
    assert mark is not None
    assert (mark.slot_ms, mark.anchor_count) == (START, 100)
    bench.read((10, 101))
    assert bench.log.take_mark() is None
    bench.read((20, 0))
    assert bench.log.take_mark() is None
    bench.read((80, 0))
    reset = bench.log.take_mark()
    assert reset is not None
    assert (reset.anchor_count, reset.flags) == (0, Flag.SUSPECT)
    bench.advance(900)
    assert bench.log.take_mark() is not None
    assert bench.log.take_mark() is None
