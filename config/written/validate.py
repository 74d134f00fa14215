"""Pydantic's errors turned into sentences with a place."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeVar

from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

from config.language import Text, text
from config.written.named import Named
from config.written.nodes import ANY, Entry, Scalar, Table, plain
from config.written.problems import MOST_GUESSES, Findings, Wrong, listing, nearest, one_of
from config.written.remains import Path, lacking, remains, renamed, without
from config.written.strange import Strange, errors_of, keys_at, strange

Shape = TypeVar("Shape", bound=BaseModel)
_MANY = 200
_DEEPEST = 5
"""Misspelt keys in each other that are seen through."""


def shaped(model: type[Shape], entry: Entry, findings: Findings) -> Named[Shape] | None:
    """The entry as a `model`. Everything wrong with its form is told; what is left without it comes back to
    be judged, None when nothing is."""
    data = _thinned(plain(entry.node), model)
    if data is None:
        data = {}
    if not isinstance(data, dict):
        findings.problem(
            entry.at, text('"{name}" must be a table', name=entry.name), text('lines such as "key: value"')
        )
        return None
    try:
        return Named(entry, model.model_validate(data))
    except ValidationError as error:
        return _rest(model, entry, error.errors(include_url=False), findings)


def _rest(
    model: type[Shape], entry: Entry, details: list[ErrorDetails], findings: Findings
) -> Named[Shape] | None:
    """Tell the errors, and come back with what is not at fault. A key that was misspelt counts as the one
    that was meant: what stands behind it is judged too."""
    if len(details) > MOST_GUESSES:
        _tell_all(model, entry, details, findings, strange(model, entry, details))
        return None  # it is something else altogether
    wrong: list[Path] = []
    for _ in range(_DEEPEST):
        odd = strange(model, entry, details)
        meant = _tell_all(model, entry, details, findings, odd)
        wrong += odd.hollow
        for detail in details:
            path = tuple(detail["loc"])
            if path in meant:
                entry = renamed(entry, path, meant[path])
            elif detail["type"] != "missing":
                wrong.append(path)
                if detail["type"] == "extra_forbidden":
                    entry = lacking(entry, (*path[:-1], ANY))
            elif path not in {(*misspelt[:-1], near) for misspelt, near in meant.items()}:
                entry = lacking(entry, path)
        if not meant:
            break
        inside = [(*misspelt[:-1], near) for misspelt, near in meant.items()]
        details = [
            detail
            for detail in errors_of(model, entry)
            if any(detail["loc"][: len(path)] == path for path in inside)
        ]
    rest = without(entry, wrong)
    left = None if rest is None else remains(model, rest)
    return None if left is None else Named(*left)


def _thinned(data: Any, model: type[BaseModel]) -> Any:
    """The table without most of its unknown keys where there are very many: pydantic would list each."""
    if not isinstance(data, dict) or len(data) <= _MANY:
        return data
    unknown = set(data) - set(keys_at(model, []))
    kept = set(sorted(unknown)[:_MANY])
    return {key: value for key, value in data.items() if key not in unknown or key in kept}


def shaped_by(
    tag: str, models: Mapping[str, type[BaseModel]], entry: Entry, findings: Findings
) -> Named[Any] | None:
    """The same for entries whose model is told by the key `tag`."""
    if not isinstance(entry.node, Table):
        findings.problem(
            entry.at, text('"{name}" must be a table', name=entry.name), text('lines such as "key: value"')
        )
        return None
    chosen = entry.child(tag)
    other = _meant_for(tag, models, entry)
    if chosen is None and other is not None:
        said = text('"{key}" is not a key here', key=other.name[:60])
        findings.problem(other.at, said, hint=text('did you mean "{name}"?', name=tag))
        entry = renamed(entry, (other.name,), tag)
        chosen = entry.child(tag)
    if chosen is None:
        findings.problem(entry.at, text('"{key}" is missing', key=tag), one_of(models))
        return None
    word = plain(chosen.node)
    if not isinstance(word, str) or word not in models:
        findings.problem(
            entry.place([tag]),
            text('"{value}" is not known here', value=word)
            if isinstance(chosen.node, Scalar)
            else text("this has the wrong form"),
            one_of(models),
            findings.guess(str(word), models),
        )
        return None
    return shaped(models[word], entry, findings)


def _meant_for(tag: str, models: Mapping[str, type[BaseModel]], entry: Entry) -> Entry | None:
    """The key that was meant to be `tag`: written much like it, or unknown with such a word."""
    near = next((part for part in entry.children() if nearest(part.name, (tag,))), None)
    known = {key for model in models.values() for key in keys_at(model, [])}
    saying = (
        part for part in entry.children() if part.name not in known and plain(part.node) in tuple(models)
    )
    return near or next(saying, None)


def _tell_all(
    model: type[BaseModel], entry: Entry, details: list[ErrorDetails], findings: Findings, odd: Strange
) -> dict[Path, str]:
    """Each of pydantic's errors, save those that follow from another one told already. Keys that were
    misspelt come back with what was meant, unless that is written as well."""
    misspelt: dict[Path, str] = dict(odd.meant)
    for detail in details[:MOST_GUESSES]:
        if detail["type"] == "extra_forbidden":
            *path, word = detail["loc"]
            near = nearest(str(word), keys_at(model, path))
            table = entry.at_path(path)
            free = isinstance(table, Table) and near not in table.entries
            if near and free and (*path, near) not in {(*one[:-1], key) for one, key in misspelt.items()}:
                misspelt[*path, word] = near
    expected = odd.silent | {(*path[:-1], near) for path, near in misspelt.items()}
    for above in odd.hollow:
        table = entry.at_path(above)
        known = keys_at(model, list(above))
        words = listing(plain(table))
        said = text("none of these keys is known here: {keys}", keys=words)
        findings.problem(entry.place(above, key=True), said, one_of(known))
    for detail in details:
        path = list(detail["loc"])
        if detail["type"] == "missing" and tuple(path) in expected:
            continue
        if detail["type"] == "extra_forbidden" and tuple(path[:-1]) in odd.hollow:
            continue
        if detail["type"] not in {"missing", "extra_forbidden"} and findings.told(entry.place(path)):
            continue
        _tell(model, entry, detail, findings, odd)
    return misspelt


def _tell(
    model: type[BaseModel] | None,
    entry: Entry,
    detail: ErrorDetails,
    findings: Findings,
    odd: Strange,
) -> None:
    kind, path, given = detail["type"], list(detail["loc"]), detail["input"]
    context: dict[str, Any] = detail.get("ctx", {})
    if kind == "extra_forbidden":
        word = str(path[-1])
        known = keys_at(model, path[:-1])
        guess = findings.guess(word, known)
        if (meant := odd.meant.get(tuple(path))) is not None:
            guess = text('did you mean "{name}"?', name=meant)
        findings.problem(
            entry.place(path, key=True),
            text('"{key}" is not a key here', key=word[:60]),
            None if guess else one_of(known),
            guess or odd.hints.get(tuple(path)),
        )
        return
    if kind == "missing":
        findings.problem(entry.place(path[:-1], key=True), text('"{key}" is missing', key=path[-1]))
        return
    error = context.get("error")
    if isinstance(error, Wrong):
        single = not isinstance(given, (list, dict))
        findings.wrong(entry.place(path) if single else entry.place_of_value(path), error)
        return
    if kind == "literal_error":
        words = str(context["expected"]).replace("'", "").replace(" or ", ", ").split(", ")
        findings.problem(
            entry.place(path),
            text('"{value}" is not known here', value=given)
            if given is not None
            else text("there is no value here"),
            one_of(words),
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
        most = str(limit) if isinstance(limit, int) else f"{limit:g}"
        expected = text("a number {sign} {limit}", sign=sign, limit=most)
    elif kind in {"too_short", "too_long"}:
        expected = _length(kind, context)
        if not given:
            return text("there is nothing in it"), expected
    if expected is None:
        # Every kind of error our models can raise is named above; an unforeseen one must not be lost.
        return text("this cannot be used ({problem})", problem=kind), None
    if given is None:
        return text("there is no value here"), expected
    shown = f"{given}" if isinstance(given, (str, int, float)) else ""
    if not shown:
        return text("this has the wrong form"), expected
    return text('"{value}" does not fit', value=shown[:60]), expected


def _length(kind: str, context: dict[str, Any]) -> Text:
    """Our lists have exactly so many items, or any number but none."""
    if kind == "too_short" and context["min_length"] == 1:
        return text("at least one item")
    return text("{count} items", count=context.get("min_length", context.get("max_length")))
