"""alarms, alarm-ack, alarm-shelve, alarm-unshelve: what stands, what there was, what people do about it."""

from __future__ import annotations

import sqlite3
from collections import Counter
from collections.abc import Iterable, Sequence
from typing import Any

from config.language import text
from config.language.details import detail
from config.plan.alarms import PRIORITIES
from config.plan.rules import Hazard, Interlock, MakeUp, Rule, Supervision
from controller.daemon import Daemon
from controller.decide.alarms.alarm import HELD, Alarm, State
from controller.decide.records import Acknowledge, AlarmCommand, Shelve, Unshelve
from controller.notify.telling import row
from controller.operations.names import iso
from controller.operations.recording import carry_out, one_line_of
from controller.socket.protocol import Code, RequestError
from controller.socket.server import Call
from schedules.local import LocalTime

TOPIC = "alarms"
_MOST = 2000
QUIET = (State.SHELVED, State.SUPPRESSED)
"""States in which nobody is to be bothered."""
TOLD = (State.ACTIVE_UNACKED, State.ACTIVE_ACKED, State.RETURNED_UNACKED)
"""States in which people are to see an alarm."""


def counts(alarms: Iterable[Alarm]) -> dict[str, Any]:
    """By priority those that are active and neither shelved nor suppressed, and how many want to be
    acknowledged."""
    found = list(alarms)
    active = Counter(alarm.priority for alarm in found if alarm.active and alarm.state not in QUIET)
    return {
        **{priority: active[priority] for priority in PRIORITIES},
        "unacked": sum(alarm.state in (State.ACTIVE_UNACKED, State.RETURNED_UNACKED) for alarm in found),
        "shelved": sum(alarm.state is State.SHELVED for alarm in found),
    }


class AlarmList:
    """What people ask of alarms."""

    def __init__(self, daemon: Daemon) -> None:
        self._daemon = daemon

    async def listed(self, call: Call) -> dict[str, Any]:
        """args: all (shelved and suppressed ones too), or history with since_s (seconds back)."""
        found = self._daemon.engine.alarms()
        if call.args.get("history"):
            shown = await self._history(call)
        elif call.args.get("all"):
            shown = [alarm for alarm in found if alarm.suppressed != HELD]
        else:
            shown = [alarm for alarm in found if alarm.state in TOLD]
        if not call.args.get("history"):
            shown.sort(key=lambda alarm: (PRIORITIES.index(alarm.priority), alarm.raised_ms, alarm.id))
        return {
            "site_time": iso(self._local, self._daemon.now_ms()),
            "counts": counts(found),
            "alarms": self._rows(shown, call.language),
        }

    async def acknowledge(self, call: Call) -> dict[str, Any]:
        """args: alarms (ids), or all: true; comment."""
        comment = one_line_of(call, "comment")
        if call.args.get("all") is True:
            wanted = (State.ACTIVE_UNACKED, State.RETURNED_UNACKED)
            ids = tuple(alarm.id for alarm in self._daemon.engine.alarms() if alarm.state in wanted)
            if not ids:
                raise RequestError(Code.REFUSED, text("there is nothing to acknowledge"))
        else:
            ids = self._ids(call)
        return await self._do("ack", Acknowledge(ids, call.person, comment), call)

    async def shelve(self, call: Call) -> dict[str, Any]:
        """args: alarms (ids), for_s, reason."""
        lasting = call.args.get("for_s")
        if not isinstance(lasting, int | float) or isinstance(lasting, bool) or not 0 < lasting < 1e9:
            raise RequestError(Code.BAD_REQUEST, text("say for how long"), "for_s")
        until_ms = self._daemon.now_ms() + round(lasting * 1000)
        command = Shelve(self._ids(call), until_ms, call.person, one_line_of(call, "reason"))
        return await self._do("shelve", command, call)

    async def unshelve(self, call: Call) -> dict[str, Any]:
        """args: alarms (ids)."""
        return await self._do("unshelve", Unshelve(self._ids(call), call.person), call)

    @property
    def _resets(self) -> frozenset[str]:
        return frozenset(rule.name for rule in self._daemon.plan.rules if _needs_reset(rule))

    def _rows(self, alarms: Sequence[Alarm], language: str) -> list[dict[str, Any]]:
        resets = self._resets
        return [row(alarm, self._local, language, resets) for alarm in alarms]

    @property
    def _local(self) -> LocalTime:
        return self._daemon.context.local

    async def _history(self, call: Call) -> list[Alarm]:
        since = call.args.get("since_s")
        since_ms = 0
        if isinstance(since, int | float) and not isinstance(since, bool):
            since_ms = self._daemon.now_ms() - round(min(max(since, 0), 1e10) * 1000)

        try:
            return await self._daemon.alarm_history(since_ms, _MOST)
        except sqlite3.Error as error:
            said = text("control.db cannot be read: {why}", why=detail(str(error)))
            raise RequestError(Code.UNAVAILABLE, said) from error

    async def _do(self, done: str, command: AlarmCommand, call: Call) -> dict[str, Any]:
        await carry_out(self._daemon, command)
        shown = [alarm for alarm in self._daemon.engine.alarms() if alarm.id in command.alarms]
        until = iso(self._local, command.until_ms) if isinstance(command, Shelve) else None
        return {
            "done": done,
            "ids": list(command.alarms),
            "until": until,
            "site_time": iso(self._local, self._daemon.now_ms()),
            "alarms": self._rows(shown, call.language),
        }

    @staticmethod
    def _ids(call: Call) -> tuple[int, ...]:
        given = call.args.get("alarms")
        if not isinstance(given, list) or not given or not all(type(item) is int for item in given):
            raise RequestError(Code.BAD_REQUEST, text("name alarms by their numbers"), "alarms")
        return tuple(dict.fromkeys(given))


def _needs_reset(rule: Rule) -> bool:
    """Whether its trip stands until a person resets it."""
    if isinstance(rule.spec, Interlock):
        return rule.spec.reset == "manual"
    return isinstance(rule.spec, Hazard | MakeUp | Supervision)
