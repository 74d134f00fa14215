"""Pydantic's errors turned into sentences with a place."""

from __future__ import annotations

from typing import Any, TypeVar

from pydantic import BaseModel, TypeAdapter, ValidationError
from pydantic_core import ErrorDetails

from config.language import Text, text
from config.written.nodes import Entry, plain
from config.written.problems import Findings, Wrong, listing, nearest

Shape = TypeVar("Shape", bound=BaseModel)


def shaped(
    model: type[Shape], entry: Entry, findings: Findings, *, leave: frozenset[str] = frozenset()
) -> Shape | None:
    """The entry as a `model`, or None with every problem told. Keys in `leave` are not looked at."""
    data = plain(entry.node)
    if data is None:
        data = {}
    if not isinstance(data, dict):
        findings.problem(
            entry.at, text('"{name}" must be a table', name=entry.name), text('lines such as "key: value"')
        )
        return None
    try:
        return model.model_validate({key: value for key, value in data.items() if key not in leave})
    except ValidationError as error:
        _tell_all(model, entry, error, findings)
    return None


def shaped_union(
    adapter: TypeAdapter[Any], models: dict[str, type[BaseModel]], tag: str, entry: Entry, findings: Findings
) -> Any | None:
    """The same for a union told apart by the key `tag`; `models` are its members by that key's value."""
    data = plain(entry.node)
    if not isinstance(data, dict):
        findings.problem(
            entry.at, text('"{name}" must be a table', name=entry.name), text('lines such as "key: value"')
        )
        return None
    try:
        return adapter.validate_python(data)
    except ValidationError as error:
        member = models.get(str(data.get(tag)))
        for detail in error.errors(include_url=False)[:1]:
            if detail["type"] == "union_tag_invalid":
                findings.problem(
                    entry.place([tag]),
                    text('"{value}" is not known here', value=data[tag]),
                    text("one of {words}", words=listing(models)),
                    findings.guess(str(data[tag]), models),
                )
            elif detail["type"] == "union_tag_not_found":
                findings.problem(
                    entry.at,
                    text('"{key}" is missing', key=tag),
                    text("one of {words}", words=listing(models)),
                )
            else:
                _tell_all(member, entry, error, findings)
    return None


def _tell_all(
    model: type[BaseModel] | None, entry: Entry, error: ValidationError, findings: Findings
) -> None:
    """Each of pydantic's errors, save those that follow from another one told already."""
    details = error.errors(include_url=False)
    misspelt = set()
    for detail in details:
        if detail["type"] == "extra_forbidden":
            *path, word = detail["loc"]
            if near := nearest(str(word), _keys(model, path)):
                misspelt.add((tuple(path), near))
    for detail in details:
        path = list(detail["loc"])
        if detail["type"] == "missing" and (tuple(path[:-1]), path[-1]) in misspelt:
            continue
        if detail["type"] not in {"missing", "extra_forbidden"} and findings.told(entry.place(path)):
            continue
        _tell(model, entry, detail, findings)


def _tell(model: type[BaseModel] | None, entry: Entry, detail: ErrorDetails, findings: Findings) -> None:
    kind, path, given = detail["type"], list(detail["loc"]), detail["input"]
    context: dict[str, Any] = detail.get("ctx", {})
    if kind == "extra_forbidden":
        word = str(path[-1])
        known = _keys(model, path[:-1])
        findings.problem(
            entry.place(path, key=True),
            text('"{key}" is not a key here', key=word[:60]),
            None if findings.guess(word, known) else text("one of {words}", words=listing(known)),
            findings.guess(word, known),
        )
        return
    if kind == "missing":
        findings.problem(entry.place(path[:-1], key=True), text('"{key}" is missing', key=path[-1]))
        return
    error = context.get("error")
    if isinstance(error, Wrong):
        findings.wrong(entry.place(path), error)
        return
    if kind == "literal_error":
        words = str(context["expected"]).replace("'", "").replace(" or ", ", ").split(", ")
        findings.problem(
            entry.place(path),
            text('"{value}" is not known here', value=given)
            if given is not None
            else text("there is no value here"),
            text("one of {words}", words=listing(words)),
            findings.guess(str(given), words),
        )
        return
    message, expected = _plain_words(kind, given, context)
    findings.problem(entry.place(path), message, expected)


def _plain_words(kind: str, given: object, context: dict[str, Any]) -> tuple[Text, Text | None]:
    expected = {
        "string_type": text("a text"),
        "bool_type": text("true or false"),
        "int_type": text("a whole number"),
        "int_from_float": text("a whole number"),
        "float_type": text("a number"),
        "list_type": text("a list, such as {example}", example="[a, b]"),
        "tuple_type": text("a list, such as {example}", example="[a, b]"),
        "dict_type": text('lines such as "key: value"'),
        "model_type": text('lines such as "key: value"'),
        "model_attributes_type": text('lines such as "key: value"'),
    }.get(kind)
    if kind in {"greater_than_equal", "less_than_equal", "greater_than", "less_than"}:
        sign = {"greater_than_equal": "≥", "less_than_equal": "≤", "greater_than": ">", "less_than": "<"}[
            kind
        ]
        limit = next(value for key, value in context.items() if key in {"ge", "le", "gt", "lt"})
        expected = text("a number {sign} {limit}", sign=sign, limit=f"{limit:g}")
    elif kind in {"too_short", "too_long"}:
        expected = text("{count} items", count=context.get("min_length", context.get("max_length")))
    if expected is None:
        # Every kind of error our models can raise is named above; an unforeseen one must not be lost.
        return text("this cannot be used ({problem})", problem=kind), None
    if given is None:
        return text("there is no value here"), expected
    shown = f"{given}" if isinstance(given, (str, int, float)) else ""
    if not shown:
        return text("this has the wrong form"), expected
    return text('"{value}" does not fit', value=shown[:60]), expected


def _keys(model: type[BaseModel] | None, path: list[str | int]) -> list[str]:
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
