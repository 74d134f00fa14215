"""Times as people read them: today's by the clock alone, others with their date; all are the site's."""

from __future__ import annotations

from datetime import datetime


def moment(written: str | None, now: str | None, *, seconds: bool = False) -> str:
    """An ISO 8601 time of the site, as seen at `now` (another one)."""
    if not written:
        return ""
    time = datetime.fromisoformat(written)
    clock = time.strftime("%H:%M:%S" if seconds else "%H:%M")
    today = now is not None and datetime.fromisoformat(now).date() == time.date()
    return clock if today else f"{time.date().isoformat()} {clock}"
