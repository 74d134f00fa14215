"""event add, remove, list, import: the bookings of places, checked, committed, then acted on."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from config.language import text
from config.plan.places import Booking
from controller.bookings.table import LONGEST_LABEL, MOST
from controller.bookings.when import begin, place_named, span
from controller.daemon import Daemon
from controller.decide.booking import KEPT_MS, overlapping
from controller.decide.records import Book, Refused
from controller.operations.names import iso
from controller.operations.recording import carry_out
from controller.operations.wishes import one_line
from controller.socket.protocol import Code, RequestError
from controller.socket.server import Call


class Events:
    """What people may ask of bookings."""

    def __init__(self, daemon: Daemon) -> None:
        self._daemon = daemon
        self._local = daemon.context.local

    async def add(self, call: Call) -> dict[str, Any]:
        """args: place (name or label), when ("2026-03-05 13:30-17:00"), label, organiser."""
        now = self._daemon.clock.now()
        try:
            place = place_named(self._daemon.plan, _word(call, "place"))
            start_ms, end_ms = span(_word(call, "when"), self._local)
            if now.trusted and end_ms <= now.wall_ms:
                raise Refused(text("that is over already"))
            label, organiser = (_label(call.args.get(key)) for key in ("label", "organiser"))
        except Refused as refusal:
            raise RequestError(Code.REFUSED, refusal.text, "when") from refusal
        item = Booking(place.name, start_ms, end_ms, label, organiser, call.person, now.wall_ms)
        overlaps = self._overlapping((item,))
        await self._do(call, (item,), ())
        return {"done": "add", **self._row(item), "overlaps": overlaps}

    async def remove(self, call: Call) -> dict[str, Any]:
        """args: place, when (as for add, or the beginning alone)."""
        written = _word(call, "when")
        try:
            name = self._standing_place(_word(call, "place"))
            start_ms = begin(written, self._local)
            wanted = None if start_ms is not None else tuple(span(written, self._local))
        except Refused as refusal:
            raise RequestError(Code.REFUSED, refusal.text, "when") from refusal
        found = [
            item
            for item in self._daemon.engine.bookings.of(name)
            if (item.start_ms == start_ms if wanted is None else item[1:3] == wanted)
        ]
        if not found:
            words = text("there is no such booking of {place}: louguan event list shows them", place=name)
            raise RequestError(Code.REFUSED, words, "when")
        if len(found) > 1:
            words = text("several bookings of {place} begin then: say from when to when", place=name)
            raise RequestError(Code.REFUSED, words, "when")
        await self._do(call, (), found)
        return {"done": "remove", **self._row(found[0])}

    async def list(self, call: Call) -> dict[str, Any]:
        """args: place ("" = all), past (those that are over, too)."""
        try:
            wanted = self._standing_place(_word(call, "place")) if call.args.get("place") else None
        except Refused as refusal:
            raise RequestError(Code.UNKNOWN_NAME, refusal.text, "place") from refusal
        now_ms = self._daemon.clock.now().wall_ms
        found = sorted(
            (
                item
                for item in self._daemon.engine.bookings
                if wanted in (None, item.place) and (call.args.get("past") is True or item.end_ms > now_ms)
            ),
            key=lambda item: (item.start_ms, item.place),
        )
        return {"site_time": iso(self._local, now_ms), "bookings": [self._row(item) for item in found]}

    async def import_(self, call: Call) -> dict[str, Any]:
        """args: bookings, a list of [place, start (ms), end (ms), label, organiser]. All, or nothing; what is
        there already is not added again, what is over is left out."""
        now = self._daemon.clock.now()
        items = [self._given(row, call, now.wall_ms) for row in _rows(call.args.get("bookings"))]
        known = {item.key for item in self._daemon.engine.bookings}
        added = {item.key: item for item in items if item.key not in known}
        over = {key for key, item in added.items() if now.trusted and item.end_ms <= now.wall_ms}
        fresh = [item for key, item in added.items() if key not in over]
        overlaps = self._overlapping(fresh)
        if fresh:
            await self._do(call, fresh, ())
        return {
            "done": "import",
            "added": len(fresh),
            "known": len({item.key for item in items} & known),
            "over": len(over),
            "overlaps": overlaps,
        }

    def _given(self, row: object, call: Call, now_ms: int) -> Booking:
        match row:
            case [str() as place, int() as start_ms, int() as end_ms, str() as label, str() as organiser] if (
                0 < start_ms < end_ms < 1 << 42
            ):
                words = _label(label), _label(organiser)
                return Booking(place, start_ms, end_ms, *words, call.person, now_ms)
        raise RequestError(Code.BAD_REQUEST, text("this is no list of bookings"), "bookings")

    def _standing_place(self, written: str) -> str:
        """A place that has bookings can always be named, though the Plan may not have it any more."""
        if self._daemon.engine.bookings.of(written):
            return written
        return place_named(self._daemon.plan, written).name

    def _overlapping(self, items: Sequence[Booking]) -> Sequence[dict[str, Any]]:
        """What of the same place lies across these."""
        return [self._row(other) for other in overlapping(self._daemon.engine.bookings, items)]

    def _row(self, item: Booking) -> dict[str, Any]:
        place = next((place for place in self._daemon.plan.places if place.name == item.place), None)
        return {
            "place": item.place,
            "place_label": item.place if place is None else place.label or place.name,
            "known": place is not None,
            "from": iso(self._local, item.start_ms),
            "to": iso(self._local, item.end_ms),
            "label": item.label,
            "organiser": item.organiser,
            "person": item.person,
            "entered": iso(self._local, item.entered_ms),
        }

    async def _do(self, call: Call, added: Iterable[Booking], removed: Iterable[Booking]) -> None:
        now = self._daemon.clock.now()
        forget_ms = max(now.wall_ms - KEPT_MS, 0) if now.trusted else 0
        await carry_out(self._daemon, Book(tuple(added), tuple(removed), call.person, forget_ms))


def _rows(given: object) -> Sequence[object]:
    if isinstance(given, list) and given and len(given) <= MOST:
        return given
    raise RequestError(Code.BAD_REQUEST, text("this is no list of bookings"), "bookings")


def _word(call: Call, key: str) -> str:
    given = call.args.get(key)
    return given if isinstance(given, str) else ""


def _label(given: object) -> str:
    try:
        words = one_line(given)
    except Refused:
        words = None
    if words is None or len(words) > LONGEST_LABEL:
        raise RequestError(
            Code.REFUSED,
            text("{key} is one line of at most {most} characters", key="label", most=LONGEST_LABEL),
        )
    return words
