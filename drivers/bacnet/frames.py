"""Link and network headers of plain frames (135, annex J and clause 6): between two stations of one BACnet/IP
network, or from one to all. Pure.

Everything else -- routed, forwarded, messages of the network layer -- is `beyond`'s.
"""

from __future__ import annotations

from typing import Final

UNICAST: Final = 0x0A
BROADCAST: Final = 0x0B

_LINK: Final = 0x81
_VERSION: Final = 0x01
_EXPECTING_REPLY: Final = 0x04
_OF_REPLIES: Final = _EXPECTING_REPLY | 0x03
"""Of a control octet: that, and the priority."""
_LAST: Final = 0x0C
"""The highest function of the link layer."""
_TO_ALL_NETWORKS: Final = b"\x20\xff\xff\x00"
"""Control octet, network 0xFFFF, no address there; a hop count follows."""
_AT: Final = 6
_AT_GLOBAL: Final = 10


def unicast(apdu: bytes, *, expecting_reply: bool) -> bytes:
    """To one station of this network."""
    control = _EXPECTING_REPLY if expecting_reply else 0
    return bytes((_LINK, UNICAST, *(len(apdu) + _AT).to_bytes(2, "big"), _VERSION, control)) + apdu


def to_all(apdu: bytes) -> bytes:
    """To all stations of all networks."""
    head = bytes((_LINK, BROADCAST, *(len(apdu) + _AT_GLOBAL).to_bytes(2, "big"), _VERSION))
    return head + _TO_ALL_NETWORKS + b"\xff" + apdu


def plain(data: bytes) -> int:
    """Where the APDU of a plain frame begins; 0 when it is not plain."""
    if len(data) <= _AT or data[2] << 8 | data[3] != len(data) or data[0] != _LINK or data[4] != _VERSION:
        return 0
    if data[1] != UNICAST and data[1] != BROADCAST:
        return 0
    if data[5] <= _OF_REPLIES:
        return _AT
    if data[5] & ~_OF_REPLIES == 0x20 and data[6:9] == _TO_ALL_NETWORKS[1:] and len(data) > _AT_GLOBAL:
        return _AT_GLOBAL
    return 0


def sound(data: bytes) -> bool:
    """Whether a frame has the link header of BACnet/IP and the length it says."""
    return len(data) >= 4 and data[0] == _LINK and data[1] <= _LAST and data[2] << 8 | data[3] == len(data)
