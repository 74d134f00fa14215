"""What comes again in the same block waits, and nothing is different for it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from hypothesis import given
from hypothesis import strategies as st

from config.plan.reading import Quality, Reading
from controller.consumption.intervals import MeterLog
from controller.consumption.log import ConsumptionLog
from controller.consumption.repeats import MOST, Repeats
from drivers.api import Unchanged
from tests.controller.consumption.bench import Bench, leap

BLOCKS = [(0, 1, 4), (2, 3), (1,), (0, 2, 3)]


class Cycle(NamedTuple):
    """Time that passes, and what is read then."""

    seconds: float
    again: list[int]
    """Numbers of blocks."""
    said: dict[int, float | None]
    leap_s: int = 0
    trusted: bool = True
    asked: bool = False
    """Somebody looks at a meter in between."""


CYCLES = st.lists(
    st.builds(
        Cycle,
        st.sampled_from([1.0, 10.0, 10.0, 10.0, 40.0, 70.0, 500.0]),
        st.lists(st.integers(0, 3), min_size=1, max_size=3),
        st.one_of(
            st.just({}),
            st.dictionaries(st.integers(0, 3), st.sampled_from([1.0, 1.01, 2.0, 90.0, None]), max_size=2),
        ),
        st.sampled_from([0, 0, 0, 0, 0, 1, -1, 600, -600]),
        st.sampled_from([True, True, True, False]),
        st.sampled_from([False, False, False, True]),
    ),
    max_size=40,
)


@given(CYCLES)
def test_what_waits_comes_to_the_same(cycles: list[Cycle]) -> None:
    waiting, at_once = Bench(), Bench()
    first = Cycle(10.0, [], {0: 1.0, 1: 2.0, 2: 1.0, 3: 1.0})
    for cycle in (first, *cycles):
        for bench in (waiting, at_once):
            leap(bench, cycle.leap_s)
            bench.mono_s += cycle.seconds
            bench.wall_ms += round(cycle.seconds * 1000)
            bench.trusted = cycle.trusted
        assert waiting.log.step(waiting.now(), read(waiting, cycle, BLOCKS)) == at_once.log.step(
            at_once.now(), read(at_once, cycle, [anew(block) for block in BLOCKS])
        )
        if cycle.asked:
            assert waiting.log.mark("main") == at_once.log.mark("main")
    assert waiting.log.marks() == at_once.log.marks()
    assert waiting.log.end() == at_once.log.end()


def read(
    bench: Bench, cycle: Cycle, blocks: list[tuple[int, ...]]
) -> Iterator[tuple[int, Reading] | Unchanged]:
    for number in cycle.again:
        points = blocks[number]
        if not cycle.said.keys() & set(points):
            yield Unchanged(points, bench.now().wall_ms, bench.now().mono_ns)
    for point, value in cycle.said.items():
        yield point, bench.reading(value, Quality.BAD if value is None else Quality.GOOD)


def anew(points: tuple[int, ...]) -> tuple[int, ...]:
    """The same points in another tuple, so that nothing waits."""
    return (*points[:1], *points[1:])


def test_only_the_last_of_a_run_is_booked() -> None:
    bench, block = Bench(), (0, 1)
    bench.after(10, main_energy=1.0, main_power=2.0)
    log = counting(bench.log)
    for _ in range(6):
        bench.mono_s += 10
        bench.wall_ms += 10_000
        bench.log.step(bench.now(), [Unchanged(block, bench.wall_ms, bench.now().mono_ns)])
    assert log.mark is not None
    booked_ms = log.mark.last_ms
    assert booked_ms == bench.wall_ms - 50_000, "the first of the block, and what came since waits"
    mark = bench.log.mark("main")
    assert mark is not None
    assert mark.last_ms == bench.wall_ms


def counting(log: ConsumptionLog) -> MeterLog:
    return log._counting["main"]


def test_blocks_that_never_come_twice_are_not_kept_for_ever() -> None:
    repeats = Repeats()
    blocks = [anew((0, number)) for number in range(3 * MOST)]
    for block in blocks:
        repeats.booked(block, 0)
    assert len(repeats._blocks) <= MOST
