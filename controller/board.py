"""What people should know: taken from all parts of the daemon, handed to the step that makes alarms of it,
and said in the log as alarms come and go."""

from __future__ import annotations

import logging
from collections.abc import Iterable
from typing import NamedTuple

from config.language import Text, render, text
from controller.decide.alarms.alarm import MOST_RAISED, WINDOW_MS, Telling, Transition
from controller.decide.records import Notice

_log = logging.getLogger("louguan")


class Standing(NamedTuple):
    """A notice that has begun and not ended."""

    kind: str
    subject: str
    text: Text
    since_ms: int


class Board:
    """Notices that stand, whether people are told of them or not."""

    def __init__(self, language: str) -> None:
        self._language = language
        self._standing: dict[tuple[str, str], Standing] = {}
        self._noticed: list[Notice] = []
        self._ended: set[tuple[str, str]] = set()
        """Said not to be so, before they were ever said to be in this run."""

    def take(self, notices: Iterable[Notice], wall_ms: int) -> None:
        """Of parts that are asked once a cycle or seldom: for the next step."""
        self._noticed += self.stand(notices, wall_ms)

    def stand(self, notices: Iterable[Notice], wall_ms: int) -> list[Notice]:
        """What the step itself has noticed. Returns those that say something new."""
        news = []
        for notice in notices:
            key = (notice.kind, notice.subject)
            before = self._standing.get(key)
            if notice.on:
                since_ms = wall_ms if before is None else before.since_ms
                self._standing[key] = Standing(notice.kind, notice.subject, notice.text, since_ms)
                if before is None or before.text != notice.text:
                    news.append(notice)
            elif self._standing.pop(key, None) is not None or key not in self._ended:
                # What a run before this one has left behind may be over, too.
                self._ended.add(key)
                news.append(notice)
        return news

    def noticed(self) -> list[Notice]:
        """What was taken since the last call."""
        taken, self._noticed = self._noticed, []
        return taken

    def announce(self, telling: Telling) -> None:
        """Log what has become of an alarm."""
        alarm = telling.alarm
        match telling.transition:
            case Transition.RAISED:
                said = alarm.words
                if alarm.damped:
                    said = text(
                        "{what}; it comes and goes, more than {count} times in {minutes} min: no more is "
                        "said of it until it is calm",
                        what=said,
                        count=MOST_RAISED,
                        minutes=WINDOW_MS // 60_000,
                    )
                _log.warning("%s", render(said, self._language))
            case Transition.RETURNED:
                _log.info("%s", render(text("over: {what}", what=alarm.words), self._language))
            case Transition.ACKED:
                said = text("acknowledged by {who}: {what}", who=alarm.acked_by, what=alarm.words)
                _log.info("%s", render(said, self._language))
            case Transition.SHELVED:
                said = text("shelved by {who}: {what}", who=alarm.shelved_by, what=alarm.words)
                _log.info("%s", render(said, self._language))
            case Transition.UNSHELVED:
                said = text("no longer shelved: {what}", what=alarm.words)
                _log.info("%s", render(said, self._language))

    def tell(self, words: Text) -> None:
        """Log what has happened and is over."""
        _log.warning("%s", render(words, self._language))

    def standing(self) -> list[Standing]:
        """What stands, oldest first."""
        return sorted(self._standing.values(), key=lambda item: item.since_ms)
