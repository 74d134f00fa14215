"""Three-valued conditions against a reference that tries every way the open inputs could be."""

from __future__ import annotations

from itertools import product

from hypothesis import given
from hypothesis import strategies as st

from config.plan.asks import BadInput
from config.plan.conditions import All, AnyOf, Compare, Condition, Has, Not
from config.plan.devices import Source
from config.plan.reading import NEVER, Quality, Reading
from config.plan.rules import Interlock, Rule
from controller.decide.rules.look import Look

RULE = Rule(
    0, "r", "", 5, Source("rules.yaml", 1, 1),
    Interlock(Has(0, True), "", (), None, "auto", BadInput("trip")),
)  # fmt: skip
LEAVES = st.one_of(
    st.builds(Has, st.integers(0, 2), st.booleans()),
    st.builds(Compare, st.integers(3, 5), st.sampled_from(["below", "above"]), st.sampled_from([10.0, 20.0])),
)
CONDITIONS: st.SearchStrategy[Condition] = st.recursive(
    LEAVES,
    lambda inner: st.one_of(
        st.builds(Not, inner),
        st.builds(All, st.lists(inner, min_size=1, max_size=3).map(tuple)),
        st.builds(AnyOf, st.lists(inner, min_size=1, max_size=3).map(tuple)),
    ),
    max_leaves=6,
)
INPUTS = st.tuples(
    *[st.sampled_from([True, False, None])] * 3, *[st.sampled_from([5.0, 15.0, 25.0, None])] * 3
)


def reading(value: bool | float | None) -> Reading:
    return NEVER if value is None else Reading(value, Quality.GOOD, "", 0, 0)


def judged(condition: Condition, values: tuple[bool | float | None, ...]) -> bool | None:
    return Look(RULE, [reading(value) for value in values], 0, {}).judge(condition)


def plainly(condition: Condition, values: tuple[bool | float | None, ...]) -> bool:
    """With every input known."""
    match condition:
        case Has():
            return values[condition.point] == condition.value
        case Compare():
            number = values[condition.point]
            assert number is not None
            return number < condition.value if condition.op == "below" else number > condition.value
        case Not():
            return not plainly(condition.item, values)
        case All():
            return all(plainly(item, values) for item in condition.items)
        case AnyOf():
            return any(plainly(item, values) for item in condition.items)
        case _:
            raise AssertionError


@given(CONDITIONS, INPUTS)
def test_what_is_decided_is_so_whatever_the_open_inputs_are(
    condition: Condition, values: tuple[bool | float | None, ...]
) -> None:
    choices = [
        [value] if value is not None else ([True, False] if place < 3 else [5.0, 15.0, 25.0])
        for place, value in enumerate(values)
    ]
    ways = {plainly(condition, way) for way in product(*choices)}
    found = judged(condition, values)
    if found is not None:
        assert ways == {found}
    if None not in values:
        assert found is not None, "with every input known it is decided"


def test_old_and_bad_readings_decide_nothing() -> None:
    stale = Reading(True, Quality.STALE, "stale", 0, 0)
    assert Look(RULE, [stale], 0, {}).judge(Has(0, True)) is None
    assert Look(RULE, [NEVER], 0, {}).judge(Not(Has(0, True))) is None
