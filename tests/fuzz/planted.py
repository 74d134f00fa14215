"""Decoders with bugs in them, for the harness to find; each is like one that people make."""

from __future__ import annotations

import logging
import re
import time

from tests.fuzz.decoder import CANARY, Decoder, Wrong

_SEEDS = (b"\x03\x04abcd\x05", b"\x01\x02xy\x00")


class Refused(Exception):
    """What these decoders are allowed to say."""


def _parts(data: bytes) -> tuple[int, bytes, int]:
    """Kind, content, and what stands behind: kind, length, that many bytes, one more."""
    if len(data) < 2:
        raise Refused
    length = data[1]
    return data[0], data[2 : 2 + length], data[2 + length]


def past_the_end() -> Decoder:
    """A length is believed."""
    return Decoder(_parts, _SEEDS, (Refused,))


def _slow(data: bytes) -> None:
    if re.fullmatch(rb"[a-z]*", data[2:4]) and data[:1] == b"\x07":
        until = time.process_time() + 60
        while time.process_time() < until:
            pass


def endless() -> Decoder:
    """One kind of message is never done with."""
    return Decoder(_slow, _SEEDS, (Refused,))


def keeping() -> Decoder:
    """All that comes is kept."""
    kept: list[bytes] = []

    def take(data: bytes) -> None:
        kept.append(data * 1000)

    return Decoder(take, _SEEDS)


def _believing(data: bytes) -> None:
    if len(data) > 3 and data[0] == 3 and data[1] != 4:
        raise Wrong("a value of no answer")


def believing() -> Decoder:
    """What does not fit is taken."""
    return Decoder(_believing, _SEEDS)


def _hushing(data: bytes) -> None:
    try:
        _parts(data)
    except Refused:
        return
    except IndexError:
        logging.getLogger("planted").exception("an internal error")


def hushing() -> Decoder:
    """A failure is caught, and only logged."""
    return Decoder(_hushing, _SEEDS)


def _babbling(data: bytes) -> None:
    if data[:1] == b"\x03":
        logging.getLogger("planted").warning("it says %s", CANARY)


def babbling() -> Decoder:
    """A secret gets into the log."""
    return Decoder(_babbling, _SEEDS, hushed=True)
