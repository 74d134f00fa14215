"""What an edit changes, put together for people: dates that differ alike, days that are touched, amounts.
The terminal and the page show the same of it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import date, timedelta
from decimal import Decimal
from typing import NamedTuple

from config.language import Text, render, text
from config.plan.bill import FEN, rounded
from config.plan.site import Plan
from controller.cli.apply_tables import changed
from controller.cli.preview_days import clock
from controller.cli.preview_groups import names_of
from controller.cli.preview_words import asked, day_words, some, title
from controller.swap.touched import changed_parts
from schedules.changes import Alike, Changes, DayChange, PointChange, Sums
from schedules.energy import Amount, Counted
from schedules.preview import Foreseen, Window
from schedules.unheard import Unheard

_HOUR_MS = 3_600_000
_NAMES = 44
"""Columns for the names of points after why they are not counted."""
_WHY_NOT = {
    Counted.NO_RATING: text("no rated power is known of"),
    Counted.BY_ITSELF: text("a mode; when it runs the machine decides"),
    Counted.GAS: text("burns gas"),
    Counted.SETTING: text("a set-point"),
}
HIDDEN = text("written, and not heard by any point for a year")
IN_FILES = text("changed in the files")
NOTHING = text("programmes ask for the same on these days")
ONLY_PROGRAMMES = text(
    "only what programmes ask for, by a clock that is right, is shown above; rules are run by louguan "
    "rehearse"
)
SPECIAL_DAYS = text("special days that this touches")
GAINED = text("commanded by the new files alone")
LOST = text("commanded by the old files alone")


class Stretch(NamedTuple):
    """A difference on one day."""

    start: str
    end: str
    before: str
    after: str


class DaysAlike(NamedTuple):
    """Dates on which points differ in the same way."""

    dates: str
    """ "09-21..09-24, 09-28"."""
    stretches: tuple[Stretch, ...]


class DaysTouched(NamedTuple):
    """Special days in a row of which the same is to be said."""

    dates: str
    kind: str
    """ "holiday", or "make-up → day off"."""
    why: str
    points: int
    """How many of them differ on each."""


class Shown(NamedTuple):
    """Before, after and by how much, as printed: the difference is that of the figures beside it."""

    before: str
    after: str
    difference: str

    def line(self, unit: str) -> str:
        """ "100.0 → 90.0 kWh (-10.0)"."""
        return f"{self.before} → {self.after} {unit} ({self.difference})"


def group_title(group: Alike) -> str:
    """The programmes that ask on either side."""
    first = group.points[0]
    return title(first.after.timeline.asking() or first.before.timeline.asking())


def by_days(new: Foreseen, item: PointChange, language: str) -> list[DaysAlike]:
    """The differences of each date; dates that differ alike together, whatever minutes the sun moves them
    by."""
    found: dict[tuple[object, ...], list[tuple[date, list[Stretch]]]] = {}
    local = new.context.local
    for day in new.window.dates():
        begin, end = local.midnight(day), local.midnight(day + timedelta(days=1))
        stretches = []
        likeness: list[object] = []
        for pair in item.differences:
            start_ms, end_ms = max(pair.start_ms, begin), min(pair.end_ms, end)
            if start_ms >= end_ms:
                continue
            before = asked(pair.before, item.before.point, language)
            after = asked(pair.after, item.after.point, language)
            ends = "24:00" if end_ms == end else clock(end_ms, local)
            stretches.append(Stretch(clock(start_ms, local), ends, before, after))
            likeness.append((before, after, (start_ms - begin) // _HOUR_MS, (end_ms - begin) // _HOUR_MS))
        if stretches:
            found.setdefault(tuple(likeness), []).append((day, stretches))
    return [
        DaysAlike(
            _dates([day for day, _ in days], new.window),
            tuple(_spread([each[number] for _, each in days]) for number in range(len(days[0][1]))),
        )
        for days in found.values()
    ]


def _spread(items: list[Stretch]) -> Stretch:
    """The same difference on several days, with the earliest and latest times."""
    starts, ends = sorted({item.start for item in items}), sorted({item.end for item in items})
    return items[0]._replace(start=_span(starts), end=_span(ends))


def _span(times: list[str]) -> str:
    return times[0] if len(times) == 1 else f"({times[0]}…{times[-1]})"


def _dates(days: Sequence[date], window: Window) -> str:
    """ "09-21..09-24, 09-28"; with the year where there is more than one."""
    last = window.first + timedelta(days=window.days - 1)
    form = "%m-%d" if last.year == window.first.year else "%Y-%m-%d"
    runs: list[tuple[date, date]] = []
    for day in days:
        if runs and (day - runs[-1][1]).days == 1:
            runs[-1] = (runs[-1][0], day)
        else:
            runs.append((day, day))
    shown = [(first.strftime(form), last.strftime(form)) for first, last in runs]
    return ", ".join(first if first == last else f"{first}..{last}" for first, last in shown)


def touched(changes: Changes, window: Window, language: str) -> list[DaysTouched]:
    """The special days that go otherwise, those in a row together."""
    found: list[tuple[list[DayChange], tuple[str, str, int]]] = []
    for item in changes.days:
        before, after = (day_words(item.date, day, language) for day in (item.before, item.after))
        kind = after.kind if before.kind == after.kind else f"{before.kind} → {after.kind}"
        alike = (kind, after.why, item.points)
        if found and found[-1][1] == alike and (item.date - found[-1][0][-1].date).days == 1:
            found[-1][0].append(item)
        else:
            found.append(([item], alike))
    return [DaysTouched(_dates([item.date for item in items], window), *alike) for items, alike in found]


def shown(before: Decimal | float, after: Decimal | float, digits: int = 1) -> Shown:
    """Two figures side by side."""
    one, other = rounded(before, digits), rounded(after, digits)
    return Shown(f"{one}", f"{other}", f"{other - one:+}")


def kwh(before: Amount, after: Amount) -> Shown:
    """Electricity before and after."""
    return shown(before.kwh, after.kwh)


def yuan(before: Amount, after: Amount) -> Shown | None:
    """What it costs before and after; None where no price is known."""
    if before.yuan is None or after.yuan is None:
        return None
    return shown(before.yuan, after.yuan, FEN)


def energy_title(changes: Changes) -> Text:
    """What the estimate goes by."""
    by_log, by_rating = _measures(changes)
    if by_log and by_rating:
        return text("electricity, an estimate by what was logged and by rated power")
    if by_log:
        return text("electricity by what was logged, an estimate")
    return text("electricity by rated power, an estimate")


def energy_rows(changes: Changes) -> list[tuple[Text, Sums]]:
    """What is counted in one way, each with its name."""
    rows = [
        (text("by the load that was logged ({count} points)", count=changes.logged.points), changes.logged),
        (
            text("switched and dimmed by programmes ({count} points)", count=changes.fully.points),
            changes.fully,
        ),
        (
            text("permitted by programmes, at most ({count} points)", count=changes.at_most.points),
            changes.at_most,
        ),
    ]
    return [(words, sums) for words, sums in rows if sums.points]


def energy_remarks(old: Plan, new: Plan, changes: Changes, language: str) -> Iterator[Text]:
    """What the estimate assumes, and what is not in it."""
    by_log, by_rating = _measures(changes)
    if by_log:
        sources = some(changes.logged_by, _NAMES, language)
        yield text("logged: mean load while commanded so, in four weeks at most, by {by}", by=sources)
    if by_rating or not by_log:
        yield text("assumed: rated power while on, and its share when dimmed")
    if not changes.priced:
        yield text("the site has no price of electricity: no cost is reckoned")
    elif "tariff" in changed_parts(old, new):
        if new.tariff is None:
            yield text("cost before and after by the old tariff: the new files have none")
        else:
            yield text("cost before and after by the new tariff")
    called = names_of(new)
    for why, said in _WHY_NOT.items():
        keys = [called[key] for key, counted in changes.uncounted if counted is why]
        if keys:
            yield text("not counted, {why}: {points}", why=said, points=some(keys, _NAMES, language))


def _measures(changes: Changes) -> tuple[bool, bool]:
    """Whether something is counted by the log, and by ratings."""
    return changes.logged.points > 0, changes.fully.points + changes.at_most.points > 0


def hidden_entry(item: Unheard) -> Text:
    """What is written and does nothing."""
    return text("{programme}: {entry}", programme=title([item.programme]), entry=item.what)


def hidden_why(item: Unheard) -> Text:
    """Why it does nothing."""
    if item.behind:
        return text("always behind: {programmes}", programmes=title(item.behind))
    return text("no day of the year ahead has it")


def in_files(old: Plan, new: Plan, language: str) -> list[str]:
    """All that is other in the files, whether the days show it or not."""
    parts = {sort: part._asdict() for sort, part in changed_parts(old, new).items()}
    return [render(said, language) for said in changed(parts)]
