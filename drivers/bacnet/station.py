"""Our own BACnet station: bacpypes3's link and network layers, and above them the services we use.

The transaction layer is ours, as on Modbus: one future for each (address, invoke id), a time-out, few
retries, and nothing left running when a request is cancelled or the line closes.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any

from bacpypes3.comm import Client, bind
from bacpypes3.ipv4.bvll import BVLLCodec
from bacpypes3.ipv4.service import BIPNormal, UDPMultiplexer
from bacpypes3.netservice import NetworkServiceAccessPoint, NetworkServiceElement
from bacpypes3.pdu import PDU, Address, GlobalBroadcast, IPv4Address

from drivers.api import BadFrame, NoAnswer
from drivers.bacnet import apdu, services
from drivers.bacnet.apdu import Apdu, Kind
from drivers.bacnet.names import Service, Unconfirmed
from drivers.bacnet.routes import Routes
from drivers.bacnet.wire import Endpoint, UdpWire

_UNRECOGNIZED_SERVICE = 9
_FREE_IDS = 256
_MOST_ERRORS = 500
"""Addresses whose trouble is remembered; anybody's datagram may bring a new one."""


@dataclass(slots=True)
class Ears:
    """Who wants to hear what was not asked for. All are called from the event loop and must not raise."""

    i_am: Callable[[Address, services.IAm], None]
    who_is: Callable[[range], None]
    notification: Callable[[Address, services.Notification], bool]
    """Says whether it is one of ours; a confirmed one that is not is refused, so that the device drops it."""


@dataclass(slots=True)
class Traffic:
    """Counts for people."""

    requests: int = 0
    timeouts: int = 0
    errors: dict[str, str] = field(default_factory=dict)
    """What went wrong last with each address that has not answered since; "" is the line itself."""

    @property
    def last_error(self) -> str:
        return next(reversed(self.errors.values()), "")

    def failed(self, address: str, why: str) -> None:
        self.errors.pop(address, None)  # the latest stands last
        self.errors[address] = why
        if len(self.errors) > _MOST_ERRORS:
            del self.errors[next(iter(self.errors))]

    def answered(self, address: str) -> None:
        self.errors.pop(address, None)


class Station(Client):
    """Asks and listens. Raises only DriverError and, from `open`, OSError."""

    def __init__(self, host: str, port: int, broadcasts: Sequence[Endpoint], ears: Ears) -> None:
        super().__init__()
        quiet()
        self._wire = UdpWire(host, port, broadcasts)
        self._ears = ears
        self._waiting: dict[tuple[Address, int], asyncio.Future[Apdu]] = {}
        self._next_id = 0
        self.traffic = Traffic()
        self._network = NetworkServiceAccessPoint(Routes())
        self._element = NetworkServiceElement()

    @property
    def endpoint(self) -> Endpoint:
        """Own address, once open."""
        return self._wire.endpoint

    @property
    def undecodable(self) -> int:
        return self._wire.undecodable

    async def open(self) -> None:
        """Bind the sockets. Raises OSError."""
        await self._wire.open()
        link, multiplexer = BIPNormal(), UDPMultiplexer()
        bind(link, BVLLCodec(), multiplexer.annexJ)
        bind(multiplexer, self._wire)
        bind(self._element, self._network)
        bind(self, self._network)
        self._network.bind(link, address=IPv4Address(self._wire.endpoint))

    async def close(self) -> None:
        for search in list(self._element.who_is_router_to_network_futures):
            search.future.cancel()
        for future in self._waiting.values():
            future.cancel()
        await self._wire.close()

    async def ask(
        self, address: Address, service: int, payload: bytes, *, timeout_s: float, retries: int
    ) -> bytes:
        """The answer's payload. A retry repeats the same invoke id, so a late first answer serves as well.

        Raises NoAnswer, Refused (Rejected, Aborted among them), BadFrame.
        """
        key = self._reserve(address)
        future = self._waiting[key]
        request = apdu.confirmed(key[1], service, payload)
        try:
            for attempt in range(retries + 1):
                self.traffic.requests += 1
                await self._send(address, request, expecting_reply=True)
                done, _ = await asyncio.wait((future,), timeout=timeout_s)
                if done:
                    if future.cancelled():
                        raise NoAnswer("line closed")
                    self.traffic.answered(str(address))
                    return apdu.result(future.result(), service)
                self.traffic.timeouts += 1
                if attempt == retries:
                    self.traffic.failed(str(address), f"time-out at {address}")
            raise NoAnswer("time-out")
        finally:
            self._waiting.pop(key, None)
            future.cancel()

    async def who_is(self, instance: int) -> None:
        """Search all networks for one device; answers come to `Ears.i_am`. Raises NoAnswer when closed."""
        payload = apdu.unconfirmed(Unconfirmed.WHO_IS, services.who_is(instance))
        await self._send(GlobalBroadcast(), payload, expecting_reply=False)

    def _reserve(self, address: Address) -> tuple[Address, int]:
        for _ in range(_FREE_IDS):
            self._next_id = (self._next_id + 1) % _FREE_IDS
            key = (address, self._next_id)
            if key not in self._waiting:
                self._waiting[key] = asyncio.get_running_loop().create_future()
                return key
        raise NoAnswer("no free invoke id").unsent()

    async def _send(self, address: Address, data: bytes, *, expecting_reply: bool) -> None:
        pdu = PDU(data, destination=address)
        pdu.pduExpectingReply = expecting_reply
        pdu.pduNetworkPriority = 0
        try:
            await self.request(pdu)
        except Exception as error:  # bacpypes3 raises anything from UnknownRoute to AssertionError
            self.traffic.failed(str(address), f"{address}: {error!r}")
            raise NoAnswer(f"cannot send: {error!r}") from error
        if not expecting_reply:
            self.traffic.answered(str(address))

    async def confirmation(self, pdu: Any) -> None:
        """An application PDU has come up the stack. What is broken raises, and the wire drops it."""
        source: Address = pdu.pduSource
        heard = apdu.parse(bytes(pdu.pduData))
        if heard.kind is Kind.CONFIRMED:
            await self._serve(source, heard)
        elif heard.kind is Kind.UNCONFIRMED:
            self._listen(source, heard)
        elif heard.kind is not Kind.SEGMENT_ACK:
            future = self._waiting.get((source, heard.invoke))
            if future is not None and not future.done():
                future.set_result(heard)

    async def _serve(self, source: Address, heard: Apdu) -> None:
        """Confirmed notifications of ours are acknowledged; we serve nothing else."""
        answer = apdu.reject(heard.invoke, _UNRECOGNIZED_SERVICE)
        if heard.service == Service.COV_NOTIFICATION and not heard.segmented:
            with suppress(BadFrame):
                if self._ears.notification(source, services.parse_notification(heard.payload)):
                    answer = apdu.simple_ack(heard.invoke, heard.service)
        await self._send(source, answer, expecting_reply=False)

    def _listen(self, source: Address, heard: Apdu) -> None:
        match heard.service:
            case Unconfirmed.I_AM:
                self._ears.i_am(source, services.parse_i_am(heard.payload))
            case Unconfirmed.WHO_IS:
                self._ears.who_is(services.parse_who_is(heard.payload))
            case Unconfirmed.COV_NOTIFICATION:
                self._ears.notification(source, services.parse_notification(heard.payload))


def quiet() -> None:
    """Keep bacpypes3 off the log and stderr: what it says of a broken datagram is counted, not told."""
    logger = logging.getLogger("bacpypes3")
    logger.propagate = False
    logger.setLevel(logging.CRITICAL + 1)
    if not logger.handlers:
        logger.addHandler(logging.NullHandler())
