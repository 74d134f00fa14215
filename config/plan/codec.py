"""Plan to JSON and back: one generic walk over the records' own type hints, exact both ways."""

from __future__ import annotations

import hashlib
import json
import types
from dataclasses import fields, is_dataclass
from functools import cache
from typing import Any, Literal, Union, cast, get_args, get_origin, get_type_hints

from config.plan.site import Plan

FORMAT = 4


def dump(plan: Plan) -> str:
    """Canonical JSON: compact arrays in field order, UTF-8 text kept."""
    return json.dumps(_lower(plan), ensure_ascii=False, separators=(",", ":"))


def load(text: str) -> Plan:
    """The Plan in `text`.

    Raises ValueError when it is not a Plan of this format or its hash does not match its content.
    """
    try:
        data = json.loads(text)
        if not isinstance(data, dict) or data.get("format") != FORMAT:
            raise ValueError("not a plan of this version")
        plan = cast(Plan, _raise(Plan, data))
        digest = _digest(data)
    except (KeyError, TypeError, AttributeError, OverflowError, RecursionError) as error:
        raise ValueError(f"not a plan: {error}") from error
    if plan.hash != digest:
        raise ValueError("the plan's hash does not match its content")
    return plan


def seal(plan: Plan) -> str:
    """SHA-256 of the canonical JSON with an empty hash."""
    return _digest(_lower(plan))


def _digest(lowered: dict[str, Any]) -> str:
    text = json.dumps({**lowered, "hash": ""}, ensure_ascii=False, separators=(",", ":"))
    return hashlib.sha256(text.encode()).hexdigest()


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


def _raise(hint: Any, data: Any) -> Any:
    origin = get_origin(hint)
    if origin in (Union, types.UnionType):
        return _raise_union(get_args(hint), data)
    if origin is tuple:
        return _raise_tuple(get_args(hint), data)
    if is_dataclass(hint):
        return cast(Any, hint)(**{name: _raise(inner, data[name]) for name, inner in _shape(cast(Any, hint))})
    if origin is Literal:
        if data not in get_args(hint):
            raise ValueError(f"{data!r} is none of {get_args(hint)}")
        return data
    if hint is float and isinstance(data, int) and not isinstance(data, bool):
        return float(data)
    if not isinstance(data, hint):
        raise ValueError(f"{data!r} is not {hint}")
    return data


def _raise_union(members: tuple[Any, ...], data: Any) -> Any:
    if data is None and type(None) in members:
        return None
    records = [member for member in members if is_dataclass(member)]
    if records:
        name = data.get("_")
        named = [member for member in records if name in (None, cast(Any, member).__name__)]
        if not named:
            raise ValueError(f"{name!r} is no record here")
        return _raise(named[0], data)
    plain = tuple(member for member in members if isinstance(member, type))
    for member in plain:
        if type(data) is member:
            return data
    if len(members) == 2 and type(None) in members:
        return _raise(next(member for member in members if member is not type(None)), data)
    raise ValueError(f"{data!r} is none of {members}")


def _raise_tuple(members: tuple[Any, ...], data: Any) -> Any:
    if not isinstance(data, list):
        raise ValueError(f"{data!r} is not a list")
    if len(members) == 2 and members[1] is Ellipsis:
        return tuple(_raise(members[0], item) for item in data)
    if len(members) != len(data):
        raise ValueError(f"{data!r} has not {len(members)} parts")
    return tuple(_raise(member, item) for member, item in zip(members, data, strict=True))
