"""What comes again in the same block waits, what moves is booked in a short way, and nothing is different for
it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from hypothesis import given
from hypothesis import strategies as st

from config.plan.reading import Quality, Reading, Value
from controller.consumption.intervals import MeterLog
from controller.consumption.log import ConsumptionLog
from controller.consumption.meters import Meter, meters_of
from controller.consumption.records import Flag
from controller.consumption.repeats import Repeats
from drivers.api import Unchanged
from tests.controller.consumption.bench import PLAN, SECOND, Bench, leap

BLOCKS = [(0, 1, 4), (2, 3), (1,), (0, 2, 3), (4,)]


LAMP = Meter(
    name="lamp", point=4, key="lamp.level", quantity="electricity", unit="kWh", quantum="0.001", modulus=None,
    max_rate=100.0, power_point=4, poll_s=10.0, max_age_s=60.0,
)  # fmt: skip


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
    after: bool = False
    """Blocks come after what is said anew, of the same points too."""
    late_s: int = 0
    """What is said anew was read so long before."""
    then: int = 0
    """So often the same blocks come again afterwards, and nothing else."""


CYCLES = st.lists(
    st.builds(
        Cycle,
        st.sampled_from([1.0, 10.0, 10.0, 10.0, 40.0, 70.0, 500.0]),
        st.lists(st.integers(0, 4), min_size=1, max_size=3),
        st.one_of(
            st.just({}),
            st.dictionaries(st.integers(0, 4), st.sampled_from([1.0, 1.01, 2.0, 90.0, None]), max_size=2),
        ),
        st.sampled_from([0, 0, 0, 0, 0, 1, -1, 600, -600]),
        st.sampled_from([True, True, True, False]),
        st.sampled_from([False, False, False, True]),
        st.booleans(),
        st.sampled_from([0, 0, 0, 0, 5, 45]),
        st.sampled_from([0, 0, 0, 1, 3, 12]),
    ),
    max_size=20,
)


@given(CYCLES)
def test_what_waits_comes_to_the_same(cycles: list[Cycle]) -> None:
    waiting, at_once = with_a_lamp(), with_a_lamp()
    at_once.log._moved = long_way  # type: ignore[method-assign]
    first = Cycle(10.0, [], {0: 1.0, 1: 2.0, 2: 1.0, 3: 1.0, 4: 0.5})
    for cycle in (first, *(each for one in cycles for each in drawn_out(one))):
        for bench in (waiting, at_once):
            leap(bench, cycle.leap_s)
            bench.mono_s += cycle.seconds
            bench.wall_ms += round(cycle.seconds * 1000)
            bench.trusted = cycle.trusted
        assert waiting.log.step(waiting.now(), read(waiting, cycle, BLOCKS)) == at_once.log.step(
            at_once.now(), read(at_once, cycle, [anew(block) for block in BLOCKS])
        )
        assert waiting.log.take_notices() == at_once.log.take_notices()
        if cycle.asked:
            assert waiting.log.mark("main") == at_once.log.mark("main")
    assert waiting.log.marks() == at_once.log.marks()
    assert waiting.log.end() == at_once.log.end()


def long_way(point: int, value: Value | None, wall_ms: int, site_ms: float) -> bool:
    """What moves has no short way."""
    return False


def with_a_lamp() -> Bench:
    """One more meter, which is worked out from what the lamp says."""
    bench = Bench()
    bench.log.take((*meters_of(PLAN), LAMP), {}, {point.id: point.id for point in PLAN.points})
    return bench


def drawn_out(cycle: Cycle) -> Iterator[Cycle]:
    yield cycle
    for _ in range(cycle.then):
        yield Cycle(10.0, cycle.again, {}, trusted=cycle.trusted)


def read(
    bench: Bench, cycle: Cycle, blocks: list[tuple[int, ...]]
) -> Iterator[tuple[int, Reading] | Unchanged]:
    now = bench.now()
    again = [Unchanged(blocks[number], now.wall_ms, now.mono_ns) for number in cycle.again]
    if not cycle.after:
        yield from (event for event in again if not cycle.said.keys() & set(event.points))
    for point, value in cycle.said.items():
        reading = bench.reading(value, Quality.BAD if value is None else Quality.GOOD)
        yield point, reading._replace(mono_ns=reading.mono_ns - cycle.late_s * SECOND)
    if cycle.after:
        yield from again


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
    return log._logs.counting["main"]


def test_a_point_that_is_read_by_itself_leaves_the_others_of_its_block_waiting() -> None:
    bench, block = Bench(), (0, 1, 2)
    bench.after(10, main_energy=1.0, main_power=2.0, twin_import=1.0)
    for _ in range(3):
        bench.mono_s += 10
        bench.wall_ms += 10_000
        bench.log.step(bench.now(), [Unchanged(block, bench.wall_ms, bench.now().mono_ns)])
    bench.after(1, twin_import=1.01)
    own, other = bench.log._logs.counting["twin.import"].mark, counting(bench.log).mark
    assert own is not None
    assert other is not None
    assert own.last_ms == bench.wall_ms
    assert other.last_ms == bench.wall_ms - 21_000


def test_blocks_that_never_come_twice_are_not_kept_for_ever() -> None:
    bench = Bench()
    bench.after(10, main_energy=1.0, main_power=2.0)
    logs = Repeats()
    logs.lay_out({0: counting(bench.log)}, {}, ())
    blocks = [anew((0, number)) for number in range(1, 100)]
    for block in blocks:
        logs.booked(block, 0)
    assert len(logs._blocks) == 1


def test_a_count_that_is_doubted_is_looked_at_each_time_it_comes_again() -> None:
    bench, block = Bench(), (0, 1, 2)
    bench.after(10, main_energy=1.0, main_power=2.0, twin_import=1.0)
    for _ in range(3):
        come_again(bench, block)
    bench.after(10, main_energy=90.0)
    for _ in range(7):
        come_again(bench, block)
    mark = bench.log.mark("main")
    assert mark is not None
    assert Flag.SUSPECT in mark.flags, "it went on from there for a minute: its counter was reset"
    assert mark.anchor_count == 9000


def test_power_that_cannot_be_read_tells_nothing_of_what_was_used_until_it_can() -> None:
    bench = Bench()
    bench.after(10, main_energy=1.0, main_power=2.0)
    bench.after(10, main_energy=1.0, main_power=2.0)
    beside = counting(bench.log)._beside
    assert beside is not None
    used = beside._area
    assert used == 2000 * 10_000
    bench.log.step(bench.now(), [(1, bench.reading(None, Quality.BAD))])
    bench.after(10, main_power=2.0)
    assert beside._area == used


def come_again(bench: Bench, block: tuple[int, ...]) -> None:
    bench.mono_s += 10
    bench.wall_ms += 10_000
    bench.log.step(bench.now(), [Unchanged(block, bench.wall_ms, bench.now().mono_ns)])
