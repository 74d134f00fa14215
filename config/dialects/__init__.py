"""Dialects: everything in which implementations of the national protocol disagree, one JSON file a dialect.

The files lie in this folder. A file says every setting; none has a default, so that nobody gets another
dialect's by leaving a line out.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields
from difflib import get_close_matches
from itertools import combinations
from pathlib import Path
from typing import Any, Literal, TypeAlias

from config.dialects.checks import CHECKS, Part, Unfit
from config.language import Text, text
from config.language.details import reason

FOLDER = Path(__file__).resolve().parent
"""The dialects that come with louguan."""
_MOST_BYTES = 64_000

Order: TypeAlias = Literal["little", "big"]


class DialectError(ValueError):
    """A dialect cannot be used; everything that is wrong with it."""

    def __init__(self, problems: Sequence[Text]) -> None:
        self.problems = tuple(problems)
        self.text = Text(
            "\n".join(f"{{{number}}}" for number in map(_part, range(len(problems)))),
            tuple((_part(number), problem) for number, problem in enumerate(problems)),
        )
        """All of them, one a line."""
        super().__init__("; ".join(str(problem) for problem in problems))


def _part(number: int) -> str:
    return f"problem_{number}"


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


def dialect_names() -> list[str]:
    """Names of the dialects that come with louguan."""
    return sorted(path.stem for path in FOLDER.glob("*.json"))


def load_dialect(name: str, settings: str = "") -> Dialect:
    """The dialect of that name, with `settings` (a JSON object, "" for none) in place of its own. Raises
    DialectError."""
    known = dialect_names()
    if name not in known:
        raise DialectError(
            [text('no dialect named "{name}"; there are {known}', name=name, known=", ".join(known))]
        )
    return read_dialect(FOLDER / f"{name}.json", settings)


def read_dialect(path: Path, settings: str = "") -> Dialect:
    """The dialect in a file. Raises DialectError."""
    name = path.stem
    try:
        with path.open("rb") as handle:
            data = handle.read(_MOST_BYTES + 1)
    except OSError as error:
        raise DialectError(
            [text("cannot read {file}: {error}", file=str(path), error=reason(error))]
        ) from None
    return parse_dialect(name, data, settings)


def parse_dialect(name: str, data: bytes, settings: str = "") -> Dialect:
    """The dialect in `data`. Raises DialectError with everything that is wrong."""
    written = {**_object(name, data), **_object(name, settings.encode() or b"{}")}
    problems = list(_keys(name, written))
    made: dict[str, Any] = {"name": name}
    for key, check in CHECKS.items():
        if key in written:
            try:
                made[key] = check(written[key])
            except Unfit as error:
                shown = json.dumps(written[key], ensure_ascii=False)[:60]
                problems.append(
                    text(
                        "dialect {name}: {key} is {value}; expected {expected}",
                        name=name,
                        key=key,
                        value=shown,
                        expected=error.expected,
                    )
                )
    problems += _alike(name, made)
    if problems:
        raise DialectError(problems)
    return Dialect(**made)


def _alike(name: str, made: Mapping[str, Any]) -> list[Text]:
    """Elements that stand side by side in a document and would be read one for the other."""
    common = {key: made.get(key) for key in ("building_element", "gateway_element")}
    query = {key: made.get(key) for key in ("query_from", "query_to")}
    return [
        text(
            'dialect {name}: {key} is "{value}"; that is the name of {other}, which stands beside it',
            name=name,
            key=key,
            value=value,
            other=other,
        )
        for beside in ({"<type>": "type", **common}, query)
        for (other, taken), (key, value) in combinations(beside.items(), 2)
        if value is not None and value == taken
    ]


def _object(name: str, data: bytes) -> dict[str, Any]:
    try:
        if len(data) > _MOST_BYTES:
            raise Unfit(text("larger than {limit} bytes", limit=_MOST_BYTES))
        written = json.loads(data.decode("utf-8"), object_pairs_hook=_once)
        if not isinstance(written, dict):
            raise Unfit(text("a JSON object was expected"))
    except Unfit as error:
        raise DialectError([text("dialect {name}: {problem}", name=name, problem=error.expected)]) from None
    except (ValueError, RecursionError) as error:  # UnicodeDecodeError and JSONDecodeError are ValueErrors
        raise DialectError([text("dialect {name}: {problem}", name=name, problem=reason(error))]) from None
    return written


def _once(pairs: Sequence[tuple[str, Any]]) -> dict[str, Any]:
    """A JSON object without a key said twice."""
    made: dict[str, Any] = {}
    for key, value in pairs:
        if key in made:
            raise Unfit(text('"{key}" is said twice', key=key[:60]))
        made[key] = value
    return made


def _keys(name: str, written: Mapping[str, Any]) -> list[Text]:
    found = []
    for key in written:
        if key not in CHECKS:
            near = get_close_matches(key, CHECKS, n=1)
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
        text('dialect {name}: "{key}" is missing', name=name, key=key) for key in CHECKS if key not in written
    ]
    return found


assert {field.name for field in fields(Dialect)} == {"name", *CHECKS}
