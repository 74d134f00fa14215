"""The process image: what changed, what grew old."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from config.plan.clock import Pace
from config.plan.points import Counter
from config.plan.reading import NEVER, Quality, Reading, Value
from config.plan.site import Plan
from controller.image import Image
from drivers.api import DeviceState, Event, Sample, Unchanged
from tests.plans import PlanMaker

SECOND = 1_000_000_000
LIVES_S = (6.0, 6.0, 15.0, 30.0)


def plan() -> Plan:
    maker = PlanMaker()
    device = maker.add_device("meter")
    for number, life_s in enumerate(LIVES_S[:3]):
        maker.add_point(device, f"p{number}", poll_s=2.0, max_age_s=life_s)
    counter = Counter("electricity", "0.01", None, 100.0, power_point=2)
    maker.add_point(device, "energy", counter=counter, max_age_s=LIVES_S[3])
    return maker.build()


def good(point: int, value: Value, second: float) -> Sample:
    return Sample(point, Reading(value, Quality.GOOD, "", 0, round(second * SECOND)))


def again(second: float, *points: int) -> Unchanged:
    return Unchanged(points, round(second * 1000), round(second * SECOND))


def take(image: Image, *events: Event) -> list[int]:
    return image.take(events, [], [])


def test_only_a_new_value_or_quality_is_a_change() -> None:
    image = Image(plan(), Pace())
    assert take(image, good(0, 1.0, 1)) == [0]
    assert take(image, good(0, 1.0, 2)) == []
    assert image[0].mono_ns == 2 * SECOND
    assert take(image, good(0, 2.0, 3), good(0, 3.0, 3), good(1, 0.0, 3)) == [0, 0, 1]
    assert take(image, Sample(0, Reading(None, Quality.BAD, "time-out", 0, 4 * SECOND))) == [0]
    assert image.good == 1
    assert image[2] is NEVER


def test_counters_and_the_power_beside_them_are_collected_even_unchanged() -> None:
    image = Image(plan(), Pace())
    counts: list[Sample | Unchanged] = []
    others: list[Event] = []
    lost = DeviceState(0, False, "time-out")
    events: list[Event] = [good(0, 1.0, 1), good(3, 5.0, 1), lost, good(2, 7.0, 1), good(3, 5.0, 2)]
    assert image.take(events, counts, others) == [0, 3, 2]
    assert counts == [events[1], events[3], events[4]]
    assert others == [lost]


def test_a_reading_grows_stale_at_its_age_and_keeps_its_value_for_display() -> None:
    image = Image(plan(), Pace())
    take(image, good(0, 1.0, 1), good(2, 2.0, 1))
    assert image.age(round(6.999 * SECOND)) == []
    assert image.wake_ns() == 7 * SECOND
    assert image.age(7 * SECOND) == [0]
    assert image[0][:3] == (1.0, Quality.STALE, "stale")
    assert image.good == 1
    assert image.age(60 * SECOND) == [2]
    assert image.wake_ns() is None
    assert take(image, good(0, 1.0, 61)) == [0]
    assert image.good == 1


def test_a_faster_site_clock_does_not_age_readings_before_they_can_come_again() -> None:
    image = Image(plan(), Pace(60.0))
    take(image, good(3, 1.0, 0))
    assert image.age(round(4.9 * SECOND)) == []
    assert image.age(5 * SECOND) == [3]


def test_what_came_again_is_the_same_reading_of_a_later_time() -> None:
    image = Image(plan(), Pace())
    take(image, good(0, 1.0, 1), good(1, 2.0, 1))
    assert take(image, again(6, 0)) == []
    assert image[0] == Reading(1.0, Quality.GOOD, "", 6000, 6 * SECOND)
    assert image[1].mono_ns == SECOND
    assert image.age(7 * SECOND) == [1]
    assert image.age(12 * SECOND) == [0]
    assert image[0] == Reading(1.0, Quality.STALE, "stale", 6000, 6 * SECOND)


def test_what_grew_stale_and_comes_again_is_good_as_it_was() -> None:
    image = Image(plan(), Pace())
    counts: list[Sample | Unchanged] = []
    overridden = Reading(3.0, Quality.GOOD, "overridden", 0, SECOND)
    take(image, Sample(3, overridden))
    assert image.age(40 * SECOND) == [3]
    assert image.good == 0
    assert image.take([again(41, 3)], counts, []) == [3]
    assert image[3] == overridden._replace(wall_ms=41_000, mono_ns=41 * SECOND)
    assert counts == [again(41, 3)]
    assert image.good == 1
    assert image.wake_ns() == 71 * SECOND


def test_a_counter_that_stands_still_is_collected_with_the_time_it_was_read() -> None:
    image = Image(plan(), Pace())
    counts: list[Sample | Unchanged] = []
    take(image, good(3, 5.0, 1), good(0, 1.0, 1))
    assert image.take([again(9, 0, 3)], counts, []) == []
    assert counts == [again(9, 0, 3)]


@given(
    st.lists(
        st.tuples(
            st.integers(0, 5_000),
            st.lists(st.tuples(st.integers(0, 3), st.sampled_from([1.0, 2.0, None])), max_size=4),
            st.sets(st.integers(0, 3)),
            st.sampled_from(["samples first", "block first", "samples told late"]),
        ),
        max_size=40,
    )
)
def test_against_a_plain_image(
    cycles: list[tuple[int, list[tuple[int, float | None]], set[int], str]],
) -> None:
    """Whatever comes when, new or again: quality, count of good points, what is said to have changed and when
    to look next are right."""
    image = Image(plan(), Pace())
    plain: dict[int, tuple[float | None, int, bool]] = {}
    blocks: dict[tuple[int, ...], tuple[int, ...]] = {}
    now = 0
    for milliseconds, samples, repeated, order in cycles:
        now += milliseconds * 1_000_000
        before = dict(plain)
        said_ns = now - SECOND if order == "samples told late" else now
        events: list[Event] = [
            Sample(point, Reading(value, Quality.BAD if value is None else Quality.GOOD, "", 0, said_ns))
            for point, value in samples
        ]
        first = order == "samples first"
        known = tuple(point for point in repeated if point in plain or (first and point in dict(samples)))
        # A driver hands out the same tuple while nothing in a block changes.
        block = Unchanged(blocks.setdefault(known, known), 0, now)
        events.insert(len(events) if first else 0, block)
        changed = set(take(image, *events)) | set(image.age(now))
        if not first:
            plain |= {point: (plain[point][0], now, plain[point][0] is not None) for point in known}
        plain |= {point: (value, said_ns, value is not None) for point, value in samples}
        if first:
            plain |= {point: (plain[point][0], now, plain[point][0] is not None) for point in known}
        for point, (value, taken, _) in plain.items():
            plain[point] = (value, taken, value is not None and now - taken < LIVES_S[point] * SECOND)
        seen = {point for point, state in plain.items() if before.get(point, (0, 0, None))[::2] != state[::2]}
        assert seen <= changed
        assert image.good == sum(good_now for _, _, good_now in plain.values())
        ends = [taken + LIVES_S[point] * SECOND for point, (_, taken, is_good) in plain.items() if is_good]
        wake_ns = image.wake_ns()
        assert (wake_ns is None) is (not ends)
        assert wake_ns is None or now < wake_ns <= min(ends)
        for point, (value, taken, good_now) in plain.items():
            reading = image[point]
            assert reading.value == value
            assert (reading.quality is Quality.GOOD) is good_now
            assert reading.mono_ns == taken


def test_a_point_that_is_read_by_itself_does_not_part_its_block() -> None:
    image, block = Image(plan(), Pace()), (0, 1, 3)
    take(image, good(0, 1.0, 1), good(1, 2.0, 1), good(3, 5.0, 1))
    take(image, Unchanged(block, 2000, 2 * SECOND))
    known = dict(image._blocks)
    assert take(image, good(0, 1.5, 3)) == [0]
    assert image.before(0) == Reading(1.0, Quality.GOOD, "", 2000, 2 * SECOND)
    assert image[0] == good(0, 1.5, 3).reading
    assert image[1].mono_ns == 2 * SECOND
    take(image, Unchanged(block, 4000, 4 * SECOND))
    assert image[0] == Reading(1.5, Quality.GOOD, "", 4000, 4 * SECOND)
    assert image._blocks == known


def test_a_late_block_does_not_age_what_was_read_by_itself_since() -> None:
    image = Image(plan(), Pace())
    take(image, good(0, 1.0, 1), good(1, 2.0, 1), again(2, 0, 1), good(0, 1.5, 5))
    assert image.age(8 * SECOND) == [1]
    assert image[0].quality is Quality.GOOD
    assert image.wake_ns() == 11 * SECOND


@pytest.mark.parametrize(
    "value", [2**63, -(2**63) - 1, 10**400, -(10**400), math.inf, -math.inf, math.nan], ids=repr
)
def test_a_number_that_cannot_be_reckoned_with_is_bad(value: float) -> None:
    image, counts = Image(plan(), Pace()), list[Sample | Unchanged]()
    assert image.take([good(3, 5.0, 1)], counts, []) == [3]
    assert image.take([good(3, value, 2)], counts, []) == [3]
    for second in (3, 4):
        assert image.take([good(3, value, second)], counts, []) == []
    bad = Reading(None, Quality.BAD, "out of range", 0, 4 * SECOND)
    assert image[3] == bad
    assert counts[-1] == Sample(3, bad)
    assert image.good == 0
    assert image.take([good(3, 6.0, 5)], counts, []) == [3]
    assert image.good == 1


@pytest.mark.parametrize("value", [2**63 - 1, -(2**63), 1.7e308, True, "x" * 5000, -0.0])
def test_what_is_only_unusual_is_taken_as_it_is(value: Value) -> None:
    image = Image(plan(), Pace())
    assert take(image, good(0, value, 1)) == [0]
    assert image[0].value == value
