"""Channels of notification to the records of the Plan."""

from __future__ import annotations

from config.language import text
from config.plan.notify import Channel
from config.plan.sinks import Common, HttpsSink, MqttSink
from config.written.gather import Written
from config.written.lower.sinks import MQTT_PORTS, secret, tls
from config.written.model.notify import BrokerWritten, ChannelWritten
from config.written.model.sinks import is_loopback
from config.written.named import Named
from config.written.problems import Findings


def lower_notify(written: Written, findings: Findings) -> tuple[Channel, ...]:
    """Every channel, in the order written; tells what is wrong with each."""
    for named in written.notify.values():
        item = named.written
        if not isinstance(item, BrokerWritten) or named.entry.lacks("host"):
            continue
        if not item.secure and not is_loopback(item.host):
            findings.problem(
                named.entry.place(["secure"]),
                text("without TLS alarms would leave this machine readable for everybody"),
                text("secure: true"),
            )
    return tuple(_channel(named) for named in written.notify.values() if named.sound)


def _channel(named: Named[ChannelWritten]) -> Channel:
    item = named.written
    label = item.label or named.name
    common = Common(named.name, label, named.entry.at, timeout_s=item.timeout)
    if not isinstance(item, BrokerWritten):
        via = HttpsSink(common, item.url, secret(item.token), tls(item.tls))
        return Channel(named.name, label, tuple(item.priorities), via, secret(item.sign))
    broker = MqttSink(
        common,
        host=item.host,
        port=item.port or MQTT_PORTS[item.secure],
        secure=item.secure,
        version=item.version,
        format="json",
        client_id=item.client_id or f"louguan-{named.name}",
        topic=item.topic,
        username=item.username,
        password=secret(item.password),
        tls=tls(item.tls),
    )
    return Channel(named.name, label, tuple(item.priorities), broker)
