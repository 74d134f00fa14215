"""Hours by kind of day in a rule, and what a rule makes of the site's tariff."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Annotated

from pydantic import Field

from config.language import text
from config.plan.programmes import WEEKDAYS, DayList, Hours, Period, TimeMark
from config.written.check.periods import check_overlaps
from config.written.model.base import Name, unnamed
from config.written.model.tariff import Spans
from config.written.problems import one_of
from config.written.rules.making import Making

HoursWritten = Annotated[dict[Name, Spans], Field(min_length=1)]
"""Kind of day → hours of it."""


def hours(making: Making, key: str, written: Mapping[str, Spans]) -> Hours:
    """The record; everything wrong with them is told."""
    at = making.place(key)
    week = []
    for kind, spans in written.items():
        check_kind(making, key, kind)
        periods = [
            Period(
                TimeMark("clock", start_s),
                TimeMark("clock", end_s),
                True,
                making.place(key, kind, number) if len(spans) > 1 else making.place(key, kind),
            )
            for number, (start_s, end_s) in enumerate(spans)
        ]
        check_overlaps(periods, making.site.findings, repeats=kind not in WEEKDAYS)
        # One stretch after another is one: where each stands does not part them.
        week.append(DayList(kind, tuple(replace(period, source=at) for period in periods)))
    return Hours(tuple(week), at)


def needs_tariff(making: Making, path: Sequence[object]) -> None:
    """Tell that there is no tariff to go by, or that nothing is saved by it."""
    site = making.site
    if site.tariff is None:
        if not site.tariff_written:
            making.problem(
                path,
                text("the site has no tariff"),
                text("a section {name}", name="tariff"),
                text("without it nobody knows which hours are dear"),
            )
    elif not site.tariff.by_period:
        site.findings.note(
            making.place(*path),
            text("the site does not pay by tariff period (by_period: false): this saves no money"),
        )


def check_kind(making: Making, key: str, kind: str) -> None:
    """A list of hours below `key` is for a kind of day that there is; tells it if not."""
    known = making.site.kinds_of_day
    if kind not in known:
        near = making.site.findings.guess(kind, known)
        if near is None and unnamed(known):
            return
        making.site.findings.problem(
            making.named.entry.place([key, kind], key=True),
            text('no kind of day named "{name}"', name=kind),
            None if near else one_of(known),
            near,
        )
