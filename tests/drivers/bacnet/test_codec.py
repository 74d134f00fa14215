"""Our tags, services and headers held against bacpypes3's, and against junk."""

from __future__ import annotations

import math
import struct
from typing import Any

import pytest
from bacpypes3 import apdu as theirs
from bacpypes3.basetypes import (
    ErrorType,
    PropertyReference,
    PropertyValue,
    ReadAccessResult,
    ReadAccessResultElement,
    ReadAccessResultElementChoice,
    ReadAccessSpecification,
    StatusFlags,
)
from bacpypes3.constructeddata import Any as TheirAny
from bacpypes3.pdu import PDU
from bacpypes3.primitivedata import (
    BitString,
    CharacterString,
    Double,
    Enumerated,
    Integer,
    Null,
    ObjectIdentifier,
    Real,
    Unsigned,
)
from hypothesis import given, settings
from hypothesis import strategies as some

from drivers.api import BadFrame, DriverError, Refused
from drivers.bacnet import apdu, services, tags
from drivers.bacnet.apdu import Aborted, Rejected
from drivers.bacnet.names import Property, Service
from drivers.bacnet.services import Fault, Ref
from drivers.bacnet.tags import ObjectId

objects = some.builds(ObjectId, some.integers(0, 60), some.integers(0, 4194302))
whole = some.integers(0, 2**32 - 1)
float32 = some.floats(width=32, allow_nan=False)


def _encoded(value: Any) -> bytes:
    return bytes(value.encode().encode().pduData)


@settings(max_examples=40)
@given(
    some.one_of(
        whole.map(lambda value: (value, Unsigned(value), tags.app_unsigned(value))),
        some.integers(-(2**31), 2**31 - 1).map(lambda value: (value, Integer(value), tags.app_signed(value))),
        float32.map(lambda value: (value, Real(value), tags.app_real(value))),
        some.floats(allow_nan=False).map(lambda value: (value, Double(value), tags.app_double(value))),
        some.integers(0, 65535).map(lambda value: (value, Enumerated(value), tags.app_enumerated(value))),
        some.text(max_size=300).map(lambda value: (value, CharacterString(value), tags.app_text(value))),
    )
)
def test_application_values_are_as_bacpypes3_encodes_them(case: tuple[Any, Any, bytes]) -> None:
    value, their_value, ours = case
    assert ours == _encoded(their_value)
    (tag,) = tags.walk(ours)
    assert tags.atom(tag) == value


@settings(max_examples=40)
@given(some.lists(some.booleans(), max_size=40))
def test_bit_strings(bits: list[bool]) -> None:
    (tag,) = tags.walk(_encoded(BitString([int(bit) for bit in bits])))
    assert tags.atom(tag) == tuple(bits)


def test_null_and_object_identifier() -> None:
    assert tags.app_null() == _encoded(Null(()))
    (tag,) = tags.walk(_encoded(ObjectIdentifier("analog-value,4194302")))
    assert tags.atom(tag) == ObjectId(2, 4194302)


def payload(request: Any) -> bytes:
    return bytes(request.encode().pduData)


@settings(max_examples=40)
@given(
    some.lists(
        some.tuples(objects, some.lists(some.sampled_from([85, 87, 103, 111]), min_size=1)), min_size=1
    )
)
def test_read_property_multiple_is_decoded_by_bacpypes3(wanted: list[tuple[ObjectId, list[int]]]) -> None:
    refs = [Ref(owner, prop) for owner, properties in wanted for prop in properties]
    pdu = PDU(apdu.confirmed(7, Service.READ_PROPERTY_MULTIPLE, services.read_property_multiple(refs)))
    decoded = theirs.APCISequence.decode(theirs.APDU.decode(pdu))
    found = [
        Ref(ObjectId(int(each.objectIdentifier[0]), each.objectIdentifier[1]), int(ref.propertyIdentifier))
        for each in decoded.listOfReadAccessSpecs
        for ref in each.listOfPropertyReferences
    ]
    assert found == refs


