"""A large JSON object, read piece by piece.

The tree that `json.loads` makes of a Plan is four times as large as the Plan, is garbage at once, and keeps
its place in the process for good. Here what is made of an element is made before the next one is read, and
equal numbers are one.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from typing import Any, TypeAlias

Make: TypeAlias = Callable[[Any], Any]
_SPACE = re.compile(r"[ \t\n\r]*")


class _Once(dict[str, Any]):
    """One number for all that are spelled alike."""

    def __init__(self, kind: Callable[[str], Any]) -> None:
        super().__init__()
        self._kind = kind

    def __missing__(self, spelled: str) -> Any:
        made = self[spelled] = self._kind(spelled)
        return made


class _Reader:
    def __init__(self, text: str) -> None:
        self._text = text
        self._at = 0
        floats, whole = _Once(float), _Once(int)
        self._decode = json.JSONDecoder(
            parse_float=floats.__getitem__, parse_int=whole.__getitem__
        ).raw_decode

    def sign(self, wanted: str) -> str:
        """The next sign, passed if it is one of `wanted`; "" if not."""
        self._at = _SPACE.match(self._text, self._at).end()  # type: ignore[union-attr]  # it always matches
        found = self._text[self._at : self._at + 1]
        if not found or found not in wanted:
            return ""
        self._at += 1
        return found

    def expect(self, wanted: str) -> str:
        """The next sign. Raises ValueError for another one."""
        found = self.sign(wanted)
        if not found:
            raise json.JSONDecodeError(f"expecting one of {wanted}", self._text, self._at)
        return found

    def value(self) -> Any:
        """The next value, as a whole. Raises ValueError."""
        self.sign("")
        found, self._at = self._decode(self._text, self._at)
        return found

    def ended(self) -> bool:
        self.sign("")
        return self._at == len(self._text)


def members(text: str, made_of: Callable[[str], Make | tuple[Make]]) -> dict[str, Any]:
    """The members of the object in `text`, each made by what `made_of` says for its name: of the whole value,
    or, in a tuple, of each element of a list, to a tuple of them. Raises ValueError for what is no JSON."""
    reader = _Reader(text)
    found: dict[str, Any] = {}
    if reader.sign("{") != "{":
        raise TypeError("no object")
    if not reader.sign("}"):
        while True:
            name = reader.value()
            if not isinstance(name, str):
                raise TypeError(f"{name!r} is no name")
            reader.expect(":")
            make = made_of(name)
            if not isinstance(make, tuple):
                found[name] = make(reader.value())
            else:
                reader.expect("[")
                found[name] = _elements(reader, make[0])
            if reader.expect(",}") == "}":
                break
    if not reader.ended():
        raise TypeError("something stands behind it")
    return found


def _elements(reader: _Reader, make: Make) -> tuple[Any, ...]:
    made: list[Any] = []
    if not reader.sign("]"):
        while True:
            made.append(make(reader.value()))
            if reader.expect(",]") == "]":
                break
    return tuple(made)
