"""On for a time and off for a time."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated, Literal

from pydantic import Field

from config.language import text
from config.plan.equipment import Equipment
from config.plan.rules import Cycling
from config.written.model.base import Every
from config.written.rules.common import Condition, OnBadInput, RuleWritten
from config.written.rules.making import Making
from config.written.rules.switching import SwitchWritten, switched


class CyclingWritten(RuleWritten):
    """`run` on, `rest` off, and so on while something is so."""

    kind: Literal["cycling"]
    when: Condition | None = None
    run: Every
    rest: Every
    then: Annotated[list[SwitchWritten], Field(min_length=1)]
    on_bad_input: OnBadInput


def lower(written: CyclingWritten, making: Making) -> Cycling | None:
    """The record, or None with every problem told."""
    when = None if written.when is None else making.condition("when")
    then = switched(making, written.then, "all")
    aimed = {item.on.point for item in then}
    for equipment in making.site.equipment.values():
        if aimed.intersection(point for _, point in equipment.roles):
            _check_times(written, equipment, making)
    if not then or (written.when is not None and when is None):
        return None
    return Cycling(when, written.when or "", written.run, written.rest, then, written.on_bad_input)


def _check_times(written: CyclingWritten, equipment: Equipment, making: Making) -> None:
    for key, declared, said in _forbidden(written, equipment, making):
        making.problem(
            [key], text("{name} does not allow that: {said}", name=equipment.name, said=f"{declared}: {said}")
        )


def _forbidden(
    written: CyclingWritten, equipment: Equipment, making: Making
) -> Iterator[tuple[str, str, str]]:
    """(key, what the equipment declares, as it is written)."""
    runs, rests = not making.lacks("run"), not making.lacks("rest")
    if rests and equipment.max_off_s is not None and written.rest > equipment.max_off_s:
        yield "rest", "max_off", _minutes(equipment.max_off_s)
    if rests and written.rest < equipment.min_off_s:
        yield "rest", "min_off", _minutes(equipment.min_off_s)
    if runs and written.run < equipment.min_on_s:
        yield "run", "min_on", _minutes(equipment.min_on_s)
    most = equipment.starts_per_hour
    if runs and rests and most is not None and 3600 / (written.run + written.rest) > most:
        yield "run", "starts_per_hour", f"{most:g}"


def _minutes(seconds: float) -> str:
    return f"{seconds / 60:g} min"
