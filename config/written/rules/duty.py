"""Duty and standby of machines that do the same work."""

from __future__ import annotations

from itertools import pairwise
from typing import Literal

from pydantic import Field

from config.language import text
from config.plan.asks import Band
from config.plan.equipment import FEEDBACK, RUN
from config.plan.rules import Duty, Machine
from config.written.model.base import Lasting, Scalar, Wait, Written
from config.written.rules.common import Beyond, Condition, EquipmentNames, OnBadInput, RuleWritten
from config.written.rules.machines import selector_of, switch_of
from config.written.rules.making import Making
from config.written.rules.switching import band, number_point, switched_target


class StepWritten(Written):
    """One more machine is needed beyond `start`, until beyond `stop`."""

    start: Beyond
    stop: Beyond


class DutyWritten(RuleWritten):
    """As many machines run as are needed, in turns; one that fails is replaced."""

    kind: Literal["duty"]
    machines: EquipmentNames
    when: Condition | None = None
    level: str | None = None
    steps: list[StepWritten] = Field(default_factory=list)
    first: Literal["hours", "rested"] = "hours"
    relieve: Lasting | None = None
    take_over: Wait = 30.0
    value: Scalar = "on"
    otherwise: Scalar = None
    on_bad_input: OnBadInput


def lower(written: DutyWritten, making: Making) -> Duty | None:
    """The record, or None with every problem told."""
    when = None if written.when is None else making.condition("when")
    machines = _machines(written, making)
    steps = _steps(written, making, len(machines))
    if not making.lacks("when", "level", "steps") and _unclear(written):
        making.problem([], text("say when they are needed: either when, or level with steps"))
    if steps is None or not machines or (written.when is not None and when is None):
        return None
    level, bands = steps
    return Duty(
        machines,
        when,
        level,
        bands,
        written.first,
        written.relieve,
        written.take_over,
        written.on_bad_input,
    )


def _unclear(written: DutyWritten) -> bool:
    """Whether it is not said, or said twice, when they are needed."""
    return (written.level is None) is bool(written.steps) or (
        written.when is not None and bool(written.steps)
    )


def _machines(written: DutyWritten, making: Making) -> tuple[Machine, ...]:
    names: dict[str, None] = {}
    known = making.named.entry.whole("machines")
    for index, item in enumerate([] if making.lacks("machines") else written.machines):
        found = making.equipment(["machines", index], item)
        known = known and bool(found)
        names.update(dict.fromkeys(found))
    if known and len(names) < 2:
        making.problem(["machines"], text("one machine alone takes no turns"))
    made = []
    for name in names:
        for target in making.targets(["machines"], {"name": name}):
            then = switched_target(making, [], written.value, written.otherwise, target)
            if then is None:
                continue
            equipment, site = making.site.equipment[name], making.site
            ours = target.shown.endswith(f".{RUN}")
            made.append(
                Machine(
                    name,
                    then,
                    switch_of(equipment, FEEDBACK, site) if ours else None,
                    switch_of(equipment, "fault", site),
                    selector_of(equipment, site),
                    dict(equipment.roles).get("run_hours"),
                )
            )
    return tuple(made)


def _steps(written: DutyWritten, making: Making, count: int) -> tuple[int | None, tuple[Band, ...]] | None:
    """The level and its steps, or None with every problem told."""
    if written.level is None:
        return None, ()
    point = number_point(making, "level", written.level)
    made = [band(making, point, ["steps", index], *_pair(step)) for index, step in enumerate(written.steps)]
    bands = tuple(item for item in made if item is not None)
    if point is None or len(bands) < len(written.steps):
        return None
    if count and len(bands) > count:
        making.problem(["steps"], text("more steps than machines"))
    for number, (one, other) in enumerate(pairwise(bands)):
        sign = -1 if one.start < one.stop else 1
        same_way = (one.start < one.stop) is (other.start < other.stop)
        if not same_way or (other.start - one.start) * sign <= 0 or (other.stop - one.stop) * sign < 0:
            making.problem(["steps", number + 1], text("each step lies beyond the one before it"))
    return point.id, bands


def _pair(step: StepWritten) -> tuple[Beyond, Beyond]:
    return step.start, step.stop
