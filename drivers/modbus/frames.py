"""Modbus frames and PDUs; the daemon's only importer of pymodbus.

pymodbus builds what is sent. Whether an answer belongs to its request is judged here, on the raw bytes:
pymodbus takes another function's answer, a shorter one and trailing bytes for right, and stalls on a foreign
protocol id. What is left of an answer then is a refusal's code, the echo of what was sent, or the data of a
plain read, which is the codec's to take apart: pymodbus's decoder costs twenty times as much.
"""

from __future__ import annotations

from functools import lru_cache

from pymodbus.framer import FramerRTU, FramerSocket
from pymodbus.pdu import DecodePDU, ModbusPDU
from pymodbus.pdu.bit_message import (
    ReadCoilsRequest,
    ReadDiscreteInputsRequest,
    WriteMultipleCoilsRequest,
    WriteSingleCoilRequest,
)
from pymodbus.pdu.register_message import (
    ReadHoldingRegistersRequest,
    ReadInputRegistersRequest,
    WriteMultipleRegistersRequest,
    WriteSingleRegisterRequest,
)

from drivers.api import BadFrame, NoAnswer, Refused
from drivers.modbus.requests import READ_FUNCTIONS, Request, data_length

_READS: dict[int, type[ModbusPDU]] = {
    1: ReadCoilsRequest,
    2: ReadDiscreteInputsRequest,
    3: ReadHoldingRegistersRequest,
    4: ReadInputRegistersRequest,
}

_RTU = FramerRTU(DecodePDU(False))
_SOCKET = FramerSocket(DecodePDU(False))

MBAP = 7
"""Bytes of a Modbus TCP header, unit included."""

_GATEWAY_SILENT = frozenset({10, 11})
"""Exceptions by which a gateway says that the unit behind it does not answer."""


class GatewaySilent(NoAnswer):
    """The gateway answered in place of a unit that does not; nothing can come late from here."""


# RTU


@lru_cache(maxsize=4096)
def rtu_request(request: Request) -> bytes:
    """The frame to send, CRC included."""
    return _RTU.buildFrame(_pdu(request))


def rtu_answer_size(request: Request) -> int:
    """Bytes of the right answer's frame."""
    return 8 if request.values else 5 + request.shape.length


def rtu_answer(request: Request, frame: bytes) -> bytes:
    """What exactly one received frame answers to `request`: a read's data; b"" for a write that was echoed
    rightly. Raises BadFrame, Refused, GatewaySilent."""
    if len(frame) < 4 or not crc_right(frame):
        raise BadFrame("wrong CRC")
    if frame[0] != request.unit:
        raise BadFrame(f"unit {frame[0]} instead of {request.unit}")
    return _answer(request, frame[1:-2])


def crc_right(frame: bytes) -> bool:
    """Whether the frame's last two bytes are the CRC of the rest."""
    return FramerRTU.check_CRC(frame[:-2], int.from_bytes(frame[-2:], "big"))


# TCP


def tcp_request(request: Request, transaction: int) -> bytes:
    """The frame to send, header included."""
    return transaction.to_bytes(2, "big") + _tcp_tail(request)


def tcp_answer(request: Request, frame: bytes) -> bytes:
    """As `rtu_answer`; the frame's transaction id was checked by the caller.

    `frame` is exactly as long as its header says. Raises BadFrame, Refused, GatewaySilent.
    """
    if frame[6] != request.unit:
        raise BadFrame(f"unit {frame[6]} instead of {request.unit}")
    return _answer(request, frame[MBAP:])


@lru_cache(maxsize=4096)
def _tcp_tail(request: Request) -> bytes:
    return _SOCKET.buildFrame(_pdu(request))[2:]


# PDUs


def _pdu(request: Request) -> ModbusPDU:
    words = list(request.values)
    bits = [bool(value) for value in request.values]
    unit, address = request.unit, request.address
    if request.function == 5:
        return WriteSingleCoilRequest(address=address, dev_id=unit, bits=bits)
    if request.function == 6:
        return WriteSingleRegisterRequest(address=address, dev_id=unit, registers=words)
    if request.function == 15:
        return WriteMultipleCoilsRequest(address=address, dev_id=unit, bits=bits)
    if request.function == 16:
        return WriteMultipleRegistersRequest(address=address, dev_id=unit, registers=words)
    return _READS[request.function](address=address, dev_id=unit, count=request.size)


def _answer(request: Request, pdu: bytes) -> bytes:
    function = pdu[0] if pdu else 0
    if function == request.function | 0x80:
        return _refusal(pdu)
    if function != request.function:
        raise BadFrame(f"function {function} instead of {request.function}")
    if function not in READ_FUNCTIONS:
        if pdu != rtu_request(request)[1:6]:
            raise BadFrame("the echo is not of what was written")
        return b""
    length = data_length(function, request.size)
    if len(pdu) != 2 + length or pdu[1] != length:
        raise BadFrame(f"{len(pdu) - 2} bytes of data instead of {length}")
    return pdu[2:]


def _refusal(pdu: bytes) -> bytes:
    if len(pdu) != 2:
        raise BadFrame("an exception of the wrong length")
    code = pdu[1]
    if not code:
        raise BadFrame("an exception without a code")
    if code in _GATEWAY_SILENT:
        raise GatewaySilent(f"exception {code} of the gateway")
    raise Refused(code)