@settings(max_examples=60)
@given(
    objects,
    some.one_of(
        float32.map(lambda value: (Real(value), tags.app_real(value))),
        some.floats(allow_nan=False).map(lambda value: (Double(value), tags.app_double(value))),
        whole.map(lambda value: (Unsigned(value), tags.app_unsigned(value))),
        some.integers(-(2**31), 2**31 - 1).map(lambda value: (Integer(value), tags.app_signed(value))),
        some.integers(0, 65535).map(lambda value: (Enumerated(value), tags.app_enumerated(value))),
        some.text(max_size=20).map(lambda value: (CharacterString(value), tags.app_text(value))),
        some.just((Null(()), tags.app_null())),
    ),
    some.sampled_from([None, *range(1, 17)]),
)
def test_write_property_is_as_bacpypes3_builds_it(
    owner: ObjectId, value: tuple[Any, bytes], priority: int | None
) -> None:
    theirs_value, ours_value = value
    request = theirs.WritePropertyRequest(
        objectIdentifier=ObjectIdentifier((owner.type, owner.instance)),
        propertyIdentifier="presentValue",
        propertyValue=TheirAny(theirs_value),
    )
    if priority is not None:
        request.priority = priority
    ours = services.write_property(Ref(owner, Property.PRESENT_VALUE), ours_value, priority)
    assert ours == payload(request)


@settings(max_examples=40)
@given(objects, some.booleans(), some.integers(1, 100_000))
def test_subscriptions_are_as_bacpypes3_builds_them(owner: ObjectId, confirmed: bool, lifetime: int) -> None:
    common = {
        "subscriberProcessIdentifier": 1,
        "monitoredObjectIdentifier": ObjectIdentifier((owner.type, owner.instance)),
    }
    request = theirs.SubscribeCOVRequest(**common, issueConfirmedNotifications=confirmed, lifetime=lifetime)
    assert services.subscribe_cov(1, owner, confirmed, lifetime) == payload(request)
    assert services.unsubscribe_cov(1, owner) == payload(theirs.SubscribeCOVRequest(**common))


def test_a_subscription_for_ever_cannot_be_asked_for() -> None:
    with pytest.raises(ValueError, match="must end"):
        services.subscribe_cov(1, ObjectId(0, 1), True, 0)


def test_who_is_and_i_am() -> None:
    request = theirs.WhoIsRequest(deviceInstanceRangeLowLimit=1001, deviceInstanceRangeHighLimit=1001)
    assert services.who_is(1001) == payload(request)
    assert services.parse_who_is(payload(request)) == range(1001, 1002)
    assert len(services.parse_who_is(b"")) == 4194304
    i_am = theirs.IAmRequest(
        iAmDeviceIdentifier=("device", 1001),
        maxAPDULengthAccepted=480,
        segmentationSupported="noSegmentation",
        vendorID=260,
    )
    assert services.parse_i_am(payload(i_am)) == services.IAm(1001, 480)


def test_an_answer_to_read_property_multiple_with_values_errors_and_arrays() -> None:
    def element(prop: Any, value: Any = None, error: Any = None, index: int | None = None) -> Any:
        choice = (
            ReadAccessResultElementChoice(propertyValue=TheirAny(value))
            if error is None
            else ReadAccessResultElementChoice(propertyAccessError=error)
        )
        made = ReadAccessResultElement(propertyIdentifier=prop, readResult=choice)
        if index is not None:
            made.propertyArrayIndex = index
        return made

    result = ReadAccessResult(
        objectIdentifier=ObjectIdentifier("analog-input,5"),
        listOfResults=[
            element("presentValue", Real(21.5)),
            element("statusFlags", StatusFlags([0, 1, 0, 0])),
            element("reliability", error=ErrorType(errorClass="property", errorCode="unknownProperty")),
            element("priorityArray", Real(4.0), index=8),
        ],
    )
    ack = theirs.ReadPropertyMultipleACK(listOfReadAccessResults=[result])
    owner = ObjectId(0, 5)
    answers = services.parse_read_property_multiple(payload(ack))
    assert answers[Ref(owner, Property.RELIABILITY)] == Fault("unknown-property")
    present = answers[Ref(owner, Property.PRESENT_VALUE)]
    assert not isinstance(present, Fault)
    assert [tags.atom(tag) for tag in present] == [21.5]
    eighth = answers[Ref(owner, Property.PRIORITY_ARRAY, 8)]
    assert not isinstance(eighth, Fault)
    assert [tags.atom(tag) for tag in eighth] == [4.0]


