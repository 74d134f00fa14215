"""Points to read blocks: nothing lost, nothing split, no limit passed."""

from __future__ import annotations

from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from config.plan.devices import Limits
from config.plan.points import Point, RawType, Register
from drivers.batching import Block, blocks_of, halves, single
from drivers.codec import width
from tests.drivers.build import point, word


@st.composite
def points(draw: st.DrawFn) -> list[Point]:
    found: list[Point] = []
    for ident in range(draw(st.integers(0, 25))):
        space = draw(st.sampled_from(["coil", "discrete", "holding", "input"]))
        types: list[RawType] = ["bool"] if space in ("coil", "discrete") else ["uint16", "float32", "uint64"]
        source = Register(space, draw(st.integers(0, 60)), draw(st.sampled_from(types)))  # type: ignore[arg-type]
        found.append(point(f"p{ident}", source, id=ident, poll_s=draw(st.sampled_from([1.0, 5.0]))))
    return found


LIMITS = st.builds(
    Limits, max_registers=st.integers(1, 30), max_bits=st.integers(1, 30), max_gap=st.integers(0, 5)
)


@given(points(), LIMITS)
def test_every_point_is_read_once_and_no_limit_is_passed(own: list[Point], limits: Limits) -> None:
    blocks = blocks_of(own, limits)
    assert sorted(part.point for block in blocks for part in block.parts) == [one.id for one in own]
    for block in blocks:
        check(block, own, limits)


@given(points(), LIMITS)
def test_no_two_blocks_could_have_been_one(own: list[Point], limits: Limits) -> None:
    for before, after in pairwise(blocks_of(own, limits)):
        if (before.space, before.period_s) != (after.space, after.period_s):
            continue
        most = limits.max_registers if before.space in ("holding", "input") else limits.max_bits
        first = after.parts[0]
        assert (
            first.address - (before.address + before.size) > limits.max_gap
            or max(before.address + before.size, first.address + first.size) - before.address > most
        )


@given(points(), LIMITS)
def test_halves_keep_every_point_and_every_value(own: list[Point], limits: Limits) -> None:
    for block in blocks_of(own, limits):
        cut = halves(block)
        if cut is None:
            continue
        assert sorted(part for half in cut for part in half.parts) == sorted(block.parts)
        for half in cut:
            check(half, own, limits)
            assert half.size < block.size


def check(block: Block, own: list[Point], limits: Limits) -> None:
    most = limits.max_registers if block.space in ("holding", "input") else limits.max_bits
    assert (
        block.size <= most or len({(part.address, part.size) for part in block.parts}) == 1 or overlaps(block)
    )
    end = block.address
    for part in block.parts:
        source = own[part.point].source
        assert isinstance(source, Register)
        assert (part.address, part.size) == (source.address, width(source))
        assert own[part.point].poll_s == block.period_s
        assert part.address - end <= limits.max_gap
        end = max(end, part.address + part.size)
    assert block.address == block.parts[0].address
    assert end == block.address + block.size


def overlaps(block: Block) -> bool:
    """A value longer than the limit cannot be cut; what lies inside it goes with it."""
    longest = max(block.parts, key=lambda part: part.size)
    return longest.size == block.size


def test_a_meters_map_becomes_the_reads_its_maker_allows() -> None:
    voltages = [point(f"u{n}", Register("holding", 0x2000 + 2 * n, "float32"), id=n) for n in range(6)]
    energy = point("e", Register("holding", 0x401E, "float32"), id=6, poll_s=10.0)
    reads = [(block.address, block.size) for block in blocks_of([*voltages, energy], Limits(max_registers=8))]
    assert reads == [(0x2000, 8), (0x2008, 4), (0x401E, 2)]


def test_a_gap_is_read_only_where_the_profile_allows_it() -> None:
    two = [word("a", 10, id=0), word("b", 12, id=1)]
    assert len(blocks_of(two, Limits(max_gap=0))) == 2
    assert [(block.address, block.size) for block in blocks_of(two, Limits(max_gap=1))] == [(10, 3)]


def test_a_point_without_a_period_is_not_polled() -> None:
    assert blocks_of([word("a", 10, poll_s=0.0)], Limits()) == ()


def test_bits_of_one_word_are_one_read() -> None:
    bits = [point(f"b{n}", Register("holding", 7, "uint16", bit=n), id=n, kind="bool") for n in range(16)]
    (block,) = blocks_of(bits, Limits(max_registers=1))
    assert (block.address, block.size, len(block.parts)) == (7, 1, 16)
    assert halves(block) is None


def test_a_refused_block_is_cut_at_its_widest_gap() -> None:
    own = [word("a", 0, id=0), word("b", 1, id=1), word("c", 9, id=2), word("d", 11, id=3)]
    (block,) = blocks_of(own, Limits(max_gap=8))
    cut = halves(block)
    assert cut is not None
    assert [(half.address, half.size) for half in cut] == [(0, 2), (9, 3)]


def test_a_point_alone() -> None:
    alone = single(point("e", Register("input", 5, "float32"), id=3))
    assert (alone.space, alone.address, alone.size, alone.parts[0].point) == ("input", 5, 2, 3)
