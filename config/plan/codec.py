"""Plan to JSON and back: one generic walk over the records' own type hints, exact both ways."""

from __future__ import annotations

import hashlib
import json
import threading
import types
from collections.abc import Callable, Hashable
from dataclasses import fields, is_dataclass
from functools import cache
from typing import Any, Literal, TypeAlias, Union, cast, get_args, get_origin, get_type_hints

from config.plan.pieces import members
from config.plan.site import Plan

FORMAT = 4
_reading = threading.Lock()
"""One Plan at a time: what follows is of the one that is being read, and what reads a record is made when
the first of its kind comes."""
_texts: dict[str, str] = {}
_one = _texts.setdefault
"""One text for all that are equal: a Plan's are a third of what they are written as."""
_PIECE = 1 << 16
"""Signs that are hashed at a time."""


def dump(plan: Plan) -> str:
    """Canonical JSON: compact arrays in field order, UTF-8 text kept."""
    return json.dumps(_lower(plan), ensure_ascii=False, separators=(",", ":"))


def load(text: str) -> Plan:
    """The Plan in `text`.

    Raises ValueError when it is not a Plan of this format or its hash does not match its content. May be
    called by several threads.
    """
    with _reading:
        return _load(text)


def _load(text: str) -> Plan:
    try:
        data = members(text, _made_of)
        if data.get("format") != FORMAT:
            raise ValueError("not a plan of this version")
        plan = Plan(**{name: data[name] for name, _ in _shape(Plan)})
        digest = _digest_of(text, plan.hash) or _digest(json.loads(text))
    except (KeyError, TypeError, AttributeError, OverflowError, RecursionError) as error:
        raise ValueError(f"not a plan: {error}") from error
    finally:
        _texts.clear()
    if plan.hash != digest:
        raise ValueError("the plan's hash does not match its content")
    return plan


def seal(plan: Plan) -> str:
    """SHA-256 of the canonical JSON with an empty hash."""
    return _digest(_lower(plan))


def _digest(lowered: dict[str, Any]) -> str:
    text = json.dumps({**lowered, "hash": ""}, ensure_ascii=False, separators=(",", ":"))
    return hashlib.sha256(text.encode()).hexdigest()


def _digest_of(text: str, own: str) -> str:
    """`own` where it is the digest of canonical JSON, as `dump` wrote it; "" where that cannot be told so."""
    at, end = text.find(f'"hash":"{own}"'), len(text.rstrip("\n"))
    if at < 0:
        return ""
    at += len('"hash":"')
    sha256 = hashlib.sha256()
    for first, last in ((0, at), (at + len(own), end)):
        for begin in range(first, last, _PIECE):
            sha256.update(text[begin : min(begin + _PIECE, last)].encode())
    return own if sha256.hexdigest() == own else ""


def _made_of(name: str) -> Raise | tuple[Raise]:
    """What makes a field of the Plan; in a tuple, of each element of its list. What is no field stays."""
    hint = dict(_shape(Plan)).get(name, Any)
    if hint is Any:
        return lambda data: data
    parts = get_args(hint)
    endless = get_origin(hint) is tuple and len(parts) == 2 and parts[1] is Ellipsis
    return (_raise(parts[0]),) if endless else _raise(hint)


@cache
def _shape(record: type[Any]) -> tuple[tuple[str, Any], ...]:
    hints = get_type_hints(record)
    return tuple((item.name, hints[item.name]) for item in fields(record))


def _lower(value: Any) -> Any:
    if is_dataclass(value) and not isinstance(value, type):
        lowered = {name: _lower(getattr(value, name)) for name, _ in _shape(type(value))}
        return {"_": type(value).__name__, **lowered} if _tagged(type(value)) else lowered
    if isinstance(value, tuple):
        return [_lower(item) for item in value]
    return value


