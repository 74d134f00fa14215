"""What the ledger has to say of what people were answered, and the daemon of what the ledger says."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime
from itertools import groupby
from typing import Any, NamedTuple

from controller.store.ledger import Entry, Kind, Row
from hil_tests.people.asking import LOAD_ALARMS, Asked
from hil_tests.people.replay import Desk

_ROUNDED_MS = 1000
"""The daemon tells times to the second."""


class _Due(NamedTuple):
    """A row that there has to be."""

    kind: str
    detail: str
    """As a regular expression."""
    point: str = ""
    why: str | None = None


def rows_of(asked: Asked) -> list[_Due]:
    """What the ledger has to have of a wish that was fulfilled, in this order."""
    args, answer = asked.args, asked.answer or {}
    words = args.get("reason") or args.get("comment") or args.get("label") or ""
    command = Kind.COMMAND
    match asked.op:
        case "set":
            return [_Due(command, rf"set until \d+ \(for {args['for_s']:g} s\)", args["point"], words)]
        case "release":
            return [_Due(command, "release", args["point"])]
        case "lock" | "unlock":
            return [_Due(command, f"{asked.op} {args['target']}", why=words or None)]
        case "observe":
            state = "on" if args["on"] else "off"
            return [_Due(command, f"observe {state} {args['target'] or 'site'}", why=words)]
        case "reset":
            return [_Due(command, "reset overload", why=words)]
        case "event-add":
            return [_Due(command, f"event add {args['place']} .* by 科室", why=words)]
        case "event-remove":
            return [_Due(command, f"event remove {args['place']} .*")]
        case "event-import":
            label = args["bookings"][0][3]
            return [_Due(command, "event add .*", why=label)] * answer["added"]
        case "alarm-ack" | "alarm-shelve" | "alarm-unshelve":
            words_of = {"alarm-ack": "acknowledge", "alarm-shelve": r"shelve until \d+:"}
            word = words_of.get(asked.op, "unshelve")
            return [
                _Due(command, rf"{word} alarm {number}: .*", why=words or None) for number in answer["ids"]
            ]
        case "apply":
            return [_Due(Kind.PLAN, answer["plan"], why=words)] if answer["number"] else []
        case "rollback":
            return [_Due(Kind.PLAN, rf"{answer['plan']} rollback to {answer['number']}", why=words)]
        case _:
            return []


def unaccounted(asked: Sequence[Asked], rows: Sequence[Row]) -> Iterator[str]:
    """Where the ledger does not have each fulfilled wish of each person exactly once and in the order in
    which it was asked. A wish without an answer may be there or not; it is the last of its person."""
    own: dict[str, list[Row]] = {}
    for row in rows:
        if row.entry.kind in (Kind.COMMAND, Kind.PLAN):
            own.setdefault(row.entry.who.partition(" (")[0], []).append(row)
    for person, group in groupby(sorted(asked, key=lambda one: (one.person, one.asked_ns)), _person):
        wanted = [*group]
        found = own.get(person, [])
        at = 0
        for one in wanted:
            for due in rows_of(one) if one.done else ():
                if at == len(found) or not _is(found[at].entry, due):
                    yield f"{one} has to have a row {due}, not {found[at : at + 1]}"
                    return
                at += 1
        unanswered = [one for one in wanted if not one.answered_ns]
        if at < len(found) and not unanswered:
            yield f"nobody was answered this: {found[at]}"


def _person(one: Asked) -> str:
    return one.person


def _is(entry: Entry, due: _Due) -> bool:
    told = due.why is None or entry.why == due.why
    return entry.kind == due.kind and entry.point == due.point and told and bool(
        re.fullmatch(due.detail, entry.detail)
    )  # fmt: skip


def disordered(asked: Sequence[Asked], rows: Sequence[Row]) -> Iterator[str]:
    """Where a wish that was answered before another was asked stands behind it in the ledger."""
    place: dict[str, int] = {}
    for row in rows:
        place.setdefault(row.entry.why, row.seq)
    known = [(place[words], one) for one in asked if one.done and (words := _words(one)) in place]
    latest: Asked | None = None
    for _, one in sorted(known, key=lambda each: each[0]):
        if latest is not None and one.answered_ns < latest.asked_ns:
            yield f"{latest} stands before {one}, which was over when it was asked"
        if latest is None or one.asked_ns > latest.asked_ns:
            latest = one


def _words(one: Asked) -> str:
    return str(one.args.get("reason") or one.args.get("comment") or one.args.get("label") or "-")


def misnumbered(asked: Sequence[Asked], rows: Sequence[Row]) -> Iterator[str]:
    """Where the number of a version that somebody was told is another's."""
    versions = [row.entry for row in rows if row.entry.kind == Kind.PLAN]
    for one in asked:
        number = (one.answer or {}).get("number")
        if one.op == "apply" and number and versions[number - 1].why != one.args["comment"]:
            yield f"{one} is not {versions[number - 1]}"


