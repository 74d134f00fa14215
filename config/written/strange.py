"""Keys that are like no known one: which of them stand in place of one that is missing, and which tables have
nothing else in them."""

from __future__ import annotations

from typing import Any, NamedTuple

from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

from config.language import Text, text
from config.written.nodes import Entry, Table, plain
from config.written.problems import MOST_GUESSES, listing, nearest
from config.written.remains import Path, renamed


class Strange(NamedTuple):
    """What pydantic's errors about unknown and missing keys come to."""

    meant: dict[Path, str]
    """Unknown keys, and what is meant: the only key that is missing there, which what they have fits."""
    hollow: set[Path]
    """Tables in which every key is unknown."""
    silent: set[Path]
    """Missing keys that need not be told beside the unknown ones."""
    hints: dict[Path, Text]
    """Unknown keys, and which may be meant where that is not sure."""


def strange(model: type[BaseModel], entry: Entry, details: list[ErrorDetails]) -> Strange:
    """Of one entry."""
    missing: dict[Path, list[str]] = {}
    unknown: dict[Path, list[str]] = {}
    misspelt: set[Path] = set()
    for detail in details[:MOST_GUESSES]:
        *above, key = detail["loc"]
        if detail["type"] == "missing":
            missing.setdefault(tuple(above), []).append(str(key))
        elif detail["type"] == "extra_forbidden":
            if (near := nearest(str(key), keys_at(model, above))) is None:
                unknown.setdefault(tuple(above), []).append(str(key))
            else:
                misspelt.add((*above, near))
    found = Strange({}, set(), set(), {})
    for at, keys in unknown.items():
        table = entry.at_path(at)
        lacking = [key for key in missing.get(at, ()) if (*at, key) not in misspelt]
        alone = lacking if len(lacking) == 1 else []
        fitting = [key for key in keys for wanted in alone if _fits(model, entry, (*at, key), wanted)]
        if len(fitting) == 1:
            found.meant[*at, fitting[0]] = lacking[0]
        elif isinstance(table, Table) and len(table.entries) == len(keys):
            found.silent.update((*at, key) for key in lacking)
            if len(keys) > 1:
                found.hollow.add(at)
        elif fitting or 1 < len(lacking) <= len(keys):
            found.silent.update((*at, key) for key in lacking)
            hint = text("missing here: {keys}", keys=listing(lacking))
            found.hints.update(((*at, key), hint) for key in keys)
    return found


def _fits(model: type[BaseModel], entry: Entry, path: Path, key: str) -> bool:
    meant = (*path[:-1], key)
    wrong = errors_of(model, renamed(entry, path, key))
    return not any(detail["loc"][: len(meant)] == meant for detail in wrong)


def errors_of(model: type[BaseModel], entry: Entry) -> list[ErrorDetails]:
    """What pydantic has against the entry."""
    try:
        model.model_validate(plain(entry.node))
    except ValidationError as error:
        return error.errors(include_url=False)
    return []


def keys_at(model: type[BaseModel] | None, path: list[str | int]) -> list[str]:
    """The keys that the model found at `path` would take; invented parts of the path are passed over."""
    current = model
    for part in path:
        if current is None:
            break
        field = next(
            (item for key, item in current.model_fields.items() if (item.alias or key) == part), None
        )
        if field is not None:
            current = _model_in(field.annotation) or current
    return [item.alias or key for key, item in current.model_fields.items()] if current else []


def _model_in(annotation: Any) -> type[BaseModel] | None:
    """The model an annotation is about: itself, optional, in a list or a table."""
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return annotation
    for inner in getattr(annotation, "__args__", ()):
        if found := _model_in(inner):
            return found
    return None
