"""Acknowledgements that the other side publishes by its own hand. Pure.

Each message is a JSON object, or a list of them. It has the key of a row (site, meter, start_ms, revision;
the row itself, echoed, will do), and with `refused`, a text, the row will never be taken. Or it is what a web
service would answer: `{"accepted": ["site/meter/start_ms/revision"], "refused": [{"key": …, "reason": …}]}`.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import TypeAlias

from controller.consumption.upload.port import Outcome, Row
from controller.consumption.upload.wire import reason

MOST_BYTES = 4_000_000
"""A longer message is not read."""
MOST_KEPT = 20_000
"""Keys remembered; an answer may come after its batch was given up."""

Key: TypeAlias = tuple[str, int, int]


class Acks:
    """What was sent, and what the other side said of it."""

    def __init__(self, site: str, most: int = MOST_KEPT) -> None:
        self._site = site
        self._most = most
        self._said: dict[Key, str | None] = {}
        """None = nothing yet, "" = taken, otherwise why it is refused. In the order of sending."""

    def expect(self, rows: Iterable[Row]) -> list[Row]:
        """Note that these are sent now; returns those of which nothing was heard yet."""
        waiting = []
        for row in rows:
            key = _key(row)
            said = self._said.pop(key, None)
            self._said[key] = said
            if said is None:
                waiting.append(row)
        while len(self._said) > self._most:
            self._said.pop(next(iter(self._said)))
        return waiting

    def heard(self, payload: bytes) -> None:
        """Take a message; what is none of ours is passed over."""
        if len(payload) > MOST_BYTES:
            return
        try:
            said = json.loads(payload)
        except (ValueError, RecursionError):
            return
        for item in said if isinstance(said, list) else [said]:
            if not isinstance(item, dict):
                continue
            if isinstance(item.get("accepted"), list) or isinstance(item.get("refused"), list):
                self._answer(item)
            else:
                self._take(item)

    def outcome(self, rows: Iterable[Row]) -> Outcome:
        """What was heard of these rows so far."""
        found = [(row.id, self._said.get(_key(row))) for row in rows]
        return Outcome(
            frozenset(number for number, said in found if said == ""),
            {number: said for number, said in found if said},
        )

    def _answer(self, item: dict[str, object]) -> None:
        accepted, refused = item.get("accepted"), item.get("refused")
        for name in accepted if isinstance(accepted, list) else ():
            self._named(name, None)
        for one in refused if isinstance(refused, list) else ():
            if isinstance(one, dict):
                self._named(one.get("key"), reason(one.get("reason")))

    def _named(self, name: object, refused: object) -> None:
        parts = name.split("/") if isinstance(name, str) else []
        if len(parts) == 4 and all(part.isdecimal() and len(part) < 20 for part in parts[2:]):
            site, meter, start_ms, revision = parts
            key = {"site": site, "meter": meter, "start_ms": int(start_ms), "revision": int(revision)}
            self._take({**key, "refused": refused})

    def _take(self, item: dict[str, object]) -> None:
        meter, start_ms, revision = item.get("meter"), item.get("start_ms"), item.get("revision", 0)
        if item.get("site") != self._site or not isinstance(meter, str):
            return
        if not (isinstance(start_ms, int) and isinstance(revision, int)):
            return
        key = (meter, start_ms, revision)
        if key in self._said:
            refused = item.get("refused")
            self._said[key] = "" if refused is None else reason(refused)


def _key(row: Row) -> Key:
    return row.meter, row.start_ms, row.revision
