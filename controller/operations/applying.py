"""apply and rollback: another Plan for the running daemon."""

from __future__ import annotations

from functools import partial
from typing import Any

from config.language import text
from config.plan.site import Plan
from controller.background import in_thread
from controller.daemon import Daemon
from controller.decide.records import Refused
from controller.operations.names import shown
from controller.operations.recording import not_recorded, one_line_of
from controller.socket.protocol import Code, RequestError
from controller.socket.server import Call
from controller.store.errors import StoreError
from controller.swap.applying import Applying
from controller.swap.offer import BadOffer, Offers
from controller.swap.taking import Foreseen, Prepared, Taking
from controller.swap.touched import Part, changed_parts
from drivers.api import Write


class Apply:
    """What people may bring into force."""

    def __init__(self, daemon: Daemon, applying: Applying, taking: Taking) -> None:
        self._daemon = daemon
        self._applying = applying
        self._taking = taking
        self._offers = Offers()

    async def part(self, call: Call) -> dict[str, Any]:
        """args: hash, number, part. One part of a Plan's JSON, for `apply`."""
        number, part = call.args.get("number"), call.args.get("part")
        if not isinstance(number, int) or not isinstance(part, str):
            raise _bad_offer()
        try:
            self._offers.take(str(call.args.get("hash", "")), number, part)
        except BadOffer as error:
            raise _bad_offer() from error
        return {"taken": number}

    async def apply(self, call: Call) -> dict[str, Any]:
        """args: hash; comment; check (true: only say what it would do)."""
        plan_hash = str(call.args.get("hash", ""))
        try:
            content = await in_thread(partial(self._offers.content, plan_hash))
            prepared = await self._taking.prepare(content)
            changes = await in_thread(partial(changed_parts, self._daemon.plan, prepared.plan))
            answer = self._told(prepared, await self._taking.foresee(prepared), changes, call.language)
            if call.args.get("check") is True or prepared.plan.hash == self._daemon.plan.hash:
                return {**answer, "number": None}
            version = await self._applying.apply(
                prepared, plan_hash, call.person, one_line_of(call, "comment")
            )
        except BadOffer as error:
            raise _bad_offer() from error
        except Refused as refusal:
            raise RequestError(Code.REFUSED, refusal.text) from refusal
        except StoreError as error:
            raise not_recorded(error) from error
        return {**answer, "number": version.number}

    async def roll_back(self, call: Call) -> dict[str, Any]:
        """args: number (none: the version before); comment."""
        number = call.args.get("number")
        if number is not None and (not isinstance(number, int) or isinstance(number, bool)):
            raise RequestError(Code.BAD_REQUEST, text("{given} is no number", given=number), "number")
        try:
            version = await self._applying.roll_back(number, call.person, one_line_of(call, "comment"))
        except Refused as refusal:
            raise RequestError(Code.REFUSED, refusal.text, "number") from refusal
        except StoreError as error:
            raise not_recorded(error) from error
        return {"done": "rollback", "number": version.number, "plan": version.item.hash}

    def _told(
        self, prepared: Prepared, foreseen: Foreseen, changes: dict[str, Part], language: str
    ) -> dict[str, Any]:
        former, plan = self._daemon.plan, prepared.plan
        return {
            "plan": plan.hash,
            "before": former.hash,
            "changes": {sort: part._asdict() for sort, part in changes.items()},
            "writes": [_write(plan, write, language) for write in foreseen.writes],
            "last_writes": [_write(former, write, language) for write in foreseen.last],
        }


def _write(plan: Plan, write: Write, language: str) -> dict[str, Any]:
    point = plan.points[write.point]
    return {
        "point": point.key,
        "label": point.label,
        "value": write.value,
        "shown": shown(point, write.value, language),
        "slot": write.slot,
    }


def _bad_offer() -> RequestError:
    return RequestError(Code.BAD_REQUEST, text("the plan did not come whole: try again"), "part")
