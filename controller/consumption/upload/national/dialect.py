"""Dialects: everything in which implementations of the national protocol disagree, one JSON file a dialect.

The files lie in config/dialects. A file says every setting; none has a default, so that nobody gets another
dialect's by leaving a line out.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, fields
from datetime import datetime
from difflib import get_close_matches
from pathlib import Path
from typing import Any, Literal, TypeAlias

from config.language import Text, text
from controller.consumption.upload.national.errors import DialectError

FOLDER = Path(__file__).resolve().parents[4] / "config" / "dialects"
"""The dialects that come with louguan."""
_MOST_BYTES = 64_000

Order: TypeAlias = Literal["little", "big"]
Part: TypeAlias = Literal["head", "length", "sequence", "cipher", "crc"]
"""Parts of a frame. Its order: head, length (4 bytes), sequence (4), cipher, crc (2), tail."""
PARTS: tuple[Part, ...] = ("head", "length", "sequence", "cipher", "crc")


@dataclass(frozen=True, slots=True)
class Dialect:
    """One way of speaking the protocol. Never changes while the daemon runs."""

    name: str
    """Of the file."""
    about: str
    """Where it comes from and how sure it is; for people."""

    head: bytes
    tail: bytes
    length_order: Order
    sequence_order: Order
    crc_order: Order
    length_counts: frozenset[Part]
    """The parts whose bytes LEN counts; `cipher` among them."""
    crc: Literal["xmodem", "modbus"]
    crc_covers: frozenset[Part]
    """The parts the CRC is taken over, in the frame's order."""
    padding: Literal["zero", "ascii-zero", "pkcs7"]
    """What fills the last block of AES-128-CBC (key = IV): bytes 0x00, characters "0", or PKCS7."""

    declaration: bool
    """Whether documents begin with an XML declaration."""
    encoding: str
    building_element: str
    """Name of the element that holds the building's (or project's) id."""
    gateway_element: str
    md5_order: Literal["sequence+key", "key+sequence"]
    """What the handshake hashes."""
    sequence_digits: int
    """Length of a data document's <sequence>."""
    parser: str
    """Text of <parser>: whether values are already in their unit."""
    time_format: str
    """Of <time>, as strftime writes it, in the site's time."""
    packets_counted: Literal["batch", "time"]
    """What <total> and <current> count: the documents of a batch, or only those of the same time."""
    current_from: int
    """<current> of the first one."""
    packet_meters: int
    """Most meters in one document."""
    function_attributes: tuple[str, ...]
    """Attributes of <function>, in this order."""
    error_good: str
    error_doubtful: str
    """The count is known, but its interval is partial or suspect."""
    error_fault: str
    """The count is not known; the value is empty."""
    report_accepted: Literal["ack", "heartbeat", "written"]
    """When a report counts as accepted: `report_ack` came; the heartbeat sent after it was answered; or the
    network took it."""
    report_ack: str
    """Name of the operation that acknowledges a report."""
    continuous_ack: str
    """Name of the operation that acknowledges back-fill."""
    ack_names_sequence: bool
    """True: an acknowledgement without the <sequence> it is for is none. False: it is for the document last
    sent. One with another sequence is never taken."""
    query_from: str
    """Elements of a query that say from when (included) and until when (excluded)."""
    query_to: str


def dialect_names(folder: Path = FOLDER) -> list[str]:
    """Names of the dialects there are."""
    return sorted(path.stem for path in folder.glob("*.json"))


def load_dialect(name: str, folder: Path = FOLDER) -> Dialect:
    """The dialect of that name. Raises DialectError."""
    known = dialect_names(folder)
    if name not in known:
        raise DialectError([text('no dialect named "{name}"; there are {known}', name=name, known=known)])
    try:
        with (folder / f"{name}.json").open("rb") as handle:
            data = handle.read(_MOST_BYTES + 1)
    except OSError as error:
        raise DialectError([text("dialect {name}: {problem}", name=name, problem=error.strerror)]) from None
    return parse_dialect(name, data)


