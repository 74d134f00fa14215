"""What a start makes of the run before: an unclean end, a control.db that is damaged or suspected to be."""

from __future__ import annotations

import sqlite3
from datetime import UTC, datetime
from pathlib import Path

from controller import damage
from controller.store import bookings, boots, ledger, people, plans, reasserts
from controller.store.ledger import Entry, Kind
from controller.store.opening import Opening
from controller.store.plans import Acceptance

SUSPECT = "control.db.suspect"
"""There while a file found damaged under way has not been set aside yet; says what was found."""


def probe(connection: sqlite3.Connection) -> None:
    """What a start will ask of it, and write."""
    boots.last(connection)
    boots.latest(connection)
    plans.history(connection, 1)
    people.remembered(connection)
    bookings.read(connection)
    ledger.latest(connection, limit=1)
    reasserts.take(connection, 0)
    boots.seen(connection, boots.begin(connection, boots.Stood(), False, "", ""), 1, 1)
    plans.accept(connection, Acceptance("", 0, ""))
    ledger.anchor(connection)
    ledger.append(connection, (Entry(0, Kind.START),))


def expected(data: Path) -> bool:
    """Whether louguan has run on `data` before, so that there must be a control.db."""
    log = data / "log.db"
    if log.is_file() and log.stat().st_size > 0:
        return True
    return any(any((data / folder).glob("*")) for folder in ("plans", "backup", "ledger"))


def suspected(data: Path) -> str:
    """What the run before found wrong with the file; "" for nothing."""
    try:
        return (data / SUSPECT).read_text(encoding="utf-8", errors="replace") or "found damaged under way"
    except FileNotFoundError:
        return ""
    except OSError as error:
        return str(error)


def tell_loss(connection: sqlite3.Connection, found: Opening, wall_ms: int) -> None:
    """Into what takes the damaged one's place: the gap, and observe mode until a person has looked."""
    assert found.set_aside is not None
    detail = f"damaged, set aside as {found.set_aside.name}: {found.damage}"
    if found.restored is not None:
        detail += f"; restored from {found.restored.name}, later events are missing"
    held = damage.hold_back(found.set_aside.name, wall_ms)
    observing = Entry(wall_ms, Kind.COMMAND, who=held.person, why=held.reason, detail="observe on site")
    ledger.append(connection, (Entry(wall_ms, Kind.GAP, detail=detail), observing))
    people.put_observe(connection, held)


def unclean(wall_ms: int, previous: boots.Boot) -> Entry:
    seen = datetime.fromtimestamp(previous.seen_ms / 1000, UTC).isoformat(timespec="milliseconds")
    return Entry(
        wall_ms,
        Kind.GAP,
        detail=f"boot {previous.id} did not end in order; last seen {seen}; later events may be missing",
    )
