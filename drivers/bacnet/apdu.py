"""Headers of application PDUs (135, clause 20.1): what we send, and what a device answers. Pure."""

from __future__ import annotations

from enum import IntEnum
from typing import Final, NamedTuple

from drivers.api import BadFrame, Refused
from drivers.bacnet.names import abort_name, reject_name
from drivers.bacnet.services import parse_error


class Kind(IntEnum):
    CONFIRMED = 0
    UNCONFIRMED = 1
    SIMPLE_ACK = 2
    COMPLEX_ACK = 3
    SEGMENT_ACK = 4
    ERROR = 5
    REJECT = 6
    ABORT = 7


class Apdu(NamedTuple):
    """A decoded header. `service` is the reason in a reject or abort."""

    kind: Kind
    invoke: int
    service: int
    payload: bytes
    segmented: bool = False


class Rejected(Refused):
    """A reject PDU: the device could not make sense of the request."""


class Aborted(Refused):
    """An abort PDU: too long, out of buffers, segmentation …"""


_ACCEPT_UP_TO: Final = 5
"""Largest answer we take: 1476 bytes, one Ethernet frame. Segments are never accepted: a device then aborts
and the reader halves its question, which costs one exchange once instead of a reassembly at each poll."""


_WHOLE_COMPLEX_ACK: Final = 0x30
"""Of nearly all answers: the first byte, with no bit of a segment."""


def confirmed(invoke: int, service: int, payload: bytes) -> bytes:
    """A confirmed request."""
    return bytes((0, _ACCEPT_UP_TO, invoke, service)) + payload


def unconfirmed(service: int, payload: bytes) -> bytes:
    return bytes((Kind.UNCONFIRMED << 4, service)) + payload


def simple_ack(invoke: int, service: int) -> bytes:
    return bytes((Kind.SIMPLE_ACK << 4, invoke, service))


def reject(invoke: int, reason: int) -> bytes:
    return bytes((Kind.REJECT << 4, invoke, reason))


def parse(data: bytes) -> Apdu:
    """The header of `data`. Raises BadFrame."""
    try:
        kind = Kind(data[0] >> 4)
        segmented = kind in (Kind.CONFIRMED, Kind.COMPLEX_ACK) and bool(data[0] & 8)
        skip = 2 if segmented else 0
        match kind:
            case Kind.CONFIRMED:
                return Apdu(kind, data[2], data[3 + skip], data[4 + skip :], segmented)
            case Kind.UNCONFIRMED:
                return Apdu(kind, 0, data[1], data[2:])
            case _:
                return Apdu(kind, data[1], data[2 + skip], data[3 + skip :], segmented)
    except (IndexError, ValueError):
        raise BadFrame("no application PDU") from None


def result(data: bytes, service: int) -> bytes:
    """The payload of an answer to a request of `service`.

    Raises Refused (an error PDU, or its kinds Rejected and Aborted; `code` is the name), BadFrame for an
    answer to something else, for a segment, or for what is no application PDU.
    """
    if len(data) > 2 and data[0] == _WHOLE_COMPLEX_ACK and data[2] == service:
        return data[3:]
    apdu = parse(data)
    match apdu.kind:
        case Kind.REJECT:
            raise Rejected(reject_name(apdu.service))
        case Kind.ABORT:
            raise Aborted(abort_name(apdu.service))
        case Kind.ERROR if apdu.service == service:
            raise Refused(parse_error(apdu.payload).name)
        case Kind.SIMPLE_ACK | Kind.COMPLEX_ACK if apdu.service == service and not apdu.segmented:
            return apdu.payload
        case _:
            raise BadFrame(f"{apdu.kind.name.lower()} of service {apdu.service} for {service}")
