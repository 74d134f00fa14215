"""In whose time the data of a directory are told."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from datetime import UTC, datetime, tzinfo
from pathlib import Path

from config.plan import codec
from config.plan.zones import known_zone
from controller.store import backup, plans
from controller.store.connection import open_reader
from controller.store.control import FILE, PLANS
from controller.store.plans import PlanFiles


def zone_of(data: Path) -> tzinfo | None:
    """The time zone of the site whose data these are, by the plan accepted last; None where none can be
    read."""
    try:
        with closing(open_reader(data / FILE)) as control:
            accepted = next(iter(plans.history(control, 1)), None)
        copies = PlanFiles(data / PLANS, data / backup.FOLDER).copies(accepted.hash) if accepted else ()
    except (sqlite3.Error, ValueError):
        return None
    for content in copies:
        try:
            return known_zone(codec.load(content or "").site.time_zone)
        except (ValueError, OSError, LookupError):
            continue
    return None


def local(ms: int, zone: tzinfo | None) -> str:
    """ISO 8601 to the second, with its offset; Z where the zone is not known."""
    moment = datetime.fromtimestamp(ms / 1000, UTC)
    if zone is None:
        return moment.strftime("%Y-%m-%dT%H:%M:%SZ")
    return moment.astimezone(zone).isoformat(timespec="seconds")
