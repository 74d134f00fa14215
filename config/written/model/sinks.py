"""Sinks as people write them, told apart by `kind`."""

from __future__ import annotations

import re
from ipaddress import ip_address
from typing import Annotated, Literal
from urllib.parse import SplitResult, urlsplit

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
    parts = _split(value)
    # What may hold a password is not shown again.
    if "@" in (str(value) if parts is None or not parts.netloc else parts.netloc):
        raise Wrong(
            text("a password does not belong into an address: it is in every copy of the file"),
            text(
                "an address without user and password; where the other side wants a token, token: {file: …}"
            ),
        )
    if parts is None or parts.scheme not in ("http", "https") or not parts.hostname:
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


def _split(value: object) -> SplitResult | None:
    """The parts of an address; None where it has none."""
    if not isinstance(value, str):
        return None
    try:
        parts = urlsplit(value)
        _ = parts.port  # looked at only when it is asked for
    except ValueError:
        return None
    return parts


def _absolute(example: str) -> BeforeValidator:
    """A path from the root on."""

    def check(value: object) -> str:
        if isinstance(value, str) and value.startswith("/"):
            return value
        raise Wrong(
            text('"{value}" is no absolute path', value=value),
            text("something like {example}", example=example),
        )

    return BeforeValidator(check)


def _some(value: object) -> object:
    if value == []:
        raise Wrong(
            text("there is no meter in this list, so that nothing would be sent"),
            text("at least one meter, or no meters: all of them go out"),
        )
    return value


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
_ROOTED = WithJsonSchema({"type": "string", "pattern": "^/"})
Path = Annotated[str, _absolute("/etc/louguan/token"), _ROOTED]
Pem = Annotated[str, _absolute("/etc/louguan/ca.pem"), _ROOTED]
Folder = Annotated[str, _absolute("/media/usb/louguan"), _ROOTED]
EnvName = Annotated[str, _form(_ENV, "LOUGUAN_TOKEN"), _like(_ENV)]
Id = Annotated[str, _form(_ID, "510116A001"), _like(_ID)]
Coding = Annotated[str, _form(_CODING, "01A10"), _like(_CODING)]
Topic = Annotated[str, _form(_TOPIC, "energy/shuangliu"), _like(_TOPIC)]


class SecretWritten(Written):
    """Where a secret is found; never the secret itself."""

    file: Path | None = None
    env: EnvName | None = None

    @model_validator(mode="before")
    @classmethod
    def _named(cls, value: object) -> object:
        if isinstance(value, dict):
            return value
        raise Wrong(
            text("a secret is not written here, only where it is found"), text("{file: …} or {env: …}")
        )

    @model_validator(mode="after")
    def _one(self) -> SecretWritten:
        if (self.file is None) is (self.env is None):
            raise Wrong(text("say where the secret is"), text("either file or env"))
        return self


class TlsWritten(Written):
    """PEM files."""

    ca: Pem | None = None
    cert: Pem | None = None
    key: Pem | None = None

    @model_validator(mode="after")
    def _pair(self) -> TlsWritten:
        if (self.cert is None) is not (self.key is None):
            raise Wrong(text("a certificate and its key go together"), text("both cert and key"))
        return self


class _Sink(Written):
    label: Label = ""
    meters: Annotated[list[str], BeforeValidator(_some), Field(min_length=1)] | None = None
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
    directory: Folder
    format: Literal["csv", "parquet"] = "csv"
    every: Literal["hour", "day"] = "day"


SinkWritten = HttpsWritten | MqttWritten | NationalWritten | FilesWritten
SINKS: dict[str, type[BaseModel]] = {
    "https": HttpsWritten,
    "mqtt": MqttWritten,
    "national": NationalWritten,
    "files": FilesWritten,
}
