"""The versions that were in force, as data. Pure."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import UTC, datetime
from typing import Any

from controller.store.plans import Version

IN_FORCE, REPLACED, ROLLED_BACK = "in-force", "replaced", "rolled-back"


def told(known: Sequence[Version], kept: Collection[str]) -> list[dict[str, Any]]:
    """Newest first, as `known`; with how each ended, and whether its plan is still among those `kept`."""
    rows = []
    after: Version | None = None
    for version in known:
        item = version.item
        state, why = IN_FORCE, ""
        if after is not None:
            state, why = REPLACED, ""
            if after.item.back_to and after.item.hash != item.hash:
                state, why = ROLLED_BACK, after.item.comment or after.item.detail
        rows.append(
            {
                "number": version.number,
                "plan": item.hash,
                "since": datetime.fromtimestamp(item.accepted_ms / 1000, UTC).isoformat(),
                "person": item.person,
                "comment": item.comment,
                "detail": item.detail,
                "back_to": item.back_to or None,
                "state": state,
                "ended_by": None if after is None else after.item.person,
                "why": why,
                "kept": item.hash in kept,
            }
        )
        after = version
    return rows


def was_rolled_back(known: Sequence[Version], plan_hash: str) -> bool:
    """Whether that plan is what somebody, or the daemon itself, went back from last: it is not taken again
    unasked."""
    return len(known) > 1 and bool(known[0].item.back_to) and known[1].item.hash == plan_hash
