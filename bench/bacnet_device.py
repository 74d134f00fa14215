"""`python -m bench.bacnet_device [--still]`: a BACnet/IP device as fast as it can be, for who measures the
other end.

Prints its port, then answers until its input ends: ReadPropertyMultiple of any analog inputs with present
values and status flags, of which the values are other ones with each answer unless `--still`; ReadProperty
of its own identifier and longest APDU. What it says is bacpypes3's encoding (tests/bench/test_bacnet.py).
"""

from __future__ import annotations

import select
import socket
import sys

from drivers.bacnet.names import Property, Service
from drivers.bacnet.tags import (
    CLOSING,
    CONTEXT,
    OPENING,
    ObjectId,
    app_real,
    app_unsigned,
    context,
    context_object,
    object_id,
    tagged,
    unsigned,
    walk,
)

INSTANCE = 1001
COURSES = 64
"""Answers to one request before they begin anew."""
_WHO_IS = b"\x10\x08"
_I_AM = b"\x10\x00\xc4" + (8 << 22 | INSTANCE).to_bytes(4, "big") + b"\x22\x05\xc4\x91\x03\x22\x01\x04"
"""1476 bytes, no segmentation, vendor 260."""
_FLAGS = b"\x82\x04\x00"
_OWN = {
    Property.OBJECT_IDENTIFIER: b"\xc4" + (8 << 22 | INSTANCE).to_bytes(4, "big"),
    Property.MAX_APDU_LENGTH_ACCEPTED: app_unsigned(1476),
}


def answer(request: bytes, course: int) -> bytes:
    """The payload that answers a ReadPropertyMultiple's; other values for each `course`."""
    parts: list[bytes] = []
    number = 0
    for tag in walk(request):
        if tag.kind == CONTEXT and tag.number == 0 and len(tag.data) == 4:
            number = object_id(tag.data).instance
            parts.append(context_object(0, object_id(tag.data)))
        elif tag.kind == CONTEXT:
            known = unsigned(tag.data) == Property.PRESENT_VALUE
            value = app_real(20.0 + number + course / 4) if known else _FLAGS
            parts += [context(2, unsigned(tag.data)), tagged(OPENING, 4), value, tagged(CLOSING, 4)]
        else:
            parts.append(tagged(tag.kind, tag.number))
    return b"".join(parts)


def own(request: bytes) -> bytes | None:
    """The payload that answers a ReadProperty's of the device object; None where there is nothing to say."""
    what, prop = walk(request)[:2]
    said = _OWN.get(Property(unsigned(prop.data))) if unsigned(prop.data) in _OWN else None
    if object_id(what.data).type != 8 or said is None:
        return None
    owner = context_object(0, ObjectId(8, INSTANCE))
    return owner + context(1, unsigned(prop.data)) + tagged(OPENING, 3) + said + tagged(CLOSING, 3)


def _apdu(data: bytes) -> int:
    """Where the APDU begins: clients differ in what they say to routers."""
    at, control = 6, data[5]
    at += 3 + data[at + 2] if control & 0x20 else 0
    at += 3 + data[at + 2] if control & 0x08 else 0
    return at + (1 if control & 0x20 else 0)


def serve(sock: socket.socket, courses: int) -> None:
    """Answer until the input ends."""
    answers: dict[bytes, list[bytes]] = {}
    course = 0
    while True:
        ready, _, _ = select.select([sock, sys.stdin], [], [])
        if sys.stdin in ready:
            return
        data, source = sock.recvfrom(2000)
        at = _apdu(data)
        if data[at : at + 2] == _WHO_IS:
            sock.sendto(b"\x81\x0a" + (len(_I_AM) + 6).to_bytes(2, "big") + b"\x01\x00" + _I_AM, source)
        if data[at] >> 4 != 0:
            continue
        invoke, service, payload = data[at + 2], data[at + 3], data[at + 4 :]
        said: bytes | None
        if service == Service.READ_PROPERTY_MULTIPLE:
            if payload not in answers:
                answers[payload] = [answer(payload, number) for number in range(courses)]
            course += 1
            said = answers[payload][course % courses]
        else:
            said = own(payload) if service == Service.READ_PROPERTY else None
        head = b"\x30" if said is not None else b"\x50"
        frame = head + bytes((invoke, service)) + (said if said is not None else b"\x91\x02\x91\x20")
        sock.sendto(b"\x81\x0a" + (len(frame) + 6).to_bytes(2, "big") + b"\x01\x00" + frame, source)


def main() -> None:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sock:
        sock.bind(("127.0.0.1", 0))
        print(sock.getsockname()[1], flush=True)
        serve(sock, 1 if "--still" in sys.argv else COURSES)


if __name__ == "__main__":
    main()
