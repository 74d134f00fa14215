"""Another time than now: the past from the ledger, the future from the programmes. Needs no daemon."""

from __future__ import annotations

import re
import sqlite3
import unicodedata
from collections.abc import Iterable
from contextlib import closing
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

from config.language import Text, render, text
from config.language.details import detail
from config.language.reasons import reason
from config.plan.places import Booking
from config.plan.points import Point
from config.plan.site import Plan
from controller.cli.event_source import of_daemon
from controller.cli.in_force import plan_in_force
from controller.cli.remote import ask
from controller.cli.speech import Failure
from controller.decide.cover import covers
from controller.decide.naming import Naming
from controller.operations.finding import find_point, target_named
from controller.operations.names import iso
from controller.socket.protocol import Code, RequestError
from controller.store import history
from controller.store.errors import StoreError
from controller.store.ledger import Entry
from controller.store.migrations.control import CONTROL
from controller.store.story import Bar, Story, story
from controller.store.values import load
from schedules.context import Context
from schedules.local import LocalTime
from schedules.preview import Heard, Window, timelines
from schedules.programme import HORIZON_DAYS

_BY_HAND = text("set by hand")
"""What the ledger has for the reason of a person who gave none."""
_FIRST, _LAST = 1971, 2100
_DATED = re.compile(r"(\d{4})-(\d{1,2})-(\d{1,2})(?!\d)")
_CLOCK = re.compile(r"(\d{1,2}):(\d{2}(?::\d{2})?)")


def answer(directory: Path, name: str, written: str, language: str) -> dict[str, Any]:
    """What was, or is to be, at the local time `written`, as data. Raises Failure."""
    plan = plan_in_force(directory)
    local = LocalTime(plan.site.time_zone)
    now_ms = _site_now(directory)
    at_ms = moment_of(written, local, now_ms)
    point = meant(plan, name)
    then = Then(plan, point, local, language)
    if at_ms > now_ms:
        return then.foreseen(at_ms, overrides(directory, point, at_ms), of_daemon(directory))
    return then.past(at_ms, told(directory, plan, point, at_ms))


def moment_of(written: str, local: LocalTime, now_ms: int) -> int:
    """A time of the site: "2026-03-05 09:12", also with seconds or an offset of its own; "09:12" is of
    the day of `now_ms`. Raises Failure."""
    plain = unicodedata.normalize("NFKC", written).strip()
    dated = _DATED.match(plain)
    if dated is not None and not _is_day(*map(int, dated.groups())):
        raise Failure(text('"{given}" is not in the calendar', given=dated[0]), code=2)
    if (clock := _CLOCK.fullmatch(plain)) is not None:
        plain = f"{local.date_at(now_ms)} {clock[1]:0>2}:{clock[2]}"
    try:
        found = datetime.fromisoformat(plain)
    except ValueError:
        found = None
    if found is None or not _FIRST < found.year < _LAST:
        words = text('{given} is no time; write "2026-03-05 09:12", or 09:12 for today', given=written)
        raise Failure(words, code=2)
    if found.tzinfo is not None:
        return round(found.timestamp() * 1000)
    seconds = found.hour * 3600 + found.minute * 60 + found.second
    return local.instant(found.date(), seconds)


def _is_day(year: int, month: int, day: int) -> bool:
    try:
        date(year, month, day)
    except ValueError:
        return False
    return True


