"""The tariff to the record of the Plan."""

from __future__ import annotations

from config.language import text
from config.plan.programmes import CalendarPlan
from config.plan.tariff import TARIFF_PERIODS, Tariff, TariffSeason, TariffSpan
from config.written.check.tariff import check_boundaries, check_table, pieces
from config.written.gather import Written
from config.written.model.tariff import OwnWritten, SeasonWritten, TableWritten, UseWritten
from config.written.named import Named
from config.written.nodes import Entry
from config.written.problems import Findings, one_of
from config.written.tariffs import read_tariff, tariff_names

_OWN = "own"
"""Name of a table that is written into the site."""


def lower_tariff(
    written: Written, calendar: CalendarPlan, interval_s: int, findings: Findings
) -> Tariff | None:
    """The site's tariff, if it has one; tells everything wrong with it."""
    named = written.tariff
    if named is None:
        return None
    found = _table(named, findings)
    if found is None:
        return None
    entry, table = found
    pays = named.written
    english = written.site is not None and written.site.written.language == "en"
    if not entry.lacks("seasons"):
        check_table(entry, table, calendar, findings)
        check_boundaries(entry, table, interval_s, findings)
    if not named.sound:
        return None
    return Tariff(
        name=pays.use if isinstance(pays, UseWritten) else _OWN,
        label=table.label["en" if english else "zh"],
        document=table.document,
        since=table.since,
        seasons=tuple(_season(season) for season in table.seasons),
        factors=tuple(
            (period, 1.0 if factor is None else float(factor))
            for period in TARIFF_PERIODS
            if (factor := getattr(table.factors, period)) is not None or period == "flat"
        ),
        flat_price=pays.flat_price,
        by_period=pays.by_period,
    )


def _table(
    named: Named[UseWritten] | Named[OwnWritten], findings: Findings
) -> tuple[Entry, TableWritten] | None:
    """The table with its places: a shipped one or the site's own."""
    written = named.written
    if isinstance(written, OwnWritten):
        return named.entry, written
    known = tariff_names()
    if named.entry.lacks("use"):
        return None
    if written.use in known:
        return read_tariff(written.use, findings)
    findings.problem(
        named.entry.place(["use"]),
        text('no tariff named "{name}"', name=written.use),
        one_of(known),
        findings.guess(written.use, known),
    )
    return None


def _season(season: SeasonWritten) -> TariffSeason:
    return TariffSeason(
        months=season.months,
        kinds=tuple(season.days),
        spans=tuple(
            TariffSpan(piece.start_s, piece.end_s, piece.period)
            for piece in pieces(season)
            if piece.period != "flat"
        ),
    )
