"""A failing case made short: bytes are dropped, and plain ones put in, while it still fails alike."""

from __future__ import annotations

import time

from tests.fuzz.decoder import Decoder
from tests.fuzz.running import Failure, tried, watched

_MOST_S = 20.0


def shrunk(decoder: Decoder, failure: Failure, most_s: float = _MOST_S) -> Failure:
    """The shortest found within so many seconds; `failure` itself where it does not fail by itself."""
    until = time.monotonic() + most_s
    with watched(decoder) as heard:

        def still(data: bytes) -> bool:
            found = tried(decoder, data, heard=heard)
            return found is not None and found.alike == failure.alike

        if not failure.data or not still(failure.data):
            return failure
        data = failure.data
        size = max(1, len(data) // 2)
        while size and time.monotonic() < until:
            at, before = 0, len(data)
            while at < len(data) and time.monotonic() < until:
                shorter = data[:at] + data[at + size :]
                if still(shorter):
                    data = shorter
                else:
                    at += size
            if len(data) == before or size > len(data):
                size //= 2
        for at in range(len(data)):
            plain = data[:at] + b"0" + data[at + 1 :]
            if plain != data and time.monotonic() < until and still(plain):
                data = plain
    return Failure(failure.kind, failure.says, failure.where, data, failure.number)
