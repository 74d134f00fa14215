"""Two-position control of a level."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from config.plan.rules import Level
from config.written.rules.common import Beyond, Condition, OnBadInput, RuleWritten
from config.written.rules.making import Making
from config.written.rules.switching import SwitchWritten, band, number_point, switched


class LevelWritten(RuleWritten):
    """On beyond one threshold, off beyond the other: `start: below 30 %, stop: above 80 %` fills."""

    kind: Literal["level"]
    level: str
    start: Beyond
    stop: Beyond
    only_if: Condition | None = None
    then: Annotated[list[SwitchWritten], Field(min_length=1)]
    on_bad_input: OnBadInput


def lower(written: LevelWritten, making: Making) -> Level | None:
    """The record, or None with every problem told."""
    point = number_point(making, "level", written.level)
    thresholds = band(making, point, [], written.start, written.stop)
    only_if = None if written.only_if is None else making.condition("only_if")
    then = switched(making, written.then, "all")
    if point is None or thresholds is None or not then or (written.only_if and only_if is None):
        return None
    return Level(point.id, thresholds, only_if, then, written.on_bad_input)
