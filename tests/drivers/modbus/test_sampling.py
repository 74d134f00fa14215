"""Registers that say what they said are handed over as such, and never in another's place."""

from __future__ import annotations

import struct
from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from config.plan.clock import Pace
from config.plan.devices import Limits
from config.plan.points import Point, Register
from config.plan.reading import Value
from controller.clock import VirtualClock
from controller.image import Image
from drivers.api import Event, Inbox, Sample, Unchanged
from drivers.batching import Block, blocks_of, halves, single
from drivers.codec import Absent, decode_point
from drivers.handover import Handover
from drivers.modbus.sampling import Sampler
from hil_tests.unfolding import Unfolding
from tests.drivers.build import line, plan, point

POINTS = tuple(
    replace(one, id=number)
    for number, one in enumerate(
        [
            point("a", Register("holding", 0, "uint16", bit=0, not_available=(3,))),
            point("b", Register("holding", 0, "uint16", bit=1)),
            point("word", Register("holding", 0, "uint16")),
            point("wide", Register("holding", 1, "int32", 2)),
            point("last", Register("holding", 3, "uint16", scale=0.5)),
        ]
    )
)
(WHOLE,) = blocks_of(POINTS, Limits())
LEFT, RIGHT = halves(WHOLE) or (WHOLE, WHOLE)
BLOCKS = (WHOLE, LEFT, RIGHT, *(single(one) for one in POINTS))


class Bench:
    def __init__(self) -> None:
        self.inbox = Inbox()
        self.clock = VirtualClock(0)
        self.sampler = Sampler(POINTS, Handover(self.inbox, self.clock))


def wire(words: list[int]) -> bytes:
    """As an answer has them."""
    return struct.pack(f">{len(words)}H", *words)


def plain(one: Point, words: list[int]) -> tuple[Value | None, str]:
    assert isinstance(one.source, Register)
    value = decode_point(one, one.source, words)
    return (None, value.value) if isinstance(value, Absent) else (value, "")


def test_an_answer_that_repeats_is_one_event_and_decodes_nothing() -> None:
    bench = Bench()
    bench.sampler.good(WHOLE, wire([1, 0, 7, 4]))
    assert len(bench.inbox.take()) == len(POINTS)
    bench.clock.advance(1.0)
    bench.sampler.good(WHOLE, wire([1, 0, 7, 4]))
    now = bench.clock.now()
    assert bench.inbox.take() == [Unchanged((0, 1, 2, 3, 4), now.wall_ms, now.mono_ns)]
    bench.sampler.good(WHOLE, wire([1, 0, 7, 4]))
    (before,) = bench.inbox.take()
    bench.sampler.good(WHOLE, wire([1, 0, 8, 4]))
    sample, same = bench.inbox.take()
    assert isinstance(sample, Sample)
    assert (sample.point, sample.reading.value) == (3, 8)
    assert isinstance(before, Unchanged)
    assert isinstance(same, Unchanged)
    assert same.points is before.points, "one block, whatever in it has changed"
    assert sample.reading.mono_ns == same.mono_ns


def test_where_all_has_changed_nothing_came_again() -> None:
    bench = Bench()
    bench.sampler.good(WHOLE, wire([0, 0, 7, 4]))
    bench.inbox.take()
    bench.sampler.good(WHOLE, wire([3, 1, 8, 5]))
    events = bench.inbox.take()
    assert [event.point for event in events if isinstance(event, Sample)] == [0, 1, 2, 3, 4]
    assert len(events) == 5


def test_what_moves_in_a_gap_is_nobodys() -> None:
    bench = Bench()
    apart = Block("holding", 0, 4, 1.0, (WHOLE.parts[2], WHOLE.parts[4]))
    bench.sampler.good(apart, wire([1, 0, 7, 4]))
    bench.inbox.take()
    bench.sampler.good(apart, wire([1, 9, 8, 4]))
    (same,) = bench.inbox.take()
    assert isinstance(same, Unchanged)
    assert same.points == (2, 4)


