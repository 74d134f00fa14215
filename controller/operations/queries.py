"""points and read: the image and what is decided, as data."""

from __future__ import annotations

import asyncio
from typing import Any

from config.language import render, text
from config.plan.points import BacnetObject, Point
from config.plan.reading import Quality
from controller.daemon import Daemon
from controller.decide.arbiter import Result
from controller.decide.requests import Request
from controller.operations.finding import folded, meant_point
from controller.operations.names import iso, row
from controller.socket.server import Call

FRESH_WITHIN_S = 3.0
"""Machine seconds `read` waits for a reading newer than the question."""


class Queries:
    """Answers about points."""

    def __init__(self, daemon: Daemon) -> None:
        self._daemon = daemon

    async def points(self, call: Call) -> dict[str, Any]:
        """args: pattern (part of a name or label), bad (only points that are not good)."""
        pattern = folded(str(call.args.get("pattern", "")))
        only_bad = bool(call.args.get("bad", False))
        found, matching = [], 0
        for point in self._daemon.plan.points:
            if pattern and pattern not in self._searched(point):
                continue
            matching += 1
            if only_bad and self._daemon.reading(point.id).quality is Quality.GOOD:
                continue
            found.append(self._row(point, call.language))
        return {"points": found, "matching": matching}

    async def read(self, call: Call) -> dict[str, Any]:
        """args: point. Waits a little for a fresh reading, then answers with what there is."""
        point = await meant_point(self._daemon.plan, call.args.get("point"))
        asked_ns = self._daemon.clock.now().mono_ns
        self._daemon.read_now(point.id)
        for _ in range(round(FRESH_WITHIN_S / 0.05)):
            if self._daemon.reading(point.id).mono_ns > asked_ns:
                break
            await asyncio.sleep(0.05)
        found = self._row(point, call.language)
        result = self._daemon.engine.decisions.get(point.id)
        if result is not None:
            found["slots"] = self._slots(point, result, call.language)
            held_back = self._daemon.engine.held_back(point.id)
            found["held_back"] = None if held_back is None else render(held_back, call.language)
            found["by_device"] = isinstance(point.source, BacnetObject)
        found["name"] = render(self._daemon.engine.naming.point(point), call.language)
        found["site_time"] = iso(self._daemon.context.local, self._daemon.clock.now().wall_ms)
        return found

    def _searched(self, point: Point) -> str:
        names = [f"{name} {label}" for name, label in self._daemon.bound_to(point.id)]
        device = self._daemon.plan.devices[point.device].label
        return "\n".join(map(folded, [point.key, point.label, device, f"{device}{point.label}", *names]))

    def _row(self, point: Point, language: str) -> dict[str, Any]:
        found = row(point, self._daemon.reading(point.id), self._daemon.context.local)
        engine = self._daemon.engine
        found["equipment"] = [name for name, _ in self._daemon.bound_to(point.id)]
        found["device_answers"] = engine.online(point.device)
        result = engine.decisions.get(point.id)
        if result is not None:
            found["command_failed"] = engine.refused(point.id)
        if result is not None and result.winner is not None:
            found["command"] = {
                "value": result.value,
                "state": None if result.value is None else point.state_name(result.value),
                "slot": result.winner.slot,
                "by": result.winner.source,
                "why": render(result.winner.reason, language),
            }
        return found

    def _slots(self, point: Point, result: Result, language: str) -> list[dict[str, Any]]:
        return [
            self._request(point, request, request is result.winner, language)
            for standing in result.slots
            for request in standing
        ]

    def _request(self, point: Point, request: Request, winner: bool, language: str) -> dict[str, Any]:
        local = self._daemon.context.local
        released = text("release")
        return {
            "slot": request.slot,
            "op": request.op.value,
            "value": request.value,
            "state": render(released, language) if request.value is None else point.state_name(request.value),
            "source": request.source,
            "reason": render(request.reason, language),
            "since": iso(local, request.since_ms),
            "until": iso(local, request.expires_ms),
            "winner": winner,
        }
