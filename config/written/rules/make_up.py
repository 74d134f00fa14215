"""Make-up by level, watched for whether anything comes of it."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from config.language import text
from config.plan.rules import MakeUp
from config.written.model.base import Every, Quantity
from config.written.rules.common import Beyond, OnBadInput, RuleWritten
from config.written.rules.making import Making
from config.written.rules.switching import SwitchWritten, band, number_point, switched


class MakeUpWritten(RuleWritten):
    """Opens beyond `start` until beyond `stop`; closes, with an alarm, when the level has not risen by `rise`
    for as long as `within`."""

    kind: Literal["make_up"]
    level: str
    start: Beyond
    stop: Beyond
    rise: Quantity
    within: Every
    then: Annotated[list[SwitchWritten], Field(min_length=1)]
    on_bad_input: OnBadInput


def lower(written: MakeUpWritten, making: Making) -> MakeUp | None:
    """The record, or None with every problem told."""
    point = number_point(making, "level", written.level)
    thresholds = band(making, point, [], written.start, written.stop)
    then = switched(making, written.then, "all")
    if thresholds is not None and not written.start.below:
        making.problem(
            ["start"], text("make-up fills"), text("something like {example}", example="below 25 %")
        )
    if point is None or making.lacks("rise"):
        return None
    rise = making.amount(["rise"], written.rise, point.unit)
    if rise is None:
        return None
    if rise <= 0:
        making.problem(["rise"], text("the level must rise by something"))
    if thresholds is None or not then:
        return None
    return MakeUp(point.id, thresholds, rise, written.within, then, written.on_bad_input)
