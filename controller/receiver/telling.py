"""What came, and how complete it is, as JSON. Pure."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from controller.receiver.store import Kept, MeterGaps


def as_json(meter: MeterGaps) -> dict[str, Any]:
    """One meter; English keys, units in the key."""
    return {
        "site": meter.site,
        "meter": meter.meter,
        "first": utc(meter.first_ms),
        "last": utc(meter.last_ms),
        "rows": meter.rows,
        "unknown": meter.unknown,
        "behind_s": meter.behind_ms // 1000,
        "gaps": [
            {"from": utc(gap.from_ms), "to": utc(gap.to_ms), "from_ms": gap.from_ms, "to_ms": gap.to_ms}
            for gap in meter.gaps
        ],
        "more": meter.more,
    }


def head_as_json(kept: Kept) -> dict[str, Any]:
    """One head; `head` is what `louguan log verify --head` takes."""
    return {
        "site": kept.site,
        "head": f"{kept.seq}:{kept.hash}",
        "seq": kept.seq,
        "hash": kept.hash,
        "time": utc(kept.time_ms),
        "received": utc(kept.received_ms),
        "disputed": kept.disputed,
    }


def utc(ms: int) -> str:
    """Milliseconds as ISO 8601 in UTC."""
    return datetime.fromtimestamp(ms / 1000, UTC).isoformat().replace("+00:00", "Z")
