"""overview: equipment, meters and the latest decisions, for a live view."""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

from config.language import render, text
from config.plan.equipment import Equipment
from config.plan.reading import Quality
from controller.consumption.meters import Meter
from controller.daemon import Daemon
from controller.decide.step import Decision
from controller.operations.names import row, shown
from controller.socket.server import Call

_TELLING = ("level", "temperature", "power", "speed_fb", "run_fb", "open_fb", "flame", "presence")
"""What an equipment without a main command is shown by, the first that it has."""


class Overview:
    """What a person watching wants to see."""

    def __init__(self, daemon: Daemon) -> None:
        self._daemon = daemon

    async def answer(self, call: Call) -> dict[str, Any]:
        """No args."""
        daemon = self._daemon
        return {
            "equipment": [self._equipment(item, call.language) for item in daemon.plan.equipment],
            "meters": [self._meter(meter) for meter in daemon.meters],
            "recent": [self._decision(decision, call.language) for decision in daemon.recent],
        }

    def _equipment(self, item: Equipment, language: str) -> dict[str, Any]:
        roles = dict(item.roles)
        number = item.primary
        if number is None:
            number = next((roles[role] for role in _TELLING if role in roles), item.roles[0][1])
        point = self._daemon.plan.points[number]
        found = row(point, self._daemon.reading(number), self._daemon.context.local)
        result = self._daemon.engine.decisions.get(number)
        asked = None if result is None else result.value
        winner = None if result is None else result.winner
        return {
            "name": item.name,
            "label": item.label or item.name,
            "kind": item.kind,
            "group": item.tags[0] if item.tags else item.kind,
            "value": found["value"],
            "state": found["state"],
            "unit": found["unit"],
            "quality": found["quality"],
            "asked": asked,
            "asked_state": None if asked is None else point.state_name(asked),
            "why": "" if winner is None else render(winner.reason, language),
            "point": point.key,
            "commanded": item.primary is not None,
            "tags": list(item.tags),
            "roles": {role: self._daemon.plan.points[bound].key for role, bound in item.roles},
        }

    def _meter(self, meter: Meter) -> dict[str, Any]:
        plan = self._daemon.plan
        device = plan.devices[plan.points[meter.point].device]
        last = self._daemon.last_intervals.get(meter.name)
        quanta = None if last is None else last[1]
        rate = None if meter.power_point is None else self._daemon.reading(meter.power_point)
        return {
            "name": meter.name,
            "label": meter.label or device.label or device.name,
            "unit": meter.unit,
            "last": None if quanta is None else float(quanta * Decimal(meter.quantum)),
            "rate": rate.value if rate is not None and rate.quality is Quality.GOOD else None,
            "rate_unit": "" if meter.power_point is None else plan.points[meter.power_point].unit,
        }

    def _decision(self, decision: Decision, language: str) -> dict[str, Any]:
        point = self._daemon.plan.points[decision.point]
        zone = self._daemon.context.local.zone
        moment = datetime.fromtimestamp(decision.wall_ms / 1000, UTC).astimezone(zone)
        names = self._daemon.bound_to(decision.point)
        label = names[0][1] if names else point.label
        told = text("{label} → {value}", label=label, value=shown(point, decision.after.value, language))
        if decision.after.winner is None:
            told = text("{label}: nothing commands it now", label=label)
        return {"time": moment.strftime("%H:%M"), "point": decision.key, "text": render(told, language)}
