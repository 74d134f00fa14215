"""Sinks: who gets the consumption log. Secrets are never in a Plan, only where they are found."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Literal, TypeAlias

from config.plan.devices import Source


@dataclass(frozen=True, slots=True)
class Secret:
    """Where a secret is read at the start: a file (read by the service user alone), or an environment
    variable. One of the two is ""."""

    file: str = ""
    env: str = ""


@dataclass(frozen=True, slots=True)
class Tls:
    """How the other side is known, and we are. Paths of PEM files; "" = none."""

    ca: str = ""
    """Authorities to believe; "" = the system's."""
    cert: str = ""
    """Our own certificate, with `key` its private key."""
    key: str = ""


@dataclass(frozen=True, slots=True)
class Common:
    """What every sink has."""

    name: str
    """Known by it across edits: what it has got stays with the name."""
    label: str
    source: Source
    meters: tuple[str, ...] = ()
    """Names of the meters it gets; empty = all."""
    timeout_s: float = 30.0
    """Machine seconds an answer is waited for."""
    batch_rows: int = 500
    """Rows in one batch at most."""
    backfill_rows_s: float = 0.0
    """Rows a second of what waited from before; 0 = as fast as it goes."""


@dataclass(frozen=True, slots=True)
class HttpsSink:
    """Batches of NDJSON, POSTed."""

    common: Common
    url: str
    """https, or http to a loopback address."""
    token: Secret | None = None
    tls: Tls = Tls()


@dataclass(frozen=True, slots=True)
class MqttSink:
    """An MQTT broker."""

    common: Common
    host: str
    port: int
    secure: bool
    """TLS; without it only to a loopback address."""
    version: Literal["3.1.1", "5"]
    format: Literal["json", "sparkplug"]
    client_id: str
    topic: str
    """JSON: `{topic}/{meter}` is published to. Sparkplug B: the group id."""
    ack_topic: str = ""
    """Where the other side publishes the keys it has stored; "" = the broker's PUBACK must do."""
    username: str = ""
    password: Secret | None = None
    tls: Tls = Tls()


@dataclass(frozen=True, slots=True)
class NationalMeter:
    """One meter as a data centre knows it."""

    meter: str
    id: str
    """Number of the meter at the data centre."""
    coding: str
    """Energy item code: category (2), sub-item, two levels."""
    function: str = "1"


@dataclass(frozen=True, slots=True)
class NationalSink:
    """One data centre that speaks the national protocol for building energy collectors."""

    common: Common
    host: str
    port: int
    dialect: str
    """Name of a dialect file."""
    building: str
    gateway: str
    key: Secret
    """For the MD5 handshake."""
    cipher_key: Secret
    """For AES."""
    ids: tuple[NationalMeter, ...] = ()
    heartbeat_s: float = 60.0
    set_clock: bool = False
    """Whether the centre may set our clock."""
    settings: str = ""
    """JSON object of the dialect's settings that this centre has otherwise; "" = none."""


@dataclass(frozen=True, slots=True)
class FileSink:
    """Files for a USB stick or a pick-up by SFTP."""

    common: Common
    directory: str
    format: Literal["csv", "parquet"]
    every: Literal["hour", "day"] = "day"


SinkPlan: TypeAlias = HttpsSink | MqttSink | NationalSink | FileSink


def same_sink(one: SinkPlan, other: SinkPlan | None) -> bool:
    """Whether two say the same, wherever they are written."""
    if other is None or type(one) is not type(other):
        return False
    source = one.common.source
    return one == replace(other, common=replace(other.common, source=source))
