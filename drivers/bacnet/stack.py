"""bacpypes3's link and network layers between our sockets and our services: for what is not plain.

The one module, with `routes`, that imports bacpypes3; it takes a third of a second and 20 MiB, so it is
imported when a line first meets such a frame (`beyond`), and not before.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from typing import Any

from bacpypes3.comm import Client, Server, bind
from bacpypes3.ipv4.bvll import BVLLCodec
from bacpypes3.ipv4.service import BIPNormal, UDPMultiplexer
from bacpypes3.netservice import NetworkServiceAccessPoint, NetworkServiceElement
from bacpypes3.pdu import PDU, Address, IPv4Address, LocalBroadcast, RemoteStation

from drivers.bacnet.places import Endpoint, Place, Routed, unpacked
from drivers.bacnet.routes import Routes
from drivers.bacnet.wire import UdpWire

Hear = Callable[[Place, bytes], None]
"""(from where, APDU). Raises BadFrame."""


class Stack(Client):
    """The layers above one wire. What is broken raises anything."""

    def __init__(self, wire: UdpWire, hear: Hear) -> None:
        super().__init__()
        _quiet()
        self._hear = hear
        self._own = IPv4Address(wire.endpoint)
        self._bottom = _Bottom(wire)
        self._network = NetworkServiceAccessPoint(Routes())
        self._element = NetworkServiceElement()
        link, multiplexer = BIPNormal(), UDPMultiplexer()
        bind(link, BVLLCodec(), multiplexer.annexJ)
        bind(multiplexer, self._bottom)
        bind(self._element, self._network)
        bind(self, self._network)
        self._network.bind(link, address=self._own)

    async def take(self, data: bytes, source: Endpoint, broadcast: bool) -> None:
        """A datagram has arrived."""
        destination = LocalBroadcast() if broadcast else self._own
        await self._bottom.response(PDU(data, source=IPv4Address(source), destination=destination))

    async def send(self, to: Routed, apdu: bytes, *, expecting_reply: bool) -> None:
        """By way of the network's router, which is asked for if it is not known."""
        pdu = PDU(apdu, destination=RemoteStation(to.network, to.station))
        pdu.pduExpectingReply = expecting_reply
        pdu.pduNetworkPriority = 0
        await self.request(pdu)

    async def confirmation(self, pdu: Any) -> None:
        """An application PDU has come up."""
        source: Address = pdu.pduSource
        if source.addrType == Address.remoteStationAddr:
            place: Place = Routed(source.addrNet, bytes(source.addrAddr))
        else:
            place = unpacked(source.addrAddr)
        self._hear(place, bytes(pdu.pduData))

    def close(self) -> None:
        """Search for no router any more."""
        for search in list(self._element.who_is_router_to_network_futures):
            search.future.cancel()


class _Bottom(Server):
    """Sends what comes down."""

    def __init__(self, wire: UdpWire) -> None:
        super().__init__()
        self._wire = wire

    async def indication(self, pdu: Any) -> None:
        target: Address = pdu.pduDestination
        if target.addrType == Address.localBroadcastAddr:
            self._wire.send_to_all(bytes(pdu.pduData))
        else:
            self._wire.send(bytes(pdu.pduData), unpacked(target.addrAddr))


def _quiet() -> None:
    """Keep bacpypes3 off the log and stderr: what it says of a broken datagram is counted, not told."""
    logger = logging.getLogger("bacpypes3")
    logger.propagate = False
    logger.setLevel(logging.CRITICAL + 1)
    if not logger.handlers:
        logger.addHandler(logging.NullHandler())
