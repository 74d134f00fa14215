"""What an edit changes, for people: which points, when, how many hours, and about how much electricity."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from datetime import date, timedelta
from typing import NamedTuple

from config.language import Text, render, text
from config.plan.site import Plan
from controller.cli import tables
from controller.cli.apply_tables import changed
from controller.cli.paragraphs import broken
from controller.cli.preview_days import clock
from controller.cli.preview_groups import Names, names_of
from controller.cli.preview_tables import safe
from controller.cli.preview_words import asked, day_words, some, title
from controller.cli.speech import language, put_json
from controller.swap.touched import changed_parts
from schedules.changes import NOT_LOGGED, Changes, DayChange, PointChange, Side, Sums, compare
from schedules.energy import Counted, Logged
from schedules.preview import Foreseen
from schedules.unheard import Unheard

_HOUR_MS = 3_600_000
_WIDTH = 80
_NOT_COUNTED = 44
"""Columns for the names of points after why they are not counted."""
_WHY_NOT = {
    Counted.NO_RATING: text("no rated power is known of"),
    Counted.BY_ITSELF: text("a mode; when it runs the machine decides"),
    Counted.GAS: text("burns gas"),
    Counted.SETTING: text("a set-point"),
}


class _Stretch(NamedTuple):
    """A difference on one day."""

    start: str
    end: str
    before: str
    after: str


def show(
    old: Foreseen,
    new: Foreseen,
    only: str | None,
    logged: Mapping[str, Logged] = NOT_LOGGED,
    *,
    as_json: bool,
) -> None:
    """Compare and print. `logged`: what has been drawn, by the keys of points."""
    names = {id(foreseen): Names(foreseen.plan, only) for foreseen in (old, new)}

    def wanted(foreseen: Foreseen, side: Side) -> bool:
        asked_for = names[id(foreseen)]
        return asked_for.point(side.point) or any(map(asked_for.programme, side.timeline.programmes))

    changes = compare(old, new, wanted, logged)
    if as_json:
        from controller.cli.preview_changes_data import changes_data

        put_json(changes_data(old, new, changes))
        return
    tables.console().print("\n".join(_lines(old, new, changes, language())), highlight=False)


def _lines(old: Foreseen, new: Foreseen, changes: Changes, language: str) -> Iterator[str]:
    site, window = new.plan.site, new.window
    words = text(
        "{site}: what changes from {first} to {last}",
        site=site.label or site.name,
        first=window.first.isoformat(),
        last=(window.first + timedelta(days=window.days - 1)).isoformat(),
    )
    yield f"[bold]{_say(words, language)}[/]"
    if not (changes.points or changes.lost or changes.gained or changes.days):
        yield _say(text("programmes ask for the same on these days"), language)
    for group in _alike(changes.points):
        yield ""
        yield from _group(new, group, language)
    for foreseen, sides, words in (
        (new, changes.gained, text("commanded by the new files alone")),
        (old, changes.lost, text("commanded by the old files alone")),
    ):
        if sides:
            called = names_of(foreseen.plan)
            yield ""
            yield f"[bold]{_say(words, language)}[/]"
            yield from (
                f"  {safe(called[side.point.key])}  {safe(title(side.timeline.programmes))}" for side in sides
            )
    if changes.days:
        yield ""
        yield from _days(changes, language)
    if changes.points:
        yield ""
        yield from _energy(new, changes, language)
    if changes.hidden:
        yield ""
        yield f"[bold]{_say(text('written, and not heard by any point for a year'), language)}[/]"
        yield from (f"  {safe(line)}" for item in changes.hidden for line in hidden_words(item, language))
    yield from _written(old.plan, new.plan, language)


def _written(old: Plan, new: Plan, language: str) -> Iterator[str]:
    """All that is other in the files, whether these days show it or not."""
    parts = {sort: part._asdict() for sort, part in changed_parts(old, new).items()}
    if not parts:
        return
    yield ""
    yield f"[bold]{_say(text('changed in the files'), language)}[/]"
    words = text(
        "only what programmes ask for, by a clock that is right, is shown above; rules are run by louguan "
        "rehearse"
    )
    for said in (*changed(parts), words):
        lines = broken(render(said, language), hang=2, width=_WIDTH - 2)
        yield from (f"  {safe(line)}" for line in lines)


def _alike(points: Iterable[PointChange]) -> list[list[PointChange]]:
    """Points that differ alike and are counted alike, together."""
    found: dict[tuple[object, ...], list[PointChange]] = {}
    for item in points:
        names = tuple(programme.name for programme in item.after.timeline.programmes)
        found.setdefault((names, item.differences, item.counted), []).append(item)
    return list(found.values())


def _group(new: Foreseen, group: list[PointChange], language: str) -> Iterator[str]:
    first, called = group[0], names_of(new.plan)
    yield f"[bold]{safe(title(first.after.timeline.asking() or first.before.timeline.asking()))}[/]"
    yield f"  [dim]{safe(some([called[item.key] for item in group], _WIDTH - 2, language))}[/]"
    for stretches, dates in _by_days(new, first, language):
        yield f"  {safe(_dates(dates))}"
        for item in stretches:
            yield f"    {item.start}-{item.end}  {safe(item.before)} → [green]{safe(item.after)}[/]"
    if first.on is not None:
        each = first.on
        words = text(
            "hours on, each: {before} → {after}", before=f"{each.before:.1f}", after=f"{each.after:.1f}"
        )
        yield f"  {_say(words, language)}"
    counted = [item.energy for item in group if item.energy is not None]
    if counted:
        before, after = sum(one.kwh for one, _ in counted), sum(other.kwh for _, other in counted)
        shown = _from_to(before, after, "kWh")
        words = {
            Counted.LOGGED: text("electricity, as it was logged: {amount}", amount=shown),
            Counted.AT_MOST: text("electricity, at most: {amount}", amount=shown),
        }.get(first.counted, text("electricity: {amount}", amount=shown))
        yield f"  {_say(words, language)}"


def _by_days(new: Foreseen, item: PointChange, language: str) -> list[tuple[list[_Stretch], list[date]]]:
    """The differences of each date; dates that differ alike together, whatever minutes the sun moves them
    by."""
    found: dict[tuple[object, ...], list[tuple[date, list[_Stretch]]]] = {}
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
            stretches.append(_Stretch(clock(start_ms, local), ends, before, after))
            likeness.append((before, after, (start_ms - begin) // _HOUR_MS, (end_ms - begin) // _HOUR_MS))
        if stretches:
            found.setdefault(tuple(likeness), []).append((day, stretches))
    return [
        (
            [_spread([each[number] for _, each in days]) for number in range(len(days[0][1]))],
            [day for day, _ in days],
        )
        for days in found.values()
    ]


def _spread(items: list[_Stretch]) -> _Stretch:
    """The same difference on several days, with the earliest and latest times."""
    starts, ends = sorted({item.start for item in items}), sorted({item.end for item in items})
    return items[0]._replace(start=_span(starts), end=_span(ends))


def _span(times: list[str]) -> str:
    return times[0] if len(times) == 1 else f"({times[0]}…{times[-1]})"


def _dates(days: list[date]) -> str:
    """ "09-21..09-24, 09-28"."""
    runs: list[tuple[date, date]] = []
    for day in days:
        if runs and (day - runs[-1][1]).days == 1:
            runs[-1] = (runs[-1][0], day)
        else:
            runs.append((day, day))
    shown = [(first.strftime("%m-%d"), last.strftime("%m-%d")) for first, last in runs]
    return ", ".join(first if first == last else f"{first}..{last}" for first, last in shown)


def _days(changes: Changes, language: str) -> Iterator[str]:
    yield f"[bold]{_say(text('special days that this touches'), language)}[/]"
    found: list[tuple[list[DayChange], tuple[str, str, int]]] = []
    for item in changes.days:
        before, after = (day_words(item.date, day, language) for day in (item.before, item.after))
        kind = after.kind if before.kind == after.kind else f"{before.kind} → {after.kind}"
        alike = (kind, after.why, item.points)
        if found and found[-1][1] == alike and (item.date - found[-1][0][-1].date).days == 1:
            found[-1][0].append(item)
        else:
            found.append(([item], alike))
    for items, (kind, why, points) in found:
        words = text("points that differ: {count}", count=points)
        dates = _dates([item.date for item in items])
        yield f"  {safe(dates)}  {safe(kind)}  {safe(why)}  {_say(words, language)}"


def _energy(new: Foreseen, changes: Changes, language: str) -> Iterator[str]:
    by_log, by_rating = changes.logged.points > 0, changes.fully.points + changes.at_most.points > 0
    head = text("electricity by rated power, an estimate")
    if by_log:
        head = text("electricity, an estimate by what was logged and by rated power")
    if by_log and not by_rating:
        head = text("electricity by what was logged, an estimate")
    yield f"[bold]{_say(head, language)}[/]"
    for sums, words in (
        (
            changes.logged,
            text("by the load that was logged ({count} points)", count=changes.logged.points),
        ),
        (
            changes.fully,
            text("switched and dimmed by programmes ({count} points)", count=changes.fully.points),
        ),
        (
            changes.at_most,
            text("permitted by programmes, at most ({count} points)", count=changes.at_most.points),
        ),
    ):
        if sums.points:
            words = text("{what}: {amount}", what=words, amount=_amount(sums, changes, language))
            yield f"  {_say(words, language)}"
    if by_log:
        sources = some(changes.logged_by, _NOT_COUNTED, language)
        words = text("logged: mean load while commanded so, in four weeks at most, by {by}", by=sources)
        yield f"  {_say(words, language)}"
    if by_rating or not by_log:
        yield f"  {_say(text('assumed: rated power while on, and its share when dimmed'), language)}"
    if not changes.priced:
        yield f"  {_say(text('the site has no price of electricity: no cost is reckoned'), language)}"
    called = names_of(new.plan)
    for why, said in _WHY_NOT.items():
        keys = [called[key] for key, counted in changes.uncounted if counted is why]
        if keys:
            words = text("not counted, {why}: {points}", why=said, points=some(keys, _NOT_COUNTED, language))
            yield f"  {_say(words, language)}"


def _amount(sums: Sums, changes: Changes, language: str) -> str:
    shown = _from_to(sums.before.kwh, sums.after.kwh, "kWh")
    if not changes.priced:
        return shown
    return f"{shown}; {_from_to(sums.before.yuan, sums.after.yuan, render(text('yuan'), language))}"


def _from_to(before: float, after: float, unit: str) -> str:
    """ "100.0 → 90.0 kWh (-10.0)"."""
    return f"{before:.1f} → {after:.1f} {unit} ({after - before:+.1f})"


def hidden_words(item: Unheard, language: str) -> Iterator[str]:
    """What is written and does nothing, and why."""
    name = item.programme.label or item.programme.name
    yield render(text("{programme}: {entry}", programme=name, entry=item.what), language) + f"  {item.source}"
    if item.behind:
        words = text("always behind: {programmes}", programmes=title(item.behind))
    else:
        words = text("no day of the year ahead has it")
    yield "  " + render(words, language)


def _say(words: Text, language: str) -> str:
    return safe(render(words, language))
