"""Our plain frames held against bacpypes3's link and network layers, which take all others."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest
from bacpypes3.comm import Client, Server, bind
from bacpypes3.ipv4.bvll import BVLLCodec
from bacpypes3.ipv4.service import BIPNormal, UDPMultiplexer
from bacpypes3.netservice import NetworkServiceAccessPoint, NetworkServiceElement
from bacpypes3.pdu import PDU, GlobalBroadcast, IPv4Address
from hypothesis import given
from hypothesis import strategies as some

from drivers.bacnet import frames
from drivers.bacnet.places import Routed, packed, shown, unpacked

OWN, PEER = ("10.0.0.1", 47808), ("10.0.0.7", 47809)


class Top(Client):  # type: ignore[misc, unused-ignore]  # bacpypes3 carries no types
    def __init__(self) -> None:
        super().__init__()
        self.heard: list[tuple[str, bytes]] = []

    async def confirmation(self, pdu: Any) -> None:
        self.heard.append((str(pdu.pduSource), bytes(pdu.pduData)))


class Bottom(Server):  # type: ignore[misc, unused-ignore]
    def __init__(self) -> None:
        super().__init__()
        self.sent: list[bytes] = []

    async def indication(self, pdu: Any) -> None:
        self.sent.append(bytes(pdu.pduData))


def layers() -> tuple[Top, Bottom]:
    """Bound as bacpypes3's own applications do it."""
    top, bottom = Top(), Bottom()
    network, element, link = NetworkServiceAccessPoint(), NetworkServiceElement(), BIPNormal()
    multiplexer = UDPMultiplexer()
    bind(link, BVLLCodec(), multiplexer.annexJ)
    bind(multiplexer, bottom)
    bind(element, network)
    bind(top, network)
    network.bind(link, address=IPv4Address(OWN))
    return top, bottom


def sent_by_bacpypes3(apdu: bytes, to: Any, *, expecting_reply: bool) -> bytes:
    top, bottom = layers()
    pdu = PDU(apdu, destination=to)
    pdu.pduExpectingReply = expecting_reply
    pdu.pduNetworkPriority = 0
    asyncio.run(top.request(pdu))
    return bottom.sent[0]


def heard_by_bacpypes3(data: bytes) -> list[tuple[str, bytes]]:
    top, bottom = layers()

    async def take() -> None:
        await bottom.response(PDU(data, source=IPv4Address(PEER), destination=IPv4Address(OWN)))

    try:
        asyncio.run(take())
    except Exception:  # it raises anything for what it cannot decode
        return []
    return top.heard


@pytest.mark.parametrize("expecting_reply", [True, False])
@pytest.mark.parametrize("apdu", [b"\x00\x05\x01\x0c", b"x" * 1476])
def test_frames_are_as_bacpypes3_sends_them(apdu: bytes, expecting_reply: bool) -> None:
    theirs = sent_by_bacpypes3(apdu, IPv4Address(PEER), expecting_reply=expecting_reply)
    assert frames.unicast(apdu, expecting_reply=expecting_reply) == theirs
    assert frames.to_all(apdu) == sent_by_bacpypes3(apdu, GlobalBroadcast(), expecting_reply=False)


HEADERS = some.one_of(
    some.sampled_from(
        [b"\x01\x00", b"\x01\x04", b"\x01\x07", b"\x01\x20\xff\xff\x00\xff", b"\x01\x23\xff\xff\x00\x05"]
    ),
    some.sampled_from(
        [
            b"\x01\x80\x01\x00\x05",
            b"\x01\x08\x00\x05\x01\x07",
            b"\x01\x28\xff\xff\x00\x00\x05\x01\x07\xff",
            b"\x01\x20\x00\x05\x01\x07\xff",
            b"\x02\x00",
            b"\x01",
        ]
    ),
    some.binary(max_size=10),
)


@given(
    some.sampled_from([0x0A, 0x0B, 0x0A, 0x04, 0x00]),
    HEADERS,
    some.binary(max_size=20),
    some.sampled_from([0, 0, 0, 1, -1]),
    some.sampled_from([0x81, 0x81, 0x81, 0x01, 0x82]),
)
def test_what_is_plain_is_what_bacpypes3_makes_of_it(
    function: int, network: bytes, apdu: bytes, off: int, link: int
) -> None:
    body = network + apdu
    data = bytes((link, function)) + (max(0, len(body) + 4 + off)).to_bytes(2, "big") + body
    at, heard = frames.plain(data), heard_by_bacpypes3(data)
    if at:
        assert heard == [(shown(PEER), data[at:])]
    elif not frames.sound(data):
        assert not heard, "dropped, though bacpypes3 takes it"


def test_plain_frames_are_known_for_what_they_are() -> None:
    apdu = b"\x30\x01\x0e\x0c"
    assert frames.plain(frames.unicast(apdu, expecting_reply=True)) == 6
    told = frames.to_all(apdu)
    assert told[frames.plain(told) :] == apdu
    assert not frames.plain(b"\x81\x0a\x00\x0b\x01\x08\x00\x05\x01\x07\x10"), "from behind a router"
    assert not frames.plain(b"\x81\x0a\x00\x06\x01\x00"), "nothing in it"


@given(some.tuples(some.ip_addresses(v=4).map(str), some.integers(0, 65535)))
def test_places_are_shown_as_bacpypes3_shows_them(place: tuple[str, int]) -> None:
    assert unpacked(packed(place)) == place
    if place[1]:
        assert shown(place) == str(IPv4Address(place))


def test_places_behind_routers() -> None:
    assert shown(Routed(5, b"\x0c")) == "5:12"
    assert shown(Routed(5, packed(("10.0.0.7", 47808)))) == "5:10.0.0.7"
    assert shown(Routed(5, b"\x01\x02\x03")) == "5:0x010203"
