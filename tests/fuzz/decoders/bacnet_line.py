"""A whole BACnet/IP line as it runs: the real driver, fed through the entry of its socket.

The device at the other end answers by bacpypes3's encoders. What the driver sends is
taken before it goes out.
"""

from __future__ import annotations

import asyncio
import math
from dataclasses import replace
from random import Random
from typing import Any

from bacpypes3 import apdu as theirs
from bacpypes3.basetypes import ReadAccessResult, StatusFlags
from bacpypes3.constructeddata import Any as TheirAny
from bacpypes3.pdu import PDU
from bacpypes3.primitivedata import ObjectIdentifier, Unsigned

from config.plan.clock import Now, Pace
from config.plan.reading import Quality
from drivers.api import Inbox, Sample, SlotState, Write
from drivers.bacnet.driver import BacnetDriver
from drivers.bacnet.names import Service
from drivers.bacnet.places import Endpoint
from drivers.bacnet.timing import Timing
from drivers.bacnet.wire import _Ear
from tests.drivers.bacnet import bench
from tests.fuzz.decoder import Decoder, Wrong
from tests.fuzz.decoders.bacnet_services import (
    PRESENT,
    WORDS,
    array_of,
    element,
    encoded,
    i_am,
    identifier,
    multiple,
    notification,
    sound,
)
from tests.fuzz.loop import OwnTimeLoop

DEVICE: Endpoint = ("127.0.0.2", 47808)
FOREIGN: Endpoint = ("127.0.0.3", 47808)
_SPECS = tuple(
    replace(each, cov=0.5 if each.name in ("lux", "door") else None, poll_s=30.0) for each in bench.ALL
)
_GOOD = {
    "lux": 21.5,
    "level": 40.0,
    "lamp": True,
    "scene": 2,
    "speed": 50.0,
    "door": True,
    "firmware": "v1.2 固件",
}
_SETTLED_S = 0.2
_ONLINE_S = 400.0
_WRITES: dict[int, float | bool | int] = {1: 55.0, 2: True, 3: 3, 4: 25.0}
"""By point."""


class _Out:
    """Where the socket's own transport was: takes what is sent."""

    def __init__(self, line: _Line) -> None:
        self._line = line

    def sendto(self, data: bytes, to: Endpoint) -> None:
        self._line.sent(data, to)

    def abort(self) -> None:
        return


