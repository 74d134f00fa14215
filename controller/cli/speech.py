"""What the commands say: language of this run, failures in plain words, JSON."""

from __future__ import annotations

import json
import sys
from typing import Any

from config.language import DEFAULT, Text, choose, render, text

_language = DEFAULT


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
    sys.stderr.write(say(what) + "\n")


def put(line: str) -> None:
    """A line of data on standard output."""
    sys.stdout.write(line + "\n")


def put_json(data: object) -> None:
    """One object on one line."""
    put(json.dumps(data, ensure_ascii=False))


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
        sys.stderr.write("louguan: " + render(self.what, in_language) + "\n")
        if self.hint:
            for line in render(self.hint, in_language).splitlines():
                sys.stderr.write(f"  {line}\n")


def translate(command: Any, in_language: str) -> None:
    """Put the help of a whole command tree into `in_language`; the tree is written in English."""
    for owner in (command, *getattr(command, "params", ())):
        if getattr(owner, "help", None):
            owner.help = render(text(" ".join(owner.help.split())), in_language)
    for child in getattr(command, "commands", {}).values():
        translate(child, in_language)


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


def site_language(of_site: str) -> str:
    """The language for output about a site, where neither flag nor environment chose one."""
    return choose(None, {}, of_site)
