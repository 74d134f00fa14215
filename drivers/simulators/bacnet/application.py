"""The BACnet server of one simulated device, on a socket of its own, and what can go wrong with it on the
wire."""

from __future__ import annotations

import asyncio
import socket
from contextlib import suppress
from random import Random
from typing import Any

from bacpypes3.app import Application
from bacpypes3.appservice import ApplicationServiceAccessPoint
from bacpypes3.comm import bind
from bacpypes3.errors import AbortBufferOverflow, SegmentationNotSupported, ServicesError, UnrecognizedService
from bacpypes3.ipv4 import IPv4DatagramServer
from bacpypes3.ipv4.bvll import BVLLCodec
from bacpypes3.ipv4.service import BIPNormal, UDPMultiplexer
from bacpypes3.local.device import DeviceObject
from bacpypes3.netservice import NetworkServiceAccessPoint, NetworkServiceElement
from bacpypes3.pdu import Address, IPv4Address
from bacpypes3.primitivedata import ObjectIdentifier

from drivers.simulators.bacnet.faults import Faults

_ANY_DEVICE = ObjectIdentifier("device,4194303")
"""The wildcard instance; bacpypes3 means to answer it, and compares it wrongly."""


class _Datagrams(IPv4DatagramServer):  # type: ignore[misc, unused-ignore]  # bacpypes3 carries no types
    """The socket, with the faults that act on whole datagrams. After `shut` nothing passes, in or out."""

    def __init__(self, faults: Faults, address: Any, own: socket.socket | None) -> None:
        self._faults = faults
        self._shut = False
        self.peers: set[Address] = set()
        self.heard = 0
        self._late: set[asyncio.Task[Any]] = set()
        """What has been heard and is taken up only later."""
        super().__init__(address, bind_socket=own)

    async def confirmation(self, pdu: Any) -> None:
        if self._shut or self._faults.has("freeze"):
            return
        self.heard += 1
        self.peers.add(pdu.pduSource)
        if self._faults.has("slow"):
            task = asyncio.current_task()
            assert task is not None
            self._late.add(task)
            try:
                await asyncio.sleep(self._faults.number("slow", "seconds"))
            finally:
                self._late.discard(task)
        await super().confirmation(pdu)

    async def indication(self, pdu: Any) -> None:
        if not self._shut and not self._faults.has("freeze"):
            await super().indication(pdu)

    async def ready(self) -> None:
        await asyncio.gather(*self._transport_tasks)
        await self._local_transport_ready.wait()

    async def shut(self) -> None:
        self._shut = True
        ending = [*self._transport_tasks, *self._late]
        for task in ending:
            task.cancel()
        await asyncio.gather(*ending, return_exceptions=True)
        self.close()
        await asyncio.sleep(0)


class DeviceApplication(Application):  # type: ignore[misc, unused-ignore]
    """A device's services. Objects are added by `add_object` before `ready`."""

    def __init__(
        self, device: DeviceObject, address: IPv4Address, own: socket.socket | None, faults: Faults
    ) -> None:
        super().__init__()
        self._faults = faults
        self.writes = 0
        """Requests to write that were heard, whatever became of them."""
        self._until_abort = 0
        """Requests that are still answered before one is broken off."""
        self._chance = Random(str(device.objectIdentifier))
        self.asap = ApplicationServiceAccessPoint(device, self.device_info_cache)
        self.nsap = NetworkServiceAccessPoint()
        self.nse = NetworkServiceElement()
        bind(self.nse, self.nsap)
        bind(self, self.asap, self.nsap)
        self.datagrams = _Datagrams(faults, address, own)
        link, multiplexer = BIPNormal(), UDPMultiplexer()
        bind(link, BVLLCodec(), multiplexer.annexJ)
        bind(multiplexer, self.datagrams)
        self.nsap.bind(link, address=address)
        self.add_object(device)

    async def ready(self) -> None:
        await self.datagrams.ready()

    async def shut(self) -> None:
        """Close the socket; no timer of bacpypes3's fires afterwards."""
        self.forget_subscriptions()
        for transaction in [*self.asap.clientTransactions, *self.asap.serverTransactions]:
            transaction.stop_timer()
        for waiting in list(self._requests.values()):
            for _, future in list(waiting):
                future.cancel()
        await self.datagrams.shut()

    def forget_subscriptions(self) -> None:
        for detection in list(self._cov_detections.values()):
            for subscription in list(detection.cov_subscriptions):
                self.cancel_subscription(subscription)

    def subscriptions(self) -> int:
        return sum(len(each.cov_subscriptions) for each in self._cov_detections.values())

    def notify(self, of: Any) -> None:
        """Send notifications of an object whose flags have changed."""
        detection = self._cov_detections.get(of.objectIdentifier)
        if detection is not None:
            detection.execute()

    def cov_confirmation(self, cov: Any, future: Any) -> None:  # noqa: ARG002  # bacpypes3 calls it
        """A subscriber that refuses or does not answer: nothing to do, its subscription ends by itself."""
        with suppress(BaseException):
            future.result()

    def _may_abort(self) -> None:
        if not self._faults.has("abort"):
            self._until_abort = 0
            return
        if self._until_abort > 0:
            self._until_abort -= 1
            return
        # Not by a beat, which whoever asks might have, too; and never two in a row but where all are meant.
        every = int(self._faults.number("abort", "every"))
        self._until_abort = self._chance.randrange(every - 1, 2 * every - 1) if every > 1 else 0
        raise AbortBufferOverflow

    async def do_ReadPropertyRequest(self, apdu: Any) -> None:  # noqa: N802  # bacpypes3 calls it by this name
        self._may_abort()
        if apdu.objectIdentifier == _ANY_DEVICE and self.device_object is not None:
            apdu.objectIdentifier = self.device_object.objectIdentifier
        await super().do_ReadPropertyRequest(apdu)

    async def do_ReadPropertyMultipleRequest(self, apdu: Any) -> None:  # noqa: N802
        self._may_abort()
        if self._faults.has("no-multiple"):
            raise UnrecognizedService
        if self._faults.has("segmentation-refusal"):
            asked = sum(len(each.listOfPropertyReferences) for each in apdu.listOfReadAccessSpecs)
            if asked > self._faults.number("segmentation-refusal", "properties"):
                raise SegmentationNotSupported
        await super().do_ReadPropertyMultipleRequest(apdu)

    async def do_WritePropertyRequest(self, apdu: Any) -> None:  # noqa: N802
        self.writes += 1
        self._may_abort()
        await super().do_WritePropertyRequest(apdu)

    async def do_WritePropertyMultipleRequest(self, apdu: Any) -> None:  # noqa: N802
        self._may_abort()
        if self._faults.has("no-multiple"):
            raise UnrecognizedService
        self.writes += 1
        await super().do_WritePropertyMultipleRequest(apdu)

    async def do_SubscribeCOVRequest(self, apdu: Any) -> None:  # noqa: N802
        self._may_abort()
        if self._faults.has("no-cov"):
            raise ServicesError("covSubscriptionFailed")
        await super().do_SubscribeCOVRequest(apdu)
