"""A row as it comes in: one JSON object a line, checked before anything is stored. Pure."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any, NamedTuple, TypeVar

LONGEST_KEY = 240
_YEAR_2200_MS = 7_258_118_400_000
_LONGEST_MS = 10 * 366 * 86_400_000
_MOST_FLAGS = 16
_NAME = re.compile(r"[^\s/]{1,100}")
_WORD = re.compile(r"[a-z0-9_]{1,32}")
_NUMBER = re.compile(r"-?[0-9]{1,24}(\.[0-9]{1,12})?")
_QUANTITIES = frozenset({"electricity", "water", "gas", "heat"})
_STREAMS = frozenset({"live", "backfill"})
_T = TypeVar("_T")


class Received(NamedTuple):
    """One interval of one meter as a site sent it. (site, meter, start_ms, revision) names it for ever.

    Counts, consumption, quantum and peak are decimal texts, kept as they came.
    """

    key: str
    """The sender's own name for it; echoed, nothing else."""
    meter: str
    quantity: str
    unit: str
    start_ms: int
    end_ms: int
    revision: int
    from_ms: int | None
    count_start: str | None
    count_end: str | None
    consumption: str | None
    """None = unknown, never 0 for missing."""
    quantum: str | None
    peak: str | None
    peak_unit: str | None
    covered_s: int | None
    flags: tuple[str, ...]
    stream: str


class Nonsense(Exception):
    """A line that is no row at all, not even one that could be refused by its key: the batch is at fault."""


class Refused(Exception):
    """A row that will never be taken: `key` and why."""

    def __init__(self, key: str, reason: str) -> None:
        super().__init__(reason)
        self.key = key
        self.reason = reason


def read_line(line: bytes) -> tuple[str, Received]:
    """The site a line names, and its row. Raises Nonsense, or Refused where there is a key to refuse."""
    try:
        found = json.loads(line, parse_constant=_no_number)
    except (ValueError, RecursionError) as error:
        raise Nonsense("not JSON") from error
    if not isinstance(found, dict):
        raise Nonsense("not a JSON object")
    key = found.get("key")
    if not isinstance(key, str) or not 0 < len(key) <= LONGEST_KEY or not key.isprintable():
        raise Nonsense(f'no "key" of 1 to {LONGEST_KEY} printable characters')
    try:
        return _name(found, "site"), _row(key, found)
    except ValueError as error:
        raise Refused(key, str(error)) from error


def _row(key: str, found: Mapping[str, Any]) -> Received:
    """Raises ValueError with the reason."""
    row = Received(
        key=key,
        meter=_name(found, "meter"),
        quantity=_one_of(found, "quantity", _QUANTITIES),
        unit=_name(found, "unit", slash=True),
        start_ms=_whole(found, "start_ms", 0, _YEAR_2200_MS),
        end_ms=_whole(found, "end_ms", 0, _YEAR_2200_MS),
        revision=_whole(found, "revision", 0, 1_000_000),
        from_ms=_maybe(found, "from_ms", lambda name: _whole(found, name, 0, _YEAR_2200_MS)),
        count_start=_number(found, "count_start"),
        count_end=_number(found, "count_end"),
        consumption=_number(found, "consumption"),
        quantum=_number(found, "quantum"),
        peak=_number(found, "peak"),
        peak_unit=_maybe(found, "peak_unit", lambda name: _name(found, name, slash=True)),
        covered_s=_maybe(found, "covered_s", lambda name: _whole(found, name, 0, _LONGEST_MS)),
        flags=_flags(found),
        stream=_one_of(found, "stream", _STREAMS),
    )
    if row.end_ms <= row.start_ms:
        raise ValueError("end_ms is not after start_ms")
    if row.end_ms - row.start_ms > _LONGEST_MS:
        raise ValueError("longer than ten years")
    counted = row.count_start is not None or row.count_end is not None
    if counted and row.consumption is not None and row.consumption.startswith("-"):
        raise ValueError("a meter with a counter cannot consume less than nothing")
    for name, ms in (("start", row.start_ms), ("end", row.end_ms), ("from", row.from_ms)):
        _agree(found, name, ms)
    return row


def _agree(found: Mapping[str, Any], name: str, ms: int | None) -> None:
    """A time that is given as text too must be the same moment."""
    written = found.get(name)
    if written is None:
        return
    try:
        moment = datetime.fromisoformat(written)
    except (TypeError, ValueError):
        raise ValueError(f"{name} is no ISO 8601 time") from None
    if moment.tzinfo is None or ms is None or round(moment.timestamp() * 1000) != ms:
        raise ValueError(f"{name} is not the moment of {name}_ms")


def _name(found: Mapping[str, Any], name: str, *, slash: bool = False) -> str:
    value = found.get(name)
    if isinstance(value, str) and value.isprintable() and _NAME.fullmatch(_plain(value) if slash else value):
        return value
    raise ValueError(f"{name} is missing or no name")


def _plain(value: str) -> str:
    return value.replace("/", "_")


def _one_of(found: Mapping[str, Any], name: str, known: frozenset[str]) -> str:
    value = found.get(name)
    if isinstance(value, str) and value in known:
        return value
    raise ValueError(f"{name} is none of {', '.join(sorted(known))}")


def _whole(found: Mapping[str, Any], name: str, least: int, most: int) -> int:
    value = found.get(name)
    if isinstance(value, int) and not isinstance(value, bool) and least <= value <= most:
        return value
    raise ValueError(f"{name} is no whole number from {least} to {most}")


def _number(found: Mapping[str, Any], name: str) -> str | None:
    value = found.get(name)
    if value is None:
        return None
    if isinstance(value, str) and _NUMBER.fullmatch(value):
        return value
    raise ValueError(f"{name} is no decimal number written as text")


def _flags(found: Mapping[str, Any]) -> tuple[str, ...]:
    value = found.get("flags", [])
    if (
        isinstance(value, list)
        and len(value) <= _MOST_FLAGS
        and all(isinstance(one, str) and _WORD.fullmatch(one) for one in value)
    ):
        return tuple(value)
    raise ValueError("flags is no list of words")


def _maybe(found: Mapping[str, Any], name: str, read: Callable[[str], _T]) -> _T | None:
    return None if found.get(name) is None else read(name)


def _no_number(written: str) -> None:
    raise ValueError(f"{written} is no number")
