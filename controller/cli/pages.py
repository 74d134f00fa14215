"""Pages for the browser, written where a person wants them."""

from __future__ import annotations

from pathlib import Path

from config.language import text
from controller.cli.speech import tell, unwritable
from controller.whole import write_whole


def language_tag(language: str) -> str:
    """How a page says in which language it is (BCP 47)."""
    return "zh-CN" if language == "zh_CN" else "en"


def write_page(file: Path, content: str) -> None:
    """Whole or not at all; /dev/stdout and the like just take it. Raises Failure."""
    try:
        if file.exists() and not file.is_file():
            file.write_text(content, encoding="utf-8")
        else:
            write_whole(file.resolve(), content)
    except OSError as error:
        raise unwritable(file, error) from error
    tell(text("{file} is written", file=str(file)))
