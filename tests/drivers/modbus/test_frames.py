"""Frames: what is sent reads rightly at the other end, and nothing but the right answer is taken."""

from __future__ import annotations

import struct

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pymodbus.framer import FramerRTU, FramerSocket
from pymodbus.pdu import DecodePDU

from drivers.api import BadFrame, Refused
from drivers.codec import items_of
from drivers.modbus.frames import (
    GatewaySilent,
    crc_right,
    rtu_answer,
    rtu_answer_size,
    rtu_request,
    tcp_answer,
    tcp_request,
)
from drivers.modbus.requests import READS, Request
from hil_tests.modbus_servers import Unit, crc16, rtu_frame

SPACES = {function: space for space, function in READS.items()}


@st.composite
def requests(draw: st.DrawFn) -> Request:
    function = draw(st.sampled_from([1, 2, 3, 4, 5, 6, 15, 16]))
    unit, address = draw(st.integers(1, 247)), draw(st.integers(0, 60000))
    bit, word = st.integers(0, 1), st.integers(0, 0xFFFF)
    if function <= 2:
        return Request(unit, function, address, draw(st.integers(1, 2000)))
    if function <= 4:
        return Request(unit, function, address, draw(st.integers(1, 125)))
    one = draw(bit if function in (5, 15) else word)
    more = draw(st.lists(bit if function == 15 else word, max_size=0 if function in (5, 6) else 100))
    return Request(unit, function, address, 1 + len(more), (one, *more))


def answer(request: Request) -> bytes:
    pdu = Unit(request.unit).answer(rtu_request(request)[1:-2])
    assert pdu is not None
    return pdu


def test_the_request_of_a_relay_makers_manual() -> None:
    assert rtu_request(Request(1, 5, 0, 1, (1,))) == bytes.fromhex("01050000FF008C3A")


@given(requests())
def test_a_server_reads_what_was_asked(request: Request) -> None:
    frame = rtu_request(request)
    assert crc16(frame[:-2]).to_bytes(2, "little") == frame[-2:]
    framer = FramerRTU(DecodePDU(True))
    used, pdu = framer.handleFrame(frame, 0, 0)
    assert used == len(frame)
    assert pdu is not None
    assert (pdu.dev_id, pdu.function_code, pdu.address) == request[:3]
    _, over_tcp = FramerSocket(DecodePDU(True)).handleFrame(tcp_request(request, 0xBEEF), 0, 0)
    assert over_tcp is not None
    assert over_tcp.transaction_id == 0xBEEF
    assert over_tcp.encode() == pdu.encode()


@given(requests())
def test_the_right_answer_is_taken(request: Request) -> None:
    pdu = answer(request)
    frame = rtu_frame(request.unit, pdu)
    assert len(frame) == rtu_answer_size(request)
    unit = Unit(request.unit)
    expected = (
        ()
        if request.values
        else tuple(unit.value(request.function, request.address + i) for i in range(request.size))
    )
    for said in (rtu_answer(request, frame), tcp_answer(request, mbap(request.unit, pdu))):
        if request.values:
            assert said == b""
        else:
            assert items_of(SPACES[request.function], said, request.size) == expected


@given(requests(), requests())
def test_the_answer_to_another_request_is_not_taken(request: Request, other: Request) -> None:
    same_echo = bool(request.values) and answer(request) == answer(other)
    if request.unit == other.unit and (same_echo or (not request.values and request.shape == other.shape)):
        return
    with pytest.raises(BadFrame):
        rtu_answer(request, rtu_frame(other.unit, answer(other)))
    with pytest.raises(BadFrame):
        tcp_answer(request, mbap(other.unit, answer(other)))


@given(requests(), st.data())
def test_an_answer_of_another_length_is_not_taken(request: Request, data: st.DataObject) -> None:
    pdu = answer(request)
    size = data.draw(st.integers(1, len(pdu) + 5).filter(lambda size: size != len(pdu)))
    wrong = (pdu + bytes(5))[:size]
    with pytest.raises(BadFrame):
        rtu_answer(request, rtu_frame(request.unit, wrong))
    with pytest.raises(BadFrame):
        tcp_answer(request, mbap(request.unit, wrong))


@given(requests(), st.data())
def test_a_lying_byte_count_is_not_taken(request: Request, data: st.DataObject) -> None:
    if request.values:
        return
    pdu = bytearray(answer(request))
    pdu[1] = data.draw(st.integers(0, 255).filter(lambda count: count != pdu[1]))
    with pytest.raises(BadFrame):
        tcp_answer(request, mbap(request.unit, bytes(pdu)))


@given(requests(), st.data())
def test_one_to_three_flipped_bits_are_seen(request: Request, data: st.DataObject) -> None:
    frame = bytearray(rtu_frame(request.unit, answer(request)))
    for bit in data.draw(st.sets(st.integers(0, 8 * len(frame) - 1), min_size=1, max_size=3)):
        frame[bit // 8] ^= 1 << bit % 8
    assert not crc_right(bytes(frame))
    with pytest.raises(BadFrame):
        rtu_answer(request, bytes(frame))


@given(requests(), st.binary(max_size=40))
def test_junk_never_becomes_a_value(request: Request, junk: bytes) -> None:
    with pytest.raises(BadFrame):
        rtu_answer(request, junk)


@pytest.mark.parametrize("code", [1, 2, 3, 4, 5, 6])
def test_an_exception_is_a_refusal(code: int) -> None:
    with pytest.raises(Refused, match=f"exception {code}"):
        rtu_answer(Request(1, 3, 0, 2), rtu_frame(1, bytes([0x83, code])))


@pytest.mark.parametrize("code", [10, 11])
def test_a_gateways_exception_is_a_silent_unit(code: int) -> None:
    with pytest.raises(GatewaySilent):
        tcp_answer(Request(1, 3, 0, 2), mbap(1, bytes([0x83, code])))


@pytest.mark.parametrize("pdu", [b"\x83", b"\x83\x02\x00", b"\x84\x02", b"\x83\x00"])
def test_a_malformed_exception_is_none(pdu: bytes) -> None:
    with pytest.raises(BadFrame):
        tcp_answer(Request(1, 3, 0, 2), mbap(1, pdu))


def mbap(unit: int, pdu: bytes) -> bytes:
    return struct.pack(">HHHB", 7, 0, len(pdu) + 1, unit) + pdu
