"""Every kind of rule there is. A new one is a line here and one in controller/decide/rules/registry.py."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

from config.plan.rules import RuleSpec
from config.plan.slots import Slot
from config.written.rules import (
    cycling,
    demand_cap,
    duty,
    hazard,
    heater,
    interlock,
    irrigation,
    level,
    lighting,
    link,
    make_up,
    optimum_start,
    presence,
    tariff_shift,
)
from config.written.rules.common import RuleWritten
from config.written.rules.making import Making


class Kind(NamedTuple):
    """One kind."""

    model: type[RuleWritten]
    lower: Callable[[Any, Making], RuleSpec | None]
    """Takes what `model` made."""
    slot: int
    """Where it asks, unless the rule says otherwise."""


KINDS: dict[str, Kind] = {
    "fire": Kind(hazard.FireWritten, hazard.lower, Slot.INTERLOCK),
    "gas": Kind(hazard.GasWritten, hazard.lower, Slot.INTERLOCK),
    "interlock": Kind(interlock.InterlockWritten, interlock.lower, Slot.INTERLOCK),
    "presence": Kind(presence.PresenceWritten, presence.lower, Slot.PRESENCE),
    "lighting": Kind(lighting.LightingWritten, lighting.lower, Slot.PRESENCE),
    "link": Kind(link.LinkWritten, link.lower, Slot.PROCESS_SAFETY),
    "level": Kind(level.LevelWritten, level.lower, Slot.PROCESS),
    "duty": Kind(duty.DutyWritten, duty.lower, Slot.PROCESS),
    "cycling": Kind(cycling.CyclingWritten, cycling.lower, Slot.PROCESS),
    "make_up": Kind(make_up.MakeUpWritten, make_up.lower, Slot.PROCESS),
    "optimum_start": Kind(optimum_start.OptimumStartWritten, optimum_start.lower, Slot.OPTIMUM_START),
    "irrigation": Kind(irrigation.IrrigationWritten, irrigation.lower, Slot.PROCESS),
    "heater": Kind(heater.HeaterWritten, heater.lower, Slot.OPTIMUM_START),
    "tariff_shift": Kind(tariff_shift.TariffShiftWritten, tariff_shift.lower, Slot.OPTIMUM_START),
    "demand_cap": Kind(demand_cap.DemandCapWritten, demand_cap.lower, Slot.DEMAND_CAP),
}
MODELS: dict[str, type[RuleWritten]] = {word: kind.model for word, kind in KINDS.items()}
