"""Signs that look like those of YAML and are others: full-width ones, curly quotes, dashes, what nobody sees.

Times and numbers take full-width signs; the structure of YAML cannot. Whoever typed one does not see what is
wrong, so it is named with its place.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import NamedTuple

from config.language import Text, text

_SPACES = "\u3000\u00a0\u1680\u2000-\u200a\u202f\u205f"
_UNSEEN = "\u00ad\u200b-\u200f\u2028\u2029\u202a-\u202e\u2060-\u2064\u2066-\u2069\ufeff"
_SPACE = re.compile(f"[{_SPACES}]")
_ODD = re.compile(f"[{_SPACES}{_UNSEEN}]")
_QUOTED = re.compile("[“”„‟‘’‚‛＂＇「『](.*)[“”„‟‘’‚‛＂＇」』]", re.DOTALL)
_BULLET = re.compile(r"[ ]*([–—―−‐‑‒－•·●▪◦*]) ?(?=\S)")
_KEY = r"[\"']?[A-Za-z_][\w-]*[\"']?"
_INDENT = re.compile(f"[ ]*(?:- )?([{_SPACES}{_UNSEEN}])")
_AFTER_COLON = re.compile(f"{_KEY}:([{_SPACES}])")
_COMMA = re.compile(rf"([，；、])\s*{_KEY}\s*[:：]")
_COLON = re.compile(rf"(?:^\s*(?:- )?|[{{,，]\s*){_KEY}\s*(：)")
_BRACKET = re.compile("[｛｝［］]")
_OPENED = re.compile("[｛［【][\x20-\x7e，；、]+[｝］】]?")
_CLOSES = re.compile("[｝］】]$")
_WIDE_KEY = re.compile(r"[A-Za-z_][\w-]*\s*：")
_PLAIN = {"，": ",", "；": ",", "、": ",", "｛": "{", "｝": "}", "［": "[", "］": "]", "【": "[", "】": "]"}
_FULL_WIDTH_SPACE = "\u3000"


class Suspect(NamedTuple):
    """A sign that is not what it looks like; line and column count from 1."""

    at: tuple[int, int]
    message: Text
    hint: Text


def full_width_colon() -> tuple[Text, Text]:
    """What is said of a key that ends with one."""
    return text('a full-width colon "：" does not end a key'), text('write ": ", a colon and a space')


def suspect(lines: Sequence[str], first: int, last: int) -> Suspect | None:
    """The first such sign in `lines` from `first` to `last`, counted from 0: YAML may have stumbled on it."""
    for number in range(max(0, first), min(last + 1, len(lines))):
        if found := _in_line(lines[number]):
            column, message, hint = found
            return Suspect((number + 1, column + 1), message, hint)
    return None


def _in_line(line: str) -> tuple[int, Text, Text] | None:
    line = re.split(r"(?:^|\s)#", line, maxsplit=1)[0]
    if found := _INDENT.match(line) or _AFTER_COLON.search(line):
        return found.start(1), *_odd(found[1])
    if (found := _BULLET.match(line)) and found[1] != "*":
        return found.start(1), *_bullet(found[1])
    if found := _COLON.search(line):
        return found.start(1), *full_width_colon()
    if found := _COMMA.search(line):
        return found.start(1), *_wide(found[1])
    if found := _BRACKET.search(line):
        return found.start(), *_wide(found[0])
    if found := _ODD.search(line):
        return found.start(), *_odd(found[0])
    return None


def in_key(key: str) -> tuple[Text, Text] | None:
    """What is wrong with a key that was read, if it has such a sign."""
    if found := _ODD.search(key):
        return _odd(found[0])
    return None


def brackets(key: str) -> Suspect | None:
    """What is wrong with a key that a full-width bracket begins or ends; its place is one within the key."""
    found = _CLOSES.search(key) or _OPENED.match(key)
    return None if found is None else Suspect((1, found.start() + 1), *_wide(found[0][:1]))


def quotes(value: str) -> str:
    """The quotes around a text that are not YAML's: “”; "" where there are none."""
    return value[0] + value[-1] if len(value) > 1 and _QUOTED.fullmatch(value) else ""


def ends_wide(key: str) -> bool:
    """Whether a key holds what was meant to be its value: `kind：pump`."""
    return bool(_WIDE_KEY.match(key))


def cleaned(word: str) -> str:
    """The word without what nobody sees."""
    return _ODD.sub("", word)


def advice(message: Text) -> Text | None:
    """What to do about such a sign in a word that `message` complains of."""
    for _, part in message.parts:
        if isinstance(part, str) and (found := _about(part)):
            return found
    return None


def _about(word: str) -> Text | None:
    if len(word) < 2:
        return None
    if found := _ODD.search(word):
        name, code = _named(found[0])
        return text("there is {name} ({code}) in it: delete it", name=name, code=code)
    if _OPENED.fullmatch(word):
        return _wide(word[0])[1]
    if found := _QUOTED.fullmatch(word):
        return text("curly or full-width quotes are no quotes in YAML: write {plain}", plain=f'"{found[1]}"')
    if (found := _BULLET.match(word)) and word[1:2] == " ":
        return _bullet(found[1])[1]
    if (found := re.search("[，；、]", word)) and not re.search("[^\x00-\x7f，；、]", word):
        return _wide(found[0])[1]
    return None


def _named(sign: str) -> tuple[Text, str]:
    code = f"U+{ord(sign):04X}"
    if sign == _FULL_WIDTH_SPACE:
        return text("a full-width space"), code
    if _SPACE.match(sign):
        return text("a no-break or other special space"), code
    return text("a character that cannot be seen"), code


def _odd(sign: str) -> tuple[Text, Text]:
    name, code = _named(sign)
    hint = text("write plain spaces instead") if _SPACE.match(sign) else text("delete it")
    return text("here stands {name} ({code})", name=name, code=code), hint


def _bullet(sign: str) -> tuple[Text, Text]:
    return (
        text('"{sign}" does not begin an item of a list', sign=sign),
        text('write "- ", a hyphen and a space'),
    )


def _wide(sign: str) -> tuple[Text, Text]:
    return (
        text('the full-width "{sign}" means nothing in YAML', sign=sign),
        text('write "{plain}" in its place', plain=_PLAIN[sign]),
    )
