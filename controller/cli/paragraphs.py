"""Sentences broken into lines of a terminal: Chinese between any two signs, other words whole."""

from __future__ import annotations

import re
from collections.abc import Iterator

from rich.cells import cell_len

WIDTH = 80
_CLOSING = "，。；：、！？）》」』”’"
"""Signs that no line begins with."""
_OPENING = "（《「『“‘"
"""And none ends with."""
_TOKEN = re.compile(
    r"\s+|[\u2e80-\u9fff\uf900-\ufaff\uff00-\uffef]|[^\s\u2e80-\u9fff\uf900-\ufaff\uff00-\uffef]+"
)


def broken(words: str, hang: int = 0, width: int = WIDTH) -> Iterator[str]:
    """`words` in lines of at most `width` columns, those after the first `hang` columns in. A word that is
    longer than a line is cut."""
    line, blank = "", ""
    for token in _pieces(words):
        if token.isspace() and line.strip():
            blank = token
            continue
        if cell_len(line) + cell_len(blank) + cell_len(token) <= width:
            line += blank + token
            blank = ""
            continue
        if line.strip():
            yield line.rstrip()
            line, blank = " " * hang, ""
        elif cell_len(line) > hang:  # nothing but blanks, which may leave no room for a sign
            line = " " * hang
        while cell_len(line) + cell_len(token) > width:
            room = width - cell_len(line)
            cut = next(n for n in range(len(token), 0, -1) if cell_len(token[:n]) <= room)
            yield line + token[:cut]
            line, token = " " * hang, token[cut:]
        line += token
    yield line.rstrip()


def _pieces(words: str) -> Iterator[str]:
    """What stays together on a line."""
    held = ""
    for token in _TOKEN.findall(words):
        if held and (token[0] in _CLOSING or held[-1] in _OPENING):
            held += token
            continue
        if held:
            yield held
        held = token
    if held:
        yield held
