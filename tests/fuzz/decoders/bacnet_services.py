"""BACnet's answers and notifications, from an APDU's bytes to readings: our own decoders alone."""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import Any

from bacpypes3 import apdu as theirs
from bacpypes3.basetypes import (
    ErrorType,
    PriorityArray,
    PriorityValue,
    PropertyValue,
    ReadAccessResult,
    ReadAccessResultElement,
    ReadAccessResultElementChoice,
    StatusFlags,
)
from bacpypes3.constructeddata import Any as TheirAny
from bacpypes3.primitivedata import (
    CharacterString,
    Double,
    Enumerated,
    Integer,
    Null,
    ObjectIdentifier,
    Real,
    Unsigned,
)

from config.plan.points import Point
from drivers.api import DriverError
from drivers.bacnet import apdu, services, values
from drivers.bacnet.names import Service
from drivers.bacnet.services import Answer
from tests.drivers.bacnet import bench
from tests.fuzz.decoder import Decoder, Wrong

PLAN = bench.plan({"it": bench.ALL})
POINTS: tuple[Point, ...] = PLAN.points
PRESENT: dict[str, Any] = {
    "lux": Real(21.5),
    "level": Real(40.0),
    "lamp": Enumerated(1),
    "scene": Unsigned(2),
    "speed": Real(0.5),
    "door": Enumerated(0),
    "firmware": CharacterString("v1.2 固件"),
}
WORDS = (
    b"\x44\x7f\xc0\0\0", b"\x44\x7f\x80\0\0", b"\x55\x08\x7f\xef\xff\xff\xff\xff\xff\xff", b"\x91\x00",
    b"\x91\x01", b"\x21\x05", b"\x75\x03\x05ab", b"\x82\x04\xf0", b"\x00", b"\x4e", b"\x4f",
    b"\x5e\x91\x02\x91\x20\x5f", b"\x28\xff\xff\xff\xff\xff\xff\xff\xff", b"\x25\xff\xff\xff\xff\xff",
    b"\x29\x57", b"\x29\x55", b"\x29\x6f", b"\xfe\xff\xff", b"\x65\xfe\xff\xff",
)  # fmt: skip


def encoded(request: Any) -> bytes:
    return bytes(request.encode().pduData)


def identifier(point: Point) -> Any:
    return ObjectIdentifier(tuple(values.identity(point.source)))  # type: ignore[arg-type]


def array_of(point: Point) -> Any:
    """Its priority array, our value in slot 8."""
    slots = [PriorityValue(null=Null(())) for _ in range(16)]
    value = PRESENT[point.name]
    word = {Real: "real", Enumerated: "enumerated", Unsigned: "unsigned"}.get(type(value))
    if word is not None:
        slots[7] = PriorityValue(**{word: value})
    return PriorityArray(slots)


def element(prop: str, value: Any = None, index: int | None = None) -> Any:
    """One result of a ReadPropertyMultiple; no value: the property is not known."""
    choice = (
        ReadAccessResultElementChoice(propertyValue=TheirAny(value))
        if value is not None
        else ReadAccessResultElementChoice(
            propertyAccessError=ErrorType(errorClass="property", errorCode="unknownProperty")
        )
    )
    made = ReadAccessResultElement(propertyIdentifier=prop, readResult=choice)
    if index is not None:
        made.propertyArrayIndex = index
    return made


def multiple(results: list[Any]) -> bytes:
    """Payload of an answer to ReadPropertyMultiple."""
    return encoded(theirs.ReadPropertyMultipleACK(listOfReadAccessResults=results))


def notification(point: Point, device: int = 1001, process: int = 1) -> bytes:
    request = theirs.UnconfirmedCOVNotificationRequest(
        subscriberProcessIdentifier=process,
        initiatingDeviceIdentifier=ObjectIdentifier(("device", device)),
        monitoredObjectIdentifier=identifier(point),
        timeRemaining=170,
        listOfValues=[
            PropertyValue(propertyIdentifier="presentValue", value=TheirAny(PRESENT[point.name])),
            PropertyValue(propertyIdentifier="statusFlags", value=TheirAny(StatusFlags([0, 0, 0, 0]))),
        ],
    )
    return encoded(request)


