"""What an edit changes, for people: which points, when, how many hours, and about how much electricity."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import timedelta
from pathlib import Path

from config.language import Text, render, text
from config.plan.site import Plan
from controller.cli import preview_differences as differences
from controller.cli import tables
from controller.cli.paragraphs import broken
from controller.cli.preview_groups import Names, names_of
from controller.cli.preview_tables import notes, safe
from controller.cli.preview_words import some, title
from controller.cli.speech import language, put_json
from schedules.changes import NOT_LOGGED, Alike, Changes, Side, compare
from schedules.energy import Counted, Logged
from schedules.preview import Foreseen

_WIDTH = 80


def show(
    old: Foreseen,
    new: Foreseen,
    only: str | None,
    logged: Mapping[str, Logged] = NOT_LOGGED,
    *,
    as_json: bool,
    html: Path | None = None,
) -> None:
    """Compare, and print or write the page `html`. `logged`: what has been drawn, by the keys of points."""
    names = {id(foreseen): Names(foreseen.plan, only) for foreseen in (old, new)}

    def wanted(foreseen: Foreseen, side: Side) -> bool:
        asked_for = names[id(foreseen)]
        return asked_for.point(side.point) or any(map(asked_for.programme, side.timeline.programmes))

    changes = compare(old, new, wanted, logged)
    if as_json:
        from controller.cli.preview_changes_data import changes_data

        put_json(changes_data(old, new, changes))
        return
    if html is not None:
        from controller.cli.pages import write_page
        from controller.cli.preview_changes_page import page

        write_page(html, page(old, new, changes, only, language()))
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
    yield _head(words, language)
    yield from (f"[yellow]{safe(note)}[/]" for note in notes(new, language))
    if not (changes.points or changes.lost or changes.gained or changes.days):
        yield _say(differences.NOTHING, language)
    for group in changes.groups:
        yield ""
        yield from _group(new, group, language)
    for foreseen, sides, words in (
        (new, changes.gained, differences.GAINED),
        (old, changes.lost, differences.LOST),
    ):
        if sides:
            called = names_of(foreseen.plan)
            yield ""
            yield _head(words, language)
            yield from (
                f"  {safe(called[side.point.key])}  {safe(title(side.timeline.programmes))}" for side in sides
            )
    if changes.days:
        yield ""
        yield from _days(new, changes, language)
    if changes.points:
        yield ""
        yield from _energy(old, new, changes, language)
    if changes.hidden:
        yield ""
        yield _head(differences.HIDDEN, language)
        for item in changes.hidden:
            yield f"  {_say(differences.hidden_entry(item), language)}  {safe(str(item.source))}"
            yield f"    {_say(differences.hidden_why(item), language)}"
    yield from _written(old.plan, new.plan, language)


def _written(old: Plan, new: Plan, language: str) -> Iterator[str]:
    parts = differences.in_files(old, new, language)
    if not parts:
        return
    yield ""
    yield _head(differences.IN_FILES, language)
    for said in parts:
        yield from _indented(said, language)
    yield from _indented(differences.ONLY_PROGRAMMES, language)


def _group(new: Foreseen, group: Alike, language: str) -> Iterator[str]:
    first, called = group.points[0], names_of(new.plan)
    yield f"[bold]{safe(differences.group_title(group))}[/]"
    yield f"  [dim]{safe(some([called[item.key] for item in group.points], _WIDTH - 2, language))}[/]"
    for days in differences.by_days(new, first, language):
        yield f"  {safe(days.dates)}"
        for item in days.stretches:
            yield f"    {item.start}-{item.end}  {safe(item.before)} → [green]{safe(item.after)}[/]"
    if first.on is not None:
        each = differences.shown(*first.on)
        words = text("hours on, each: {before} → {after}", before=each.before, after=each.after)
        yield f"  {_say(words, language)}"
    if group.energy is not None:
        amount = differences.kwh(*group.energy).line("kWh")
        words = {
            Counted.LOGGED: text("electricity, as it was logged: {amount}", amount=amount),
            Counted.AT_MOST: text("electricity, at most: {amount}", amount=amount),
        }.get(first.counted, text("electricity: {amount}", amount=amount))
        yield f"  {_say(words, language)}"


def _days(new: Foreseen, changes: Changes, language: str) -> Iterator[str]:
    yield _head(differences.SPECIAL_DAYS, language)
    for days in differences.touched(changes, new.window, language):
        words = text("points that differ: {count}", count=days.points)
        yield f"  {safe(days.dates)}  {safe(days.kind)}  {safe(days.why)}  {_say(words, language)}"


def _energy(old: Foreseen, new: Foreseen, changes: Changes, language: str) -> Iterator[str]:
    yield _head(differences.energy_title(changes), language)
    for words, sums in differences.energy_rows(changes):
        amount = differences.kwh(sums.before, sums.after).line("kWh")
        cost = differences.yuan(sums.before, sums.after)
        if cost is not None:
            amount = f"{amount}; {cost.line(render(text('yuan'), language))}"
        yield from _indented(text("{what}: {amount}", what=words, amount=amount), language)
    for remark in differences.energy_remarks(old.plan, new.plan, changes, language):
        yield from _indented(remark, language)


def _indented(words: Text | str, language: str) -> Iterator[str]:
    lines = broken(render(words, language), hang=2, width=_WIDTH - 2)
    yield from (f"  {safe(line)}" for line in lines)


def _head(words: Text, language: str) -> str:
    return f"[bold]{_say(words, language)}[/]"


def _say(words: Text, language: str) -> str:
    return safe(render(words, language))
