"""An alarm, and what is told of it, as data. Pure."""

from __future__ import annotations

import json
from collections.abc import Collection, Iterable, Sequence
from typing import Any

from config.language import render
from config.plan.alarms import BACNET
from config.plan.notify import Channel
from config.plan.sinks import MqttSink
from controller.decide.alarms.alarm import Alarm, Telling, Transition
from controller.operations.names import iso
from controller.store.outbox import Outgoing
from schedules.local import LocalTime

_RESET = ("trip", "alarm", "fire", "gas")
_LANGUAGES = (("en", "en"), ("zh", "zh_CN"))
_TO_ALL = (Transition.RAISED, Transition.RETURNED, Transition.ACKED)
"""A broker hears of shelving too: it keeps each alarm's state."""


def row(alarm: Alarm, local: LocalTime, language: str, resets: Collection[str] = ()) -> dict[str, Any]:
    """One alarm. `resets`: rules that stand until a person resets them."""

    resettable = alarm.active and alarm.subject in resets and alarm.kind in _RESET
    return {
        "id": alarm.id,
        "kind": alarm.kind,
        "subject": alarm.subject,
        "priority": alarm.priority,
        "bacnet_priority": BACNET[alarm.priority].start,
        "state": alarm.state.value,
        "active": alarm.active,
        "message": render(alarm.words, language),
        "raised": iso(local, alarm.raised_ms),
        "returned": iso(local, alarm.returned_ms),
        "acked": iso(local, alarm.acked_ms),
        "acked_by": alarm.acked_by,
        "comment": alarm.comment,
        "shelved_until": iso(local, alarm.shelved_until_ms),
        "shelved_by": alarm.shelved_by,
        "shelved_why": alarm.shelved_why,
        "suppressed_by": alarm.suppressed,
        "groups": list(alarm.groups),
        "first_out": alarm.order == 1,
        "consequence_of": alarm.cause if alarm.cause != alarm.id and alarm.cause else None,
        "times": alarm.times,
        "chattering": alarm.chattering,
        "reset": f"louguan reset {alarm.subject}" if resettable else None,
    }


def event(telling: Telling, local: LocalTime) -> dict[str, Any]:
    """What happened, in both languages."""
    found = row(telling.alarm, local, "en")
    del found["message"], found["reset"]
    said = {f"message_{short}": render(telling.alarm.words, long) for short, long in _LANGUAGES}
    return {"transition": telling.transition.value, "at": iso(local, telling.at_ms), **found, **said}


def outgoing(
    channels: Sequence[Channel], site: str, local: LocalTime, tellings: Iterable[Telling]
) -> tuple[Outgoing, ...]:
    """What waits to be sent, channel by channel, once each."""
    if not channels:
        return ()
    made = []
    for telling in tellings:
        alarm = telling.alarm
        # The time belongs to it: after a restore numbers are given a second time.
        key = f"{site}/{alarm.id}/{telling.number}/{telling.transition.value}/{telling.at_ms}"
        body = json.dumps({"site": site, "key": key, **event(telling, local)}, ensure_ascii=False)
        made += [
            Outgoing(channel.name, key, telling.at_ms, body)
            for channel in channels
            if alarm.priority in channel.priorities and _hears(channel, telling.transition)
        ]
    return tuple(made)


def _hears(channel: Channel, transition: Transition) -> bool:
    return isinstance(channel.via, MqttSink) or transition in _TO_ALL
