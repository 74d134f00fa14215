"""Who wins a point: tables of the rules, then any mixture of requests against a second reading of them."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from config.language import text
from config.plan.reading import Value
from controller.decide.arbiter import SLOTS, arbitrate
from controller.decide.requests import Op, Request


def request(words: str) -> Request:
    """ "=80@15", "≤50@9", "=@15" (release), "=30@15#2" (order 2 within the slot)."""
    head, _, tail = words.partition("@")
    slot, _, order = tail.partition("#")
    value = float(head[1:]) if head[1:] else None
    return Request(Op(head[0]), value, int(slot), words, text("test"), 0, None, (int(order or 0),))


@pytest.mark.parametrize(
    ("requests", "winner", "value"),
    [
        ("", None, None),
        ("=80@15", "=80@15", 80.0),
        ("=80@15 =30@8", "=30@8", 30.0),
        ("=30@8 =80@15 =0@5", "=0@5", 0.0),
        # A demand cap never raises a lamp that the programme holds lower.
        ("=30@15 ≤50@9", "=30@15", 30.0),
        ("=80@15 ≤50@9", "=80@15", 50.0),
        ("=80@15 ≥20@9", "=80@15", 80.0),
        ("=10@15 ≥20@9", "=10@15", 20.0),
        # People at 8 beat a cap at 9; one at 7 binds them; their own slot does not bind them.
        ("=80@8 ≤50@9 =30@15", "=80@8", 80.0),
        ("=80@8 ≤50@7", "=80@8", 50.0),
        ("=80@9 ≤50@9", "=80@9", 80.0),
        # In conflict the lower slot number has its way.
        ("=80@15 ≤30@7 ≥50@9", "=80@15", 30.0),
        ("=80@15 ≤30@9 ≥50@7", "=80@15", 50.0),
        ("=10@15 ≤30@9 ≥50@9#1", "=10@15", 30.0),
        ("=10@15 ≤30@9#1 ≥50@9", "=10@15", 50.0),
        # A cap alone asks for nothing.
        ("≤50@9", None, None),
        # Within a slot the smaller order; a release that is heard leaves its slot empty.
        ("=80@15#2 =30@15#1", "=30@15#1", 30.0),
        ("=80@15#2 =@15#1", None, None),
        ("=80@15#1 =@15#2", "=80@15#1", 80.0),
        ("=@10 =80@15", "=80@15", 80.0),
    ],
)
def test_rules(requests: str, winner: str | None, value: float | None) -> None:
    result = arbitrate(request(words) for words in requests.split())
    assert (result.winner.source if result.winner else None, result.value) == (winner, value)


@pytest.mark.parametrize(
    ("asked", "limit", "op", "value"),
    [
        (True, False, Op.CAP, False),
        (False, True, Op.FLOOR, True),
        (False, False, Op.CAP, False),
        ("x", 3, Op.CAP, "x"),
    ],
)
def test_switches_are_bound_like_numbers_and_texts_are_not(
    asked: Value, limit: Value, op: Op, value: Value
) -> None:
    wish = Request(Op.VALUE, asked, 15, "programme", text("test"), 0, None, ())
    cap = Request(op, limit, 9, "rule", text("test"), 0, None, ())
    assert arbitrate([wish, cap]).value is value


def test_the_whole_explanation_is_kept() -> None:
    words = "=80@15#2 =30@15#1 ≤50@9 ≤25@7 =@10"
    result = arbitrate(request(word) for word in words.split())
    assert result.value == 25.0
    assert [bound.source for bound in result.bounds] == ["≤25@7"]
    standing = {slot: [item.source for item in items] for slot, items in enumerate(result.slots, 1) if items}
    assert standing == {7: ["≤25@7"], 9: ["≤50@9"], 10: ["=@10"], 15: ["=30@15#1", "=80@15#2"]}


REQUESTS = st.lists(
    st.builds(
        lambda op, value, slot, order: f"{op}{'' if op == '=' and value < 0 else abs(value)}@{slot}#{order}",
        st.sampled_from("=≤≥"),
        st.integers(-2, 9),
        st.integers(5, 15),
        st.integers(0, 99),
    ),
    max_size=8,
    unique_by=lambda words: words.partition("@")[2],
)


@given(words=REQUESTS)
def test_any_mixture(words: list[str]) -> None:
    result = arbitrate(map(request, words))
    requests = sorted(map(request, words), key=lambda item: (item.slot, item.order))
    winner = None
    for slot in range(1, SLOTS + 1):
        asking = [item for item in requests if item.slot == slot and item.op is Op.VALUE]
        if asking and asking[0].value is not None:
            winner = asking[0]
            break
    assert result.winner == winner
    assert [item for items in result.slots for item in items] == requests
    if winner is None:
        assert result.value is None
        return
    # Each bound narrows what those of smaller slots leave open; one that they contradict gives way.
    low, high = float("-inf"), float("inf")
    for item in requests:
        if item.slot < winner.slot and item.op is not Op.VALUE:
            assert isinstance(item.value, float)
            limit = min(max(item.value, low), high)
            low, high = (low, limit) if item.op is Op.CAP else (limit, high)
    assert isinstance(winner.value, float)
    assert result.value == min(max(winner.value, low), high)


@given(words=REQUESTS, seed=st.randoms(use_true_random=False))
def test_the_order_of_arrival_does_not_matter(words: list[str], seed: object) -> None:
    shuffled = list(words)
    seed.shuffle(shuffled)  # type: ignore[attr-defined]
    assert arbitrate(map(request, words)) == arbitrate(map(request, shuffled))
