"""What is left of an entry without the parts that are wrong in form, so that all the rest is still judged."""

from __future__ import annotations

import types
from collections.abc import Iterable, Sequence
from copy import copy
from dataclasses import replace
from functools import cache
from typing import Annotated, Any, Literal, TypeVar, Union, get_args, get_origin

from pydantic import BaseModel, ValidationError, create_model

from config.written.nodes import Entry, Items, Node, Table, plain

Shape = TypeVar("Shape", bound=BaseModel)
Path = tuple[str | int, ...]
_MOST_ROUNDS = 60
"""Taking one part out may leave what holds it without sense, and so on upwards."""


def remains(model: type[Shape], entry: Entry) -> tuple[Entry, Shape] | None:
    """The entry without what `model` cannot take, and the rest as a `model` in which keys that must be there
    may be None: those that the entry lacks. None when nothing is left."""
    soft = softened(model)
    for _ in range(_MOST_ROUNDS):
        data = plain(entry.node)
        try:
            return entry, soft.model_validate({} if data is None else data)
        except ValidationError as error:
            less = without(entry, [tuple(item["loc"]) for item in error.errors(include_url=False)])
        if less is None:
            return None
        entry = less
    return None


def without(entry: Entry, paths: Iterable[Sequence[str | int]]) -> Entry | None:
    """The entry without those parts, which it remembers; None when the whole of it is meant."""
    gone = {_existing(entry.node, path) for path in paths}
    if () in gone:
        return None
    lost = dict(entry.lost)
    return replace(entry, node=_less(entry.node, (), gone, lost), lost=lost)


def lacking(entry: Entry, path: Sequence[str | int]) -> Entry:
    """The entry, which remembers that the key at `path`, which is not there, was to be."""
    table = entry.at_path(path[:-1])
    at = (table.line, table.column)
    return replace(entry, lost={**entry.lost, at: entry.lost.get(at, frozenset()) | {str(path[-1])}})


def renamed(entry: Entry, path: Sequence[str | int], key: str) -> Entry:
    """The entry with the key at `path` called `key`."""
    return replace(entry, node=_called(entry.node, list(path), key))


def _existing(node: Node, path: Sequence[str | int]) -> Path:
    """The path without the parts that are none: pydantic names members of a union in it."""
    found: list[str | int] = []
    for part in path:
        if isinstance(node, Table) and str(part) in node.entries:
            found.append(str(part))
            node = node.entries[str(part)][1]
        elif isinstance(node, Items) and isinstance(part, int) and part < len(node.items):
            found.append(part)
            node = node.items[part]
    return tuple(found)


def _less(node: Node, here: Path, gone: set[Path], lost: dict[tuple[int, int], frozenset[str]]) -> Node:
    if isinstance(node, Table):
        keys = frozenset(key for key in node.entries if (*here, key) in gone)
        kept = {
            key: (name, _less(value, (*here, key), gone, lost))
            for key, (name, value) in node.entries.items()
            if key not in keys
        }
        _note(node, keys, lost)
        return replace(node, entries=kept)
    if isinstance(node, Items):
        numbers = [number for number in range(len(node.items)) if (*here, number) in gone]
        items = tuple(
            _less(item, (*here, number), gone, lost)
            for number, item in enumerate(node.items)
            if number not in numbers
        )
        _note(node, frozenset(map(str, numbers)), lost)
        return replace(node, items=items)
    return node


def _note(node: Node, keys: frozenset[str], lost: dict[tuple[int, int], frozenset[str]]) -> None:
    if keys:
        at = (node.line, node.column)
        lost[at] = lost.get(at, frozenset()) | keys


def _called(node: Node, path: list[str | int], key: str) -> Node:
    first, *rest = path
    if isinstance(node, Table):
        entries = {
            (key if not rest and name == first else name): (
                (at, _called(value, rest, key)) if rest and name == first else (at, value)
            )
            for name, (at, value) in node.entries.items()
        }
        return replace(node, entries=entries)
    if isinstance(node, Items):
        return replace(
            node,
            items=tuple(
                _called(item, rest, key) if number == first else item
                for number, item in enumerate(node.items)
            ),
        )
    return node


@cache
def softened(model: type[Shape]) -> type[Shape]:
    """The same model with nothing that must be there, neither in it nor in the models inside."""
    fields: dict[str, Any] = {}
    for name, field in model.model_fields.items():
        soft = copy(field)
        if soft.is_required():
            soft.default = None
        fields[name] = (_soft(field.annotation), soft)
    return create_model(f"{model.__name__}Remains", __base__=model, __doc__=model.__doc__, **fields)


def _soft(annotation: Any) -> Any:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return softened(annotation)
    inner, origin = get_args(annotation), get_origin(annotation)
    if not inner or origin is Literal:
        return annotation
    if origin is Annotated:
        return Annotated[_soft(inner[0]), *inner[1:]]
    soft = tuple(_soft(one) for one in inner)
    if origin in (Union, types.UnionType):
        return Union[soft]  # noqa: UP007
    return origin[soft]
