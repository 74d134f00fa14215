"""Sinks as people write them, told apart by `kind`."""

from __future__ import annotations

import re
from ipaddress import ip_address
from typing import Annotated, Literal
from urllib.parse import urlsplit

from pydantic import BaseModel, BeforeValidator, Field, WithJsonSchema, model_validator

from config.language import text
from config.written.model.base import Duration, Flag, Label, Name, Scalar, Written
from config.written.model.lines import Host, Port
from config.written.problems import Wrong

_RATE = Annotated[float, Field(ge=0, le=100_000)]
_ROWS = Annotated[int, Field(ge=1, le=10_000)]


def is_loopback(host: str) -> bool:
    """Whether what is sent there stays on this machine."""
    try:
        return ip_address(host.strip("[]")).is_loopback
    except ValueError:
        return host == "localhost"


def _url(value: object) -> str:
    parts = urlsplit(value) if isinstance(value, str) else None
    if parts is None or parts.scheme not in ("http", "https") or not parts.hostname or parts.username:
        raise Wrong(
            text('"{value}" is no address of a web service', value=str(value)[:80]),
            text("something like {example}", example="https://energy.example.gov.cn/v1/intervals"),
        )
    if parts.scheme == "http" and not is_loopback(parts.hostname):
        raise Wrong(
            text("without TLS the log would leave this machine readable for everybody"),
            text("an address that begins with https://"),
        )
    return str(value)


def _absolute(value: object) -> str:
    if isinstance(value, str) and value.startswith("/"):
        return value
    raise Wrong(
        text('"{value}" is no absolute path', value=value),
        text("something like {example}", example="/etc/louguan/token"),
    )


def _form(pattern: str, example: str) -> BeforeValidator:
    """A text of a given form, shown by an example."""
    compiled = re.compile(pattern)

    def check(value: object) -> str:
        if isinstance(value, str) and compiled.fullmatch(value):
            return value
        raise Wrong(
            text('"{value}" does not fit', value=str(value)[:60]),
            text("something like {example}", example=example),
            None if isinstance(value, str) else text("put the text in quotes"),
        )

    return BeforeValidator(check)


def _like(pattern: str) -> WithJsonSchema:
    return WithJsonSchema({"type": "string", "pattern": f"^{pattern}$"})


_ENV = r"[A-Za-z_][A-Za-z0-9_]*"
_ID = r"[0-9A-Za-z_-]{1,40}"
_CODING = r"[0-9]{2}[0-9A-Z]{3}"
_TOPIC = r"[^#+\s]{1,200}"
Url = Annotated[str, BeforeValidator(_url), WithJsonSchema({"type": "string", "format": "uri"})]
Path = Annotated[str, BeforeValidator(_absolute), WithJsonSchema({"type": "string", "pattern": "^/"})]
EnvName = Annotated[str, _form(_ENV, "LOUGUAN_TOKEN"), _like(_ENV)]
Id = Annotated[str, _form(_ID, "510116A001"), _like(_ID)]
Coding = Annotated[str, _form(_CODING, "01A10"), _like(_CODING)]
Topic = Annotated[str, _form(_TOPIC, "energy/shuangliu"), _like(_TOPIC)]


class SecretWritten(Written):
    """Where a secret is found; never the secret itself."""

    file: Path | None = None
    env: EnvName | None = None

    @model_validator(mode="after")
    def _one(self) -> SecretWritten:
        if (self.file is None) is (self.env is None):
            raise Wrong(text("say where the secret is"), text("either file or env"))
        return self


class TlsWritten(Written):
    """PEM files."""

    ca: Path | None = None
    cert: Path | None = None
    key: Path | None = None

    @model_validator(mode="after")
    def _pair(self) -> TlsWritten:
        if (self.cert is None) is not (self.key is None):
            raise Wrong(text("a certificate and its key go together"), text("both cert and key"))
        return self


class _Sink(Written):
    label: Label = ""
    meters: Annotated[list[str], Field(min_length=1)] | None = None
    timeout: Duration = 30.0
    batch: _ROWS = 500
    backfill_rate: _RATE = 0.0


class HttpsWritten(_Sink):
    """Batches by HTTPS."""

    kind: Literal["https"]
    url: Url
    token: SecretWritten | None = None
    tls: TlsWritten = TlsWritten()


class MqttWritten(_Sink):
    """An MQTT broker."""

    kind: Literal["mqtt"]
    host: Host
    port: Port | None = None
    secure: Flag = True
    version: Annotated[Literal["3.1.1", "5"], BeforeValidator(str)] = "5"
    format: Literal["json", "sparkplug"] = "json"
    client_id: Label = ""
    topic: Topic = "louguan"
    ack_topic: Topic | None = None
    username: Label = ""
    password: SecretWritten | None = None
    tls: TlsWritten = TlsWritten()


class NationalMeterWritten(Written):
    """One meter as the centre knows it."""

    id: Id
    coding: Coding
    function: Id = "1"


class NationalWritten(_Sink):
    """A data centre that speaks the national protocol."""

    kind: Literal["national"]
    host: Host
    port: Port
    dialect: Name
    settings: dict[str, Scalar | list[str]] = Field(default_factory=dict)
    building: Id
    gateway: Id
    key: SecretWritten
    cipher_key: SecretWritten
    ids: Annotated[dict[str, NationalMeterWritten], Field(min_length=1)]
    heartbeat: Duration = 60.0
    set_clock: Flag = False


class FilesWritten(_Sink):
    """Files in a directory."""

    kind: Literal["files"]
    directory: Path
    format: Literal["csv", "parquet"] = "csv"
    every: Literal["hour", "day"] = "day"


SinkWritten = HttpsWritten | MqttWritten | NationalWritten | FilesWritten
SINKS: dict[str, type[BaseModel]] = {
    "https": HttpsWritten,
    "mqtt": MqttWritten,
    "national": NationalWritten,
    "files": FilesWritten,
}
