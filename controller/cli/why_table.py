"""An explanation on the terminal: never wider than 80 columns, in a pipe neither."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from rich.text import Text as Styled

from config.language import render
from controller.cli.paragraphs import broken
from controller.cli.tables import console
from controller.cli.why_then_words import ThenWords
from controller.cli.why_words import Line


def show(found: dict[str, Any], language: str) -> None:
    """Print what was answered."""
    words = ThenWords(found, language)
    said = {"now": words.now, "past": words.past, "foreseen": words.foreseen}
    _show(said[found["when"]](), language)


def _show(lines: Iterable[Line], language: str) -> None:
    out = console()
    for line in lines:
        for part in broken(render(line.words, language), line.hang):
            out.print(Styled(part, style=line.style), highlight=False, markup=False)