def i_am(device: int = 1001) -> bytes:
    request = theirs.IAmRequest(
        iAmDeviceIdentifier=("device", device),
        maxAPDULengthAccepted=1476,
        segmentationSupported="noSegmentation",
        vendorID=260,
    )
    return encoded(request)


def _seeds() -> Iterator[bytes]:
    for point in POINTS:
        owner, value = identifier(point), PRESENT[point.name]
        ack = theirs.ReadPropertyACK(
            objectIdentifier=owner, propertyIdentifier="presentValue", propertyValue=TheirAny(value)
        )
        yield b"\0" + encoded(ack)
        results = [element("presentValue", value), element("statusFlags", StatusFlags([0, 0, 0, 0]))]
        yield b"\1" + multiple([ReadAccessResult(objectIdentifier=owner, listOfResults=results)])
        results = [
            element("presentValue", value),
            element("reliability"),
            element("priorityArray", array_of(point)),
        ]
        yield b"\1" + multiple([ReadAccessResult(objectIdentifier=owner, listOfResults=results)])
        yield b"\2" + notification(point)
    for value in (Double(1e308), Integer(-5), Real(float("nan")), Enumerated(70_000)):
        results = [element("presentValue", value), element("priorityArray", value, 8)]
        owner = ObjectIdentifier("analog-input,1")
        yield b"\1" + multiple([ReadAccessResult(objectIdentifier=owner, listOfResults=results)])
    yield b"\3" + i_am()
    yield b"\4" + encoded(
        theirs.WhoIsRequest(deviceInstanceRangeLowLimit=1, deviceInstanceRangeHighLimit=9999)
    )
    yield b"\5" + bytes((0x50, 7, Service.READ_PROPERTY)) + b"\x91\x02\x91\x20"
    yield b"\5" + bytes((0x60, 7, 9))
    yield b"\5" + bytes((0x71, 7, 4))
    yield b"\5" + bytes((0x3C, 7, 0, 2, Service.READ_PROPERTY)) + b"\x0c\0\0\0\5"
    yield b"\5" + bytes((0x30, 7, Service.READ_PROPERTY_MULTIPLE)) + multiple([])


def decoders() -> Decoder:
    """A case: which service, then its payload; for the fifth the whole APDU."""

    def take(data: bytes) -> None:
        if not data:
            return
        match data[0] % 6:
            case 0:
                _, tags = services.parse_read_property(data[1:])
                _judge(tags)
            case 1:
                for answer in services.parse_read_property_multiple(data[1:]).values():
                    _judge(answer)
            case 2:
                for tags in services.parse_notification(data[1:]).values.values():
                    _judge(tags)
            case 3:
                services.parse_i_am(data[1:])
            case 4:
                asked = services.parse_who_is(data[1:])
                assert isinstance(1001 in asked, bool)
            case _:
                apdu.result(data[1:], Service.READ_PROPERTY)

    return Decoder(take, tuple(_seeds()), (DriverError,), WORDS, longest=1500)


def _judge(answer: Answer) -> None:
    for point in POINTS:
        for flags in (None, answer):
            found = values.judge(point, answer, flags, flags)
            if found.value is None and not found.reason:
                raise Wrong("no value and no reason")
            if found.value is not None:
                sound(point, found.value)
        for _, value in values.slots(point, answer) or ():
            sound(point, value)


def sound(point: Point, value: object) -> None:
    """Raises Wrong for a value that such a point cannot have."""
    kinds = {"bool": bool, "text": str, "enum": int, "number": (int, float)}
    if not isinstance(value, kinds[point.kind]):  # type: ignore[arg-type]
        raise Wrong(f"{type(value).__name__} of a {point.kind}")
    if isinstance(value, float) and not math.isfinite(value):
        raise Wrong(f"{value} of a {point.kind}")
