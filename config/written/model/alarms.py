"""Alarms that the site declares, as people write them."""

from __future__ import annotations

from config.plan.alarms import Priority
from config.plan.asks import BadInput
from config.written.model.base import Flag, Label, Name, Quantity, RunOn, Written
from config.written.rules.common import Condition, EquipmentNames, OnBadInput

_DAY_S = 86_400.0


class AlarmWritten(Written):
    """Something that people are to know while it is so."""

    when: Condition
    priority: Priority
    label: Label = ""
    message: Label = ""
    equipment: EquipmentNames | None = None
    group: Name | None = None
    on_delay: RunOn = 0.0
    off_delay: RunOn = 0.0
    deadband: Quantity | None = None
    latch: Flag | None = None
    only_if: Condition | None = None
    on_bad_input: OnBadInput = BadInput("hold", _DAY_S)
