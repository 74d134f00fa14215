"""A preview for a terminal of 80 columns: each day a line of half hours, and below what the lines say."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import date, timedelta
from math import ceil

from rich.cells import cell_len
from rich.markup import escape
from rich.table import Table
from rich.text import Text as Styled

from config.language import Text, render, text
from config.language.output import visible
from config.plan.reading import Value
from controller.cli import tables
from controller.cli.preview_days import DAY_S, Pattern, Piece
from controller.cli.preview_groups import Group
from controller.cli.preview_words import DayWords, asked, behind, days_of, level, next_change, runs, some
from schedules.preview import Foreseen

_COLUMNS = 48
"""Half hours of a day."""
_WIDTH = 80
_HEIGHTS = "▁▂▃▄▅▆▇█"
_SHADES = "░▒▓█"
_OFF, _NOBODY, _SKIPPED = "·", " ", "×"
_COLOURS = {"holiday": "red", "makeup": "cyan", "own": "magenta", "dayoff": "dim", "workday": ""}
_STEADY = 40
"""Columns for the names of points whose value stays."""


def preview(foreseen: Foreseen, chosen: list[Group], language: str, *, details: bool) -> None:
    """The whole of it. `details`: why and where written, too."""
    out = tables.console()
    days = days_of(foreseen, language)
    out.print("\n".join(_head(foreseen, days, language)), highlight=False)
    for group in chosen:
        if not group.course.steady:
            out.print("\n".join(["", *_group(foreseen, group, days, language)]), highlight=False)
            if details:
                out.print()
                tables.show(_details(group, language))
                if change := next_change(foreseen, group.timeline.spans[-1], language):
                    words = text("after these days, {change}", change=change)
                    out.print(_say(words, language), highlight=False)
    steady = [group for group in chosen if group.course.steady]
    if steady:
        out.print(f"\n[bold]{_say(text('the same all the time'), language)}[/]", highlight=False)
    for group in steady:
        out.print("\n".join(_steady(foreseen, group, language)), highlight=False)
        if details:
            out.print("\n".join(_reasons(group, language)), highlight=False)


def _head(foreseen: Foreseen, days: list[DayWords], language: str) -> Iterator[str]:
    site, window = foreseen.plan.site, foreseen.window
    words = text(
        "{site}: {first} to {last}",
        site=site.label or site.name,
        first=window.first.isoformat(),
        last=(window.first + timedelta(days=window.days - 1)).isoformat(),
    )
    yield f"[bold]{_say(words, language)}[/]"
    yield from special_days(day for day in days if day.special)
    yield from (f"[yellow]{safe(note)}[/]" for note in notes(foreseen, language))


def unannounced(year: int) -> Text:
    return text(
        "days off of {year} are not announced: weekdays alone decide, days marked ? may change", year=year
    )


def notes(foreseen: Foreseen, language: str) -> Iterator[str]:
    """What has to be known of the window as a whole: years that are not announced, clocks that change."""
    kind = foreseen.context.calendar.kind
    for year in sorted({day.year for day in foreseen.window.dates() if not kind(day).announced}):
        yield render(unannounced(year), language)
    yield from _clock_changes(foreseen, language)


def special_days(days: Iterable[DayWords]) -> Iterator[str]:
    """Holidays, make-up workdays and the site's own days, those in a row on one line; in markup."""
    for first, last in runs(days):
        dates = first.short if first is last else f"{first.short} – {last.short}"
        kind = f"[{_COLOURS[first.sort] or 'none'}]{safe(_fill(first.kind, 10))}[/]"
        yield f"  {_fill(dates, 24)} {kind} {safe(first.why)}"


def _clock_changes(foreseen: Foreseen, language: str) -> Iterator[str]:
    """Days that have not 24 hours."""
    for day in foreseen.window.dates():
        hours = _day_hours(foreseen, day)
        if hours != 24:
            yield render(
                text(
                    "clocks change on {date}: it has {hours} hours", date=day.isoformat(), hours=f"{hours:g}"
                ),
                language,
            )


def _day_hours(foreseen: Foreseen, day: date) -> float:
    midnight = foreseen.context.local.midnight
    return (midnight(day + timedelta(days=1)) - midnight(day)) / 3_600_000


def _group(foreseen: Foreseen, group: Group, days: list[DayWords], language: str) -> Iterator[str]:
    yield from _title(group, language)
    labels = max(cell_len(day.short) for day in days)
    kinds = max(cell_len(day.kind) for day in days)
    yield f"[dim]{' ' * (labels + kinds + 2)}{_scale()}[/]"
    shown = {day.date: day for day in days}
    for day, pieces, letter in group.course.days:
        words = shown[day]
        bar = "".join(_sign(group, foreseen, day, pieces, column) for column in range(_COLUMNS))
        colour = _COLOURS[words.sort] or "none"
        head = f"[{colour}]{_fill(words.short, labels)} {safe(_fill(words.kind, kinds))}[/]"
        yield f"{head} {bar} {letter}"
    for pattern in group.course.patterns:
        yield from _pattern(group, pattern, language)


