"""The lines of the local protocol, both directions. Pure.

The server greets with `{"louguan": VERSION, "protocol": 1}`. A request is `{"id": any, "op": text, "args":
{…}}` with an optional `"as": name`; its answer `{"id", "ok": true, "result"}` or `{"id", "ok": false,
"error": {"code", "message", "where"}}`. A line `{"event": topic, "data": …}` belongs to a subscription and
has no id.
"""

from __future__ import annotations

import json
import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from config.language import LANGUAGES, Text, render, text
from config.language.details import detail

PROTOCOL = 1
MAX_LINE = 1 << 24
"""Bytes an answer or event may have."""
MAX_REQUEST = 1 << 18
"""Bytes a request may have."""
MOST_DEPTH = 100
"""Lists and tables of a request in each other."""
MOST_DIGITS = 100
"""Digits a whole number may have."""
SUBSCRIBE = "subscribe"
UNSUBSCRIBE = "unsubscribe"
DROPPED = "dropped"
"""Topic of the last event of a subscription whose client read too slowly."""


class Code:
    """Words for what went wrong, for programs."""

    BAD_REQUEST = "bad-request"
    UNKNOWN_OP = "unknown-op"
    TOO_LONG = "too-long"
    TOO_MANY = "too-many"
    INTERNAL = "internal"
    REFUSED = "refused"
    """What was asked is not allowed or not possible; the message says why."""
    UNKNOWN_NAME = "unknown-name"
    UNAVAILABLE = "unavailable"
    """The daemon cannot do it now (store failing, stopping)."""


class RequestError(Exception):
    """Raised by a handler, or by reading a request: becomes the error of the answer."""

    def __init__(self, code: str, message: Text | str, where: str = "") -> None:
        super().__init__(render(message, "en"))
        self.code = code
        self.text = message
        self.where = where


@dataclass(frozen=True, slots=True)
class Request:
    """One request, of the right form."""

    id: Any
    op: str
    args: Mapping[str, Any] = field(default_factory=dict)
    person: str = ""
    """Who the client says is asking ("as")."""
    language: str = ""
    """The language the client wants texts in ("lang"); "" = the daemon's, wanting none that is spoken."""


def greeting(version: str) -> bytes:
    return encode({"louguan": version, "protocol": PROTOCOL})


def encode(what: Mapping[str, Any]) -> bytes:
    """One line. Raises TypeError or ValueError for what JSON cannot carry (NaN and infinities included)."""
    return (
        json.dumps(what, ensure_ascii=False, allow_nan=False, separators=(",", ":")).encode(
            "utf-8", "replace"
        )
        + b"\n"
    )


def decode(line: bytes) -> dict[str, Any]:
    """The object in a line, its texts fit for UTF-8 (lone surrogates replaced). Raises RequestError."""
    try:
        data = json.loads(
            line, parse_constant=_no_number, parse_float=_finite_number, parse_int=_whole_number
        )
        if b"\\ud" in line.lower():
            data = json.loads(json.dumps(data, ensure_ascii=False).encode("utf-8", "replace"))
    except (ValueError, RecursionError) as error:
        raise RequestError(Code.BAD_REQUEST, text("not JSON: {error}", error=detail(str(error)))) from error
    if not isinstance(data, dict):
        raise RequestError(Code.BAD_REQUEST, text("not a JSON object"))
    return data


def asked(line: bytes) -> dict[str, Any]:
    """The object in a request's line, no deeper than can be said back. Raises RequestError."""
    data = decode(line)
    if line.count(b"[") + line.count(b"{") > MOST_DEPTH:
        level: list[Any] = [data]
        for _ in range(MOST_DEPTH):
            level = [inner for item in level for inner in _inner(item)]
        if level:
            raise RequestError(Code.BAD_REQUEST, text("nested more than {limit} deep", limit=MOST_DEPTH))
    return data


def _inner(item: Any) -> Iterable[Any]:
    if isinstance(item, dict):
        return item.values()
    return item if isinstance(item, list) else ()


def _no_number(written: str) -> float:
    raise RequestError(Code.BAD_REQUEST, text("{given} is no number here", given=written))


def _finite_number(written: str) -> float:
    found = float(written)
    return found if math.isfinite(found) else _no_number(_short(written))


def _whole_number(written: str) -> int:
    return int(written) if len(written) <= MOST_DIGITS else int(_no_number(_short(written)))


def _short(written: str) -> str:
    return written if len(written) <= 20 else f"{written[:20]}…"


def request(data: Mapping[str, Any]) -> Request:
    """The request in a decoded line. Raises RequestError."""
    op, args = data.get("op"), data.get("args", {})
    if not isinstance(op, str) or not op:
        raise RequestError(Code.BAD_REQUEST, text("{name} must be a text", name="op"), "op")
    if not isinstance(args, dict):
        raise RequestError(Code.BAD_REQUEST, text("{name} must be an object", name="args"), "args")
    person, language = data.get("as", ""), data.get("lang", "")
    for name, value in (("as", person), ("lang", language)):
        if not isinstance(value, str) or len(value) > 100 or not value.isprintable():
            raise RequestError(Code.BAD_REQUEST, text("{name} must be a short text", name=name), name)
    return Request(data.get("id"), op, args, person, language if language in LANGUAGES else "")


def answer(request_id: Any, result: Any) -> bytes:
    return encode({"id": request_id, "ok": True, "result": result})


def failure(request_id: Any, error: RequestError, language: str) -> bytes:
    said = {"code": error.code, "message": render(error.text, language), "where": error.where}
    return encode({"id": request_id, "ok": False, "error": said})


def event(topic: str, data: Any) -> bytes:
    return encode({"event": topic, "data": data})
