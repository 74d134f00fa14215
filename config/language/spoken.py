"""Lines of a log whose messages are texts, in somebody's language."""

from __future__ import annotations

import copy
import logging

from config.language import Text, render


class Spoken(logging.Formatter):
    """Messages that are texts, in `language`; all others as they are."""

    def __init__(self, language: str, *, timed: bool = True) -> None:
        """`timed` off: somebody else puts the time before each line."""
        super().__init__("%(asctime)s %(levelname)s %(message)s" if timed else "%(levelname)s %(message)s")
        self._language = language

    def format(self, record: logging.LogRecord) -> str:
        """One line, and a traceback where there is one."""
        if isinstance(record.msg, Text):
            record = copy.copy(record)  # others may show it in another language
            record.msg, record.args = render(record.msg, self._language), None
        return super().format(record)
