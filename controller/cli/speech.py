"""What the commands say: language of this run, failures in plain words, JSON."""

from __future__ import annotations

import json
import sys
from itertools import accumulate
from pathlib import Path
from typing import Any
from unicodedata import east_asian_width

from config.language import DEFAULT, Text, render, text
from config.language.output import visible

_language = DEFAULT
_LINE = 80 - 4
"""Columns of a line in a list of commands, without what stands before and between."""


def set_language(language: str) -> None:
    """Fix the language of this process's command line (once, by main)."""
    global _language  # noqa: PLW0603 - one process, one person, one language
    _language = language


def language() -> str:
    """The language in force."""
    return _language


def say(what: Text | str) -> str:
    """`what` in the language in force."""
    return render(what, _language)


def tell(what: Text | str) -> None:
    """A line on standard error, beside the data on standard output."""
    sys.stderr.write(visible(say(what), lines=True) + "\n")


def put(line: str) -> None:
    """A line of data on standard output."""
    sys.stdout.write(line + "\n")


def put_json(data: object) -> None:
    """One object on one line."""
    put("".join(map(_in_json, json.dumps(data, ensure_ascii=False))))


def _in_json(sign: str) -> str:
    """Control characters above those that JSON itself writes out, within texts as everywhere."""
    return sign if sign.isprintable() or sign == "\u3000" else json.dumps(sign)[1:-1]


def clean(what: Any) -> Any:
    """Data of a daemon for people: control characters in its texts are written out."""
    if isinstance(what, str):
        return visible(what)
    if isinstance(what, list):
        return [clean(item) for item in what]
    if isinstance(what, dict):
        return {key: clean(item) for key, item in what.items()}
    return what


def put_answer(data: object, words: Text, *, as_json: bool) -> None:
    """What was done: as data, or as a sentence."""
    if as_json:
        put_json(data)
    else:
        put(say(words))


class Failure(Exception):
    """The command's answer is no (code 1) or its use is wrong (code 2); shown without a traceback."""

    def __init__(
        self, what: Text | str, code: int = 1, hint: Text | str = "", *, kind: str = "", where: str = ""
    ) -> None:
        """`kind`: a word for programs; `where`: which argument is meant."""
        super().__init__(str(what))
        self.what = what
        self.code = code
        self.hint = hint
        self.kind = kind or ("usage" if code == 2 else "failed")
        self.where = where

    def show(self, in_language: str, *, as_json: bool = False) -> None:
        """Print it for a person; as JSON, beside the data where data is expected."""
        if as_json:
            message, hint = render(self.what, in_language), render(self.hint, in_language)
            error = {"code": self.kind, "message": message, "hint": hint, "where": self.where}
            put_json({"error": error})
            return
        sys.stderr.write("louguan: " + visible(render(self.what, in_language), lines=True) + "\n")
        if self.hint:
            for line in render(self.hint, in_language).splitlines():
                sys.stderr.write(f"  {visible(line)}\n")


def unwritable(file: Path, error: OSError) -> Failure:
    """A file that was asked for cannot be written; `file` where the error does not say which."""
    from config.language.details import reason

    named = str(error.filename or file)
    return Failure(text("{file} cannot be written: {reason}", file=named, reason=reason(error)))


def translate(command: Any, in_language: str) -> None:
    """Put the help of a whole command tree into `in_language`; the tree is written in English."""
    for owner in (command, *getattr(command, "params", ())):
        if getattr(owner, "help", None):
            owner.help = render(text(" ".join(owner.help.split())), in_language)
    children = getattr(command, "commands", {})
    room = _LINE - max(map(len, children), default=0)
    for child in children.values():
        translate(child, in_language)
        if in_language != "en" and child.help:
            child.short_help = _brief(child.help, room)


def _brief(said: str, room: int) -> str:
    """What a list of commands says of one: the library cuts at blanks alone, which Chinese has none of."""
    widths = accumulate(2 if east_asian_width(sign) in "WF" else 1 for sign in said)
    fitting = sum(1 for width in widths if width <= room)
    if fitting == len(said):
        return said
    whole = max((said.rfind(sign, 0, fitting - 1) for sign in "、，；：。"), default=0)
    return f"{said[: whole if whole > 0 else fitting - 2].rstrip('、，；：。')} …"


def texts_of(command: Any) -> list[str]:
    """Every help text of a command tree in English (what a catalogue must hold)."""
    found = [
        " ".join(owner.help.split())
        for owner in (command, *getattr(command, "params", ()))
        if getattr(owner, "help", None)
    ]
    for child in getattr(command, "commands", {}).values():
        found += texts_of(child)
    return found