class _Clock:
    speed = 1.0

    def __init__(self, loop: OwnTimeLoop) -> None:
        self._loop = loop

    def now(self) -> Now:
        mono_ns = round(self._loop.time() * 1e9)
        return Now(1_772_640_000_000 + mono_ns // 1_000_000, mono_ns, True)


class _Line:
    """The driver, and the device that answers it."""

    def __init__(self, loop: OwnTimeLoop) -> None:
        made = bench.plan({"it": _SPECS}, timeout_s=0.5)
        device = made.devices[0]
        self._loop = loop
        self.points = made.points
        self.inbox = Inbox()
        object.__setattr__(device, "address", f"{DEVICE[0]}:{DEVICE[1]}")
        self._driver = BacnetDriver(made, made.lines[0], self.inbox, _Clock(loop), Pace(), Timing())
        self._answers: dict[bytes, bytes] = {}
        self._by_id = {tuple(identifier(point)): point for point in made.points}
        self._next: bytes | None = None
        """What the next request is answered with, in the place of the right answer."""
        self._seq = 0
        self.asked = 0

    async def open(self) -> None:
        await self._driver.start()
        await asyncio.sleep(0)
        assert self._driver._coming_up is not None
        await self._driver._coming_up
        station = self._driver._shared.station
        self._wire, self._beyond = station._wire, station._beyond
        await self._beyond._layers()  # time that is its own does not wait for a thread
        self._socket = self._wire._transport
        self._wire._transport = _Out(self)  # type: ignore[assignment]
        self._near, self._all = _Ear(self._wire, False), _Ear(self._wire, True)
        await self.online()

    async def close(self) -> None:
        await self._driver.stop()
        assert self._socket is not None
        self._socket.abort()
        await asyncio.sleep(0)

    @property
    def worker(self) -> Any:
        return self._driver._workers[0]

    async def online(self) -> None:
        until = self._loop.time() + _ONLINE_S
        while not self.worker._exchange.online:
            if self._loop.time() > until:
                raise Wrong("the device does not come back")
            await asyncio.sleep(0.5)

    # The device

    def sent(self, data: bytes, to: Endpoint) -> None:
        """The driver sends."""
        if to != DEVICE or data[:2] != b"\x81\x0a" or len(data) < 10 or data[6] >> 4 != 0:
            return
        self.asked += 1
        invoke, self._next, said = data[8], None, self._next
        if said is None:
            said = framed(self._answer(data[6:]))
        self._loop.call_later(0.01, self.hear, with_invoke(said, invoke), DEVICE, False)

    def hear(self, data: bytes, source: Endpoint, broadcast: bool) -> None:
        (self._all if broadcast else self._near).datagram_received(data, source)

    def _answer(self, request: bytes) -> bytes:
        known = request[:2] + b"\0" + request[3:]
        if known not in self._answers:
            self._answers[known] = self._made(request)
            if len(self._answers) > 500:
                self._answers.clear()
                return self._made(request)
        return self._answers[known]

    def _made(self, request: bytes) -> bytes:
        """The APDU of the right answer, by bacpypes3."""
        asked: Any = theirs.APCISequence.decode(theirs.APDU.decode(PDU(request)))
        match request[3]:
            case Service.READ_PROPERTY:
                owner, prop = asked.objectIdentifier, str(asked.propertyIdentifier)
                ack = theirs.ReadPropertyACK(
                    objectIdentifier=owner,
                    propertyIdentifier=asked.propertyIdentifier,
                    propertyValue=TheirAny(self._value(owner, prop)),
                )
                if asked.propertyArrayIndex is not None:
                    ack.propertyArrayIndex = asked.propertyArrayIndex
                return bytes((0x30, 0, Service.READ_PROPERTY)) + encoded(ack)
            case Service.READ_PROPERTY_MULTIPLE:
                results = [
                    ReadAccessResult(
                        objectIdentifier=spec.objectIdentifier,
                        listOfResults=[
                            element(
                                ref.propertyIdentifier,
                                self._value(spec.objectIdentifier, str(ref.propertyIdentifier)),
                            )
                            for ref in spec.listOfPropertyReferences
                        ],
                    )
                    for spec in asked.listOfReadAccessSpecs
                ]
                return bytes((0x30, 0, Service.READ_PROPERTY_MULTIPLE)) + multiple(results)
            case service:
                return bytes((0x20, 0, service))

    def _value(self, owner: Any, prop: str) -> Any:
        if int(owner[0]) == 8:
            return {
                "object-identifier": ObjectIdentifier("device,1001"),
                "max-apdu-length-accepted": Unsigned(1476),
            }.get(prop)
        point = self._by_id.get(tuple(owner))
        if point is None:
            return None
        return {
            "present-value": PRESENT[point.name],
            "status-flags": StatusFlags([0, 0, 0, 0]),
            "priority-array": array_of(point) if point.command is not None else None,
        }.get(prop)

    # A case

    async def one(self, mode: int, deed: int, datagram: bytes) -> None:
        self.inbox.take()
        self._begin(deed)
        if mode & 3 == 0:
            self._next = datagram
        else:
            self.hear(datagram, FOREIGN if mode & 3 == 2 else DEVICE, mode & 3 == 3)
        await asyncio.sleep((_SETTLED_S, _SETTLED_S, _SETTLED_S, 35.0)[deed >> 4 & 3])
        if mode & 3 == 2 and datagram[1:2] in (b"\x0a", b"\x0b"):
            self._judge_foreign()
        else:
            self._judge()
        self._next = None
        await self.online()
        if self._beyond._task is not None and self._beyond._task.done():
            raise Wrong("nobody takes datagrams any more")

    def _begin(self, deed: int) -> None:
        number = deed & 7
        if deed & 8 and number in _WRITES:
            self._seq += 1
            self._driver.submit(Write(self._seq, number, _WRITES[number], 8))
        else:
            self._driver.read_now(number % len(self.points))

    def _judge(self) -> None:
        for event in self.inbox.take():
            if isinstance(event, Sample) and event.reading.quality is Quality.GOOD:
                sound(self.points[event.point], event.reading.value)
            elif isinstance(event, SlotState):
                for _, value in event.slots:
                    sound(self.points[event.point], value)
                    if isinstance(value, float) and not math.isfinite(value):
                        raise Wrong(f"{value} in a slot")

    def _judge_foreign(self) -> None:
        """A stranger's word is no reading: all that is good is what the device itself says."""
        for event in self.inbox.take():
            if (
                isinstance(event, Sample)
                and event.reading.quality is Quality.GOOD
                and event.reading.value != _GOOD[self.points[event.point].name]
            ):
                raise Wrong(f"a stranger's value {event.reading.value!r}")


def framed(apdu: bytes, function: int = 0x0A, network: bytes = b"\x01\x00") -> bytes:
    """A datagram."""
    return bytes((0x81, function)) + (4 + len(network) + len(apdu)).to_bytes(2, "big") + network + apdu


def with_invoke(datagram: bytes, invoke: int) -> bytes:
    """An answer's datagram, to this request."""
    if len(datagram) > 7 and datagram[4:6] == b"\x01\x00" and 2 <= datagram[6] >> 4 <= 7:
        return datagram[:7] + bytes((invoke,)) + datagram[8:]
    return datagram


def line() -> Decoder:
    """A case: from whom (mode), what the driver is at (deed), and a datagram."""
    loop = OwnTimeLoop()
    one = _Line(loop)
    loop.run_until_complete(one.open())

    def take(data: bytes) -> None:
        if len(data) > 2:
            loop.run_until_complete(one.one(data[0], data[1], data[2:]))
            loop.raise_failed()

    def close() -> None:
        loop.run_until_complete(one.close())
        loop.close()

    seeds = []
    for number, point in enumerate(one.points):
        request = theirs.ReadPropertyMultipleACK(
            listOfReadAccessResults=[
                ReadAccessResult(
                    objectIdentifier=identifier(point),
                    listOfResults=[
                        element("presentValue", PRESENT[point.name]),
                        element("statusFlags", StatusFlags([0, 0, 0, 0])),
                    ],
                )
            ]
        )
        answer = framed(bytes((0x30, 0, Service.READ_PROPERTY_MULTIPLE)) + encoded(request))
        seeds += [bytes((mode, number)) + answer for mode in (0, 2)]
        if number in _WRITES:
            array = ReadAccessResult(
                objectIdentifier=identifier(point), listOfResults=[element("priorityArray", array_of(point))]
            )
            seeds.append(bytes((0, 8 | number)) + framed(bytes((0x20, 0, Service.WRITE_PROPERTY))))
            seeds.append(bytes((0, number)) + framed(bytes((0x30, 0, 14)) + multiple([array])))
        told = notification(point)
        seeds.append(bytes((1, number)) + framed(b"\x10\2" + told))
        seeds.append(bytes((2, number)) + framed(b"\x10\2" + told))
        seeds.append(bytes((1, number)) + framed(b"\0\5\x09\1" + told, network=b"\x01\x04"))
    error = bytes((0x50, 0, Service.READ_PROPERTY_MULTIPLE)) + b"\x91\x02\x91\x20"
    seeds += [bytes((0, number)) + framed(error) for number in (0, 3)]
    seeds += [bytes((0, 0)) + framed(bytes((0x60, 0, 9))), bytes((0, 0)) + framed(bytes((0x71, 0, 4)))]
    for mode in (1, 2, 3):
        seeds += [bytes((mode, 0)) + framed(*each) for each in _NETWORK]
        seeds.append(bytes((mode, 0)) + framed(b"\x10\0" + i_am()))
        forwarded = b"\x7f\0\0\2\xba\xc0\x01\x00\x10\0" + i_am()
        seeds.append(bytes((mode, 0)) + b"\x81\4" + (4 + len(forwarded)).to_bytes(2, "big") + forwarded)
    return Decoder(take, tuple(seeds), (), WORDS, _mend, longest=1500, close=close)


_NETWORK: tuple[tuple[bytes, int, bytes], ...] = (
    (b"\x10\x08", 0x0B, b"\x01\x20\xff\xff\x00\xff"),  # Who-Is
    (b"\x01\x00\x05\x00\x06", 0x0B, b"\x01\x80"),  # I-Am-Router-To-Network
    (b"\x00\x00\x05", 0x0B, b"\x01\x80"),  # Who-Is-Router-To-Network
    (b"\x03\x01\x00\x05", 0x0A, b"\x01\x80"),  # Reject-Message-To-Network
    (b"\x04\x00\x05", 0x0B, b"\x01\x80"),  # Router-Busy-To-Network
    (b"\x05\x00\x05", 0x0B, b"\x01\x80"),  # Router-Available-To-Network
    (b"\x06\x01\x00\x05\x01\x00", 0x0A, b"\x01\x80"),  # Initialize-Routing-Table
    (b"\x07\x00", 0x0A, b"\x01\x80"),  # Initialize-Routing-Table-Ack
    (b"\x12", 0x0B, b"\x01\x80"),  # What-Is-Network-Number
    (b"\x13\x00\x05\x01", 0x0B, b"\x01\x80"),  # Network-Number-Is
    (
        b"\x10\x00\xc4\x02\x00\x03\xe9\x22\x05\xc4\x91\x03\x22\x01\x04",
        0x0B,
        b"\x01\x08\x00\x05\x01\x07",
    ),  # routed
    (b"\x00\x05\x09\x0c\x0c\x00\x00\x00\x05\x19\x55", 0x0A, b"\x01\x0c\x00\x05\x01\x07"),  # a request, routed
    (b"", 0x00, b""),  # BVLC-Result, too short
    (b"\x00\x30", 0x00, b""),  # BVLC-Result
    (b"\x7f\x00\x00\x04\xba\xc0\xff\xff\xff\xff", 0x01, b""),  # Write-BDT
    (b"\x00\x3c", 0x05, b""),  # Register-Foreign-Device
    (b"", 0x06, b""),  # Read-FDT
)


def _mend(data: bytes, random: Random) -> bytes:
    """The link's length is right."""
    if len(data) < 6 or random.random() < 0.2:
        return data
    return data[:4] + (len(data) - 2).to_bytes(2, "big") + data[6:]
