"""Writes and what became of them, as ledger rows; re-asserts that take are counted, not listed.

A site re-asserts thousands of values a day, and nearly all of it changes nothing. Each that takes belongs to
an account of its point, kept in control.db beside the ledger with every one that is counted, and closed into
one row of the ledger after a day, when the story of the point goes on (another decision, another write,
another outcome), and at the end of the run. One that does not take, or is never answered, is listed in full.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from controller.decide.step import FateRecord
from controller.store.ledger import Entry, Kind
from controller.store.reasserts import Reasserted, entry
from drivers.api import Fate, Write

DAY_MS = 86_400_000
"""Site time after which an account is closed."""
JITTER_MS = 60_000
"""A step of the clock back up to this size leaves an account open."""

FATES = {
    Fate.READ_BACK: Kind.READ_BACK,
    Fate.ACKNOWLEDGED: Kind.ACKNOWLEDGED,
    Fate.MISMATCH: Kind.MISMATCH,
    Fate.REJECTED: Kind.REJECTED,
    Fate.NO_ANSWER: Kind.NO_ANSWER,
    Fate.NOT_SENT: Kind.NOT_SENT,
}
_TOOK = frozenset({Fate.READ_BACK, Fate.ACKNOWLEDGED})


class Account(NamedTuple):
    """What has changed in the accounts, to be stored in the commit of the rows handed out."""

    reasserted: tuple[Reasserted, ...] = ()
    closed: tuple[str, ...] = ()


class Reasserts:
    """The accounts of one run. Changed by the cycle alone; knows no clock."""

    def __init__(self) -> None:
        self._accounts: dict[str, Reasserted] = {}
        self._waiting: dict[str, tuple[Write, int]] = {}
        """Re-asserts on their way: by point, with the time of sending."""
        self._touched: set[str] = set()
        self._oldest_ms: int | None = None
        """No account is older."""

    def sent(self, write: Write, key: str, wall_ms: int) -> Iterator[Entry]:
        """A write went to its line's worker."""
        yield from self._unanswered(key)
        if write.reassert:
            self._waiting[key] = (write, wall_ms)
        else:
            yield from self.closed(key, wall_ms)
            yield _sent(write, key, wall_ms)

    def answered(self, record: FateRecord) -> Iterator[Entry]:
        """What became of a write."""
        key = record.key
        write, sent_ms = self._waiting.get(key, (None, 0))
        if write is None or write.seq != record.write.seq:
            yield _fate(record)
            return
        del self._waiting[key]
        if record.fate in _TOOK:
            yield from self._count(record, sent_ms)
        else:
            yield from self.closed(key, record.wall_ms)
            yield _sent(write, key, sent_ms)
            yield _fate(record)

    def closed(self, key: str, wall_ms: int) -> Iterator[Entry]:
        """The row that closes the account of a point, if it has one."""
        item = self._accounts.pop(key, None)
        if item is not None:
            self._touched.add(key)
            yield entry(item, wall_ms)

    def due(self, wall_ms: int) -> Iterator[Entry]:
        """The rows of the accounts that have been open for a day. Costs nothing before."""
        if self._oldest_ms is None or wall_ms - self._oldest_ms < DAY_MS:
            return
        for key in [key for key, item in self._accounts.items() if wall_ms - item.first_ms >= DAY_MS]:
            yield from self.closed(key, wall_ms)
        self._oldest_ms = min((item.first_ms for item in self._accounts.values()), default=None)

    def end(self, wall_ms: int) -> Iterator[Entry]:
        """The rows of all accounts: the run is over."""
        for key in sorted(self._waiting):
            yield from self._unanswered(key)
        for key in sorted(self._accounts):
            yield from self.closed(key, wall_ms)

    def take(self) -> Account:
        """What has changed since the last take."""
        if not self._touched:
            return _NOTHING
        touched, self._touched = sorted(self._touched), set()
        standing = [self._accounts[key] for key in touched if key in self._accounts]
        return Account(tuple(standing), tuple(key for key in touched if key not in self._accounts))

    def _count(self, record: FateRecord, sent_ms: int) -> Iterator[Entry]:
        key, write = record.key, record.write
        former = self._accounts.get(key)
        if former is not None and not _goes_on(former, record):
            yield from self.closed(key, record.wall_ms)
            former = None
        times, first_ms = (1, sent_ms) if former is None else (former.times + 1, former.first_ms)
        self._accounts[key] = Reasserted(
            key, write.value, write.slot, record.fate.value, record.detail, times, first_ms, record.wall_ms
        )
        self._touched.add(key)
        if self._oldest_ms is None or first_ms < self._oldest_ms:
            self._oldest_ms = first_ms

    def _unanswered(self, key: str) -> Iterator[Entry]:
        """One whose answer will not come, or comes too late to be believed."""
        former = self._waiting.pop(key, None)
        if former is not None:
            yield _sent(former[0], key, former[1])


_NOTHING = Account()


def _goes_on(item: Reasserted, record: FateRecord) -> bool:
    """Whether one more of these belongs to the account."""
    same = (record.write.value, record.write.slot, record.fate.value, record.detail)
    return item[1:5] == same and record.wall_ms >= item.last_ms - JITTER_MS


def _sent(write: Write, key: str, wall_ms: int) -> Entry:
    detail = f"nulls {', '.join(map(str, write.null_slots))}" if write.null_slots else ""
    if write.reassert:
        detail = "re-assert"
    return Entry(wall_ms, Kind.SENT, point=key, value=write.value, slot=write.slot, detail=detail)


def _fate(record: FateRecord) -> Entry:
    return Entry(
        record.wall_ms,
        FATES[record.fate],
        point=record.key,
        value=record.found if record.found is not None else record.write.value,
        slot=record.write.slot,
        fate=record.fate.value,
        detail=record.detail,
    )
