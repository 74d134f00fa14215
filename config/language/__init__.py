"""Words for people, in Chinese and English. Standard library only.

A text is made where it arises, in English with named parts, and is turned into somebody's language where it
is shown: `text("no point named {name}", name="di-1.ch9")`. English is always complete; a missing translation
falls back to it. Catalogues are gettext `.po` files (one a subject) beside their compiled `.mo` in
locale/<language>/LC_MESSAGES.
"""

from __future__ import annotations

import gettext
import os
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import NamedTuple

LANGUAGES = ("zh_CN", "en")
DEFAULT = "zh_CN"
WORDS = "words"
"""The catalogue of single words that come as data: names of states, codes of reasons."""


class Text(NamedTuple):
    """A sentence with named parts, not yet in anybody's language. Parts may be texts themselves."""

    message: str
    parts: tuple[tuple[str, object], ...] = ()

    def __str__(self) -> str:
        return render(self, "en")


def text(message: str, /, **parts: object) -> Text:
    """A Text; `message` is the English msgid with `{name}` parts."""
    return tuple.__new__(Text, (message, tuple(parts.items())))


def render(what: Text | str, language: str) -> str:
    """`what` in `language` (zh_CN or en)."""
    if isinstance(what, str):
        return what
    parts = {name: render(part, language) if isinstance(part, Text) else part for name, part in what.parts}
    message = what.message if language == "en" or not what.message else _lookup(language, what.message)
    return message.format(**parts) if parts else message


def word(name: str, language: str) -> str:
    """A state's name or a reason's code as people read it; one that has no translation stays as it is."""
    return name if language == "en" or not name else _catalogue(language, WORDS).gettext(name)


def choose(flag: str | None, environment: Mapping[str, str] = os.environ, site: str | None = None) -> str:
    """The language to speak: flag, LOUGUAN_LANG or LANG of the environment, site, then zh_CN."""
    named = environment.get("LC_ALL") or environment.get("LC_MESSAGES") or environment.get("LANG") or ""
    for wanted in (flag, environment.get("LOUGUAN_LANG"), named, site):
        if wanted and wanted.lower().startswith("zh"):
            return "zh_CN"
        if wanted and wanted.lower().startswith("en"):
            return "en"
    return DEFAULT


def _lookup(language: str, message: str) -> str:
    translated = (_catalogue(language, name).gettext(message) for name in _subjects(language))
    found = next((found for found in translated if found != message), None)
    # The name of a state may be part of a sentence.
    return word(message, language) if found is None else found


@cache
def _subjects(language: str) -> tuple[str, ...]:
    """The catalogues of whole sentences."""
    return tuple(sorted(file.stem for file in _folder(language).glob("*.mo") if file.stem != WORDS))


@cache
def _catalogue(language: str, subject: str) -> gettext.GNUTranslations:
    with (_folder(language) / f"{subject}.mo").open("rb") as handle:
        return gettext.GNUTranslations(handle)


def _folder(language: str) -> Path:
    return Path(__file__).parent / "locale" / language / "LC_MESSAGES"
