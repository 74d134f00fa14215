"""set, release, lock, unlock, observe: people's commands, checked, committed, then acted on."""

from __future__ import annotations

from typing import Any

from config.language import text
from config.plan.clock import Now
from controller.daemon import Daemon
from controller.decide.records import Lock, Observe, Override, PersonCommand, Refused, Release, Unlock
from controller.operations.names import find_point, iso, shown
from controller.operations.wishes import clock_end, value_of
from controller.socket.protocol import Code, RequestError
from controller.socket.server import Call
from controller.store.errors import StoreError


class Commands:
    """What people may ask to be done."""

    def __init__(self, daemon: Daemon) -> None:
        self._daemon = daemon

    async def set(self, call: Call) -> dict[str, Any]:
        """args: point, value (as written), and for_s or until ("18:00", "next"); reason."""
        point = find_point(self._daemon.plan, call.args.get("point"))
        now = self._daemon.clock.now()
        try:
            value = value_of(point, str(call.args.get("value", "")))
            ends_ms, lasting_ms = self._ends(point.key, call, now)
        except Refused as refusal:
            raise RequestError(Code.REFUSED, refusal.text, "value") from refusal
        reason = str(call.args.get("reason", ""))
        override = Override(point.key, value, call.person, reason, now.wall_ms, ends_ms)
        await self._do(override._replace(lasting_ms=lasting_ms, trusted=now.trusted))
        return {
            "done": "set",
            "point": point.key,
            "value": shown(point, value, call.language),
            "until": iso(self._daemon.context.local, ends_ms),
        }

    async def release(self, call: Call) -> dict[str, Any]:
        """args: point."""
        point = find_point(self._daemon.plan, call.args.get("point"))
        standing = self._daemon.engine.remembered().overrides
        if all(override.point != point.key for override in standing):
            raise RequestError(Code.REFUSED, text("{name} is not overridden", name=point.key), "point")
        await self._do(Release(point.key, call.person))
        return {"done": "release", "point": point.key}

    async def lock(self, call: Call) -> dict[str, Any]:
        """args: target, reason."""
        target, reason = str(call.args.get("target", "")), str(call.args.get("reason", ""))
        await self._do(Lock(target, call.person, reason, self._daemon.clock.now().wall_ms))
        return {"done": "lock", "target": target}

    async def unlock(self, call: Call) -> dict[str, Any]:
        """args: target."""
        target = str(call.args.get("target", ""))
        if all(lock.target != target for lock in self._daemon.engine.remembered().locks):
            raise RequestError(Code.REFUSED, text("{name} is not locked", name=target), "target")
        await self._do(Unlock(target, call.person))
        return {"done": "unlock", "target": target}

    async def observe(self, call: Call) -> dict[str, Any]:
        """args: target ("" = the site), on, reason."""
        target, on = str(call.args.get("target", "")), call.args.get("on")
        if not isinstance(on, bool):
            raise RequestError(Code.BAD_REQUEST, text("say on or off, not {given}", given=on), "on")
        now_ms = self._daemon.clock.now().wall_ms
        await self._do(Observe(target, on, call.person, str(call.args.get("reason", "")), now_ms))
        return {"done": "observe", "target": target or self._daemon.plan.site.name, "on": on}

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

    async def _do(self, command: PersonCommand) -> None:
        try:
            await self._daemon.command(command)
        except Refused as refusal:
            raise RequestError(Code.REFUSED, refusal.text) from refusal
        except StoreError as error:
            raise RequestError(
                Code.UNAVAILABLE,
                text("the command could not be recorded, so it was not carried out: {why}", why=error.text),
            ) from error