def test_a_notification() -> None:
    request = theirs.UnconfirmedCOVNotificationRequest(
        subscriberProcessIdentifier=1,
        initiatingDeviceIdentifier=ObjectIdentifier("device,1001"),
        monitoredObjectIdentifier=ObjectIdentifier("binary-input,3"),
        timeRemaining=170,
        listOfValues=[
            PropertyValue(propertyIdentifier="presentValue", value=TheirAny(Enumerated(1))),
            PropertyValue(propertyIdentifier="statusFlags", value=TheirAny(StatusFlags([0, 0, 0, 0]))),
        ],
    )
    notice = services.parse_notification(payload(request))
    assert notice[:3] == (1, 1001, ObjectId(3, 3))
    assert {prop: tags.atom(value[0]) for prop, value in notice.values.items()} == {
        Property.PRESENT_VALUE: 1,
        Property.STATUS_FLAGS: (False, False, False, False),
    }


def test_a_read_access_specification_of_several_objects_is_grouped() -> None:
    refs = [Ref(ObjectId(0, 1), 85), Ref(ObjectId(0, 1), 111), Ref(ObjectId(1, 1), 87, 8)]
    specifications = [
        ReadAccessSpecification(
            objectIdentifier=ObjectIdentifier("analog-input,1"),
            listOfPropertyReferences=[
                PropertyReference(propertyIdentifier="presentValue"),
                PropertyReference(propertyIdentifier="statusFlags"),
            ],
        ),
        ReadAccessSpecification(
            objectIdentifier=ObjectIdentifier("analog-output,1"),
            listOfPropertyReferences=[
                PropertyReference(propertyIdentifier="priorityArray", propertyArrayIndex=8)
            ],
        ),
    ]
    request = theirs.ReadPropertyMultipleRequest(listOfReadAccessSpecs=specifications)
    assert services.read_property_multiple(refs) == payload(request)


def test_how_a_device_says_no() -> None:
    error = bytes((0x50, 7, Service.WRITE_PROPERTY)) + tags.app_enumerated(2) + tags.app_enumerated(40)
    with pytest.raises(Refused, match="write-access-denied"):
        apdu.result(error, Service.WRITE_PROPERTY)
    with pytest.raises(Rejected, match="unrecognized-service"):
        apdu.result(bytes((0x60, 7, 9)), Service.READ_PROPERTY)
    with pytest.raises(Aborted, match="segmentation-not-supported"):
        apdu.result(bytes((0x71, 7, 4)), Service.READ_PROPERTY)
    with pytest.raises(BadFrame):
        apdu.result(apdu.simple_ack(7, Service.WRITE_PROPERTY), Service.READ_PROPERTY)
    with pytest.raises(BadFrame):
        apdu.result(bytes((0x38, 7, 0, 2, 12, 1)), Service.READ_PROPERTY)


PARSERS = [
    services.parse_read_property,
    services.parse_read_property_multiple,
    services.parse_notification,
    services.parse_i_am,
    services.parse_who_is,
    services.parse_error,
    apdu.parse,
]


@given(some.sampled_from(PARSERS), some.binary(max_size=120))
def test_junk_is_a_bad_frame_and_nothing_else(parse: Any, junk: bytes) -> None:
    try:
        parse(junk)
    except DriverError:
        return


@given(some.data())
def test_a_damaged_answer_is_a_bad_frame_or_other_answers(data: some.DataObject) -> None:
    refs = [Ref(ObjectId(0, number), 85) for number in range(4)]
    parts = [
        tags.context_object(0, ref.object)
        + tags.tagged(tags.OPENING, 1)
        + tags.context(2, ref.property)
        + tags.tagged(tags.OPENING, 4)
        + tags.app_real(1.5)
        + tags.tagged(tags.CLOSING, 4)
        + tags.tagged(tags.CLOSING, 1)
        for ref in refs
    ]
    whole_answer = bytearray(b"".join(parts))
    at = data.draw(some.integers(0, len(whole_answer) - 1))
    whole_answer[at] ^= data.draw(some.integers(1, 255))
    try:
        answers = services.parse_read_property_multiple(bytes(whole_answer))
    except BadFrame:
        return
    for answer in answers.values():
        for tag in () if isinstance(answer, Fault) else answer:
            try:
                tags.atom(tag)
            except BadFrame:
                continue


def test_float32_specials_survive() -> None:
    for value in (math.inf, -math.inf, math.nan):
        (tag,) = tags.walk(tags.tagged(tags.APPLICATION, tags.REAL, struct.pack(">f", value)))
        found = tags.atom(tag)
        assert isinstance(found, float)
        assert not math.isfinite(found)
