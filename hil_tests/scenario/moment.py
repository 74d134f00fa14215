"""What can be seen of a site at one moment, and what was seen before."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from config.plan.reading import Value
from controller.store.ledger import Kind, Row
from hil_tests.stand import Stand
from hil_tests.upstream import Content, Key, logged

_MOST_TOLD = 12
"""Changes of one point that a failure tells, the latest."""


@dataclass(slots=True)
class Moment:
    """Only what was asked for is there."""

    at_ms: float
    truth: Mapping[str, Value | None] = field(default_factory=dict)
    """What every device really has, by point."""
    read: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    """What the daemon has of every point."""
    alarms: tuple[Mapping[str, Any], ...] = ()
    """Those that stand."""
    offline: frozenset[str] = frozenset()
    writes: Mapping[str, int] = field(default_factory=dict)
    """Requests to write that each device has heard."""
    sent: Mapping[str, int] = field(default_factory=dict)
    """Rows "sent" of the ledger, by point."""
    said: str = ""
    """The daemon's own log, of all runs."""
    logged: Mapping[Key, Content] = field(default_factory=dict)
    """What log.db has of intervals."""
    upstream: Mapping[Key, Content] = field(default_factory=dict)
    """What whoever takes the log has of them, looked at later."""
    why: Mapping[str, str] = field(default_factory=dict)
    """All that `why` says of a point, in one text."""


async def look(stand: Stand, now_ms: float, needs: Collection[str]) -> Moment:
    """What is so now. `needs`: truth, read, alarms, offline, writes, sent, said, upstream, or "why POINT"."""
    found = Moment(now_ms)
    if "truth" in needs:
        found.truth = await stand.truth()
    if "read" in needs:
        found.read = await stand.points()
    if "alarms" in needs:
        found.alarms = tuple((await stand.call("alarms", all=True))["alarms"])
    if "offline" in needs:
        found.offline = frozenset((await stand.call("status"))["offline"])
    if "writes" in needs:
        devices = (await stand.simulators(status=True))["status"]["devices"]
        found.writes = {name: each["writes"] for name, each in devices.items()}
    if "sent" in needs:
        found.sent = sent(stand.ledger())
    if "said" in needs:
        found.said = stand.said()
    if "upstream" in needs and stand.upstream is not None:
        found.logged = logged(stand.data).rows
        found.upstream = stand.upstream.rows()
    asked = [need.removeprefix("why ") for need in needs if need.startswith("why ")]
    found.why = {key: words_of(await stand.call("why", point=key)) for key in asked}
    return found


def sent(rows: Collection[Row]) -> dict[str, int]:
    """How many writes went out, by point; re-asserts are no rows of their own."""
    found: dict[str, int] = {}
    for row in rows:
        if row.entry.kind == Kind.SENT:
            found[row.entry.point] = found.get(row.entry.point, 0) + 1
    return found


def words_of(why: Mapping[str, Any]) -> str:
    """Who decides, what hinders, and what rules say."""
    winner = why["winner"]
    said = [] if winner is None else [f"{winner['by']} {winner['source']}", winner["reason"]]
    said += [item["reason"] for item in why["bounds"]]
    said += [item["text"] for item in why["hindrances"]]
    said += [item["says"] for item in why["rules"]]
    return " · ".join(filter(None, said))


class Trace:
    """How some points went, at the device and as the daemon read them."""

    def __init__(self, zone: ZoneInfo) -> None:
        self._zone = zone
        self._of: dict[tuple[str, str], list[tuple[float, object]]] = {}

    def note(self, moment: Moment, keys: Collection[str]) -> None:
        for key in keys:
            if key in moment.truth:
                self._add(key, "at the device", moment.at_ms, moment.truth[key])
            if key in moment.read:
                row = moment.read[key]
                value = row["value"] if row["quality"] == "good" else f"{row['value']} ({row['quality']})"
                self._add(key, "as read", moment.at_ms, value)

    def _add(self, key: str, where: str, at_ms: float, value: object) -> None:
        known = self._of.setdefault((key, where), [])
        if not known or known[-1][1] != value:
            known.append((at_ms, value))

    def told(self, keys: Collection[str]) -> list[str]:
        """The changes, oldest first."""
        lines = []
        for (key, where), seen in self._of.items():
            if key in keys:
                some = "… " if len(seen) > _MOST_TOLD else ""
                changes = ", ".join(f"{self.clock(at)} {shown(value)}" for at, value in seen[-_MOST_TOLD:])
                lines.append(f"{key} {where}: {some}{changes}")
        return lines

    def clock(self, at_ms: float) -> str:
        return f"{datetime.fromtimestamp(at_ms / 1000, self._zone):%H:%M:%S.%f}"[:-5]


def shown(value: object) -> str:
    if isinstance(value, bool):
        return "on" if value else "off"
    return f"{value:.6g}" if isinstance(value, float) else str(value)
