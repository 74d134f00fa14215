"""What an HTTP answer to a batch means for the runner. Pure."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import NamedTuple

from config.language import text
from config.language.details import detail
from controller.consumption.upload.port import (
    BatchRefused,
    Denied,
    Outcome,
    Row,
    SinkError,
    Throttled,
    TooLarge,
    Unreachable,
)
from controller.consumption.upload.wire import outcome, reason

LONGEST_S = 3600.0
"""Nobody is asked to wait longer than this between two tries."""


class Answer(NamedTuple):
    """What came back."""

    status: int
    headers: Mapping[str, str]
    """Names in small letters."""
    body: bytes


def understood(site: str, rows: Sequence[Row], answer: Answer) -> Outcome:
    """What the other side says of each row. Raises the SinkError that the answer amounts to."""
    if 200 <= answer.status < 300:
        try:
            return outcome(site, rows, json.loads(answer.body))
        except (ValueError, RecursionError) as error:
            raise Unreachable(
                text(
                    "{status}, and what it says is no answer: {error}",
                    status=answer.status,
                    error=detail(str(error)),
                )
            ) from error
    if answer.status in (400, 422):
        told = _told(site, rows, answer.body)
        if told is not None:
            return told
    raise _error(answer)


def understood_plainly(answer: Answer) -> None:
    """Whether what was sent as a whole was taken. Raises the SinkError that the answer amounts to."""
    if not (200 <= answer.status < 300):
        raise _error(answer)


def failure(answer: Answer) -> str:
    """An answer that is no yes, as a line for people."""
    said = _message(answer.body)
    return f"{answer.status} {said}" if said else str(answer.status)


def retry_after_s(headers: Mapping[str, str]) -> float | None:
    """Seconds the other side asks us to wait, if it says so.

    A date is held against the answer's own Date: our clock may be wrong.
    """
    asked = headers.get("retry-after", "").strip()
    try:
        seconds = float(asked)
    except ValueError:
        until, now = _date(asked), _date(headers.get("date", ""))
        if until is None or now is None:
            return None
        seconds = (until - now).total_seconds()
    if math.isnan(seconds):
        return None
    return min(max(seconds, 0.0), LONGEST_S)


def _told(site: str, rows: Sequence[Row], body: bytes) -> Outcome | None:
    """What a 400 says row by row, if it does."""
    try:
        found = outcome(site, rows, json.loads(body))
    except (ValueError, RecursionError):
        return None
    return found if found.accepted or found.refused else None


def _error(answer: Answer) -> SinkError:
    line = failure(answer)
    match answer.status:
        case 400 | 422:
            return BatchRefused(line)
        case 401 | 403:
            return Denied(line)
        case 413:
            return TooLarge(line)
        case 429 | 503 if (after_s := retry_after_s(answer.headers)) is not None:
            return Throttled(after_s)
        case status if 300 <= status < 400:
            where = reason(answer.headers.get("location"))
            return Unreachable(
                text("{status}: it sends us to {where}, which is not followed", status=status, where=where)
            )
        case _:
            return Unreachable(line)


def _message(body: bytes) -> str:
    """What the body of a failure says: {"error": {"message": …}}, {"error": …}, {"message": …} or text."""
    try:
        found = json.loads(body)
    except (ValueError, RecursionError):
        found = body[:200].decode("utf-8", "replace")
    for name in ("error", "message", "detail"):
        if isinstance(found, Mapping) and name in found:
            found = found[name]
    return reason(found) if isinstance(found, str) and found.strip() else ""


def _date(written: str) -> datetime | None:
    try:
        found = parsedate_to_datetime(written)
    except (ValueError, TypeError, IndexError, OverflowError):
        return None
    return found if found.tzinfo is not None else found.replace(tzinfo=UTC)