def parse_dialect(name: str, data: bytes) -> Dialect:
    """The dialect in `data`. Raises DialectError with everything that is wrong."""
    try:
        if len(data) > _MOST_BYTES:
            raise ValueError(f"larger than {_MOST_BYTES} bytes")
        written = json.loads(data.decode("utf-8"), object_pairs_hook=_once)
        if not isinstance(written, dict):
            raise ValueError("not an object")
    except (ValueError, RecursionError) as error:  # UnicodeDecodeError and JSONDecodeError are ValueErrors
        said = str(error) or type(error).__name__
        raise DialectError([text("dialect {name}: {problem}", name=name, problem=said)]) from None
    problems = list(_keys(name, written))
    made: dict[str, Any] = {"name": name}
    for key, check in _CHECKS.items():
        if key in written:
            try:
                made[key] = check(written[key])
            except ValueError as error:
                shown = json.dumps(written[key], ensure_ascii=False)[:60]
                problems.append(
                    text(
                        "dialect {name}: {key} is {value}; expected {expected}",
                        name=name,
                        key=key,
                        value=shown,
                        expected=str(error),
                    )
                )
    if problems:
        raise DialectError(problems)
    return Dialect(**made)


def _once(pairs: Sequence[tuple[str, Any]]) -> dict[str, Any]:
    """A JSON object without a key said twice."""
    made: dict[str, Any] = {}
    for key, value in pairs:
        if key in made:
            raise ValueError(f'"{key}" is said twice')
        made[key] = value
    return made


def _keys(name: str, written: Mapping[str, Any]) -> list[Text]:
    found = []
    for key in written:
        if key not in _CHECKS:
            near = get_close_matches(key, _CHECKS, n=1)
            found.append(
                text(
                    'dialect {name}: "{key}" is no setting; did you mean {near}?',
                    name=name,
                    key=key,
                    near=near[0],
                )
                if near
                else text('dialect {name}: "{key}" is no setting', name=name, key=key)
            )
    found += [
        text('dialect {name}: "{key}" is missing', name=name, key=key)
        for key in _CHECKS
        if key not in written
    ]
    return found


# What a setting may be. Each raises ValueError with what was expected.


def _one_of(*words: str) -> Callable[[object], str]:
    def check(value: object) -> str:
        if isinstance(value, str) and value in words:
            return value
        raise ValueError(f"one of {', '.join(words)}")

    return check


def _like(pattern: str, expected: str) -> Callable[[object], str]:
    compiled = re.compile(pattern)

    def check(value: object) -> str:
        if isinstance(value, str) and compiled.fullmatch(value):
            return value
        raise ValueError(expected)

    return check


def _number(low: int, high: int) -> Callable[[object], int]:
    def check(value: object) -> int:
        if isinstance(value, int) and not isinstance(value, bool) and low <= value <= high:
            return value
        raise ValueError(f"a whole number from {low} to {high}")

    return check


def _flag(value: object) -> bool:
    if isinstance(value, bool):
        return value
    raise ValueError("true or false")


def _mark(value: object) -> bytes:
    if isinstance(value, str) and re.fullmatch(r"(?:[0-9A-Fa-f]{2}){2,8}", value):
        return bytes.fromhex(value)
    raise ValueError("2 to 8 bytes in hexadecimal, like 68681616")


def _several(words: Sequence[str], needed: str) -> Callable[[object], tuple[str, ...]]:
    def check(value: object) -> tuple[str, ...]:
        known = isinstance(value, list) and all(isinstance(item, str) and item in words for item in value)
        if isinstance(value, list) and known and needed in value and len(set(value)) == len(value):
            return tuple(value)
        raise ValueError(f"a list of {', '.join(words)}, each at most once, with {needed} among them")

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
    raise ValueError("year to second as strftime writes them, like %Y%m%d%H%M%S")


_ELEMENT = _like(r"[A-Za-z_][A-Za-z0-9_.-]{0,39}", "the name of an XML element")
_CODE = _like(r"[0-9A-Za-z]{1,8}", "up to 8 letters or digits, in quotes")
_ORDER = _one_of("little", "big")
_CHECKS: dict[str, Callable[[object], object]] = {
    "about": _like(r"[^\x00-\x1f]{0,400}", "a sentence"),
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
assert {field.name for field in fields(Dialect)} == {"name", *_CHECKS}
