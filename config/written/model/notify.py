"""Channels of notification as people write them, told apart by `kind`."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import BaseModel, BeforeValidator, Field

from config.plan.alarms import PRIORITIES, Priority
from config.written.model.base import Flag, Label, TimeOut, Written
from config.written.model.lines import Host, Port
from config.written.model.sinks import SecretWritten, TlsWritten, Topic, Url


class _Channel(Written):
    label: Label = ""
    priorities: list[Priority] = Field(default_factory=lambda: list(PRIORITIES), min_length=1)
    timeout: TimeOut = 30.0


class WebhookWritten(_Channel):
    """JSON, POSTed by HTTPS."""

    kind: Literal["webhook"]
    url: Url
    token: SecretWritten | None = None
    sign: SecretWritten | None = None
    tls: TlsWritten = TlsWritten()


class BrokerWritten(_Channel):
    """An MQTT broker."""

    kind: Literal["mqtt"]
    host: Host
    port: Port | None = None
    secure: Flag = True
    version: Annotated[Literal["3.1.1", "5"], BeforeValidator(str)] = "5"
    client_id: Label = ""
    topic: Topic = "louguan"
    username: Label = ""
    password: SecretWritten | None = None
    tls: TlsWritten = TlsWritten()


ChannelWritten = WebhookWritten | BrokerWritten
CHANNELS: dict[str, type[BaseModel]] = {"webhook": WebhookWritten, "mqtt": BrokerWritten}
