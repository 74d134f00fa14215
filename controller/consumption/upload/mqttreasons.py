"""What goes wrong with a broker, in our words. Pure."""

from __future__ import annotations

import ssl

from config.language import text
from config.plan.sinks import MqttSink
from controller.consumption.upload.port import Denied, SinkError, Throttled, TooLarge, Unreachable
from controller.consumption.upload.saying import cause, untrusted

_DENIED = (0x86, 0x87, 0x8A, 0x8C)
"""Bad user name or password, not authorised, banned, bad authentication method."""
_BUSY = (0x89, 0x97, 0x9F)
"""Server busy, quota exceeded, connection rate exceeded."""
_TOO_LARGE = 0x95
_BUSY_S = 60.0


def refused(code: int) -> SinkError | None:
    """What a reason code of a PUBACK means where it concerns more than the one message."""
    if code in _DENIED:
        return Denied(text("the broker does not let us publish"))
    if code in _BUSY:
        return Throttled(_BUSY_S)
    return None


def refusal(code: int, reason: str) -> SinkError:
    """Why the broker does not want us, or not any more: reason code of a CONNACK or DISCONNECT."""
    if code in _DENIED:
        return Denied(text("the broker refuses us: {reason}", reason=reason))
    if code in _BUSY:
        return Throttled(_BUSY_S)
    if code == _TOO_LARGE:
        return TooLarge(text("the broker refuses us: {reason}", reason=reason))
    return Unreachable(text("the broker refuses us: {reason}", reason=reason))


def lost(plan: MqttSink) -> Unreachable:
    return Unreachable(text("the connection to {host} was lost", host=f"{plan.host}:{plan.port}"))


def unreachable(plan: MqttSink, error: OSError) -> SinkError:
    host = f"{plan.host}:{plan.port}"
    if isinstance(error, ssl.SSLCertVerificationError):
        return Denied(untrusted(error, host))
    return Unreachable(text("cannot connect to {host}: {error}", host=host, error=cause(error)))
