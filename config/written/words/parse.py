"""Words to a tree that knows its columns. No names are looked up here."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import TypeAlias

from lark import Lark, Token, Tree
from lark.exceptions import UnexpectedCharacters, UnexpectedEOF, UnexpectedInput, UnexpectedToken

from config.language import Text, text
from config.written.problems import Wrong, guess, listing
from config.written.quantities import widths

LONGEST = 600
"""Characters in one condition."""
DEEPEST = 30
"""Brackets and negations in each other."""
_GRAMMAR = Path(__file__).with_name("condition.lark")
_KEYWORDS = {
    "_OR": "or", "_AND": "and", "_NOT": "not", "NOT_A": "not", "_FOR": "for", "_IS": "is", "BELOW": "below",
    "ABOVE": "above", "_WITHIN": "within", "LPAR": "(", "RPAR": ")",
}  # fmt: skip
_STATES = ("active", "inactive", "on", "off", "running", "stopped", "open", "closed", "booked")
_PLACES: dict[str, Text] = {
    "NAME": text("a name such as {example}", example="reuse-tank.level"),
    "NUMBER": text("a number"),
    "UNIT": text("a unit"),
    "WORD": text("a state such as {example}", example="active"),
    "$END": text("the end"),
}


class Misspoken(Wrong):
    """A condition that cannot be read; `column` counts from 0 within it."""

    def __init__(self, column: int, message: Text, expected: Text | None, hint: Text | None = None) -> None:
        super().__init__(message, expected, hint)
        self.column = column


@dataclass(frozen=True, slots=True)
class Said:
    """A word and where it begins, from 0."""

    text: str
    column: int


@dataclass(frozen=True, slots=True)
class Comparison:
    """`name below 15 %`."""

    name: Said
    below: bool
    amount: Said
    """Number and unit."""


@dataclass(frozen=True, slots=True)
class State:
    """`name is [not] active`."""

    name: Said
    word: Said
    denied: bool


@dataclass(frozen=True, slots=True)
class Reserved:
    """`name is [not] booked [within 45 min]`."""

    name: Said
    word: Said
    denied: bool
    within: Said | None
    """Number and unit."""


@dataclass(frozen=True, slots=True)
class Negation:
    item: Spoken


@dataclass(frozen=True, slots=True)
class Several:
    """Joined by `and`, or by `or`."""

    items: tuple[Spoken, ...]
    every: bool


@dataclass(frozen=True, slots=True)
class During:
    """`… for 10 s`."""

    item: Spoken
    lasting: Said


Spoken: TypeAlias = Comparison | State | Reserved | Negation | Several | During


def parse(written: str) -> Spoken:
    """The condition in `written`. Raises Misspoken."""
    if len(written) > LONGEST:
        message = text("a condition has at most {count} characters", count=LONGEST)
        raise Misspoken(LONGEST, message, None, text("make it two rules"))
    plain = widths(written)
    if (deep := _too_deep(plain)) is not None:
        raise Misspoken(deep, text("too many brackets in each other"), None)
    try:
        tree = _parser().parse(plain)
    except UnexpectedInput as error:
        raise _misspoken(plain, error) from None
    return _spoken(tree)


@cache
def _parser() -> Lark:
    return Lark(_GRAMMAR.read_text(encoding="utf-8"), parser="lalr", propagate_positions=True)


def _spoken(node: Tree[Token] | Token) -> Spoken:
    assert isinstance(node, Tree)
    parts = node.children
    match node.data:
        case "either" | "both":
            return Several(tuple(_spoken(part) for part in parts), node.data == "both")
        case "negation":
            return Negation(_spoken(parts[0]))
        case "lasting":
            return During(_spoken(parts[0]), _joined(parts[1:]))
        case "comparison":
            return Comparison(_said(parts[0]), _token(parts[1]).type == "BELOW", _joined(parts[2:]))
        case "booked":
            return Reserved(_said(parts[0]), _said(parts[2]), parts[1] is not None, _maybe(parts[3:]))
        case _:
            return State(_said(parts[0]), _said(parts[2]), parts[1] is not None)


def _token(part: object) -> Token:
    assert isinstance(part, Token)
    return part


def _said(part: object) -> Said:
    token = _token(part)
    return Said(str(token), token.start_pos or 0)


def _joined(parts: Iterable[object]) -> Said:
    tokens = [_token(part) for part in parts if part is not None]
    return Said(" ".join(map(str, tokens)), tokens[0].start_pos or 0)


def _maybe(parts: Iterable[object]) -> Said | None:
    given = [part for part in parts if part is not None]
    return _joined(given) if given else None


def _too_deep(plain: str) -> int | None:
    """Where brackets are too deep in each other."""
    depth = 0
    for column, sign in enumerate(plain):
        depth += (sign == "(") - (sign == ")")
        if depth > DEEPEST:
            return column
    return None


def _misspoken(plain: str, error: UnexpectedInput) -> Misspoken:
    if isinstance(error, UnexpectedToken):
        found, expected = str(error.token), error.accepts or error.expected
        column = error.token.start_pos or 0
        ended = error.token.type == "$END"
    elif isinstance(error, UnexpectedCharacters):
        column, expected, ended = error.pos_in_stream, error.allowed or set(), False
        rest = plain[column:]
        found = (rest.split(maxsplit=1) or [rest])[0]  # blanks there are that the grammar has none of
    else:
        assert isinstance(error, UnexpectedEOF)
        found, column, expected, ended = "", len(plain), set(error.expected), True
    at = len(plain.rstrip()) if ended else column
    words = [word for name, word in _KEYWORDS.items() if name in expected]
    places = [place for name, place in _PLACES.items() if name in expected and not (ended and name == "$END")]
    message = (
        text("the condition ends here") if ended else text('"{word}" does not fit here', word=found[:40])
    )
    hint = None if ended else guess(found, words)
    if hint is None and "is" in words and found in _STATES:
        hint = text('write "{word}"', word=f"is {found}")
    return Misspoken(at, message, _either(words, places), hint)


def _either(words: list[str], places: list[Text]) -> Text | None:
    """What would fit."""
    parts: list[Text] = list(places)
    if words:
        quoted = listing(dict.fromkeys(words))
        parts.append(Text(quoted) if len(set(words)) == 1 else text("one of {words}", words=quoted))
    said = parts[0] if parts else None
    for part in parts[1:]:
        said = text("{one}, or {other}", one=said, other=part)
    return said
