"""Lines: one wire or address each, told apart by `transport`."""

from __future__ import annotations

import posixpath
import re
from ipaddress import IPv4Address
from typing import Annotated, Literal

from pydantic import BaseModel, BeforeValidator, Field, WithJsonSchema

from config.language import text
from config.written.model.base import Label, Pause, TimeOut, Written
from config.written.problems import Wrong

ANYWHERE = "0.0.0.0"  # noqa: S104 - compared, not bound
"""Every own address at once."""
_EVERYBODY = "255.255.255.255"
_NO_MACHINE = (ANYWHERE, _EVERYBODY)
_NUMBERS = re.compile(r"[0-9.]+")
_HOST_LABEL = re.compile(r"(?!-)[A-Za-z0-9_-]{1,63}(?<!-)")


def _host(value: object) -> str:
    expected = text("a name or address without port, such as 10.0.0.11")
    if not isinstance(value, str) or not value or any(sign in value for sign in " /:："):
        raise Wrong(text('"{value}" is no host', value=value), expected)
    if _NUMBERS.fullmatch(value):
        return host_address(value)
    if len(value) > 253 or not all(_HOST_LABEL.fullmatch(label) for label in value.split(".")):
        raise Wrong(
            text('"{value}" is no host', value=value),
            expected,
            text("between dots a name has letters, digits and - alone, 1 to 63 of them, 253 in all"),
        )
    return value


def ipv4(value: object) -> str:
    """An address of this or another machine, or of all. Raises Wrong."""
    try:
        address = IPv4Address(str(value))
    except ValueError:
        raise Wrong(
            text('"{value}" is no IPv4 address', value=value),
            text("something like {example}", example="10.0.0.2"),
            text("four numbers from 0 to 255, without zeros in front"),
        ) from None
    if address.is_multicast:
        raise _nobody(value)
    return str(address)


def _nobody(value: object) -> Wrong:
    return Wrong(
        text("no machine has the address {value}", value=value),
        text("something like {example}", example="10.0.0.2"),
    )


def host_address(value: object) -> str:
    """The address of one other machine. Raises Wrong."""
    address = ipv4(value)
    if address in _NO_MACHINE:
        raise _nobody(value)
    return address


def _bind(value: object) -> str:
    address = ipv4(value)
    if address == _EVERYBODY:
        raise _nobody(value)
    return address


def _network(value: object) -> str:
    address = ipv4(value)
    if address == ANYWHERE:
        raise Wrong(
            text("{value} is no broadcast address", value=value),
            text("something like {example}", example="10.0.0.255"),
        )
    return address


def _path(value: object) -> str:
    if isinstance(value, str) and value.startswith("/") and len(value) > 1 and value.isprintable():
        plain = posixpath.normpath("/" + value.lstrip("/"))
        if plain == value:
            return value
        raise Wrong(
            text('"{value}" is no serial device', value=value),
            hint=text('did you mean "{name}"?', name=plain),
        )
    raise Wrong(
        text('"{value}" is no serial device', value=value),
        text("something like {example}", example="/dev/ttyS1"),
    )


Host = Annotated[str, BeforeValidator(_host), WithJsonSchema({"type": "string", "pattern": "^[^ /:：]+$"})]
Bind = Annotated[str, BeforeValidator(_bind), WithJsonSchema({"type": "string", "format": "ipv4"})]
Network = Annotated[str, BeforeValidator(_network), WithJsonSchema({"type": "string", "format": "ipv4"})]
SerialPath = Annotated[str, BeforeValidator(_path), WithJsonSchema({"type": "string", "pattern": "^/"})]
Port = Annotated[int, Field(ge=1, le=65535)]
Baud = Literal[300, 600, 1200, 2400, 4800, 9600, 14400, 19200, 38400, 57600, 115200]


class _Line(Written):
    label: Label = ""
    timeout: TimeOut = 1.0
    pause: Pause = 0.0


class TcpWritten(_Line):
    """Modbus TCP: one peer, many units behind it."""

    transport: Literal["modbus-tcp"]
    host: Host
    port: Port = 502
    connect_timeout: TimeOut = 3.0


class RtuOverTcpWritten(_Line):
    """RTU frames over a TCP connection to a serial server."""

    transport: Literal["modbus-rtu-over-tcp"]
    host: Host
    port: Port
    connect_timeout: TimeOut = 3.0


class RtuWritten(_Line):
    """A serial line."""

    transport: Literal["modbus-rtu"]
    path: SerialPath
    baud: Baud = 9600
    parity: Literal["N", "E", "O"] = "N"
    stop_bits: Literal[1, 2] = 1
    timeout: TimeOut = 0.5


class BacnetWritten(_Line):
    """BACnet/IP: our own address and port."""

    transport: Literal["bacnet-ip"]
    bind: Bind
    port: Port = 47808
    networks: list[Network] = Field(default_factory=list)


LineWritten = TcpWritten | RtuOverTcpWritten | RtuWritten | BacnetWritten
LINES: dict[str, type[BaseModel]] = {
    "modbus-tcp": TcpWritten,
    "modbus-rtu": RtuWritten,
    "modbus-rtu-over-tcp": RtuOverTcpWritten,
    "bacnet-ip": BacnetWritten,
}
