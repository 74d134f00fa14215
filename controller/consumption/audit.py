"""Whether a meter's rows are what its counters say: no slot lost or doubled, every consumption the difference
of its two counts, every count where the next row goes on. Pure.

The rows of a meter are a chain: each begins where the one before ended, and counts from the anchor, the last
count that was booked. So the sum of its consumptions is the difference of its counters, once every link
holds.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from itertools import pairwise
from typing import NamedTuple

from config.language import Text, text
from controller.consumption.records import Flag, Interval, Mark

_TRIES = 10_000
"""Ways of adding up two moduli that are tried."""


class Fitting(NamedTuple):
    """What was fitted from `since_ms` on, and how it is read."""

    number: int
    serial: str
    unit: str
    quantum: str
    modulus: int | None
    since_ms: int
    first_count: int | None
    last_count: int | None
    """When it was replaced: what it showed then. The next fitting's first count is the new one's."""

    def exact(self, quanta: int | None) -> Decimal | None:
        """A count in `unit`."""
        return None if quanta is None else Decimal(self.quantum) * quanta


class Logged(NamedTuple):
    """A row as it stands in the table."""

    revision: int
    fitting: int
    row: Interval


class Problem(NamedTuple):
    """Something that cannot be as it is."""

    meter: str
    start_ms: int | None
    """Of the row; None when it is not about one."""
    what: Text


class Past(NamedTuple):
    """What was done to a log as a whole."""

    gone_ms: int = 0
    """Of what ended until then, some was deleted."""
    revisions: frozenset[int] = frozenset({0})
    """With which a slot may begin: 0, and those of a restored log."""


@dataclass(slots=True)
class _Anchor:
    """What the next booked row must count from."""

    known: bool = False
    """Whether it is said by the rows before; else it lies in a slot that did not end with a known count."""
    ms: int = 0
    """Of an unknown one: not before this."""
    count: int = 0
    doubtful: bool = True
    """Nothing can be said of its time: a clock was wrong, or the rows begin here."""
    fitting: int | None = None


def audit_meter(
    meter: str,
    fittings: Sequence[Fitting],
    rows: Iterable[Logged],
    mark: Mark | None,
    past: Past = Past(),
    undone: Sequence[tuple[int, int]] = (),
) -> Iterator[Problem]:
    """What is wrong with a meter's rows (all revisions, by start and revision) and the mark after them.
    `undone`: when it was said to be replaced and was not, and by how much its counts went back then."""
    listed = list(rows)
    yield from _revisions(meter, listed, past)
    first = list({item.row.start_ms: item for item in reversed(listed)}.values())[::-1]
    newest = list({item.row.start_ms: item for item in listed}.values())
    same = newest == first
    chain = _Chain(meter, fittings, past, corrected=same, undone=() if same else undone)
    for item in first:
        yield from chain.take(item)
    if newest != first:
        chain = _Chain(meter, fittings, past, corrected=True)
        for item in newest:
            yield from chain.take(item)
    if mark is not None:
        yield from chain.end(mark)
    elif listed:
        yield Problem(meter, None, text("nothing says where its log stands"))


def _revisions(meter: str, rows: Iterable[Logged], past: Past) -> Iterator[Problem]:
    """Revisions count from the first, and are of the same slot."""
    before: Logged | None = None
    for item in rows:
        same = before is not None and before.row.start_ms == item.row.start_ms
        expected = before.revision + 1 if same and before is not None else 0
        begins = not same and item.revision in past.revisions
        if item.revision != expected and not begins and item.row.end_ms > past.gone_ms:
            words = text("revision {found} instead of {expected}", found=item.revision, expected=expected)
            yield Problem(meter, item.row.start_ms, words)
        elif same and before is not None and before.row.end_ms != item.row.end_ms:
            yield Problem(meter, item.row.start_ms, text("its revisions end at different times"))
        before = item


class _Chain:
    """The rows of one meter, one a slot, in order."""

    def __init__(
        self,
        meter: str,
        fittings: Sequence[Fitting],
        past: Past,
        *,
        corrected: bool,
        undone: Sequence[tuple[int, int]] = (),
    ) -> None:
        """`corrected`: the rows say all that is known by now, and not what was at first. `undone`: see
        `audit_meter`; rows may have been made by these."""
        self._corrected = corrected
        self._undone = undone
        self._replaced = [
            (new.since_ms, old.last_count - new.first_count)
            for old, new in pairwise(fittings)
            if old.last_count is not None and new.first_count is not None
        ]
        """When a meter was replaced, and by how much its counts went back then."""
        self._meter = meter
        self._gone_ms = past.gone_ms
        self._fittings: Mapping[int, Fitting] = {item.number: item for item in fittings}
        self._order = [item.number for item in fittings]
        self._end_ms: int | None = None
        self._fitting: int | None = None
        self._anchor = _Anchor()

    def take(self, item: Logged) -> Iterator[Problem]:
        row = item.row
        for words in (*self._place(item), *self._counts(item), *_flags(row)):
            yield Problem(self._meter, row.start_ms, words)
        self._go_on(item)
        if self._undone_in(row):
            self._anchor = _Anchor()  # its count at the end may have been only what was said of a new meter

    def end(self, mark: Mark) -> Iterator[Problem]:
        """What is wrong with where the log stands."""
        anchor = self._anchor
        if self._end_ms is not None and mark.slot_ms != self._end_ms:
            words = text("its log stands elsewhere than its last interval ends")
            yield Problem(self._meter, mark.slot_ms, words)
            return
        goes_on = anchor.known and Flag.SUSPECT not in mark.flags
        stands = (mark.anchor_ms, mark.anchor_count)
        if goes_on and self._same_counts(max(self._order, default=0)) and stands != (anchor.ms, anchor.count):
            words = text("its log goes on from another count than its last interval ended with")
            yield Problem(self._meter, mark.slot_ms, words)

    # Where a row stands

    def _place(self, item: Logged) -> Iterator[Text]:
        row = item.row
        if item.fitting not in self._fittings:
            yield text("nothing says how its counts were read")
        if self._end_ms is not None and row.start_ms > self._end_ms:
            if row.start_ms > self._gone_ms:
                yield text("the slot before it is missing")
            self._anchor = _Anchor()
        elif self._end_ms is not None and row.start_ms < self._end_ms:
            yield text("it overlaps with the interval before it")
            self._anchor = _Anchor()
        elif self._fitting is not None and not self._same_counts(item.fitting):
            self._anchor = _Anchor(ms=row.start_ms, doubtful=Flag.CLOCK in row.flags)
        if not 0 <= row.covered_s <= (row.end_ms - row.start_ms) // 1000:
            yield text("it is covered for longer than it lasts")

    def _same_counts(self, fitting: int) -> bool:
        """Whether counts of that fitting go on from those of the last row: nothing that is read otherwise was
        fitted in between."""
        read_as = {(one.unit, one.quantum) for one in self._between(self._fitting, fitting)}
        return len(read_as) == 1

    def _between(self, *fittings: int | None) -> Sequence[Fitting]:
        """From the first to the last of these, as they were fitted."""
        places = [self._order.index(one) for one in fittings if one in self._order]
        numbers = self._order[min(places) : max(places) + 1] if places else []
        return [self._fittings[number] for number in numbers]

    # What it counts

    def _counts(self, item: Logged) -> Iterator[Text]:
        row, anchor = item.row, self._anchor
        if (row.from_ms is None) != (row.count_start is None):
            yield text("a count at its start without a time, or the other way round")
        if row.count_end is not None and Flag.SUSPECT not in row.flags:
            yield from self._booked(item)
            return
        estimated = Flag.ESTIMATED in row.flags and Flag.SUSPECT in row.flags
        if row.consumption is not None and not estimated:
            yield text("it has a consumption though its counts do not say one")
        if Flag.SUSPECT in row.flags:
            if row.from_ms not in (None, row.start_ms):
                yield text("it does not count from its own start")
        elif anchor.known:
            at_start = anchor.ms == row.start_ms
            expected = (anchor.ms, anchor.count) if at_start else (None, None)
            if (row.from_ms, row.count_start) != expected:
                yield text("it does not begin with the count that the interval before ended with")

    def _booked(self, item: Logged) -> Iterator[Text]:
        row, anchor = item.row, self._anchor
        if row.from_ms is None or row.count_start is None or row.consumption is None:
            yield text("its consumption is missing though its counts are known")
            return
        assert row.count_end is not None
        undone = self._undone_in(row)
        if undone:
            pass  # what was read of it before, it does not tell
        elif anchor.known:
            if row.from_ms != anchor.ms:
                yield text("it does not count from where the last booked interval ended")
            elif row.count_start != anchor.count:
                yield text("it does not begin with the count that the interval before ended with")
        elif (
            not anchor.doubtful
            and Flag.REPLACED not in row.flags
            and not anchor.ms <= row.from_ms <= row.end_ms
        ):
            yield text("it counts from a time at which nothing was read")
        replaced = [back for when, back in self._replaced if row.from_ms <= when < row.end_ms]
        flagged = Flag.REPLACED in row.flags
        known = replaced or undone
        if (flagged and not known) or (replaced and not flagged and self._corrected):
            yield text("it is flagged replaced though no meter was, or the other way round")
        turned = row.consumption - (row.count_end - row.count_start)
        # Where a meter was replaced, the flag of a rollover says nothing.
        wrongly = not flagged and (turned > 0) != (Flag.ROLLOVER in row.flags)
        back = _back(replaced, undone) if flagged else {0}
        if wrongly or not any(self._rolled(turned - one, item.fitting) for one in back):
            yield text(
                "its consumption {consumption} is not the difference of its counts, {start} to {end}",
                consumption=row.consumption,
                start=row.count_start,
                end=row.count_end,
            )

    def _undone_in(self, row: Interval) -> list[int]:
        """By how much its counts went back where a meter was said to be replaced and was not."""
        if not self._undone:
            return []
        from_ms = row.start_ms if row.from_ms is None else min(row.from_ms, row.start_ms)
        return [back for when, back in self._undone if from_ms <= when < row.end_ms]

    def _rolled(self, turned: int, fitting: int) -> bool:
        """Whether `turned` quanta are whole rounds, by the moduli in force since the anchor."""
        if turned == 0:
            return True
        between = self._between(self._anchor.fitting, fitting)
        moduli = sorted({one.modulus for one in between if one.modulus}, reverse=True)
        return turned > 0 and _adds_up(turned, moduli)

    def _go_on(self, item: Logged) -> None:
        row, anchor = item.row, self._anchor
        if row.count_end is not None:
            self._anchor = _Anchor(True, row.end_ms, row.count_end, False, item.fitting)
        elif Flag.SUSPECT in row.flags:
            self._anchor = _Anchor(ms=row.start_ms, doubtful=Flag.CLOCK in row.flags, fitting=item.fitting)
        elif not anchor.known:
            anchor.doubtful |= Flag.CLOCK in row.flags
            anchor.fitting = item.fitting if anchor.fitting is None else anchor.fitting
            if row.from_ms is not None and row.count_start is not None:
                self._anchor = _Anchor(True, row.from_ms, row.count_start, False, item.fitting)
        self._end_ms = row.end_ms
        self._fitting = item.fitting


def _flags(row: Interval) -> Iterator[Text]:
    """Flags that its own figures decide."""
    whole = row.count_end is not None and row.from_ms == row.start_ms
    if whole == (Flag.PARTIAL in row.flags):
        yield text("it is flagged partial though both ends are known, or the other way round")
    recovered = row.consumption is not None and row.from_ms is not None and row.from_ms < row.start_ms
    if recovered != (Flag.RECOVERED in row.flags):
        yield text("it is flagged recovered though it counts from its own start, or the other way round")


def _back(replaced: Sequence[int], undone: Sequence[int]) -> set[int]:
    """By how much the counts of a row that is flagged replaced may go back: by all replacements that there
    were; where some were taken back, by any of either that were entered when it was written."""
    if not undone:
        return {sum(replaced)}
    found = {0}
    for one in (*replaced, *undone):
        found |= {one + other for other in found}
    return found


def _adds_up(total: int, moduli: Sequence[int]) -> bool:
    """Whether `total` is a sum of these, each taken any number of times."""
    if len(moduli) <= 1:
        return bool(moduli) and total % moduli[0] == 0
    first, rest = moduli[0], moduli[1:]
    return any(_adds_up(total - count * first, rest) for count in range(min(total // first, _TRIES) + 1))
