"""Where a BACnet station is to be reached."""

from __future__ import annotations

import ipaddress
import socket
from typing import NamedTuple, TypeAlias

from drivers.api import DriverError

Endpoint: TypeAlias = tuple[str, int]
"""IPv4 address and UDP port: a station of the line's own network."""

PORT = 47808
"""BACnet/IP's own port (0xBAC0)."""


class Routed(NamedTuple):
    """A station of another network, behind a router: the network's number, and its address there."""

    network: int
    station: bytes


Place: TypeAlias = Endpoint | Routed


class Unaddressed(DriverError):
    """A device that has no usable address and cannot be searched for."""


def endpoint(text: str) -> Endpoint:
    """An endpoint written as "host" or "host:port", an IPv4 address. Raises Unaddressed."""
    host, _, port = text.partition(":")
    try:
        return str(ipaddress.IPv4Address(host)), int(port) if port else PORT
    except ValueError:
        raise Unaddressed(f"{text!r} is no address") from None


def shown(place: Place) -> str:
    """For people: "10.0.0.7", with its port where that is not BACnet's own, or "5:12" for station 12 of
    network 5."""
    if not isinstance(place, Routed):
        host, port = place
        return host if port == PORT else f"{host}:{port}"
    if len(place.station) == 1:
        return f"{place.network}:{place.station[0]}"
    if len(place.station) == 6:
        return f"{place.network}:{shown(unpacked(place.station))}"
    return f"{place.network}:0x{place.station.hex()}"


def packed(place: Endpoint) -> bytes:
    """As six bytes, the way BACnet/IP writes it."""
    return socket.inet_aton(place[0]) + place[1].to_bytes(2, "big")


def unpacked(data: bytes) -> Endpoint:
    """From six bytes."""
    return socket.inet_ntoa(data[:4]), int.from_bytes(data[4:6], "big")