@cache
def _in_unions() -> frozenset[type[Any]]:
    """Records that stand in a union with other records, anywhere in a Plan: these carry their name."""
    found: set[type[Any]] = set()
    seen: set[Any] = set()
    left: list[Any] = [Plan]
    while left:
        hint = left.pop()
        if hint in seen:
            continue
        seen.add(hint)
        members = get_args(hint)
        records = [cast(type[Any], member) for member in members if is_dataclass(member)]
        if get_origin(hint) in (Union, types.UnionType) and len(records) > 1:
            found.update(records)
        left += [member for member in members if member is not Ellipsis]
        if is_dataclass(hint):
            left += [inner for _, inner in _shape(cast(Any, hint))]
    return frozenset(found)


def _tagged(record: type[Any]) -> bool:
    return record in _in_unions()


Raise: TypeAlias = Callable[[Any], Any]
"""JSON → a value of one type. Raises what `load` catches."""


@cache
def _raise(hint: Any) -> Raise:
    origin = get_origin(hint)
    if origin in (Union, types.UnionType):
        return _union(get_args(hint))
    if origin is tuple:
        return _tuple(get_args(hint))
    if is_dataclass(hint):
        return _record(cast(type[Any], hint))
    if origin is Literal:
        return _one_of(get_args(hint))
    if hint is str:
        return _text
    return _float if hint is float else _instance(hint)


def _record(record: type[Any]) -> Raise:
    parts: list[tuple[str, Any, Raise]] = []

    def raised(data: Any) -> Any:
        if not parts:  # only now: a record may hold others of its own kind
            parts.extend((name, inner, _raise(inner)) for name, inner in _shape(cast(Any, record)))
        values = [(data[name], inner, other) for name, inner, other in parts]
        return record(
            *[
                (_one(value, value) if inner is str else value) if type(value) is inner else other(value)
                for value, inner, other in values
            ]
        )

    return raised


def _one_of(allowed: tuple[Any, ...]) -> Raise:
    def raised(data: Any) -> Any:
        if data not in allowed:
            raise ValueError(f"{data!r} is none of {allowed}")
        return _one(data, data) if type(data) is str else data

    return raised


def _float(data: Any) -> float:
    if isinstance(data, int) and not isinstance(data, bool):
        return float(data)
    if not isinstance(data, float):
        raise ValueError(f"{data!r} is not {float}")
    return data


def _text(data: Any) -> str:
    if not isinstance(data, str):
        raise ValueError(f"{data!r} is not {str}")
    return _one(data, data)


def _instance(kind: type[Any]) -> Raise:
    def raised(data: Any) -> Any:
        if not isinstance(data, kind):
            raise ValueError(f"{data!r} is not {kind}")
        return data

    return raised


def _union(members: tuple[Any, ...]) -> Raise:
    records = [
        (cast(Any, member).__name__, _raise(cast(Hashable, member)))
        for member in members
        if is_dataclass(member)
    ]
    plain = tuple(member for member in members if isinstance(member, type))
    others = [_raise(member) for member in members if member is not type(None)]
    optional = type(None) in members

    def raised(data: Any) -> Any:
        if data is None and optional:
            return None
        if records:
            name = data.get("_")
            named = [other for known, other in records if name in (None, known)]
            if not named:
                raise ValueError(f"{name!r} is no record here")
            return named[0](data)
        if type(data) in plain:
            return _one(data, data) if type(data) is str else data
        if len(members) == 2 and optional:
            return others[0](data)
        raise ValueError(f"{data!r} is none of {members}")

    return raised


def _tuple(members: tuple[Any, ...]) -> Raise:
    each = [_raise(member) for member in members if member is not Ellipsis]
    endless = len(members) == 2 and members[1] is Ellipsis

    def raised(data: Any) -> Any:
        if not isinstance(data, list):
            raise ValueError(f"{data!r} is not a list")
        if endless:
            of = each[0]
            return tuple([of(item) for item in data])
        if len(each) != len(data):
            raise ValueError(f"{data!r} has not {len(each)} parts")
        return tuple([of(item) for of, item in zip(each, data, strict=True)])

    return raised
