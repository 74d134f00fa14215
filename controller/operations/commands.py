"""set, release, lock, unlock, observe: people's commands, checked, committed, then acted on."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from config.language import Text, render, text
from config.plan.clock import Now
from config.plan.points import BacnetObject, Point
from controller.daemon import Daemon
from controller.decide.barriers import BarrierKind
from controller.decide.cover import can_be_set
from controller.decide.records import (
    Lock,
    Observe,
    Override,
    Refused,
    Release,
    Reset,
    Unlock,
)
from controller.operations.finding import find_rule, meant_point, meant_target, target_named
from controller.operations.names import iso, shown
from controller.operations.recording import carry_out, one_line_of
from controller.operations.wishes import clock_end, value_of
from controller.socket.protocol import Code, RequestError
from controller.socket.server import Call


class Commands:
    """What people may ask to be done."""

    def __init__(self, daemon: Daemon) -> None:
        self._daemon = daemon

    async def set(self, call: Call) -> dict[str, Any]:
        """args: point, value (as written), and for_s or until ("18:00", "next"); reason, urgent."""
        point = await meant_point(self._daemon.plan, call.args.get("point"))
        now = self._daemon.clock.now()
        try:
            value = value_of(point, str(call.args.get("value", "")))
            ends_ms, lasting_ms = self._ends(point.key, call, now)
        except Refused as refusal:
            raise RequestError(Code.REFUSED, refusal.text, "value") from refusal
        reason = one_line_of(call, "reason")
        override = Override(point.key, value, call.person, reason, now.wall_ms, ends_ms)
        urgent = call.args.get("urgent") is True
        await carry_out(
            self._daemon, override._replace(lasting_ms=lasting_ms, trusted=now.trusted, urgent=urgent)
        )
        about = self._about(point, "set", call)
        not_heard = self._daemon.engine.not_heard(point.id)
        about["not_heard"] = None if not_heard is None else render(not_heard, call.language)
        return {
            **about,
            "value": shown(point, value, call.language),
            "until": iso(self._daemon.context.local, ends_ms),
        }

    async def release(self, call: Call) -> dict[str, Any]:
        """args: point."""
        point = await meant_point(self._daemon.plan, call.args.get("point"))
        standing = self._daemon.engine.remembered().overrides
        left = self._daemon.engine.left(point.id)
        if not left and all(override.point != point.key for override in standing):
            raise RequestError(Code.REFUSED, text("{name} is not overridden", name=point.key), "point")
        await carry_out(self._daemon, Release(point.key, call.person))
        return {
            **self._about(point, "release", call),
            "scheduled": self._daemon.engine.scheduled(point.id),
            "by_device": isinstance(point.source, BacnetObject),
        }

    async def lock(self, call: Call) -> dict[str, Any]:
        """args: target, reason."""
        target = await meant_target(self._daemon.plan, str(call.args.get("target", "")))
        reason = one_line_of(call, "reason")
        await carry_out(self._daemon, Lock(target, call.person, reason, self._daemon.clock.now().wall_ms))
        return {
            "done": "lock",
            "target": target,
            "label": self._target_named(target, call),
            **self._cover(target),
        }

    async def unlock(self, call: Call) -> dict[str, Any]:
        """args: target."""
        standing = [lock.target for lock in self._daemon.engine.remembered().locks]
        target = await self._standing_target(str(call.args.get("target", "")), standing)
        if target not in standing:
            words = text("{name} is not locked", name=target_named(self._daemon.plan, target))
            raise RequestError(Code.REFUSED, words, "target")
        await carry_out(self._daemon, Unlock(target, call.person))
        return {
            "done": "unlock",
            "target": target,
            "label": self._target_named(target, call),
            "held_back": self._still_barred(target, call),
        }

    async def reset(self, call: Call) -> dict[str, Any]:
        """args: rule, reason."""
        name = find_rule(self._daemon.plan, str(call.args.get("rule", "")))
        await carry_out(self._daemon, Reset(name, call.person, one_line_of(call, "reason")))
        rule = next(rule for rule in self._daemon.plan.rules if rule.name == name)
        return {"done": "reset", "rule": name, "label": rule.label or name}

    async def observe(self, call: Call) -> dict[str, Any]:
        """args: target ("" = the site), on, reason."""
        target, on = str(call.args.get("target", "")), call.args.get("on")
        if not isinstance(on, bool):
            raise RequestError(Code.BAD_REQUEST, text("say on or off, not {given}", given=on), "on")
        if target:
            said = [item.target for item in self._daemon.engine.remembered().observe]
            target = await self._standing_target(target, said)
        now_ms = self._daemon.clock.now().wall_ms
        await carry_out(self._daemon, Observe(target, on, call.person, one_line_of(call, "reason"), now_ms))
        site = self._daemon.plan.site
        return {
            "done": "observe",
            "target": target or site.name,
            "label": self._target_named(target, call) if target else site.label or site.name,
            "on": on,
            **(self._cover(target) if on and target else {}),
            "held_back": None if on or not target else self._still_barred(target, call),
        }

    def _about(self, point: Point, done: str, call: Call) -> dict[str, Any]:
        """What was done to which point, and why it is not sent, if it is not."""
        engine = self._daemon.engine
        held_back = engine.held_back(point.id)
        return {
            "done": done,
            "point": point.key,
            "label": engine.naming.label(point),
            "name": render(engine.naming.point(point), call.language),
            "held_back": None if held_back is None else render(held_back, call.language),
            "site_time": iso(self._daemon.context.local, self._daemon.clock.now().wall_ms),
        }

    def _cover(self, target: str) -> dict[str, list[str]]:
        """What a lock or observe mode of a target bears on, and what it leaves open."""
        cover = self._daemon.engine.cover(target)
        return {"covers": self._keys(cover.points), "open": self._keys(cover.open)}

    def _keys(self, points: Iterable[int]) -> list[str]:
        """Those of `points` that people could set, by name."""
        found = (self._daemon.plan.points[point] for point in sorted(points))
        return [point.key for point in found if can_be_set(point)]

    async def _standing_target(self, name: str, standing: list[str]) -> str:
        """What is locked or observed can always be named, though the Plan may not have it any more."""
        return name if name in standing else await meant_target(self._daemon.plan, name)

    def _target_named(self, target: str, call: Call) -> str:
        return render(target_named(self._daemon.plan, target), call.language)

    def _still_barred(self, target: str, call: Call) -> str | None:
        """What still keeps writes from a target whose lock or observe mode was ended."""
        barrier = self._daemon.engine.barrier_of(target)
        words: Text | None = None if barrier is None else barrier.text
        if barrier is not None and barrier.kind is BarrierKind.OBSERVE and self._daemon.engine.observed()[0]:
            words = text("the whole site still observes; to end that for all of it: louguan observe off")
        return None if words is None else render(words, call.language)

    def _ends(self, key: str, call: Call, now: Now) -> tuple[int, int]:
        """Until when, and for how long if that was said (else 0)."""
        lasting, until = call.args.get("for_s"), call.args.get("until")
        if isinstance(lasting, int | float) and not isinstance(lasting, bool) and 0 < lasting < 1e9:
            lasting_ms = max(1, round(lasting * 1000))
            return now.wall_ms + lasting_ms, lasting_ms
        if until == "next":
            return self._daemon.engine.until_next(key, now), 0
        if isinstance(until, str):
            if not now.trusted:
                raise Refused(text("the clock cannot be trusted: say how long instead"))
            return clock_end(until, now.wall_ms, self._daemon.context.local), 0
        raise Refused(text("an override needs an end: for how long, or until when"))
