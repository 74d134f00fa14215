"""JSON changed as a tree: what comes out is JSON still, and says something else. Pure."""

from __future__ import annotations

import json
from collections.abc import Callable
from copy import deepcopy
from random import Random
from typing import Any

from tests.fuzz.decoder import Mend

_ODD: tuple[Any, ...] = (
    None, True, False, 0, -1, 1.5, 1e308, 2**53, 2**63, 2**64, -(2**63), 10**30, "", " ", "\0", "\ud800",
    "x" * 300, "９", "²", "2026-02-30", "nan", [], {}, [[]], [None], {"": None}, "楼", "../x", "\u2028",
    "1e999", "-0",
)  # fmt: skip
JSON_WORDS = (
    b"[" * 900, b'{"a":' * 400, b'"\\ud800"', b"1e999", b"NaN", b"9" * 5000, b"99999999999999999999", b"null",
    b"true", b"-1", b"1.5", b"{}", b"[]", b'""', b"\xff", b"\0", b"\xef\xbb\xbf",
)  # fmt: skip
"""Pieces that are no JSON, or hardly, for decoders of it."""
_WORDS = ("key", "site", "name", "id", "format", "hash", "_", "refused", "args", "op", "error", "message", "")


def changed(head: int = 0, *, by_line: bool = False) -> Mend:
    """A Mend for seeds that are `head` bytes and then JSON, or a line of JSON after the other."""

    def change(data: bytes, random: Random) -> bytes:
        front, body = data[:head], data[head:]
        if not by_line:
            return front + _changed(body, random)
        lines = body.split(b"\n")
        at = random.randrange(len(lines))
        lines[at] = _changed(lines[at], random)
        return front + b"\n".join(lines)

    return change


def _changed(body: bytes, random: Random) -> bytes:
    try:
        said = json.loads(body)
    except ValueError:
        return body
    box = [said]
    for _ in range(1 if random.random() < 0.6 else random.randint(2, 4)):
        random.choice(_STEPS)(box, random)
    return json.dumps(box[0], ensure_ascii=random.random() < 0.5).encode("utf-8", "surrogatepass")


def _spot(box: list[Any], random: Random) -> tuple[Any, Any]:
    """Some container in the tree, and a key in it."""
    at: Any = box
    key: Any = 0
    while isinstance(at[key], dict | list) and at[key] and random.random() < 0.85:
        at = at[key]
        key = random.choice(list(at)) if isinstance(at, dict) else random.randrange(len(at))
    return at, key


def _replace(box: list[Any], random: Random) -> None:
    at, key = _spot(box, random)
    at[key] = deepcopy(random.choice(_ODD))


def _nudge(box: list[Any], random: Random) -> None:
    at, key = _spot(box, random)
    value = at[key]
    if isinstance(value, bool) or value is None:
        at[key] = not value
    elif isinstance(value, int | float):
        at[key] = random.choice((value + 1, value - 1, -value, float(value), str(value), value * 1000))
    elif isinstance(value, str) and value:
        where = random.randrange(len(value))
        at[key] = value[:where] + random.choice(("", "\0", "é", value[where:] * 2, "\\", "/", "\n"))
    else:
        at[key] = [value]


def _remove(box: list[Any], random: Random) -> None:
    at, key = _spot(box, random)
    if at is not box:
        del at[key]


def _add(box: list[Any], random: Random) -> None:
    at, key = _spot(box, random)
    inner = at[key]
    if isinstance(inner, dict):
        inner[random.choice(_WORDS)] = deepcopy(random.choice(_ODD))
    elif isinstance(inner, list):
        inner.insert(random.randrange(len(inner) + 1), deepcopy(random.choice((*inner, *_ODD))))


def _swap(box: list[Any], random: Random) -> None:
    one, other = _spot(box, random), _spot(box, random)
    if one[0] is not box and other[0] is not box:
        first, second = one[0][one[1]], other[0][other[1]]
        if not isinstance(first, dict | list) and not isinstance(second, dict | list):
            one[0][one[1]], other[0][other[1]] = second, first


def _deepen(box: list[Any], random: Random) -> None:
    at, key = _spot(box, random)
    for _ in range(random.choice((1, 3, 60))):
        at[key] = [at[key]] if random.random() < 0.5 else {"a": at[key]}


_STEPS: tuple[Callable[[list[Any], Random], None], ...] = (
    _replace,
    _replace,
    _nudge,
    _nudge,
    _remove,
    _add,
    _swap,
    _deepen,
)
