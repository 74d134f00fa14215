"""Data put back from a backup: what people asked and what was commanded since it was made is not known.

So nothing is sent until a person has looked at the plant and ends observe mode: kept like any other observe
mode, over restarts.
"""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from config.language import text
from controller.decide.records import Notice, Observe
from controller.options import NotStarted

_BY = "louguan (restore)"
"""Who put the site into observe mode."""
UNFINISHED = "restore-unfinished"
"""There while a restore moves files: what is there then is half of the one and half of the other."""


def hold_back(made: str, now_ms: int) -> Observe:
    """Observe mode for the whole site, because the data are as they were at `made` (ISO 8601)."""
    return Observe("", True, _BY, made, now_ms)


def held_back(observe: Iterable[Observe]) -> Observe | None:
    """The observe mode that `hold_back` made, if it stands."""
    return next((item for item in observe if item.observing and not item.target and item.person == _BY), None)


def notice(made: str, *, on: bool) -> Notice:
    """What people are told, until one of them ends it."""
    words = text(
        "the data were put back from a backup: what was asked, done and logged after {made} is missing; "
        "nothing is sent until a person has looked at the plant and says: louguan observe off",
        made=made,
    )
    return Notice("restored", "", words, on)


def refuse_unfinished(data: Path) -> None:
    """Raises NotStarted for data that a restore was not done with. Writes nothing."""
    if (data / UNFINISHED).exists():
        raise NotStarted(
            text("a restore into {data} was not finished", data=str(data)),
            hint=text(
                "say it again, with --replace: louguan restore FILE --data {data} --replace", data=str(data)
            ),
        )
