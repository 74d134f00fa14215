"""What the other side answers of a batch, as JSON; docs/upload.md tells it how. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from controller.consumption.upload.port import Outcome, Row
from controller.consumption.upload.rowjson import row_key

FORMAT = "1"
"""Keys are only ever added within a format; one that changes its meaning makes a new one."""
REASON = 300
"""Longest reason that is kept of what the other side says."""


def outcome(site: str, rows: Sequence[Row], answer: object) -> Outcome:
    """What an answer says of `rows`: {"accepted": [key …], "refused": [{"key", "reason"} …]}.

    Keys of other rows are passed over, rows in neither list are in neither set. Raises ValueError when it is
    no such answer.
    """
    if not isinstance(answer, Mapping) or not ("accepted" in answer or "refused" in answer):
        raise ValueError("not an answer that tells what was accepted")
    accepted = _list(answer, "accepted")
    refused: dict[str, str] = {}
    for entry in _list(answer, "refused"):
        if not isinstance(entry, Mapping) or not isinstance(entry.get("key"), str):
            raise ValueError('an entry of "refused" without a key')
        refused[entry["key"]] = reason(entry.get("reason"))
    taken = {key for key in accepted if isinstance(key, str)}
    keys = {row.id: row_key(site, row) for row in rows}
    # What it says it has, it has, whatever else it says of the row.
    return Outcome(
        frozenset(id_ for id_, key in keys.items() if key in taken),
        {id_: refused[key] for id_, key in keys.items() if key in refused and key not in taken},
    )


def reason(said: object) -> str:
    """What the other side gives as a reason, as one printable line; never empty."""
    shown = (
        "".join(one if one.isprintable() else " " for one in said[:REASON]) if isinstance(said, str) else ""
    )
    return shown.strip() or "refused without a reason"


def _list(answer: Mapping[str, object], name: str) -> list[object]:
    value = answer.get(name, [])
    if not isinstance(value, list):
        raise ValueError(f'"{name}" is no list')
    return value
