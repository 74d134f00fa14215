"""Channels: who is told of alarms, beside the log. Secrets are never in a Plan, only where they are found."""

from __future__ import annotations

from dataclasses import dataclass, replace

from config.plan.alarms import Priority
from config.plan.sinks import HttpsSink, MqttSink, Secret, same_sink


@dataclass(frozen=True, slots=True)
class Channel:
    """One. What is told of each alarm goes to it once, in order."""

    name: str
    """Known by it across edits: what waits for it stays with the name."""
    label: str
    priorities: tuple[Priority, ...]
    """It is told of these alone."""
    via: HttpsSink | MqttSink
    """The other side, reached as a sink is; an MQTT broker's topic is what all topics begin with."""
    signing: Secret | None = None
    """Webhook: key of the signature (HMAC-SHA-256) of what is sent; None = none is."""


def same_channel(one: Channel, other: Channel | None) -> bool:
    """Whether two say the same, wherever they are written."""
    return other is not None and same_sink(one.via, other.via) and one == replace(other, via=one.via)
