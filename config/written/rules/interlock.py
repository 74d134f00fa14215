"""Interlocks: protective trips."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from config.language import text
from config.plan.rules import Interlock
from config.written.model.slots import ProtectiveSlot
from config.written.rules.common import Condition, OnBadInput, RuleWritten, ThenWritten
from config.written.rules.making import Making


class InterlockWritten(RuleWritten):
    """When something is so, equipment is put into a position until that is over, or a person resets it."""

    kind: Literal["interlock"]
    slot: ProtectiveSlot | None = None
    when: Condition
    then: Annotated[list[ThenWritten], Field(min_length=1)]
    until: Condition | None = None
    reset: Literal["auto", "manual"] = "auto"
    on_bad_input: OnBadInput


def lower(written: InterlockWritten, making: Making) -> Interlock | None:
    """The record, or None with every problem told."""
    when = making.condition("when")
    until = None if written.until is None else making.condition("until")
    asks = making.asks(["then"], written.then)
    if written.until is not None and written.reset == "manual":
        making.problem(
            ["until"],
            text("a trip that a person resets does not end by itself"),
            hint=text("leave until away, or write reset: auto"),
        )
    if when is None or not asks or (written.until is not None and until is None):
        return None
    return Interlock(when, written.when, asks, until, written.reset, written.on_bad_input)
