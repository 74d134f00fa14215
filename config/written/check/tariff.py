"""A tariff's table: kinds of day, months, hours and factors that fit together."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from config.language import text
from config.plan.amounts import amount
from config.plan.devices import Source
from config.plan.programmes import BUILT_IN_KINDS, CalendarPlan
from config.plan.tariff import TARIFF_PERIODS, TariffPeriod
from config.written.model.base import unnamed
from config.written.model.tariff import SeasonWritten, TableWritten
from config.written.nodes import Entry
from config.written.problems import Findings, listing, one_of

DAY_S = 86400
_WHEN = ("months", "days")
_EVERY_DAY = ({"everyday"}, {"workday", "dayoff"})
"""Kinds of day that are all days together."""


class Piece(NamedTuple):
    """[start, end) of one local day in one period, and which of the period's spans it is of."""

    start_s: int
    end_s: int
    period: TariffPeriod
    span: int


def pieces(season: SeasonWritten) -> list[Piece]:
    """The season's hours in the order of the day, nights cut at midnight; flat ones only where written."""
    found = []
    for period in TARIFF_PERIODS:
        for number, (start, end) in enumerate(getattr(season.hours, period)):
            cut = [(start, end)] if start < end else [(start, DAY_S), (0, end)]
            found += [Piece(*part, period, number) for part in cut if part[0] < part[1]]
    return sorted(found)


def check_table(entry: Entry, table: TableWritten, calendar: CalendarPlan, findings: Findings) -> None:
    """Tell everything wrong with a table; `entry` knows its places."""
    for number, season in enumerate(table.seasons):
        _check_kinds(entry, number, season, (*BUILT_IN_KINDS, *calendar.own_kinds), findings)
        if entry.whole("seasons", number, "hours"):
            _check_hours(entry, number, season, findings)
    _check_hidden(entry, table, findings)
    if entry.whole():
        _note_uncovered(entry, table, findings)
    if not entry.lacks("factors"):
        _check_factors(entry, table, findings)


def check_boundaries(entry: Entry, table: TableWritten, interval_s: int, findings: Findings) -> None:
    """Tell a period that begins or ends inside an interval of the log."""
    for number, season in enumerate(table.seasons):
        for piece in pieces(season) if entry.whole("seasons", number, "hours") else ():
            for moment in (piece.start_s, piece.end_s):
                if moment % interval_s:
                    findings.problem(
                        _place(entry, number, piece),
                        text(
                            "{time} is in the middle of an interval of the log ({interval})",
                            time=clock(moment),
                            interval=amount(interval_s, "s"),
                        ),
                    )


def clock(seconds: int) -> str:
    """Seconds after midnight as people write a time of day."""
    return f"{seconds // 3600:02}:{seconds // 60 % 60:02}"


def _place(entry: Entry, number: int, piece: Piece) -> Source:
    return entry.place(["seasons", number, "hours", piece.period, piece.span])


def _check_kinds(
    entry: Entry, number: int, season: SeasonWritten, known: tuple[str, ...], findings: Findings
) -> None:
    for index, kind in enumerate(season.days):
        if kind not in known:
            near = findings.guess(kind, known)
            if near is None and unnamed(known):
                continue
            findings.problem(
                entry.place(["seasons", number, "days", index]),
                text('no kind of day named "{name}"', name=kind),
                None if near else one_of(known),
                near,
            )


def _check_hours(entry: Entry, number: int, season: SeasonWritten, findings: Findings) -> None:
    reached: Piece | None = None
    for piece in pieces(season):
        if reached is not None and piece.start_s < reached.end_s:
            findings.problem(
                _place(entry, number, piece),
                text(
                    "from {start} to {end} is {period} already",
                    start=clock(piece.start_s),
                    end=clock(min(piece.end_s, reached.end_s)),
                    period=reached.period,
                ),
            )
        if reached is None or piece.end_s > reached.end_s:
            reached = piece
    if season.hours.flat:
        for start, end in _left(season):
            findings.problem(
                entry.place(["seasons", number, "hours", "flat"], key=True),
                text("from {start} to {end} is in no period", start=clock(start), end=clock(end)),
                hint=text("without the line flat, all hours that are left are flat"),
            )


def _left(season: SeasonWritten) -> Iterator[tuple[int, int]]:
    reached = 0
    for piece in pieces(season):
        if piece.start_s > reached:
            yield reached, piece.start_s
        reached = max(reached, piece.end_s)
    if reached < DAY_S:
        yield reached, DAY_S


def _check_hidden(entry: Entry, table: TableWritten, findings: Findings) -> None:
    """A season of a month in which an earlier one takes all of its days."""
    for number, season in enumerate(table.seasons):
        for before, earlier in enumerate(table.seasons[:number]):
            if not all(entry.whole("seasons", one, key) for one in (number, before) for key in _WHEN):
                continue
            if earlier.days and not (season.days and set(season.days) <= set(earlier.days)):
                continue
            shared = [month for month in season.months if month in earlier.months]
            if shared:
                findings.problem(
                    entry.place_of_value(["seasons", number, "months"]),
                    text(
                        "another season has the months {months} already, in line {line}",
                        months=listing(map(str, shared)),
                        line=entry.place(["seasons", before]).line,
                    ),
                )


def _note_uncovered(entry: Entry, table: TableWritten, findings: Findings) -> None:
    flat = [month for month in range(1, 13) if not _covered(month, table)]
    if flat:
        findings.note(
            entry.place(["seasons"], key=True),
            text(
                "no season has all days of the months {months}: what is left is flat",
                months=listing(map(str, flat)),
            ),
        )


def _covered(month: int, table: TableWritten) -> bool:
    seasons = [season for season in table.seasons if month in season.months]
    kinds = {kind for season in seasons for kind in season.days}
    return any(not season.days for season in seasons) or any(every <= kinds for every in _EVERY_DAY)


def _check_factors(entry: Entry, table: TableWritten, findings: Findings) -> None:
    if table.factors.flat not in (None, 1):
        findings.problem(
            entry.place(["factors", "flat"]), text("factors are multiples of the flat price"), text("flat: 1")
        )
    known = (one for number, one in enumerate(table.seasons) if not entry.lacks("seasons", number, "hours"))
    used = {piece.period for season in known for piece in pieces(season)} - {"flat"}
    for period in TARIFF_PERIODS:
        lost = entry.lacks("factors", period)
        if period in used and getattr(table.factors, period) is None and not lost:
            findings.problem(
                entry.place(["factors"], key=True),
                text('there is no factor for "{period}"', period=period),
            )
