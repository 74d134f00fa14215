"""Links: what follows something else."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from config.plan.rules import Link
from config.written.model.base import Duration
from config.written.model.slots import ProtectiveSlot
from config.written.rules.common import Condition, OnBadInput, RuleWritten
from config.written.rules.making import Making
from config.written.rules.switching import SwitchWritten, switched


class LinkWritten(RuleWritten):
    """While something is so, and for a while after it, equipment is in a position."""

    kind: Literal["link"]
    slot: ProtectiveSlot | None = None
    when: Condition
    then: Annotated[list[SwitchWritten], Field(min_length=1)]
    run_on: Duration = 0.0
    until: Condition | None = None
    on_bad_input: OnBadInput


def lower(written: LinkWritten, making: Making) -> Link | None:
    """The record, or None with every problem told."""
    when = making.condition("when")
    until = None if written.until is None else making.condition("until")
    then = switched(making, written.then, "motors")
    if when is None or not then or (written.until is not None and until is None):
        return None
    return Link(when, written.when, then, written.run_on, until, written.on_bad_input)
