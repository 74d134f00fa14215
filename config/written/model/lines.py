"""Lines: one wire or address each, told apart by `transport`."""

from __future__ import annotations

from ipaddress import IPv4Address
from typing import Annotated, Literal

from pydantic import BaseModel, BeforeValidator, Field, WithJsonSchema

from config.language import text
from config.written.model.base import Duration, Label, Written
from config.written.problems import Wrong


def _host(value: object) -> str:
    if isinstance(value, str) and value and not any(sign in value for sign in " /:："):
        return value
    raise Wrong(
        text('"{value}" is no host', value=value), text("a name or address without port, such as 10.0.0.11")
    )


def _ipv4(value: object) -> str:
    try:
        return str(IPv4Address(str(value)))
    except ValueError:
        raise Wrong(
            text('"{value}" is no IPv4 address', value=value),
            text("something like {example}", example="10.0.0.2"),
        ) from None


def _path(value: object) -> str:
    if isinstance(value, str) and value.startswith("/"):
        return value
    raise Wrong(
        text('"{value}" is no serial device', value=value),
        text("something like {example}", example="/dev/ttyS1"),
    )


Host = Annotated[str, BeforeValidator(_host), WithJsonSchema({"type": "string", "pattern": "^[^ /:：]+$"})]
Address = Annotated[str, BeforeValidator(_ipv4), WithJsonSchema({"type": "string", "format": "ipv4"})]
SerialPath = Annotated[str, BeforeValidator(_path), WithJsonSchema({"type": "string", "pattern": "^/"})]
Port = Annotated[int, Field(ge=1, le=65535)]
Baud = Literal[300, 600, 1200, 2400, 4800, 9600, 14400, 19200, 38400, 57600, 115200]


class _Line(Written):
    label: Label = ""
    timeout: Duration = 1.0
    pause: Duration = 0.0


class TcpWritten(_Line):
    """Modbus TCP: one peer, many units behind it."""

    transport: Literal["modbus-tcp"]
    host: Host
    port: Port = 502
    connect_timeout: Duration = 3.0


class RtuOverTcpWritten(_Line):
    """RTU frames over a TCP connection to a serial server."""

    transport: Literal["modbus-rtu-over-tcp"]
    host: Host
    port: Port
    connect_timeout: Duration = 3.0


class RtuWritten(_Line):
    """A serial line."""

    transport: Literal["modbus-rtu"]
    path: SerialPath
    baud: Baud = 9600
    parity: Literal["N", "E", "O"] = "N"
    stop_bits: Literal[1, 2] = 1
    timeout: Duration = 0.5


class BacnetWritten(_Line):
    """BACnet/IP: our own address and port."""

    transport: Literal["bacnet-ip"]
    bind: Address
    port: Port = 47808
    networks: list[Address] = Field(default_factory=list)


LineWritten = TcpWritten | RtuOverTcpWritten | RtuWritten | BacnetWritten
LINES: dict[str, type[BaseModel]] = {
    "modbus-tcp": TcpWritten,
    "modbus-rtu": RtuWritten,
    "modbus-rtu-over-tcp": RtuOverTcpWritten,
    "bacnet-ip": BacnetWritten,
}
