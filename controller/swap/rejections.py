"""Whether an edit is to be taken back: devices that it touched reject what is written to them. Pure.

Only a rejection counts, never silence: a power cut or a line that is torn is not a bad edit.
"""

from __future__ import annotations

from collections.abc import Iterable

from config.plan.site import Rollback
from controller.decide.step import FateRecord
from drivers.api import Fate


class Rejections:
    """Watches one edit from when it came into force, for as long as the site says."""

    def __init__(self, touched: Iterable[str], terms: Rollback, since_ms: int) -> None:
        """`touched`: names of devices; `since_ms`: site time."""
        self._touched = frozenset(touched)
        self._terms = terms
        self._until_ms = since_ms + round(terms.within_s * 1000)
        self._rejected: dict[str, str] = {}

    def over(self, wall_ms: int) -> bool:
        """The time is up."""
        return wall_ms > self._until_ms

    def take(self, fates: Iterable[FateRecord]) -> dict[str, str]:
        """What became of writes. The devices that have rejected some and what they said, once they are as
        many as the site says; else nothing."""
        for record in fates:
            device = record.key.partition(".")[0]
            if record.fate is Fate.REJECTED and device in self._touched:
                self._rejected.setdefault(device, f"{record.key}: {record.detail}")
        count = len(self._rejected)
        enough = count >= self._terms.devices or count * 100 >= self._terms.share * len(self._touched)
        return dict(self._rejected) if count and enough else {}