def not_obeyed(rows: Sequence[Row]) -> Iterator[str]:
    """Where what people hold was decided in another order than it was asked for, or without being asked."""
    asked: dict[str, list[tuple[str, object]]] = {}
    for row in rows:
        entry = row.entry
        if entry.kind == Kind.COMMAND and entry.detail.startswith("set "):
            asked.setdefault(entry.point, []).append((entry.who, entry.value))
        elif entry.kind == Kind.DECIDED and entry.who:
            waiting = asked.get(entry.point, [])
            while waiting and waiting[0] != (entry.who, entry.value):
                waiting.pop(0)  # replaced before a cycle saw it, or held back by an interlock
            if not waiting:
                yield f"nobody asked for this, or not after what was decided before it: {row}"
                return


def differing(desk: Desk, told: Told) -> Iterator[str]:
    """Where what the daemon tells is not what the ledger makes of it."""
    yield from _two("overrides", *_overrides(desk, told))
    locks = {row["target"]: (row["person"], row["reason"]) for row in told.status["locks"]}
    yield from _two("locks", desk.locks, locks)
    site = desk.observing.get("", False)
    parts = {target for target, on in desk.observing.items() if on and target}
    yield from _two("observe", (site, parts), (told.status["observe"], {*told.status["observed"]}))
    bookings = {
        (row["place"], _ms(row["from"]), _ms(row["to"])): (row["label"], row["organiser"], row["person"])
        for row in told.bookings
    }
    yield from _two("bookings", {key: tuple(one) for key, one in desk.bookings.items()}, bookings)
    yield from _two("plan", desk.plans[-1], told.status["plan"])
    alarms = {row["id"]: row for row in told.alarms if row["subject"].startswith(LOAD_ALARMS)}
    sure = alarms.keys() - desk.unsure
    acked = {number: (alarms[number]["acked_by"], alarms[number]["comment"]) for number in sure}
    yield from _two("acknowledged", {number: desk.acked.get(number, ("", "")) for number in sure}, acked)
    shelved = {
        number: (_ms(row["shelved_until"]), row["shelved_by"], row["shelved_why"])
        for number, row in alarms.items()
        if row["shelved_until"]
    }
    wanted = {key: (_whole(until), *who) for key, (until, *who) in desk.shelved.items()}
    yield from _two("shelved", wanted, shelved)


class Told(NamedTuple):
    """What the daemon says, all at one moment."""

    status: dict[str, Any]
    bookings: list[dict[str, Any]]
    alarms: list[dict[str, Any]]


def _overrides(desk: Desk, told: Told) -> tuple[object, object]:
    wanted = {
        point: (_shown(held.value), held.person, _whole(held.until_ms))
        for (point, _), held in desk.overrides.items()
    }
    found = {
        row["point"]: (row["value"], row["person"], _ms(row["until"])) for row in told.status["overrides"]
    }
    return wanted, found


def _shown(value: object) -> str:
    if isinstance(value, bool):
        return "on" if value else "off"
    return f"{value:g} %"


def _ms(iso: str) -> int:
    return round(datetime.fromisoformat(iso).timestamp() * 1000)


def _whole(ms: int) -> int:
    return ms - ms % _ROUNDED_MS


def _two(what: str, ledger: Any, daemon: Any) -> Iterable[str]:
    return () if ledger == daemon else [f"{what}: the ledger makes {ledger}, the daemon has {daemon}"]
