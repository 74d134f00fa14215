"""Who is heard within one slot: rules among each other, and rules beside programmes. Never by how many rules
stand before one in the file."""

from __future__ import annotations

import pytest

from tests.controller.decide.rules.site import Plant

BEFORE = [
    "",
    "".join(
        f"  other-{number}: {{kind: presence, presence: inputs.di3, on_bad_input: release,\n"
        "    then: [{target: pump-2, value: on, otherwise: off}]}\n"
        for number in range(12)
    ),
]
LINK = """
  after: {kind: link, slot: 10, when: more.di1 is active, on_bad_input: release,
    then: [{target: stove, value: on, otherwise: off}]}
"""
PRESENCE = """
  after: {kind: presence, presence: more.di1, on_bad_input: release,
    then: [{target: stove, value: on, otherwise: off}]}
"""
STOVE = """
  stove: {{kind: stove, label: 大灶, permit: relays.ch6{safe}}}
programmes:
  cooking: {{label: 用餐, {asks}}}
"""
PERIOD = "targets: stove, week: {everyday: [{from: '06:00', to: '08:00', value: on}]}"
DEFAULT = "targets: stove, default: on"
EXCEPTION = (
    "targets: stove, default: off, exceptions: [{dates: 2026-03-05, reason: 值班, "
    "periods: [{from: '06:00', to: '08:00', value: on}]}]"
)
PERMIT = "stove.permit"


@pytest.mark.parametrize("before", BEFORE)
@pytest.mark.parametrize("rule", [LINK, PRESENCE])
@pytest.mark.parametrize("safe", ["", ", safe: off"])
@pytest.mark.parametrize("asks", [PERIOD, DEFAULT, EXCEPTION])
def test_what_a_rule_is_otherwise_is_heard_where_no_programme_asks(
    asks: str, safe: str, rule: str, before: str
) -> None:
    made = Plant(before + rule, STOVE.format(safe=safe, asks=asks))
    assert made.asked(PERMIT) == (True, 15), "the programme's"
    if asks is PERIOD:
        assert made.run(3600, by=4).asked(PERMIT) == (False, 15), "the rule's: the period is over"


@pytest.mark.parametrize("before", BEFORE)
@pytest.mark.parametrize("asks", [PERIOD, DEFAULT, EXCEPTION])
def test_a_rule_in_a_slot_that_a_programme_has_too_comes_before_it(asks: str, before: str) -> None:
    rule = "  dry: {kind: interlock, slot: 10, when: more.di2 is active, on_bad_input: release,\n"
    rule += "    then: [{target: stove, value: off}]}\n"
    made = Plant(before + rule, STOVE.format(safe="", asks=f"slot: 10, {asks}"))
    assert made.asked(PERMIT) == (True, 10)
    assert made.set(more_di2=True).run(1).asked(PERMIT) == (False, 10)


@pytest.mark.parametrize("order", ["off auto", "auto off"])
def test_of_two_that_are_something_otherwise_the_safe_value_is_heard(order: str) -> None:
    rules = "".join(
        f"  link-{number}: {{kind: link, when: more.di1 is active, on_bad_input: release,\n"
        f"    then: [{{target: duct, value: on, otherwise: {other}}}]}}\n"
        for number, other in enumerate(order.split())
    )
    duct = "  duct: {kind: fan, label: 变频排风, safe: auto, mode: panel.ex1_mode}\n"
    assert Plant(rules, duct).asked("duct.mode") == (1, 15)
