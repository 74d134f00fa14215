"""What people have made of a site, worked out from the ledger's rows alone.

Nothing here knows how anything is decided: a row says what was asked for or what ended, and is done. So
whatever the daemon has that does not follow from its ledger is found.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime
from typing import NamedTuple

from controller.store.ledger import Entry, Kind, Row

_SET = re.compile(r"set until (\d+)")
_BOOKING = re.compile(r"event (add|remove) (\S+) ([^/ ]+)/(\S+)(?: by (.*))?")
_SHELVED = re.compile(r"shelve until (\d+): alarm (\d+): ")
_ALARM = re.compile(r"(acknowledge|shelve until (\d+):|unshelve) alarm (\d+): ")


LATE_MS = 1500
"""How much later than it is stored a command is heard of: an alarm that is acknowledged while its shelving
runs out may have either for the last word."""


class Held(NamedTuple):
    """A person's value on a point."""

    value: object
    person: str
    until_ms: int


class Booked(NamedTuple):
    label: str
    organiser: str
    person: str


@dataclass
class Desk:
    """All that people have a say in."""

    late_ms: int
    overrides: dict[tuple[str, int], Held] = field(default_factory=dict)
    """By point and slot."""
    locks: dict[str, tuple[str, str]] = field(default_factory=dict)
    """Target → who and why."""
    observing: dict[str, bool] = field(default_factory=dict)
    bookings: dict[tuple[str, int, int], Booked] = field(default_factory=dict)
    """By place, start and end."""
    acked: dict[int, tuple[str, str]] = field(default_factory=dict)
    """Alarm → who, and what was said of it."""
    acked_ms: dict[int, int] = field(default_factory=dict)
    unsure: set[int] = field(default_factory=set)
    """Alarms that were acknowledged while their shelving ran out."""
    shelved: dict[int, tuple[int, str, str]] = field(default_factory=dict)
    """Alarm → until when, by whom, why."""
    plans: list[str] = field(default_factory=list)
    """Hashes, in the order in which they came into force."""


def replay(rows: Iterable[Row], late_ms: int = LATE_MS) -> Desk:
    """The desk after all of it."""
    desk = Desk(late_ms)
    for row in rows:
        _do(desk, row.entry)
    return desk


def _do(desk: Desk, entry: Entry) -> None:
    match entry.kind:
        case Kind.PLAN:
            desk.plans.append(entry.detail.split()[0])
        case Kind.COMMAND:
            _command(desk, entry)
        case Kind.EXPIRED if shelved := _SHELVED.match(entry.detail):
            _shelving_over(desk, int(shelved[2]), int(shelved[1]), entry.time_ms)
        case Kind.EXPIRED:
            _expired(desk, entry)
        case Kind.CLOCK if shelved := _SHELVED.match(entry.detail):
            desk.shelved[int(shelved[2])] = (int(shelved[1]), *desk.shelved[int(shelved[2])][1:])
        case Kind.CLOCK if entry.point:
            key = (entry.point, entry.slot)
            desk.overrides[key] = desk.overrides[key]._replace(until_ms=_until(entry))
        case _:
            pass


def _command(desk: Desk, entry: Entry) -> None:
    word, _, rest = entry.detail.partition(" ")
    match word:
        case "set":
            held = Held(entry.value, entry.who, _until(entry))
            desk.overrides[entry.point, entry.slot] = held
        case "release":
            desk.overrides.pop((entry.point, entry.slot), None)
        case "lock":
            desk.locks[rest] = (entry.who, entry.why)
        case "unlock":
            desk.locks.pop(rest, None)
        case "observe":
            state, _, target = rest.partition(" ")
            desk.observing["" if target == "site" else target] = state == "on"
        case "event":
            _event(desk, entry)
        case "acknowledge" | "shelve" | "unshelve":
            _alarm(desk, entry)
        case "reset":
            pass
        case _:
            raise AssertionError(f"nobody knows what this is: {entry}")


def _until(entry: Entry) -> int:
    found = _SET.match(entry.detail)
    assert found is not None, entry
    return int(found[1])


def _expired(desk: Desk, entry: Entry) -> None:
    """Of two values on one point, one after the other, it says which of them is over."""
    key = (entry.point, entry.slot)
    standing = desk.overrides.get(key)
    if standing is not None and standing.until_ms == _until(entry):
        del desk.overrides[key]


def _event(desk: Desk, entry: Entry) -> None:
    found = _BOOKING.fullmatch(entry.detail)
    assert found is not None, entry
    start_ms, end_ms = (round(datetime.fromisoformat(found[at]).timestamp() * 1000) for at in (3, 4))
    key = (found[2], start_ms, end_ms)
    if found[1] == "add":
        desk.bookings[key] = Booked(entry.why, found[5] or "", entry.who)
    else:
        desk.bookings.pop(key, None)


def _alarm(desk: Desk, entry: Entry) -> None:
    found = _ALARM.match(entry.detail)
    assert found is not None, entry
    number = int(found[3])
    if found[1] == "acknowledge":
        desk.unsure.discard(number)
        desk.acked[number] = (entry.who, entry.why)
        desk.acked_ms[number] = entry.time_ms
    elif found[1] == "unshelve":
        _unshelve(desk, number)
    else:
        desk.shelved[number] = (int(found[2]), entry.who, entry.why)


def _shelving_over(desk: Desk, number: int, until_ms: int, now_ms: int) -> None:
    """What was acknowledged before is to be so anew, though it may be shelved again already."""
    lately = number in desk.acked and now_ms - desk.acked_ms[number] < desk.late_ms
    (desk.unsure.add if lately else desk.unsure.discard)(number)
    desk.acked.pop(number, None)
    if number in desk.shelved and desk.shelved[number][0] == until_ms:
        del desk.shelved[number]


def _unshelve(desk: Desk, number: int) -> None:
    """What is still so is told anew, and wants to be acknowledged anew."""
    if desk.shelved.pop(number, None) is not None:
        desk.unsure.discard(number)
        desk.acked.pop(number, None)