def test_a_bit_that_stands_in_a_word_that_changed_says_so() -> None:
    bench = Bench()
    bench.sampler.good(LEFT, wire([1, 0, 7][: LEFT.size]))
    bench.inbox.take()
    bench.sampler.good(LEFT, wire([5, 0, 7][: LEFT.size]))
    events = bench.inbox.take()
    assert [event.point for event in events if isinstance(event, Sample)] == [2]
    assert {0, 1} <= {p for event in events if isinstance(event, Unchanged) for p in event.points}


WORDS = st.sampled_from([0, 1, 2, 3])
READS = st.lists(
    st.tuples(
        st.sampled_from(["good", "good", "good", "one", "bad"]),
        st.integers(0, len(BLOCKS) - 1),
        st.integers(0, len(POINTS) - 1),
        st.lists(WORDS, min_size=4, max_size=4),
    ),
    max_size=30,
)


@given(READS)
def test_whatever_is_read_how_it_comes_out_as_if_each_were_decoded(
    reads: list[tuple[str, int, int, list[int]]],
) -> None:
    bench = Bench()
    readings = Unfolding(bench.inbox)
    for kind, which, number, words in reads:
        bench.clock.advance(1.0)
        wanted: dict[int, tuple[Value | None, str]]
        block: Block = BLOCKS[which]
        if kind == "one":
            one = POINTS[number]
            raw = words[one.source.address :][: single(one).size]  # type: ignore[union-attr]
            bench.sampler.one(one, raw)
            wanted = {number: plain(one, raw)}
        elif kind == "bad":
            bench.sampler.bad(block, "exception 2")
            wanted = {part.point: (None, "exception 2") for part in block.parts}
        else:
            raw = words[block.address : block.address + block.size]
            bench.sampler.good(block, wire(raw))
            wanted = {
                part.point: plain(POINTS[part.point], words[part.address : part.address + part.size])
                for part in block.parts
            }
        assert said(readings.take(), bench.clock.now().mono_ns) == wanted


@given(READS)
def test_the_image_says_what_was_read_last_and_when(reads: list[tuple[str, int, int, list[int]]]) -> None:
    bench = Bench()
    image = Image(plan(line("modbus-tcp"), {1: POINTS}), Pace())
    wanted: dict[int, tuple[Value | None, str, int]] = {}
    for kind, which, number, words in reads:
        bench.clock.advance(1.0)
        mono_ns = bench.clock.now().mono_ns
        block = single(POINTS[number]) if kind == "one" else BLOCKS[which]
        raw = words[block.address : block.address + block.size]
        if kind == "one":
            bench.sampler.one(POINTS[number], raw)
        elif kind == "bad":
            bench.sampler.bad(block, "exception 2")
        else:
            bench.sampler.good(block, wire(raw))
        before = {number: wanted.get(number) for number in range(len(POINTS))}
        for part in block.parts:
            words_of = words[part.address : part.address + part.size]
            found = (None, "exception 2") if kind == "bad" else plain(POINTS[part.point], words_of)
            wanted[part.point] = (*found, mono_ns)
        changed = image.take(bench.inbox.take(), [], [])
        assert sorted(changed) == [
            number
            for number, now in sorted(wanted.items())
            if (then := before[number]) is None
            or (now[:2] != then[:2] and not _only_otherwise_bad(then, now))
        ]
        for number, (value, reason, read_ns) in wanted.items():
            reading = image[number]
            assert (reading.value, reading.reason, reading.mono_ns) == (value, reason, read_ns)


def _only_otherwise_bad(then: tuple[Value | None, str, int], now: tuple[Value | None, str, int]) -> bool:
    """For another reason, which is no change."""
    return then[0] is None and now[0] is None


def said(events: list[Event], mono_ns: int) -> dict[int, tuple[Value | None, str]]:
    found: dict[int, tuple[Value | None, str]] = {}
    for event in events:
        assert isinstance(event, Sample)
        assert event.reading.mono_ns == mono_ns
        told = (event.reading.value, event.reading.reason)
        assert found.setdefault(event.point, told) == told
    return found