class Then:
    """Answers about one point, its texts in one language."""

    def __init__(self, plan: Plan, point: Point, local: LocalTime, language: str) -> None:
        self._plan = plan
        self.point = point
        self._local = local
        self._language = language
        self._naming = Naming(plan)

    def past(self, at_ms: int, found: Story) -> dict[str, Any]:
        """From the ledger."""
        decided, after = found.decided, found.after
        return {
            **self._head("past", at_ms),
            "decided": None if decided is None else self._decided(decided),
            "asked": None if found.asked is None else self._event(found.asked),
            "events": [self._event(entry) for entry in found.done],
            "run": None if found.run is None else self._event(found.run),
            "bars": [self._bar(bar) for bar in found.bars],
            "after": None if after is None else self._decided(after),
            "damaged": list(found.damaged),
        }

    def foreseen(
        self, at_ms: int, overrides: list[dict[str, Any]], bookings: Iterable[Booking] = ()
    ) -> dict[str, Any]:
        """From the programmes, and from what is set by hand to last until then."""
        context = Context.of(self._plan, bookings)
        window = Window.of(context, context.local.date_at(at_ms), 1)
        aiming = [item for item in self._plan.programmes if self.point.id in item.targets]
        span = next(
            (
                span
                for timeline in timelines(aiming, context, window)
                if self.point.id in timeline.points
                for span in timeline.spans
                if span.start_ms <= at_ms < span.end_ms
            ),
            None,
        )
        winner = None if span is None else span.winner
        change_ms = None if span is None else span.change_ms
        return {
            **self._head("foreseen", at_ms),
            "commandable": self.point.command is not None,
            "programmed": bool(aiming),
            "winner": None if winner is None else self._heard(winner),
            "since": iso(self._local, None if span is None else span.began_ms),
            "until": iso(self._local, change_ms),
            "until_announced": change_ms is None or context.announced(change_ms),
            "horizon_days": HORIZON_DAYS,
            "hidden": [] if span is None else [self._heard(item) for item in span.hidden],
            "overrides": [
                {
                    **item,
                    **self._valued(item["value"]),
                    "until": iso(self._local, item["until"]),
                }
                for item in overrides
            ],
        }

    def _head(self, when: str, at_ms: int) -> dict[str, Any]:
        point = self.point
        return {
            "when": when,
            "point": point.key,
            "label": self._naming.label(point),
            "name": render(self._naming.point(point), self._language),
            "unit": point.unit,
            "at": iso(self._local, at_ms),
        }

    def _heard(self, heard: Heard) -> dict[str, Any]:
        programme = heard.programme
        said = text("{programme}: {reason}", programme=programme.label or programme.name, reason=heard.reason)
        return {
            "slot": programme.slot,
            "op": "=",
            **self._valued(heard.value),
            "by": "programme",
            "source": str(heard.source),
            "reason": render(said, self._language),
        }

    def _decided(self, entry: Entry) -> dict[str, Any]:
        by = "person" if entry.who else "programme"
        rules = {str(rule.source) for rule in self._plan.rules}
        return {
            **self._event(entry),
            "by": "nobody" if not entry.slot else "rule" if entry.source in rules else by,
        }

    def _event(self, entry: Entry) -> dict[str, Any]:
        return {
            "at": iso(self._local, entry.time_ms),
            "kind": entry.kind,
            **self._valued(entry.value),
            "slot": entry.slot,
            "who": entry.who,
            "why": self._said(
                entry.why if entry.who and entry.why != _BY_HAND.message else reason(entry.why)
            ),
            "source": entry.source,
            "fate": entry.fate,
            "detail": entry.detail,
            "said": self._said(reason(entry.detail)),
        }

    def _bar(self, bar: Bar) -> dict[str, Any]:
        target = self._plan.site.label if bar.target == "site" else target_named(self._plan, bar.target)
        return {
            "kind": bar.kind,
            "target": bar.target,
            "label": self._said(target),
            "person": bar.person,
            "reason": bar.reason,
            "since": iso(self._local, bar.since_ms),
        }

    def _valued(self, value: Any) -> dict[str, Any]:
        return {"value": value, "state": None if value is None else self.point.state_name(value)}

    def _said(self, what: Text | str) -> str:
        return render(what, self._language)


def meant(plan: Plan, name: str) -> Point:
    try:
        return find_point(plan, name)
    except RequestError as error:
        code = 2 if error.code == Code.BAD_REQUEST else 1
        raise Failure(error.text, code, kind=error.code, where=error.where) from error


def _site_now(directory: Path) -> int:
    """Site time: the daemon's, which may run faster; where none runs, the machine's."""
    try:
        said = ask(directory, "status")["site_time"]
    except Failure as failure:
        if failure.kind != "no-daemon":
            raise
        return round(datetime.now(UTC).timestamp() * 1000)
    return round(datetime.fromisoformat(said).timestamp() * 1000)


def told(directory: Path, plan: Plan, point: Point, at_ms: int) -> Story:
    names = {name for name, cover in covers(plan).items() if point.id in cover.points and name}
    try:
        with closing(history.open_file(directory / "control.db", CONTROL)) as control:
            return story(control, directory, point.key, {"site", *names}, at_ms)
    except StoreError as error:
        raise Failure(error.text, kind="no-ledger") from error
    except (sqlite3.Error, ValueError) as error:
        words = text("{file} cannot be read: {reason}", file="control.db", reason=detail(str(error)))
        raise Failure(words, kind="unreadable") from error


def overrides(directory: Path, point: Point, at_ms: int) -> list[dict[str, Any]]:
    """What is set by hand now and lasts until then; nothing where that cannot be read."""
    try:
        with closing(history.open_file(directory / "control.db", CONTROL)) as control:
            found = control.execute(
                "SELECT value, slot, person, reason, expires_ms FROM overrides "
                "WHERE point = ? AND expires_ms > ? ORDER BY slot",
                (point.key, at_ms),
            ).fetchall()
            return [
                {"value": load(value), "slot": slot, "who": person, "why": why, "until": ends_ms}
                for value, slot, person, why, ends_ms in found
            ]
    except (StoreError, sqlite3.Error, ValueError):
        return []
