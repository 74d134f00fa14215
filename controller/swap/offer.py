"""A Plan's JSON on its way through the local socket: packed, in parts that fit a request."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Iterator

PART = 40_000
"""Characters of a part: a request may have 64 KiB."""
MOST_PARTS = 500
MOST_BYTES = 1 << 26
"""Of the JSON: many times the largest site that is known."""


class BadOffer(Exception):
    """The parts do not make a Plan's JSON."""


def parts(content: str) -> Iterator[str]:
    """`content`, to be sent in this order."""
    import zlib  # as below: not before somebody applies a plan

    packed = base64.b64encode(zlib.compress(content.encode(), 6)).decode("ascii")
    for at in range(0, len(packed), PART):
        yield packed[at : at + PART]


class Offers:
    """What one client after the other has sent so far; of the latest one only."""

    def __init__(self) -> None:
        self._hash = ""
        self._parts: list[str] = []

    def take(self, plan_hash: str, number: int, part: str) -> None:
        """The part of that number, from 0 on. Raises BadOffer when another should have come."""
        if number == 0:
            self._hash, self._parts = plan_hash, []
        if plan_hash != self._hash or number != len(self._parts) or number >= MOST_PARTS or len(part) > PART:
            raise BadOffer
        self._parts.append(part)

    def content(self, plan_hash: str) -> str:
        """All of it. Raises BadOffer. May take a while: for a thread."""
        import zlib

        if plan_hash != self._hash or not self._parts:
            raise BadOffer
        try:
            unpacker = zlib.decompressobj()
            content = unpacker.decompress(base64.b64decode("".join(self._parts), validate=True), MOST_BYTES)
            if not unpacker.eof:
                raise BadOffer
            return content.decode()
        except (binascii.Error, zlib.error, ValueError) as error:
            raise BadOffer from error
