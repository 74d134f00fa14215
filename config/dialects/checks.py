"""What a setting of a dialect may be. Each check raises Unfit with what was expected."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Literal, TypeAlias

from config.language import Text, text

Part: TypeAlias = Literal["head", "length", "sequence", "cipher", "crc"]
"""Parts of a frame. Its order: head, length (4 bytes), sequence (4), cipher, crc (2), tail."""
PARTS: tuple[Part, ...] = ("head", "length", "sequence", "cipher", "crc")


class Unfit(ValueError):
    """A setting that it may not be."""

    def __init__(self, expected: Text) -> None:
        super().__init__(str(expected))
        self.expected = expected


def _one_of(*words: str) -> Callable[[object], str]:
    def check(value: object) -> str:
        if isinstance(value, str) and value in words:
            return value
        raise Unfit(text("one of {words}", words=", ".join(words)))

    return check


def _like(pattern: str, expected: Text) -> Callable[[object], str]:
    compiled = re.compile(pattern)

    def check(value: object) -> str:
        if isinstance(value, str) and compiled.fullmatch(value):
            return value
        raise Unfit(expected)

    return check


def _number(low: int, high: int) -> Callable[[object], int]:
    def check(value: object) -> int:
        if isinstance(value, int) and not isinstance(value, bool) and low <= value <= high:
            return value
        raise Unfit(text("a whole number from {low} to {high}", low=low, high=high))

    return check


def _flag(value: object) -> bool:
    if isinstance(value, bool):
        return value
    raise Unfit(text("true or false"))


def _mark(value: object) -> bytes:
    if isinstance(value, str) and re.fullmatch(r"(?:[0-9A-Fa-f]{2}){2,8}", value):
        return bytes.fromhex(value)
    raise Unfit(text("2 to 8 bytes in hexadecimal, like 68681616"))


def _several(words: Sequence[str], needed: str) -> Callable[[object], tuple[str, ...]]:
    def check(value: object) -> tuple[str, ...]:
        known = isinstance(value, list) and all(isinstance(item, str) and item in words for item in value)
        if isinstance(value, list) and known and needed in value and len(set(value)) == len(value):
            return tuple(value)
        raise Unfit(
            text(
                "a list of {words}, each at most once, with {needed} among them",
                words=", ".join(words),
                needed=needed,
            )
        )

    return check


def _parts(*words: Part) -> Callable[[object], frozenset[str]]:
    check = _several(words, "cipher")
    return lambda value: frozenset(check(value))


def _time_format(value: object) -> str:
    """A format that says a moment to the second and can be read back."""
    moment = datetime(2026, 3, 4, 17, 8, 9)  # noqa: DTZ001 - only its digits matter
    if isinstance(value, str) and len(value) <= 40:
        try:
            if datetime.strptime(moment.strftime(value), value) == moment:  # noqa: DTZ007
                return value
        except (ValueError, re.error):
            pass
    raise Unfit(text("year to second as strftime writes them, like %Y%m%d%H%M%S"))


_ELEMENT = _like(r"[A-Za-z_][A-Za-z0-9_.-]{0,39}", text("the name of an XML element"))
_CODE = _like(r"[0-9A-Za-z]{1,8}", text("up to 8 letters or digits, in quotes"))
_ORDER = _one_of("little", "big")
CHECKS: dict[str, Callable[[object], object]] = {
    "about": _like(r"[^\x00-\x1f]{0,400}", text("a sentence")),
    "head": _mark,
    "tail": _mark,
    "length_order": _ORDER,
    "sequence_order": _ORDER,
    "crc_order": _ORDER,
    "length_counts": _parts("length", "sequence", "cipher", "crc"),
    "crc": _one_of("xmodem", "modbus"),
    "crc_covers": _parts("head", "length", "sequence", "cipher"),
    "padding": _one_of("zero", "ascii-zero", "pkcs7"),
    "declaration": _flag,
    "encoding": _one_of("utf-8", "gb2312", "gbk", "gb18030"),
    "building_element": _ELEMENT,
    "gateway_element": _ELEMENT,
    "md5_order": _one_of("sequence+key", "key+sequence"),
    "sequence_digits": _number(8, 20),
    "parser": _one_of("yes", "no"),
    "time_format": _time_format,
    "packets_counted": _one_of("batch", "time"),
    "current_from": _number(0, 1),
    "packet_meters": _number(1, 1000),
    "function_attributes": _several(("id", "coding", "error"), "id"),
    "error_good": _CODE,
    "error_doubtful": _CODE,
    "error_fault": _CODE,
    "report_accepted": _one_of("ack", "heartbeat", "written"),
    "report_ack": _ELEMENT,
    "continuous_ack": _ELEMENT,
    "ack_names_sequence": _flag,
    "query_from": _ELEMENT,
    "query_to": _ELEMENT,
}
