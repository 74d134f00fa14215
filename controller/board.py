"""What people are told: each notice once when it begins and once when it ends, and which ones stand."""

from __future__ import annotations

import logging
from collections.abc import Iterable
from typing import NamedTuple

from config.language import Text, render, text
from controller.decide.records import Notice

_log = logging.getLogger("louguan")


class Standing(NamedTuple):
    """A notice that has begun and not ended."""

    kind: str
    subject: str
    text: Text
    since_ms: int


class Board:
    """Standing notices, and the log lines about them."""

    def __init__(self, language: str) -> None:
        self._language = language
        self._standing: dict[tuple[str, str], Standing] = {}

    def take(self, notices: Iterable[Notice], wall_ms: int) -> None:
        """Log each notice's begin and end, once."""
        for notice in notices:
            key = (notice.kind, notice.subject)
            if notice.on:
                before = self._standing.get(key)
                if before is None:
                    _log.warning("%s", render(notice.text, self._language))
                since_ms = wall_ms if before is None else before.since_ms
                self._standing[key] = Standing(notice.kind, notice.subject, notice.text, since_ms)
            elif (ended := self._standing.pop(key, None)) is not None:
                _log.info("%s", render(text("over: {what}", what=ended.text), self._language))

    def tell(self, words: Text) -> None:
        """Log what has happened and is over."""
        _log.warning("%s", render(words, self._language))

    def standing(self) -> list[Standing]:
        """What stands, oldest first."""
        return sorted(self._standing.values(), key=lambda item: item.since_ms)
