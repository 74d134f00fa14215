"""why: all that bears on one point, as data."""

from __future__ import annotations

from typing import Any

from config.language import render
from config.plan.points import Point
from config.plan.reading import Value
from config.plan.slots import Slot
from controller.daemon import Daemon
from controller.decide.arbiter import NOTHING, SLOTS
from controller.decide.explain import Coming, Explanation, Input, Waiting, author
from controller.decide.requests import Request
from controller.operations.finding import meant_point
from controller.operations.names import iso, row
from controller.socket.server import Call
from schedules.programme import HORIZON_DAYS

_ALL = range(1, SLOTS + 1)
_FAR_MS = (HORIZON_DAYS - 1) * 86_400_000


class Why:
    """Explains the present."""

    def __init__(self, daemon: Daemon) -> None:
        self._daemon = daemon

    async def answer(self, call: Call) -> dict[str, Any]:
        """args: point."""
        point = await meant_point(self._daemon.plan, call.args.get("point"))
        now = self._daemon.clock.now()
        return _Answer(self._daemon, point, call.language).of(self._daemon.engine.explain(point.id, now))


class _Answer:
    """One explanation as data, its texts in one language."""

    def __init__(self, daemon: Daemon, point: Point, language: str) -> None:
        self._plan = daemon.plan
        self._naming = daemon.engine.naming
        self._local = daemon.context.local
        self._announced = daemon.context.announced
        self._now_ms = daemon.clock.now().wall_ms
        self._answers = daemon.engine.online(point.device)
        self._point = point
        self._language = language

    def of(self, found: Explanation) -> dict[str, Any]:
        result = found.result
        slots = {number: [self._request(item) for item in result.slots[number - 1]] for number in _ALL}
        if result.held is not None:
            slots[Slot.MINIMUM_TIMES] = [self._request(result.held), *slots[Slot.MINIMUM_TIMES]]
        return {
            "when": "now",
            "point": self._point.key,
            "label": self._naming.label(self._point),
            "name": render(self._naming.point(self._point), self._language),
            "unit": self._point.unit,
            "at": iso(self._local, self._now_ms),
            "commandable": found.commandable,
            **self._valued(result.value),
            "winner": None if result.winner is None else self._request(result.winner),
            "bounds": [self._request(item) for item in result.bounds],
            "held": None if result.held is None else self._request(result.held),
            "slots": [{"slot": number, "requests": slots[number]} for number in _ALL],
            "hindrances": [
                {
                    "kind": item.kind,
                    "text": render(item.text, self._language),
                    "until": iso(self._local, item.until_ms),
                }
                for item in found.hindrances
            ],
            "device": self._device(found),
            "inputs": [self._input(item) for item in found.inputs],
            "rules": [
                {
                    "rule": item.rule.name,
                    "rule_label": item.rule.label or item.rule.name,
                    "says": render(item.words, self._language),
                }
                for item in found.said
            ],
            "next": [self._coming(item) for item in found.coming],
            "waits_for": [self._waiting(item) for item in found.waiting],
        }

    def _request(self, request: Request) -> dict[str, Any]:
        by = author(request, self._plan.rules)
        until_ms = request.expires_ms
        if by == "programme" and until_ms is not None and until_ms > self._now_ms + _FAR_MS:
            until_ms = None  # it only looks again then
        return {
            "slot": request.slot,
            "op": request.op.value,
            **self._valued(request.value),
            "by": by,
            "source": request.source,
            "reason": render(request.reason, self._language),
            "since": iso(self._local, request.since_ms),
            "until": iso(self._local, until_ms),
        }

    def _device(self, found: Explanation) -> dict[str, Any]:
        has = found.has
        device = self._plan.devices[self._point.device]
        reading = row(self._point, has.reading, self._local)
        others = None
        if has.others is not None:
            others = {"slot": has.others[0], **self._valued(has.others[1])}
        sent = None
        if has.since_ms is not None:
            sent = {"slot": has.slot, **self._valued(has.sent), "since": iso(self._local, has.since_ms)}
        return {
            "device": device.name,
            "label": device.label or device.name,
            "answers": self._answers,
            **{key: reading[key] for key in ("value", "state", "quality", "reason", "at")},
            "command": has.state,
            "tries": has.tries,
            "sent": sent,
            "others": others,
        }

    def _input(self, item: Input) -> dict[str, Any]:
        found = row(item.point, item.reading, self._local)
        return {
            "rule": item.rule.name,
            "rule_label": item.rule.label or item.rule.name,
            "source": str(item.rule.source),
            "point": item.point.key,
            "name": render(self._naming.point(item.point), self._language),
            **{key: found[key] for key in ("value", "state", "unit", "quality", "reason", "at")},
        }

    def _coming(self, item: Coming) -> dict[str, Any]:
        after = NOTHING if item.open else item.after
        winner = after.winner
        return {
            "at": iso(self._local, item.at_ms),
            "announced": item.kind != "programme" or self._announced(item.at_ms),
            "kind": item.kind,
            "rule": None if item.rule is None else item.rule.name,
            "rule_label": None if item.rule is None else item.rule.label or item.rule.name,
            "open": item.open,
            **self._valued(after.value),
            "by": None if winner is None else self._request(winner),
            "bounds": [self._request(bound) for bound in after.bounds],
            "heard": item.heard,
            "asks": None if item.asks is None else self._request(item.asks),
        }

    def _waiting(self, item: Waiting) -> dict[str, Any]:
        rule, (words, at_ms, means) = item
        return {
            "rule": None if rule is None else rule.name,
            "rule_label": None if rule is None else rule.label or rule.name,
            "says": render(words, self._language),
            "at": iso(self._local, at_ms),
            "at_is": means or None,
        }

    def _valued(self, value: Value | None) -> dict[str, Any]:
        return {"value": value, "state": None if value is None else self._point.state_name(value)}
