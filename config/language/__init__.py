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
from importlib.resources import as_file, files
from typing import NamedTuple

LANGUAGES = ("zh_CN", "en")
DEFAULT = "zh_CN"


class Text(NamedTuple):
    """A sentence with named parts, not yet in anybody's language. Parts may be texts themselves."""

    message: str
    parts: tuple[tuple[str, object], ...] = ()

    def __str__(self) -> str:
        return render(self, "en")


def text(message: str, /, **parts: object) -> Text:
    """A Text; `message` is the English msgid with `{name}` parts."""
    return Text(message, tuple(parts.items()))


def render(what: Text | str, language: str) -> str:
    """`what` in `language` (zh_CN or en)."""
    if isinstance(what, str):
        return what
    parts = {name: render(part, language) if isinstance(part, Text) else part for name, part in what.parts}
    message = what.message if language == "en" or not what.message else _lookup(language, what.message)
    return message.format(**parts) if parts else message


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
    translated = (catalogue.gettext(message) for catalogue in _catalogues(language))
    return next((found for found in translated if found != message), message)


@cache
def _catalogues(language: str) -> tuple[gettext.GNUTranslations, ...]:
    folder = files("config.language") / "locale" / language / "LC_MESSAGES"
    loaded = []
    with as_file(folder) as path:
        for file in sorted(path.glob("*.mo")):
            with file.open("rb") as handle:
                loaded.append(gettext.GNUTranslations(handle))
    return tuple(loaded)