def _title(group: Group, language: str) -> Iterator[str]:
    yield f"[bold]{safe(group.title)}[/]"
    names = some(group.names, _WIDTH - 2, language)
    where = ", ".join(f"{item.source.file}:{item.source.line}" for item in group.programmes)
    yield from (f"[dim]{line}[/]" for line in _wrapped([safe(names), safe(where)], "  ", "  ", " · "))


def _scale() -> str:
    """ "0     3     6 …" above the half hours."""
    return "".join(f"{hour:<6}" for hour in range(0, 24, 3)) + "24"


def _sign(group: Group, foreseen: Foreseen, day: date, pieces: tuple[Piece, ...], column: int) -> str:
    """What holds for most of a half hour."""
    instant = foreseen.context.local.instant
    size = DAY_S // _COLUMNS
    if instant(day, column * size) >= instant(day, (column + 1) * size):
        return f"[dim]{_SKIPPED}[/]"
    shares = [
        (min(piece.to_s, (column + 1) * size) - max(piece.from_s, column * size), piece) for piece in pieces
    ]
    longest = max(share for share, _ in shares)
    last = [piece for share, piece in shares if share == longest][-1]
    return _mark(group, last.span.value)


def _mark(group: Group, value: Value | None) -> str:
    """A value as one sign, in markup: a height where it is a share or a number, else a shade."""
    height = level(value, group.point, group.known)
    if height is None:
        return _NOBODY
    if height == 0:
        return f"[dim]{_OFF}[/]"
    signs = _SHADES if group.point.kind == "enum" else _HEIGHTS
    return f"[green]{signs[ceil(height * len(signs)) - 1]}[/]"


def _pattern(group: Group, pattern: Pattern, language: str) -> Iterator[str]:
    items = []
    for number, piece in enumerate(pattern.days[0]):
        words = asked(piece.span.value, group.point, language) + _behind(group, piece, language)
        items.append(f"{pattern.times(number)} {_mark(group, piece.span.value)} {safe(words)}")
    yield from _wrapped(items, f" {pattern.letter:>2}  ", "     ", "   ")


def _behind(group: Group, piece: Piece, language: str) -> str:
    hidden = ", ".join(behind(heard, group.point, language) for heard in piece.span.hidden)
    return " " + render(text("(behind it: {hidden})", hidden=hidden), language) if hidden else ""


def _steady(foreseen: Foreseen, group: Group, language: str) -> Iterator[str]:
    (piece,) = group.course.patterns[0].days[0]
    value = asked(piece.span.value, group.point, language)
    named = some(group.names, _STEADY, language)
    words_of = [safe(group.title), f"[green]{safe(value)}[/]", f"[dim]{safe(named)}[/]"]
    further = (_behind(group, piece, language).strip(), next_change(foreseen, piece.span, language))
    yield from _wrapped([*words_of, *(safe(words) for words in further if words)], "  ", "      ", "  ")


def _reasons(group: Group, language: str) -> Iterator[str]:
    """Of a value that stays."""
    span = group.timeline.spans[0]
    heard = [] if span.winner is None else [(span.winner.reason, span.winner.source)]
    heard += [(text("behind it: {why}", why=other.reason), other.source) for other in span.hidden]
    for why, source in heard:
        yield f"      [dim]{_say(why, language)}  {safe(str(source))}[/]"


def _details(group: Group, language: str) -> Table:
    """Why each value is asked, and where that is written."""
    table = Table(box=None, pad_edge=False)
    for heading in (text("times"), text("value"), text("why"), text("written at")):
        table.add_column(render(heading, language), no_wrap=True)
    for pattern in group.course.patterns:
        for number, piece in enumerate(pattern.days[0]):
            times = f"{pattern.letter}  {pattern.times(number)}"
            winner = piece.span.winner
            why = text("nobody asks") if winner is None else winner.reason
            source = "" if winner is None else str(winner.source)
            value = asked(piece.span.value, group.point, language)
            table.add_row(times, safe(value), _say(why, language), safe(source))
            for heard in piece.span.hidden:
                why = text("behind it: {why}", why=heard.reason)
                value = asked(heard.value, group.point, language)
                table.add_row("", safe(value), _say(why, language), safe(str(heard.source)))
    return table


def _wrapped(items: Iterable[str], first: str, further: str, between: str) -> Iterator[str]:
    """Items (markup) in a row, as many on a line as fit."""
    line, empty = first, True
    for item in items:
        if not empty and _cells(line + between + item) > _WIDTH:
            yield line.rstrip()
            line, empty = further, True
        line += item if empty else between + item
        empty = False
    yield line.rstrip()


def _cells(markup: str) -> int:
    return Styled.from_markup(markup).cell_len


def _fill(words: str, width: int) -> str:
    return words + " " * max(0, width - cell_len(words))


def _say(words: Text, language: str) -> str:
    return safe(render(words, language))


def safe(words: str) -> str:
    """As markup: what came from files looks like nothing that it is not."""
    return escape(visible(words))
